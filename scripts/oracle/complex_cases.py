"""Cases of functions of complex numbers, with JAX's values, tangents, cotangents, gradients of a real function of the
result, tangents of these gradients, and values and cotangents of a batch.

Each line of JSON is one case. Arrays are [dtype, shape, elements]; the elements of complex arrays alternate real and
imaginary parts.
"""

import json

import jax
import jax.numpy as jnp
import numpy as np

from .common import NAMES, TRACE_DATA

rng = np.random.default_rng(7)


def array(x):
    x = np.asarray(x)
    flat = x.ravel()
    if x.dtype.kind == "c":
        flat = np.stack([flat.real, flat.imag], -1).ravel()
    number = (lambda e: int(e)) if x.dtype.kind in "ib" else (lambda e: float(f"{e:.17g}"))
    return [NAMES[x.dtype.name], list(x.shape), [number(e) for e in flat]]


def c128(*shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def f64(*shape):
    return rng.standard_normal(shape)


def like(x):
    return (c128 if np.iscomplexobj(x) else f64)(*np.shape(x))


lines = []


seen = set()


def case_once(name, f, *inputs, **arguments):
    """Writes a case. The first case of each function and set of input dtypes has derivatives, because JAX takes long to
    compile them."""
    key = (name, *(np.asarray(x).dtype.name for x in inputs))
    if key in seen:
        value(name, f(*[jnp.asarray(x) for x in inputs]), *inputs, **arguments)
        return
    seen.add(key)
    case(name, f, *inputs, **arguments)


def case(name, f, *inputs, **arguments):
    out = {"fn": name, "args": arguments, "in": [array(x) for x in inputs]}
    inputs = [jnp.asarray(x) for x in inputs]
    y = f(*inputs)
    out["value"] = array(y)
    if y.dtype.kind in "fc":
        tangents = [like(x) for x in inputs]
        out["tangents"] = [array(t) for t in tangents]
        out["jvp"] = array(jax.jvp(f, tuple(inputs), tuple(tangents))[1])
        ct = like(y)
        out["ct"] = array(ct)
        pull = lambda *xs: jax.vjp(f, *xs)[1](jnp.asarray(ct))
        out["vjp"] = [array(g) for g in pull(*inputs)]
        # A real function of the result, whose second derivative is not zero.
        def scalar(*xs):
            y = f(*xs)
            return jnp.sum(jnp.real(y) ** 2 + 3 * jnp.real(y) * jnp.imag(y) + jnp.imag(y))

        gradient = jax.grad(scalar, argnums=tuple(range(len(inputs))))
        out["grad"] = [array(g) for g in gradient(*inputs)]
        out["hvp"] = [array(g) for g in jax.jvp(gradient, tuple(inputs), tuple(tangents))[1]]
        batch = [np.stack([x, 0.5 * np.asarray(x) + 0.125]) for x in inputs]
        out["batch"] = [array(x) for x in batch]
        out["vmap"] = array(jax.vmap(f)(*batch))
        out["vmap_vjp"] = [array(g) for g in jax.vmap(pull)(*batch)]
    lines.append(json.dumps(out, separators=(",", ":")))


def value(name, y, *inputs, **arguments):
    """Writes a case without derivatives."""
    lines.append(json.dumps({"fn": name, "args": arguments, "in": [array(x) for x in inputs], "value": array(y)}, separators=(",", ":")))


def write(file):
    (TRACE_DATA / file).write_text("\n".join(lines) + "\n")
    print(len(lines), "cases")
