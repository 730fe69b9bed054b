"""Cases of functions of complex numbers, with what JAX gives for them: values, tangents, cotangents, gradients of a real function of the result, tangents
of these gradients, and values and cotangents of a batch.

One line of JSON is one case. Arrays are [dtype, shape, elements]; of complex numbers real and imaginary parts take turns.
"""

import json
import os
from pathlib import Path

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"
# Most of the time goes into compiling many small functions.
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

DATA = Path(__file__).resolve().parent.parent.parent / "rune-trace" / "tests" / "data"
NAMES = {"int32": "i32", "float64": "f64", "complex64": "c64", "complex128": "c128", "bool": "bool"}
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
    """A case, with derivatives where it is the first of this function and of inputs of these dtypes: JAX takes long to compile them."""
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
    """A case without derivatives."""
    lines.append(json.dumps({"fn": name, "args": arguments, "in": [array(x) for x in inputs], "value": array(y)}, separators=(",", ":")))


def write(file):
    (DATA / file).write_text("\n".join(lines) + "\n")
    print(len(lines), "cases")
