"""Writes tests/data/loops/*.json: a recurrent network, a differential equation and branches, with the results of JAX.

    .venv/bin/python scripts/vectors loops      (needs jax 0.10.2)

The formula `argument`, which the test repeats, gives the arguments.
"""

import json

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .common import ROOT

DATA = ROOT / "tests" / "data" / "loops"


def argument(seed, *shape):
    i = np.arange(np.prod(shape, dtype=int))
    return jnp.asarray(np.sin(i * 1.3 + seed) * 0.5).reshape(shape)


def listed(tree):
    return [np.asarray(x, dtype=np.float64).ravel().tolist() for x in jax.tree.leaves(tree)]


def write(name, **results):
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / f"{name}.json").write_text(json.dumps({k: listed(v) for k, v in results.items()}) + "\n")


def recurrent():
    time, batch, inputs, hidden, outputs = 6, 3, 2, 4, 2
    p = [argument(0, inputs, hidden), argument(1, hidden, hidden), argument(2, hidden), argument(3, hidden, outputs)]
    xs, ys = argument(4, time, batch, inputs), argument(5, time, batch, outputs)

    def apply(p, xs):
        def step(h, x):
            h = jnp.tanh(x @ p[0] + h @ p[1] + p[2])
            return h, h @ p[3]

        return lax.scan(step, jnp.zeros((batch, hidden)), xs)[1]

    def loss(p, xs):
        return jnp.mean((apply(p, xs) - ys) ** 2)

    v = [argument(6 + i, *x.shape) for i, x in enumerate(p)]
    write(
        "recurrent",
        outputs=apply(p, xs),
        gradient=jax.grad(loss, (0, 1))(p, xs),
        hvp=jax.jvp(lambda p: jax.grad(loss)(p, xs), (p,), (v,))[1],
    )


def ode():
    def solve(f, start, times, steps):
        def one(t, h, y):
            k1 = f(y, t)
            k2 = f(y + h / 2 * k1, t + h / 2)
            k3 = f(y + h / 2 * k2, t + h / 2)
            k4 = f(y + h * k3, t + h)
            return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

        def between(y, t):
            h = (t[1] - t[0]) / steps
            y = lax.fori_loop(0, steps, lambda i, y: one(t[0] + h * i, h, y), y)
            return y, y

        return jnp.concatenate([start[None], lax.scan(between, start, (times[:-1], times[1:]))[1]])

    def populations(rates, start, times):
        def change(y, _):
            met = y[0] * y[1]
            return jnp.stack([rates[0] * y[0] - rates[1] * met, rates[3] * met - rates[2] * y[1]])

        return solve(change, start, times, 4)

    rates, start, times = jnp.array([1.1, 0.4, 0.4, 0.1]), jnp.array([10.0, 5.0]), jnp.linspace(0, 3, 7)
    loss = lambda *args: jnp.mean(populations(*args) ** 2)
    write(
        "ode",
        solution=populations(rates, start, times),
        gradient=jax.grad(loss, (0, 1, 2))(rates, start, times),
        jacobian=jax.jacfwd(populations)(rates, start, times),
        hessian=jax.hessian(loss)(rates, start, times),
    )


def branches():
    """Writes batched branches and loops, and their derivatives."""
    x, w = argument(0, 5, 3), argument(1, 3, 3)

    def chosen(x):
        return lax.cond(x.sum() > 0.2, lambda: jnp.sin(w @ x), lambda: x * x * x)

    def among(x):
        i = jnp.floor(jnp.abs(x[0]) * 8).astype(jnp.int32) - 1
        return lax.switch(i, [lambda: x, lambda: jnp.exp(x), lambda: w @ x * x])

    def until(x):
        return lax.while_loop(lambda y: jnp.sum(y * y) < 4, lambda y: y * 1.4 + (w @ y) * 0.1, x)

    def affine(a, b):
        return a[0] * b[0], a[1] * b[0] + b[1]

    def summed(x):
        a, b = lax.associative_scan(affine, (x, jnp.cos(x)), axis=0)
        c, d = lax.associative_scan(affine, (x, jnp.cos(x)), reverse=True, axis=0)
        return jnp.stack([a, b, c, d])

    total = lambda f: lambda x: jnp.sum(f(x) * argument(9, *f(x).shape))
    write(
        "branches",
        cond=jax.vmap(chosen)(x),
        cond_gradient=jax.vmap(jax.grad(total(chosen)))(x),
        cond_hessian=jax.vmap(jax.hessian(total(chosen)))(x),
        switch=jax.vmap(among)(x),
        switch_gradient=jax.grad(lambda x: total(jax.vmap(among))(x))(x),
        until=jax.vmap(until)(x),
        until_jacobian=jax.vmap(jax.jacfwd(until))(x),
        associative=summed(x),
        associative_gradient=jax.grad(total(summed))(x),
        map_gradient=jax.grad(lambda x: jnp.sum(lax.map(lambda r: jnp.sin(w @ r), x) ** 2))(x),
        power=jax.hessian(lambda x: lax.fori_loop(1, 4, lambda i, y: y * x * i, jnp.ones(3)).sum())(x[1]),
    )


def main():
    recurrent()
    ode()
    branches()
