"""Writes complex_functions.jsonl of rune-trace: array functions of complex numbers, with the results and derivatives of JAX.

    .venv/bin/python scripts/vectors complex-functions      (needs jax 0.10.2)

scripts/oracle/complex_cases.py describes the lines.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy import interpolate, ndimage, special

from .complex_cases import c128, case, f64, value, write


def gaps(x):
    """Returns `x` with NaN in place of its large numbers."""
    return jnp.where(jnp.abs(x) > 1.5, jnp.nan, x)


def main():
    # ---- products: the first factor is conjugated, or the second -------------------------------------------------------------------------
    case("vdot", jnp.vdot, c128(2, 3), c128(2, 3))
    case("vecdot", lambda x, y: jnp.vecdot(x, y, axis=0), c128(3, 2), c128(3, 1))
    case("vecmat", jnp.vecmat, c128(2, 3), c128(3, 4))
    case("matvec", jnp.matvec, c128(2, 3), c128(3))
    case("inner", jnp.inner, c128(2, 3), c128(4, 3))
    case("outer", jnp.outer, c128(2), c128(3))
    case("cov", jnp.cov, c128(3, 5))
    case("cov_of_vector", jnp.cov, c128(5))
    case("corrcoef", jnp.corrcoef, c128(3, 5))
    case("average", lambda x, w: jnp.average(x, 0, w), c128(3, 2), c128(3, 2))

    # ---- reductions, with and without NaN ------------------------------------------------------------------------------------------------
    case("logsumexp", lambda x: special.logsumexp(x, 0), 5 * c128(3, 2))
    NAN = {
        "nansum": jnp.nansum, "nanprod": jnp.nanprod, "nanmean": jnp.nanmean, "nanvar": jnp.nanvar, "nanstd": jnp.nanstd,
        "nanmax_of_some": jnp.nanmax, "nanmin_of_some": jnp.nanmin, "nancumsum": jnp.nancumsum, "nancumprod": jnp.nancumprod,
    }
    for name, f in NAN.items():
        case(name, lambda x, f=f: f(gaps(x), 0), c128(6, 3))

    # ---- elementwise functions -----------------------------------------------------------------------------------------------------------
    UNARY = {
        "sinc": jnp.sinc, "softplus": jax.nn.softplus, "log_sigmoid": jax.nn.log_sigmoid, "mish": jax.nn.mish, "silu": jax.nn.silu,
        "gelu": jax.nn.gelu, "squareplus": jax.nn.squareplus, "soft_sign": jax.nn.soft_sign, "logit": special.logit,
        "softmax": lambda x: jax.nn.softmax(x, 0), "log_softmax": lambda x: jax.nn.log_softmax(x, 0), "glu": lambda x: jax.nn.glu(x, 0),
        "cumlogsumexp": lambda x: lax.cumlogsumexp(x, 0), "cummax": lambda x: lax.cummax(x, 0), "cummin": lambda x: lax.cummin(x, 0),
    }
    for name, f in UNARY.items():
        case(name, f, c128(4, 2))
    # Far from 0, the imaginary parts are angles of several turns.
    for name, f in (("logaddexp", jnp.logaddexp), ("logaddexp2", jnp.logaddexp2)):
        case(name, f, c128(4), c128(4))
        x, y = 9 * c128(4), 9 * c128(4)
        value(name, f(x, y), x, y)
    case("xlogy", special.xlogy, c128(4), c128(4))
    case("xlog1py", special.xlog1py, c128(4), c128(4))
    for decimals in (1, -1):
        x = 30 * c128(5)
        value("around", jnp.round(x, decimals), x, decimals=decimals)

    # ---- polynomials, interpolation, images ----------------------------------------------------------------------------------------------
    case("poly", jnp.poly, c128(3))
    case("polyder", lambda x: jnp.polyder(x, 2), c128(5))
    case("polyint", lambda x: jnp.polyint(x, 2), c128(4))
    case("polyval", jnp.polyval, c128(4), c128(3))
    case("polymul", jnp.polymul, c128(4), c128(3))
    x, y = c128(7), c128(7)
    value("polyfit", jnp.polyfit(x, y, 2), x, y)
    for f, name in ((lambda x, y: jnp.polydiv(x, y)[0], "quotient"), (lambda x, y: jnp.polydiv(x, y)[1], "rest")):
        x, y = c128(5), c128(3)
        value(name, f(x, y), x, y)
    at, points = np.sort(f64(6)), np.sort(f64(4))
    case("interp", jnp.interp, at, points, c128(4))
    case("trapezoid", lambda y, x: jnp.trapezoid(y, x), c128(5), f64(5))
    case("gradient", lambda x: jnp.gradient(x, 0.5, axis=0), c128(4, 2))
    grid = np.array([0.0, 1.0, 3.0])
    case("grid", lambda v, p: interpolate.RegularGridInterpolator((grid, grid), v, bounds_error=False)(p), c128(3, 3), np.abs(f64(4, 2)))
    for order in (0, 1):
        for mode in ("constant", "nearest"):
            f = lambda x, p, order=order, mode=mode: ndimage.map_coordinates(x, [p, 0.5 * p], order, mode)
            case("map_coordinates", f, c128(3, 4), np.abs(f64(5)), order=order, mode=mode)
    for method in ("nearest", "linear", "cubic", "lanczos3"):
        case("resize", lambda x, m=method: jax.image.resize(x, (3, 5), m), c128(4, 3), method=method)
    scale, shift = np.array([1.5]), np.array([0.25])
    case("scale_and_translate", lambda x, s, t: jax.image.scale_and_translate(x, (4,), (0,), s, t, "linear"), c128(3), scale, shift)

    # ---- functions that compare numbers, by their real parts, then by their imaginary parts ----------------------------------------------
    COMPARED = {
        "elu": lambda x: jax.nn.elu(x, 0.7), "celu": lambda x: jax.nn.celu(x, 0.7), "selu": jax.nn.selu,
        "leaky_relu": lambda x: jax.nn.leaky_relu(x, 0.1), "hard_tanh": jax.nn.hard_tanh, "relu": jax.nn.relu, "relu6": jax.nn.relu6,
        "hard_sigmoid": jax.nn.hard_sigmoid, "hard_silu": jax.nn.hard_silu, "degrees": jnp.degrees, "radians": jnp.radians,
        "log1mexp": jax.nn.log1mexp, "sparse_plus": jax.nn.sparse_plus,
    }
    ties = np.array([0, 1, -1, 1j, -1j, 1 + 1j, 1 - 1j, -1 + 1j, -1 - 1j, 6 + 1j, 6 - 1j, 7, -4, 0.3 + 40j])
    for name, f in COMPARED.items():
        case(name, f, 2 * c128(8))
        if name != "log1mexp":
            # The second derivative of celu at 0 differs: JAX's is a mean of both sides.
            case(name, f, ties[1:] if name == "celu" else ties)
    ids = jnp.array([0, 3, 0, 1, 1, 1, 9, 3])
    for name, f in (("segment_max", jax.ops.segment_max), ("segment_min", jax.ops.segment_min)):
        # Of the infinities of a segment without elements, JAX's derivatives are NaN.
        case(name, lambda x, f=f: jnp.where(jnp.arange(4) == 2, 0, f(x, ids, 4)), c128(8))
        x = c128(3)
        case(name, lambda x, f=f: jnp.where(jnp.arange(4) == 2, 0, f(x, ids, 4)), x[np.array([0, 1, 0, 1, 2, 2, 0, 2])])
    chosen = jnp.array([1, 0, 1])
    case("at_max", lambda x, y: x.at[1:, chosen].max(y), c128(3, 2), c128(2, 3))
    case("at_min", lambda x, y: x.at[:, jnp.array([1, 1, 5])].min(y), c128(3, 2), c128(3, 3))
    case("at_slice_max", lambda x, y: x.at[1:, 0].max(y), c128(3, 2), c128(2))

    # ---- numbers between two ends --------------------------------------------------------------------------------------------------------
    for ends in ((1 + 2j, -3 + 0.5j), (2.0, 1j), (-1 - 1j, -3 + 2j)):
        x = np.array(ends)
        value("linspace", jnp.linspace(*ends, 5, dtype=complex), x)
        value("logspace", jnp.logspace(*ends, 5, dtype=complex), x)
        value("geomspace", jnp.geomspace(*ends, 5, dtype=complex), x)

    # ---- random numbers, as JAX draws them -----------------------------------------------------------------------------------------------
    key = jax.random.key(5)
    none = np.zeros(0)
    value("normal", jax.random.normal(key, (2, 3), complex), none)
    for n, m in ((3, 3), (3, 2), (2, 3)):
        value("orthogonal", jax.random.orthogonal(key, n, (), complex, m), none, n=n, m=m)

    write("complex_functions.jsonl")
