"""Writes complex.jsonl and complex_f32.jsonl of rune-trace: functions of complex numbers and Fourier transforms, with the results and derivatives of JAX.

    .venv/bin/python scripts/vectors complex      (needs jax 0.10.2)

scripts/oracle/complex_cases.py describes the lines.
"""

import jax.numpy as jnp
import numpy as np
from jax import lax

from .complex_cases import c128, case, f64, value, write


def main():
    UNARY = {
        "exp": jnp.exp, "exp2": jnp.exp2, "expm1": jnp.expm1, "log": jnp.log, "log1p": jnp.log1p, "sqrt": jnp.sqrt,
        "rsqrt": lax.rsqrt, "sin": jnp.sin, "cos": jnp.cos, "tan": jnp.tan, "sinh": jnp.sinh, "cosh": jnp.cosh,
        "tanh": jnp.tanh, "asin": jnp.arcsin, "acos": jnp.arccos, "atan": jnp.arctan, "asinh": jnp.arcsinh,
        # JAX's own rule takes the root of (x - 1)(x + 1), whose sign is wrong in the left half-plane.
        "acosh": lambda x: jnp.log(x + jnp.sqrt(x - 1) * jnp.sqrt(x + 1)), "atanh": jnp.arctanh, "sigmoid": lax.logistic, "square": jnp.square,
        "reciprocal": jnp.reciprocal, "abs": jnp.abs, "real": jnp.real, "imag": jnp.imag, "conj": jnp.conj,
        "angle": jnp.angle, "neg": jnp.negative, "powi3": lambda x: lax.integer_pow(x, 3),
        "powi-2": lambda x: lax.integer_pow(x, -2), "sum": lambda x: jnp.sum(x, 0), "prod": lambda x: jnp.prod(x, 0),
        "mean": lambda x: jnp.mean(x, 0), "var": lambda x: jnp.var(x, 0), "std": lambda x: jnp.std(x, 0),
        "cumsum": lambda x: jnp.cumsum(x, 0), "cumprod": lambda x: jnp.cumprod(x, 0), "sort": lambda x: jnp.sort(x, 0),
        "transpose": jnp.transpose, "to_real": lambda x: lax.real(x), "narrow": lambda x: x.astype(jnp.complex64).astype(jnp.complex128),
        "pad": lambda x: jnp.pad(x, [(1, 0), (2, 1)], constant_values=2 - 1j), "flip": lambda x: jnp.flip(x, 0),
        "gather": lambda x: x[jnp.array([2, 0, 2, 1])], "isfinite": jnp.isfinite, "isreal": jnp.isreal,
        "norm": lambda x: jnp.sqrt(jnp.sum(jnp.abs(x) ** 2)), "sign_value": lambda x: lax.stop_gradient(jnp.sign(x)) * x,
        "branch": lambda x: jnp.where(jnp.real(x) > 0, x * x, jnp.conj(x)),
        "loop": lambda x: lax.scan(lambda c, row: (c * row + 1j, c), x[0], x[1:])[0],
    }
    BINARY = {
        "add": jnp.add, "sub": jnp.subtract, "mul": jnp.multiply, "div": jnp.divide, "pow": jnp.power,
        "eq": lambda x, y: x == y, "ne": lambda x, y: x != y,
        "scatter_add": lambda x, y: x.at[jnp.array([1, 1, 0])].add(y),
        "scatter_set": lambda x, y: x.at[jnp.array([2, 0])].set(y[:2], unique_indices=True),
        "scatter_mul": lambda x, y: x.at[jnp.array([1, 2, 0])].multiply(y, unique_indices=True),
        "concat": lambda x, y: jnp.concatenate([x, y], 1),
    }

    for name, f in UNARY.items():
        case(name, f, c128(3, 2))
    for name, f in BINARY.items():
        case(name, f, c128(3, 2), c128(3, 2))
    case("complex", lax.complex, f64(3), f64(3))
    case("to_complex", lambda x: x.astype(jnp.complex128) * 2j, f64(3))
    case("matmul", jnp.matmul, c128(3, 4), c128(4, 2))
    case("batched_matmul", jnp.matmul, c128(2, 3, 4), c128(2, 4, 2))
    dims = ("NCH", "OIH", "NCH")
    case("conv", lambda x, k: lax.conv_general_dilated(x, k, (1,), [(1, 1)], dimension_numbers=dims), c128(1, 2, 5), c128(2, 2, 3))

    # The branch cuts, from both sides, and zeros.
    edges = np.array([complex(x, y) for x in (-2.0, -0.5, 0.0, 0.5, 2.0) for y in (0.0, -0.0, 1.5)])
    for name in ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tanh", "asin", "acos", "atan", "asinh", "acosh", "atanh", "abs", "angle"]:
        with np.errstate(all="ignore"):
            y = {"asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "asinh": np.arcsinh, "acosh": np.arccosh,
                 "atanh": np.arctanh}.get(name, getattr(np, name, None))(edges)
        fine = np.isfinite(y)
        value(name, y[fine], edges[fine])

    fft = jnp.fft
    for n in (1, 2, 3, 5, 8, 12, 17):
        for kind in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
            if kind in ("irfft", "hfft"):
                x, arguments = c128(n // 2 + 1), {"n": n}
            else:
                x, arguments = (f64 if kind in ("rfft", "ihfft") else c128)(n), {}
            case(kind, lambda x, kind=kind, a=arguments: getattr(fft, kind)(x, **a), x, **arguments)
    for norm in ("ortho", "forward"):
        for kind in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft"):
            real = kind in ("rfft", "ihfft")
            for n, axis in ((4, 0), (7, 0), (3, -1)):
                x = (f64 if real else c128)(5, 2)
                case(kind, lambda x, k=kind, n=n, a=axis, m=norm: getattr(fft, k)(x, n=n, axis=a, norm=m), x, n=n, axis=axis, norm=norm)
    for kind in ("fft2", "ifft2", "rfft2", "irfft2"):
        x = (f64 if kind == "rfft2" else c128)(2, 3, 4)
        case(kind, getattr(fft, kind), x)
        case(kind, lambda x, k=kind: getattr(fft, k)(x, s=(5, 3), axes=(1, 0), norm="ortho"), x, s=[5, 3], axes=[1, 0], norm="ortho")
    for kind in ("fftn", "ifftn", "rfftn", "irfftn"):
        x = (f64 if kind == "rfftn" else c128)(2, 3, 4)
        case(kind, getattr(fft, kind), x)
        case(kind, lambda x, k=kind: getattr(fft, k)(x, s=(3, 2), axes=(2, 0)), x, s=[3, 2], axes=[2, 0])
    # NumPy transforms along more than three axes.
    for kind in ("fftn", "ifftn", "rfftn", "irfftn"):
        x = (f64 if kind == "rfftn" else c128)(2, 3, 2, 3)
        value(kind, getattr(np.fft, kind)(x), x)

    # The order of complex numbers.
    ORDER = {
        "max": lambda x: jnp.max(x, 0), "min": lambda x: jnp.min(x), "cut_max": lambda x: jnp.max(jnp.round(x), 0),
        "argsort": lambda x: jnp.argsort(x, 0), "unique": lambda x: jnp.unique(jnp.round(x), size=6),
        "ptp": lambda x: jnp.ptp(x, 0), "nanmax": lambda x: jnp.nanmax(x, 0),
    }
    ORDER_OF_TWO = {
        "lt": lambda x, y: jnp.real(x) + 1j < jnp.real(x) + 1j * y.imag, "le": lambda x, y: jnp.round(x) <= jnp.round(y),
        "gt": lambda x, y: jnp.round(x) > jnp.round(y), "ge": lambda x, y: x >= x, "maximum": jnp.maximum, "minimum": jnp.minimum,
        "maximum_same": lambda x, y: jnp.maximum(x, x), "searchsorted": lambda x, y: jnp.searchsorted(jnp.sort(x[:, 0]), y, side="right"),
    }
    for name, f in ORDER.items():
        case(name, f, 3 * c128(3, 2))
    for name, f in ORDER_OF_TWO.items():
        case(name, f, 3 * c128(3, 2), 3 * c128(3, 2))

    write("complex.jsonl")
