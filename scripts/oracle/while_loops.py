"""Writes while.json of rune-trace: functions with loops of unknown length, with gradients and Hessians of JAX.

    .venv/bin/python scripts/vectors while-loops      (needs jax 0.10.2)

JAX has no reverse mode for `while_loop`; forward mode gives the same derivatives. The functions are repeated in rune-trace/tests/while_loops.rs.
"""

import json

import jax
import jax.numpy as jnp
import numpy as np
from jax.lax import cond, fori_loop, scan, while_loop

from .common import TRACE_DATA

WEIGHTS = jnp.array([1.0, 2.0, 3.0])


def newton(x):
    s = (x * x).sum() + 1
    y = while_loop(lambda y: jnp.abs(y * y - s) > 1e-6, lambda y: (y + s / y) * 0.5, x[0] + 2)
    return y * x.sum()


def converged(x):
    def body(c):
        y, _ = c
        return jnp.cos(y) * 0.5 + x * 0.3, y

    y, _ = while_loop(lambda c: jnp.abs(c[0] - c[1]).sum() > 1e-3, body, (x, x + 1))
    return (y * WEIGHTS).sum()


def nested(x):
    def body(s):
        t = while_loop(lambda t: t.sum() < 1.5 * s.sum(), lambda t: t * 1.3 + x * 0.1, s)
        return s + t * 0.3 * jnp.sin(x)

    return (while_loop(lambda s: s.sum() < 9.0, body, x) * WEIGHTS).sum()


def in_scan(x):
    def body(h, row):
        h = while_loop(lambda h: h.sum() > 1.0, lambda h: h * 0.6 + x * 0.01, h)
        return h + jnp.exp(x) * row, None

    return (scan(body, x, jnp.array([3.0, 0.1, 7.0, 0.0]))[0] * WEIGHTS).sum()


def in_branch(x):
    loop = lambda: while_loop(lambda y: y.sum() < 30.0, lambda y: y * y + x, x + 1)  # noqa: E731
    other = lambda: while_loop(lambda y: y.sum() > 0.1, lambda y: y * 0.5, x)  # noqa: E731
    return (cond(x.sum() > 1.0, loop, other) * WEIGHTS).sum()


def never(x):
    return (while_loop(lambda y: y.sum() > 100.0, lambda y: jnp.sqrt(y - 100), x * x) * WEIGHTS).sum()


def captured(x):
    w = jnp.outer(x, jnp.sin(x)) + jnp.eye(3)
    return (while_loop(lambda y: (y * y).sum() < 50.0, lambda y: w @ y + x, x) * WEIGHTS).sum()


def to_a_tensor(x):
    n = jnp.floor(x.sum() * 3).astype(jnp.int32)
    return (fori_loop(0, n, lambda i, y: jnp.sin(y) * (i + 1.0) + x, x) * WEIGHTS).sum()


def edge(x):
    """The inner loop would compute NaN beyond its end."""

    def body(c):
        s, i = c
        t = while_loop(lambda t: t.min() > 0.1, lambda t: jnp.sqrt(t - 0.1) * 0.5, s)
        return s * 0.8 + t * x, i + 1

    return (while_loop(lambda c: c[1] < 4, body, (x + 1, 0))[0] * WEIGHTS).sum()


def main():
    x = jnp.array([0.4, 0.7, 0.2])
    cases = {}
    for f in (newton, converged, nested, in_scan, in_branch, never, captured, to_a_tensor, edge):
        results = dict(value=f(x), gradient=jax.jacfwd(f)(x), hessian=jax.jacfwd(jax.jacfwd(f))(x))
        cases[f.__name__] = {name: np.asarray(y).ravel().tolist() for name, y in results.items()}
        assert np.isfinite(cases[f.__name__]["hessian"]).all(), f
    (TRACE_DATA / "while.json").write_text(json.dumps(cases, indent=1) + "\n")
    print(f"while.json: {len(cases)} functions")
