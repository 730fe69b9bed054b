"""Cases of functions of complex numbers, with JAX's values, tangents, cotangents, gradients of a real function of the
result, tangents of these gradients, and values and cotangents of a batch.

Each line of JSON is one case. Arrays are [dtype, shape, elements]; the elements of complex arrays alternate real and
imaginary parts.

Each case with derivatives is also written for f32 and c64, to a second file: the inputs are rounded to these types, and
the values, tangents and cotangents are JAX's of f64 at the rounded inputs, rounded. They are exact, so the tolerance of
the test is that of rune alone.
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
narrow_lines = []
# These convert to a dtype that they name.
WIDE_ONLY = {"narrow", "to_complex"}
# Positions are i32 in rune.
NARROW = {"float64": np.float32, "complex128": np.complex64, "int64": np.int32}


def narrow(x):
    x = np.asarray(x)
    return x.astype(NARROW.get(x.dtype.name, x.dtype))


def wide(x):
    return jnp.asarray(x.astype({"float32": np.float64, "complex64": np.complex128}.get(x.dtype.name, x.dtype)))


def narrow_case(name, f, inputs, arguments, tangents=None, ct=None):
    """Writes a case for f32 and c64."""
    inputs = [narrow(x) for x in inputs]
    if name in WIDE_ONLY or all(x.dtype.kind not in "fc" for x in inputs):
        return
    at = tuple(wide(x) for x in inputs)
    out = {"fn": name, "args": arguments, "in": [array(x) for x in inputs], "value": array(narrow(f(*at)))}
    if tangents is not None:
        tangents, ct = [narrow(t) for t in tangents], narrow(ct)
        out |= {"tangents": [array(t) for t in tangents], "ct": array(ct)}
        out["jvp"] = array(narrow(jax.jvp(f, at, tuple(wide(t) for t in tangents))[1]))
        out["vjp"] = [array(narrow(g)) for g in jax.vjp(f, *at)[1](wide(ct))]
    narrow_lines.append(json.dumps(out, separators=(",", ":")))


seen = set()


def case_once(name, f, *inputs, **arguments):
    """Writes a case. The first case of each function and set of input dtypes has derivatives, because JAX takes long to
    compile them."""
    key = (name, *(np.asarray(x).dtype.name for x in inputs))
    if key in seen:
        value(name, f(*[jnp.asarray(x) for x in inputs]), *inputs, **arguments)
        narrow_case(name, f, inputs, arguments)
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
        narrow_case(name, f, inputs, arguments, tangents, ct)
    else:
        narrow_case(name, f, inputs, arguments)
    lines.append(json.dumps(out, separators=(",", ":")))


def value(name, y, *inputs, **arguments):
    """Writes a case without derivatives."""
    lines.append(json.dumps({"fn": name, "args": arguments, "in": [array(x) for x in inputs], "value": array(y)}, separators=(",", ":")))


def write(file):
    (TRACE_DATA / file).write_text("\n".join(lines) + "\n")
    narrow_file = file.replace(".jsonl", "_f32.jsonl")
    if narrow_lines:
        (TRACE_DATA / narrow_file).write_text("\n".join(narrow_lines) + "\n")
    print(len(lines), "cases, and", len(narrow_lines), "of f32 and c64")
