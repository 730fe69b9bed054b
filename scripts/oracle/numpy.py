"""Writes numpy.jsonl of rune-trace: array functions under the names of NumPy and SciPy, with the results and
derivatives of JAX.

    .venv/bin/python scripts/vectors numpy      (needs jax 0.10.2)

Each line of JSON is one case in the format of scripts/vectors array-fns, with `grads`: for each input the product of a
cotangent with the derivative, where JAX has one. The cotangent of element k of a result is cos(k + 1).
"""

import json

import jax
import jax.numpy as jnp
import jax.scipy as jsp
import numpy as np
from jax._src.lax import lax as lax_internal

from .common import TRACE_DATA, array

jax.config.update("jax_default_matmul_precision", "highest")
rng = np.random.default_rng(7)
LINES = []
count = 0


def f32(*shape):
    return np.round(rng.standard_normal(shape), 2).astype(np.float32)


def i32(*shape, low=-9, high=10):
    return rng.integers(low, high, shape).astype(np.int32)


def is_float(x):
    return np.asarray(x).dtype.kind == "f"


def tuple_of(x):
    return tuple(x) if isinstance(x, (list, tuple)) else (x,)


def cotangent(y):
    if is_float(y):
        return jnp.cos(jnp.arange(1, y.size + 1, dtype=y.dtype)).reshape(y.shape)
    return np.zeros(y.shape, jax.dtypes.float0)


def case(fn, args, inputs, f, grad=False, tol=0):
    """Writes a case: `f` of the inputs is the expected result of rune's `fn` with `args`. With `grad`, the case has
    derivatives. Every third case also runs in f64."""

    def one(inputs):
        outputs = tuple_of(f(*inputs))
        line = {"fn": fn, "args": args, "in": [array(x) for x in inputs], "out": [array(x) for x in outputs], "tol": tol}
        if grad:
            floats = [i for i, x in enumerate(inputs) if is_float(x)]

            def g(*floating):
                full = list(inputs)
                for i, x in zip(floats, floating):
                    full[i] = x
                return tuple_of(f(*full))

            y, back = jax.vjp(g, *[jnp.asarray(inputs[i]) for i in floats])
            cts = back(tuple(cotangent(y) for y in y))
            grads = [None] * len(inputs)
            for i, ct in zip(floats, cts):
                grads[i] = array(ct)
            line["grads"] = grads
        LINES.append(json.dumps(line, separators=(",", ":")))

    inputs = [np.asarray(x) for x in inputs]
    one(inputs)
    global count
    count += 1
    if count % 3 == 0 and any(is_float(x) for x in inputs) and sum(x.size for x in inputs) <= 40:
        with jax.enable_x64(True):
            wide = [x.astype(np.float64) if is_float(x) else x for x in inputs]
            if all(np.asarray(y).dtype.name not in ("int64", "uint64") for y in tuple_of(f(*wide))):
                one(wide)


# ---- names of elementwise functions ------------------------------------------------------------------------------------------------


def elementwise():
    inf, nan = np.inf, np.nan
    special = np.array([-inf, -2.5, -1, -0.5, -0.0, 0.0, 0.3, 1, 1.5, 7.25, inf, nan], np.float32)
    x = np.array([-2.75, -1.5, -0.4, 0.2, 0.9, 3.3], np.float32)
    unit = np.array([-0.9, -0.3, 0.0, 0.4, 0.8], np.float32)
    for name in "absolute fabs negative rint trunc isposinf isneginf signbit positive degrees rad2deg radians deg2rad".split():
        case("unary", name, [special], getattr(jnp, name))
    for name in "absolute negative trunc degrees radians arctan arcsinh".split():
        case("unary", name, [x], getattr(jnp, name), True, 2e-6)
    for name in "arcsin arccos arctanh".split():
        case("unary", name, [unit], getattr(jnp, name), True, 2e-6)
    case("unary", "arccosh", [np.array([1.1, 2, 30], np.float32)], jnp.arccosh, True, 2e-6)
    case("unary", "log1mexp", [np.array([1e-6, 0.1, 0.69, 0.7, 3, 40], np.float32)], jax.nn.log1mexp, True, 3e-6)
    case("unary", "sparse_plus", [np.array([-2, -0.5, 0.5, 2], np.float32)], jax.nn.sparse_plus, True, 1e-6)
    case("unary", "sparse_sigmoid", [np.array([-2, -0.5, 0.5, 2], np.float32)], jax.nn.sparse_sigmoid, True, 1e-6)
    case("unary", "swish", [x], jax.nn.swish, True, 2e-6)
    case("unary", "hard_swish", [x], jax.nn.hard_swish, True, 2e-6)
    case("unary", "modf", [np.array([-2.75, -0.5, 0.0, 3.25, 1e10], np.float32)], jnp.modf)
    case("unary", "modf", [x], jnp.modf, True, 1e-6)
    case("unary", "frexp", [np.array([-12, -0.5, 0, 1, 3e30, 1e-30, inf], np.float32)], lambda x: (jnp.frexp(x)[0], jnp.frexp(x)[1].astype(np.int32)))
    for d in (-1, 1, 2):
        case("around", d, [x * 10], lambda x: jnp.around(x, d), tol=1e-6)
    pairs = np.array([[a, b] for a in (-7.5, -2, -0.0, 0.0, 0.5, 3, inf, nan) for b in (-3, -0.0, 0.0, 2, 2.5, inf, nan)], np.float32)
    p, q = pairs[:, 0].copy(), pairs[:, 1].copy()
    for name in ("copysign fmax fmin logaddexp2 nextafter subtract multiply divide true_divide arctan2 fmod equal not_equal less less_equal "
                 "greater greater_equal logical_and logical_or logical_xor").split():
        case("binary", name, [p, q], getattr(jnp, name), tol=1e-6)
    case("binary", "heaviside", [x, x[::-1].copy()], jnp.heaviside)
    a, b = f32(3, 4), f32(4)
    for name in "copysign fmax fmin logaddexp2 subtract multiply divide arctan2 heaviside".split():
        case("binary", name, [a, b], getattr(jnp, name), True, 3e-6)
    case("binary", "power", [np.abs(a), b], jnp.power, True, 1e-5)
    case("binary", "float_power", [i32(4, low=1), i32(4, low=1, high=3)], lambda x, y: jnp.float_power(x, y).astype(np.float32), tol=1e-6)
    m, n = i32(3, 4), i32(4)
    n[n == 0] = 5
    for name in ("divmod mod subtract multiply divide bitwise_and bitwise_or bitwise_xor equal less logical_and logical_or logical_xor gcd lcm "
                 "fmax fmin power").split():
        tol = 1e-6 if name == "divide" else 0
        case("binary", name, [m, np.abs(n) if name == "power" else n], getattr(jnp, name), tol=tol)
    case("binary", "divmod", [np.array([7.5, -7.5, 2], np.float32), np.array([2, 2, -3], np.float32)], jnp.divmod)
    case("binary", "gcd", [np.array([0, 0, 12, 255], np.uint8), np.array([0, 3, 18, 85], np.uint8)], jnp.gcd)
    case("binary", "lcm", [np.array([0, 0, 4], np.int32), np.array([0, 3, -6], np.int32)], jnp.lcm)
    case("binary", "left_shift", [m, np.abs(n)], jnp.left_shift)
    case("binary", "right_shift", [m, np.abs(n)], jnp.right_shift)
    case("binary", "ldexp", [np.array([1.5, -0.75, 3, 1e30], np.float32), np.array([3, -140, 120, -100], np.int32)], np.ldexp)
    for v in (m, m > 0):
        case("unary", "invert", [v], jnp.invert)
    for axis in (0, -1):
        case("unwrap", [6.283185307179586, axis], [f32(4, 5) * 9], lambda x: jnp.unwrap(x, axis=axis), tol=1e-5)
    for x, y in ((a, a), (a, a + 1e-7), (a, b), (m, m), (m, n)):
        case("allclose", None, [x, y], lambda x, y: jnp.allclose(x, y))
        case("array_equal", None, [x, y], lambda x, y: jnp.asarray(jnp.array_equal(x, y)))
        case("array_equiv", None, [x, y], lambda x, y: jnp.asarray(jnp.array_equiv(x, y)))


def bits():
    for dtype in (np.int8, np.uint8, np.int16, np.int32, np.uint32):
        info = np.iinfo(dtype)
        x = np.array([0, 1, 2, 7, 100, info.max, info.min, info.max // 3], dtype)
        case("unary", "population_count", [x], jax.lax.population_count)
        case("unary", "clz", [x], jax.lax.clz)
        case("unary", "bitwise_count", [x], jnp.bitwise_count)
        case("binary", "mulhi", [x, x[::-1].copy()], jax.lax.mulhi)
        case("reduce_xor", [0], [x], lambda x: jax.lax.reduce_xor(x, (0,)))
    with jax.enable_x64(True):
        for dtype in (np.int64, np.uint64):
            info = np.iinfo(dtype)
            x = np.array([0, 1, 7, info.max, info.min, info.max // 3, 1 << 40], dtype)
            case("unary", "population_count", [x], jax.lax.population_count)
            case("unary", "clz", [x], jax.lax.clz)
            case("binary", "mulhi", [x, x[::-1].copy()], jax.lax.mulhi)
    case("reduce_xor", [1], [i32(2, 3, 4)], lambda x: jax.lax.reduce_xor(x, (1,)))
    case("reduce_xor", [0, 2], [i32(2, 3, 4) > 0], lambda x: jax.lax.reduce_xor(x, (0, 2)))
    case("reduce_xor", [0], [np.zeros((0, 2), np.int32)], lambda x: jax.lax.reduce_xor(x, (0,)))
    for order in ("big", "little"):
        for axis in (0, -1):
            case("packbits", [axis, order], [i32(9, 5) > 0], lambda x: jnp.packbits(x, axis, order))
            case("unpackbits", [axis, order], [i32(2, 3, low=0, high=256).astype(np.uint8)], lambda x: jnp.unpackbits(x, axis, None, order))
    x = np.array([0.1, -1.003, 3e38, 1e-40, 65504, 65520, 6e-5, 6e-8, np.inf, -np.nan, -0.0, 1.9999], np.float32)
    for e, m in ((8, 7), (5, 10), (5, 2), (4, 3), (8, 23), (8, 0), (2, 23)):
        case("reduce_precision", [e, m], [x], lambda x: jax.lax.reduce_precision(x, e, m))


def nans():
    nan = np.nan
    x = f32(3, 4)
    x[0, 1] = x[2, 3] = x[1, 0] = nan
    hole = np.array([[nan, nan], [1, nan], [3, -2]], np.float32)
    for name in "nansum nanprod nanmax nanmin nanmean nanvar nanstd".split():
        for v in (x, hole, i32(3, 4)):
            for axes in (None, [0], [-1], [0, 1]):
                axis = None if axes is None else tuple(axes)
                for keep in (False, True):
                    if keep and axes != [0]:
                        continue
                    smooth = v is x and not keep and name != "nanstd"
                    case("reduce", [name, axes, keep], [v], lambda v: getattr(jnp, name)(v, axis=axis, keepdims=keep), smooth, 3e-6)
    for name in "nanargmax nanargmin nancumsum nancumprod nanmedian".split():
        for v in (x, hole):
            for axis in (0, 1):
                case("along", [name, axis], [v], lambda v: getattr(jnp, name)(v, axis=axis), name.startswith("nanc") and v is x, 2e-6)
    for q in (0.0, 0.3, 1.0):
        for axis in (0, 1):
            case("nanquantile", [q, axis], [x], lambda v: jnp.nanquantile(v, q, axis=axis), True, 3e-6)
            case("nanpercentile", [100 * q, axis], [hole], lambda v: jnp.nanpercentile(v, 100 * q, axis=axis), False, 3e-6)


def statistics():
    x, n = f32(3, 4), i32(3, 4)
    for name in "ptp count_nonzero".split():
        for v in (x, n):
            for axis in (None, 0, -1):
                axes = None if axis is None else [axis]
                case("reduce", [name, axes, False], [v], lambda v: getattr(jnp, name)(v, axis=axis), name == "ptp" and v is x, 1e-6)
    case("reduce", ["count_nonzero", [0], True], [n > 3], lambda v: jnp.count_nonzero(v, axis=0, keepdims=True))
    for axis in (None, 0, 1):
        axes = None if axis is None else [axis]
        case("reduce", ["logmeanexp", axes, False], [x], lambda v: jax.nn.logmeanexp(v, axis=axis), True, 3e-6)
    case("average", [0], [x, np.abs(f32(3, 4))], lambda x, w: jnp.average(x, axis=0, weights=w), True, 3e-6)
    case("average", [1], [x, np.abs(f32(4))], lambda x, w: jnp.average(x, axis=1, weights=w), True, 3e-6)
    case("percentile", [30, 1], [x], lambda v: jnp.percentile(v, 30, axis=1), True, 3e-6)
    for ddof in (0, 1):
        case("cov", ddof, [x], lambda v: jnp.cov(v, ddof=ddof), True, 3e-6)
        case("cov", ddof, [x[0]], lambda v: jnp.cov(v, ddof=ddof), True, 3e-6)
    case("cov", 1, [n], lambda v: jnp.cov(v), False, 3e-6)
    case("corrcoef", None, [x], jnp.corrcoef, False, 3e-6)
    case("corrcoef", None, [x[0]], jnp.corrcoef, False, 3e-6)
    k = i32(20, low=-2, high=6)
    case("bincount", 5, [k], lambda k: jnp.bincount(k, length=5))
    case("bincount", None, [np.abs(k)], lambda k: jnp.bincount(k))
    case("bincount", None, [np.zeros(0, np.int32)], lambda k: jnp.bincount(k, length=0))
    case("bincount_weighted", 5, [k, f32(20)], lambda k, w: jnp.bincount(k, w, length=5), True, 2e-6)
    edges = np.array([-1, 0, 0.5, 2], np.float32)
    for right in (False, True):
        case("digitize", right, [f32(3, 4), edges], lambda x, e: jnp.digitize(x, e, right=right))
        case("digitize", right, [f32(3, 4), edges[::-1].copy()], lambda x, e: jnp.digitize(x, e, right=right))
        case("digitize", right, [i32(5), np.array([-3, 0, 3], np.int32)], lambda x, e: jnp.digitize(x, e, right=right))
    v, w = f32(30), np.abs(f32(30))
    case("histogram", 5, [v], lambda v: jnp.histogram(v, 5), False, 1e-6)
    case("histogram", 5, [n.ravel()], lambda v: tuple(y.astype(np.float32) for y in jnp.histogram(v, 5)), False, 1e-6)
    case("histogram", 4, [np.full(3, 2, np.float32)], lambda v: jnp.histogram(v, 4), False, 1e-6)
    case("histogram", [4, -1, 1.5], [v], lambda v: jnp.histogram(v, 4, (-1, 1.5)), False, 1e-6)
    case("histogram_edges", None, [v, edges], lambda v, e: jnp.histogram(v, e)[0])
    case("histogram_weighted", [5, False], [v, w], lambda v, w: jnp.histogram(v, 5, weights=w)[0], False, 3e-6)
    case("histogram_weighted", [5, True], [v, w], lambda v, w: jnp.histogram(v, 5, weights=w, density=True)[0], False, 3e-6)
    case("histogram2d", [3, 4], [v, w], lambda v, w: tuple(y.astype(v.dtype) for y in jnp.histogram2d(v, w, (3, 4))), False, 1e-6)
    case("histogramdd", [3, 2, 2], [f32(20, 3)], lambda x: jnp.histogramdd(x, (3, 2, 2))[0].astype(x.dtype), False, 1e-6)


def differences():
    x, n = f32(3, 5), i32(3, 5)
    for times in (0, 1, 2):
        for axis in (0, -1):
            case("diff", [times, axis], [x], lambda x: jnp.diff(x, times, axis), True, 2e-6)
            case("diff", [times, axis], [n], lambda x: jnp.diff(x, times, axis))
    case("diff", [1, 0], [n > 0], lambda x: jnp.diff(x, axis=0))
    case("diff", [1, 0], [np.zeros((1, 2), np.float32)], lambda x: jnp.diff(x, axis=0))
    case("ediff1d", None, [x], jnp.ediff1d, True, 1e-6)
    for axis in (0, 1):
        case("gradient", [0.5, axis], [x], lambda x: jnp.gradient(x, 0.5, axis=axis), True, 2e-6)
        case("trapezoid", [0.5, axis], [x], lambda x: jnp.trapezoid(x, dx=0.5, axis=axis), True, 2e-6)
        case("cumulative_sum", axis, [x], lambda x: jnp.cumulative_sum(x, axis=axis), True, 2e-6)
    case("gradient", [1, 0], [f32(2)], lambda x: jnp.gradient(x), True, 2e-6)
    case("trapezoid_at", 1, [x, np.sort(f32(5))], lambda y, x: jnp.trapezoid(y, x, axis=1), True, 2e-6)
    case("trapezoid_at", 0, [n, np.sort(f32(3, 5), 0)], lambda y, x: jnp.trapezoid(y, x, axis=0), False, 2e-6)
    xp = np.array([-1, 0, 0.5, 2], np.float32)
    case("interp", None, [np.array([[-3, -1, -0.3], [0.1, 1.9, 2.5]], np.float32), xp, f32(4)], jnp.interp, True, 3e-6)
    case("interp", None, [np.array([1, np.nan, 3], np.float32), np.array([1, 1, 2], np.float32), f32(3)], jnp.interp, False, 3e-6)
    case("interp", None, [np.array([0.5, 2], np.float32), np.array([1], np.float32), f32(1)], jnp.interp)


def chosen():
    x = i32(3, 4, low=-1, high=2)
    f = f32(3, 4)
    f[f < 0] = 0
    for v in (x, f, x > 0, x[0], np.zeros((0, 2), np.int32)):
        for size in (None, 3, 9, [15, -1]):
            # JAX pads with 0 if there are no elements.
            if v.size == 0 and isinstance(size, list):
                continue
            s, fill = (size, None) if not isinstance(size, list) else size
            kwargs = {} if s is None else {"size": s, "fill_value": fill}
            case("nonzero", size, [v], lambda v: jnp.nonzero(v, **kwargs))
            case("argwhere", size, [v], lambda v: jnp.argwhere(v, **kwargs))
            case("flatnonzero", size, [v], lambda v: jnp.flatnonzero(v, **kwargs))
    g = f32(3, 4)
    case("extract", None, [g, x > 0], lambda g, m: jnp.extract(m, g), True)
    case("extract", [12, 7], [g, x > 0], lambda g, m: jnp.extract(m, g, size=12, fill_value=7), True)
    case("extract", 2, [i32(3, 4), x], lambda g, m: jnp.extract(m, g, size=2))
    for axis, mask in ((0, [True, False, True]), (1, [False, True, True])):
        m = np.array(mask)
        case("compress", [axis, None], [g, m], lambda g, m: jnp.compress(m, g, axis), True)
        case("compress", [axis, [3, 5]], [g, m], lambda g, m: jnp.compress(m, g, axis, size=3, fill_value=5), True)
    nan = np.nan
    for v in (i32(3, 4, low=0, high=4), np.array([2, nan, 1, nan, 2, -0.0, 0.0], np.float32), x > 0):
        for size in (None, 3, 9, [9, 1]):
            s, fill = (size, None) if not isinstance(size, list) else size
            kwargs = {} if s is None else {"size": s, "fill_value": fill}
            case("unique", size, [v], lambda v: jnp.unique(v, **kwargs))
            if not isinstance(size, list):
                case("unique_all", size, [v], lambda v: jnp.unique(v, True, True, True, **kwargs))
    a, b = i32(7, low=0, high=9), i32(5, low=0, high=9)
    case("isin", None, [i32(3, 4), a], jnp.isin)
    for name in "union1d intersect1d setdiff1d setxor1d".split():
        case("set", [name, None], [a, b], getattr(jnp, name))
    case("set", ["union1d", [20, -1]], [a, b], lambda a, b: jnp.union1d(a, b, size=20, fill_value=-1))
    case("set", ["setdiff1d", [9, -1]], [a, b], lambda a, b: jnp.setdiff1d(a, b, size=9, fill_value=-1))
    case("select", 7, [x < 0, x > 0, f32(3, 4), f32(3, 4)], lambda c, d, p, q: jnp.select([c, d], [p, q], 7.0), True)
    case("choose", None, [i32(4, low=0, high=3), f32(4), f32(4), f32(4)], lambda i, a, b, c: jnp.choose(i, [a, b, c], mode="clip"), True)
    case("put", None, [f32(2, 3), np.array([1, 4], np.int32), f32(2)], lambda x, i, v: jnp.put(x, i, v, inplace=False), True)
    for axis in (0, 1):
        i = np.argsort(f32(3, 4), axis)[:2, :2].astype(np.int32)
        i = np.array([[0, 1, 2, 0]], np.int32) if axis == 0 else np.array([[0], [3], [1]], np.int32)
        case("put_along_axis", axis, [f32(3, 4), i, f32(*i.shape)], lambda x, i, v: jnp.put_along_axis(x, i, v, axis, inplace=False), True)


def grids():
    for n, k, m in ((3, 0, 3), (2, 1, 4), (4, -1, 2), (3, 5, 3), (0, 0, 2)):
        case("tril_indices", [n, k, m], [], lambda: jnp.tril_indices(n, k, m))
        case("triu_indices", [n, k, m], [], lambda: jnp.triu_indices(n, k, m))
        case("tri", [n, m, k], [], lambda: jnp.tri(n, m, k))
    case("diag_indices", [3, 2], [], lambda: jnp.diag_indices(3, 2))
    case("unravel_index", [2, 3, 4], [np.array([[0, 23], [-1, 7]], np.int32)], lambda i: jnp.unravel_index(i, (2, 3, 4)))
    case("ravel_multi_index", [2, 3], [np.array([0, 5, -1], np.int32), np.array([1, 2, 9], np.int32)],
         lambda a, b: jnp.ravel_multi_index((a, b), (2, 3), mode="clip"))
    case("ix_", None, [i32(2), i32(3)], lambda a, b: jnp.ix_(a, b))
    for k in (-1, 0, 2):
        case("diagflat", k, [f32(2, 2)], lambda x: jnp.diagflat(x, k), True)
    for shape in ((3, 3), (2, 4), (4, 2), (3, 3, 3)):
        case("fill_diagonal", 5, [f32(*shape)], lambda x: jnp.fill_diagonal(x, 5, inplace=False), True)
    case("vander", [4, False], [f32(3)], lambda x: jnp.vander(x, 4), True, 3e-6)
    case("vander", [3, True], [i32(3)], lambda x: jnp.vander(x, 3, True))
    case("logspace", [0, 2, 7, 10], [], lambda: jnp.logspace(0, 2, 7), tol=3e-6)
    case("logspace", [0, 2, 1, 2], [], lambda: jnp.logspace(0, 2, 1, base=2), tol=3e-6)
    case("geomspace", [1, 1000, 7], [], lambda: jnp.geomspace(1, 1000, 7), tol=3e-6)
    case("geomspace", [-8, -1, 4], [], lambda: jnp.geomspace(-8, -1, 4), tol=3e-6)
    case("indices", [2, 3], [], lambda: jnp.indices((2, 3)))
    for n in (0, 1, 2, 8):
        for name in "blackman bartlett hamming hanning".split():
            case("window", [name, n], [], lambda: getattr(np, name)(n).astype(np.float32), tol=1e-7)
        case("kaiser", [n, 8.5], [], lambda: jnp.kaiser(n, np.float32(8.5)).astype(np.float32), tol=5e-6)


def shapes():
    x, v, s = i32(2, 3, 4), i32(3), np.int32(5)
    for name in "atleast_1d atleast_2d atleast_3d".split():
        for y in (x, x[0], v, s):
            case("shape", name, [y], getattr(jnp, name))
    for name in "hstack vstack dstack column_stack".split():
        for y in (x[0], v):
            case("stack", name, [y, -y], lambda a, b: getattr(jnp, name)((a, b)))
    case("stack", "hstack", [s, s], lambda a, b: jnp.hstack((a, b)))
    case("block", None, [i32(2, 2), i32(2, 1), i32(1, 2), i32(1, 1)], lambda a, b, c, d: jnp.block([[a, b], [c, d]]))
    case("broadcast_arrays", None, [i32(2, 1), i32(3)], lambda a, b: jnp.broadcast_arrays(a, b))
    for axis in (0, 1):
        case("append", axis, [f32(2, 2), f32(2, 2)], lambda a, b: jnp.append(a, b, axis), True)
    for n in (1, 2, 3, 5):
        case("array_split", [n, -1], [x], lambda x: jnp.array_split(x, n, -1))
    case("split_by", ["hsplit", 3], [x], lambda x: jnp.hsplit(x, 3))
    case("split_by", ["hsplit", 3], [v], lambda x: jnp.hsplit(x, 3))
    case("split_by", ["vsplit", 2], [x], lambda x: jnp.vsplit(x, 2))
    case("split_by", ["dsplit", 2], [x], lambda x: jnp.dsplit(x, 2))
    for at in ([0], [1, -1], [], [0, 1, 2, 3]):
        case("delete", [at, 2], [f32(2, 3, 4)], lambda x: jnp.delete(x, np.array(at, int), 2), True)
    for at, axis in ((0, 0), (1, 2), (-1, 1), (4, 2)):
        case("insert", [at, axis], [f32(2, 3, 4), np.float32(9)], lambda x, v: jnp.insert(x, at, v, axis), True)
    for shape in ((2, 2), (9,), (5, 5, 2), (0,)):
        case("resize", list(shape), [f32(2, 3, 4)], lambda x: jnp.resize(x, shape), True)
    case("shape", "fliplr", [x], jnp.fliplr)
    case("shape", "flipud", [x], jnp.flipud)
    for k in (-1, 0, 1, 2, 3):
        case("rot90", [k, 0, 2], [x], lambda x: jnp.rot90(x, k, (0, 2)))
    for axis, start in ((0, 2), (2, 0), (1, 3), (-1, 1)):
        case("rollaxis", [axis, start], [x], lambda x: jnp.rollaxis(x, axis, start))
    for axes in ([0], [-1], [0, 2], [1, -1]):
        case("expand_dims", axes, [x], lambda x: jnp.expand_dims(x, tuple(axes)))
    case("broadcast", [2, 3], [v], lambda x: jax.lax.broadcast(x, (2, 3)))
    case("clip", [-2, 3], [x], lambda x: jnp.clip(x, -2, 3))
    case("inner", None, [f32(2, 3), f32(4, 3)], jnp.inner, True, 3e-6)
    case("vecdot", None, [f32(2, 3), f32(3)], jnp.vecdot, True, 3e-6)
    case("matvec", None, [f32(5, 2, 3), f32(3)], jnp.matvec, True, 3e-6)
    case("vecmat", None, [f32(5, 2), f32(2, 3)], jnp.vecmat, True, 3e-6)


def orders():
    x = f32(3, 5)
    for axis in (0, 1):
        case("lexsort", axis, [i32(3, 5, low=0, high=2), i32(3, 5, low=0, high=2)], lambda a, b: jnp.lexsort((a, b), axis))
        case("sort_key_val", axis, [x, f32(3, 5)], lambda a, b: jax.lax.sort_key_val(a, b, axis), True)
        # JAX's partition leaves the order within the parts open, so both results are sorted.
        case("partition", [2, axis], [x], lambda a: jnp.sort(a, axis), True)
    case("approx_min_k", 2, [x], lambda a: jax.lax.approx_min_k(a, 2, recall_target=1.0), False)
    case("approx_max_k", 2, [x], lambda a: jax.lax.approx_max_k(a, 2, recall_target=1.0), False)


def polynomials():
    p, q = f32(4), f32(3)
    case("polyval", None, [p, f32(2, 3)], jnp.polyval, True, 3e-6)
    x = np.array([-2, -1, 0, 0.5, 1, 2], np.float32)
    case("polyfit", 2, [x, f32(6)], lambda x, y: jnp.polyfit(x, y, 2), False, 3e-5)
    case("polyfit", 1, [x, f32(6, 2)], lambda x, y: jnp.polyfit(x, y, 1), False, 3e-5)
    case("poly2", "polyadd", [p, q], jnp.polyadd, True, 1e-6)
    case("poly2", "polysub", [p, q], jnp.polysub, True, 1e-6)
    case("poly2", "polymul", [p, q], jnp.polymul, True, 3e-6)
    case("poly2", "polymul", [q, p], jnp.polymul, True, 3e-6)
    for m in (0, 1, 2):
        case("polyder", m, [p], lambda p: jnp.polyder(p, m), True, 1e-6)
        case("polyint", m, [p], lambda p: jnp.polyint(p, m), True, 1e-6)
    case("poly2", "polydiv", [p, q], jnp.polydiv, False, 2e-5)
    case("poly", None, [f32(3)], lambda r: jnp.poly(r), False, 3e-6)


def signals():
    for a, b in ((6, 3), (3, 6), (5, 4), (4, 4), (1, 3)):
        for mode in ("full", "same", "valid"):
            x, y = f32(a), f32(b)
            case("convolve", mode, [x, y], lambda x, y: jnp.convolve(x, y, mode), True, 3e-6)
            case("correlate", mode, [x, y], lambda x, y: jnp.correlate(x, y, mode), True, 3e-6)
            if mode != "valid" or True:
                case("signal", ["convolve", mode], [x, y], lambda x, y: jsp.signal.convolve(x, y, mode), True, 3e-6)
                case("signal", ["correlate", mode], [x, y], lambda x, y: jsp.signal.correlate(x, y, mode), True, 3e-6)
    case("convolve", "full", [i32(4), i32(3)], lambda x, y: jnp.convolve(x, y), False, 1e-6)
    for a, b in (((4, 5), (2, 3)), ((2, 3), (4, 5)), ((3, 3), (3, 3))):
        for mode in ("full", "same", "valid"):
            for name in ("convolve2d", "correlate2d"):
                case("signal", [name, mode], [f32(*a), f32(*b)], lambda x, y: getattr(jsp.signal, name)(x, y, mode), True, 3e-6)
    case("signal", ["convolve", "same"], [f32(2, 3, 4), f32(2, 2, 2)], lambda x, y: jsp.signal.convolve(x, y, "same"), False, 3e-6)
    for kind in ("linear", "constant"):
        for axis in (0, -1):
            case("detrend", [kind, axis], [f32(3, 5)], lambda x: jsp.signal.detrend(x, axis, kind), False, 1e-5)


def segments():
    x, n, ids = f32(6, 2), i32(6), np.array([0, 2, 2, 5, 0, -1], np.int32)
    for name in "sum prod max min".split():
        f = getattr(jax.ops, "segment_" + name)
        case("segment", [name, 4], [x, ids], lambda x, i: f(x, i, 4), name != "prod", 2e-6)
        case("segment", [name, 3], [n, ids], lambda x, i: f(x, i, 3))
        case("segment", [name, None], [x, ids], lambda x, i: f(x, i), False, 2e-6)


def images():
    x = f32(5, 4)
    for method in ("nearest", "linear", "cubic", "lanczos3", "lanczos5"):
        for shape in ((5, 9), (3, 4), (2, 7), (8, 2), (5, 4)):
            for antialias in (True, False):
                if method == "nearest" and not antialias:
                    continue
                case("resize_image", [method, list(shape), antialias], [x], lambda x: jax.image.resize(x, shape, method, antialias), True, 1e-5)
        if method != "nearest":
            s, t = np.array([1.3, 0.6], np.float32), np.array([0.4, -0.7], np.float32)
            case("scale_and_translate", [method, [4, 5], [0, 1]], [f32(4, 4), s, t],
                 lambda x, s, t: jax.image.scale_and_translate(x, (4, 5), (0, 1), s, t, method), method != "cubic", 3e-5)
    case("resize_image", ["linear", [2, 6, 3], True], [f32(2, 3, 3)], lambda x: jax.image.resize(x, (2, 6, 3), "linear"), True, 1e-5)
    a, b = f32(2, 3) * 3 + 1, f32(2, 3) * 3 + 1
    for order in (0, 1):
        for mode in ("constant", "nearest", "wrap", "mirror", "reflect"):
            f = lambda x, a, b: jsp.ndimage.map_coordinates(x, [a, b], order, mode, 1.5)  # noqa: E731
            case("map_coordinates", [order, mode, 1.5], [f32(3, 4), a, b], f, order == 1, 1e-5)
            case("map_coordinates", [order, mode, 1.5], [i32(3, 4), a, b], f)
    case("map_coordinates", [1, "mirror", 0], [f32(1), f32(3)], lambda x, a: jsp.ndimage.map_coordinates(x, [a], 1, "mirror"), False, 1e-5)
    gx, gy = np.array([0, 1, 3], np.float32), np.array([-1, 0, 0.5, 2], np.float32)
    at = np.array([[0.5, 0.2], [2.9, -0.5], [3, 2], [4, 0], [-1, -2]], np.float32)
    for method in ("linear", "nearest"):
        for fill in (None, 7.0):
            for values in (f32(3, 4), f32(3, 4, 2)):
                case("grid", [method, fill], [gx, gy, values, at], lambda gx, gy, v, at: jsp.interpolate.RegularGridInterpolator(
                    (gx, gy), v, method, bounds_error=False, fill_value=fill)(at), False, 1e-5)


def lax_functions():
    x = f32(4, 5)
    for start in (0, 2, 9):
        s = np.int32(start)
        case("dynamic_slice_in_dim", [2, 1], [x, s], lambda x, s: jax.lax.dynamic_slice_in_dim(x, s, 2, 1), True)
        case("dynamic_index_in_dim", 0, [x, s], lambda x, s: jax.lax.dynamic_index_in_dim(x, s, 0, False), True)
        case("dynamic_update_slice_in_dim", 1, [x, f32(4, 2), s], lambda x, u, s: jax.lax.dynamic_update_slice_in_dim(x, u, s, 1), True)
        case("dynamic_update_index_in_dim", 1, [x, f32(4), s], lambda x, u, s: jax.lax.dynamic_update_index_in_dim(x, u, s, 1), True)
    case("slice_in_dim", [1, 5, 2, 1], [x], lambda x: jax.lax.slice_in_dim(x, 1, 5, 2, 1), True)
    for sizes in ([2, 1, 3], [0, 4, 1], [6, 0, 0]):
        case("ragged_dot", None, [f32(6, 3), f32(3, 3, 2), np.array(sizes, np.int32)], jax.lax.ragged_dot, True, 3e-6)
    for layout in ("first", "last"):
        dims = ("NCHW", "OIHW", "NCHW") if layout == "first" else ("NHWC", "HWIO", "NHWC")
        image = f32(1, 2, 4, 3) if layout == "first" else f32(1, 4, 3, 2)
        for stride, padding in ((1, "VALID"), (2, "SAME")):
            case("conv_patches", [[2, 3], layout, stride, padding], [image], lambda x: jax.lax.conv_general_dilated_patches(
                x, (2, 3), (stride, stride), padding, dimension_numbers=dims), True)
    for layout in ("first", "last"):
        dims = ("NCHW", "OIHW", "NCHW") if layout == "first" else ("NHWC", "HWIO", "NHWC")
        shape = (2, 2, 5, 4) if layout == "first" else (2, 5, 4, 2)
        for stride, padding in ((1, "VALID"), (1, "SAME"), (2, "SAME"), (3, "VALID")):
            cut = lambda x: jax.lax.conv_general_dilated_patches(x, (2, 3), (stride, stride), padding, dimension_numbers=dims)  # noqa: E731
            patches = f32(*jax.eval_shape(cut, jax.ShapeDtypeStruct(shape, np.float32)).shape)
            case("combine_patches", [[5, 4], [2, 3], layout, stride, padding], [patches], lambda y: jax.linear_transpose(
                cut, jax.ShapeDtypeStruct(shape, y.dtype))(y)[0], True, 1e-6)
    # ((lhs and rhs contracted), (lhs and rhs batch)), the ragged axis, the axis of groups, the shapes, the sizes of groups.
    RAGGED = [
        (([1], [1]), ([], []), 0, 0, (6, 3), (3, 3, 2), [2, 1, 2]),
        (([0], [2]), ([], []), 1, 1, (3, 6), (2, 2, 3), [0, 6]),
        (([2], [2]), ([0], [1]), 1, 0, (2, 5, 3), (3, 2, 3, 2), [2, 0, 3]),
        (([2], [2]), ([0], [1]), 1, 0, (2, 5, 3), (3, 2, 3, 2), [[2, 0, 3], [1, 1, 1]]),
        (([3, 1], [0, 3]), ([2], [1]), 0, 2, (4, 2, 2, 3), (3, 2, 2, 2, 2), [[1, 3], [2, 1]]),
        (([2], [1]), ([], []), 1, 0, (2, 5, 3), (2, 3, 2), [[4, 1], [0, 3]]),
        (([1], [0]), ([], []), 1, None, (3, 6), (6, 2), [2, 1, 3]),
        (([1], [2]), ([2], [0]), 1, None, (3, 5, 2), (2, 2, 5), [2, 2]),
        (([1], [2]), ([2], [0]), 1, None, (3, 5, 2), (2, 2, 5), [[2, 2], [0, 5]]),
        (([0, 2], [1, 0]), ([], []), 2, None, (2, 3, 4), (4, 2, 2), [[1, 3], [2, 1]]),
        (([2], [1]), ([0], [0]), 0, None, (5, 2, 3), (5, 3, 2), [2, 1]),
        (([2], [2]), ([1, 0], [0, 1]), 0, None, (2, 3, 2), (3, 2, 2, 2), [[1, 1], [2, 0], [0, 1]]),
    ]
    for contract, batch, ragged, group, left, right, sizes in RAGGED:
        dims = jax.lax.RaggedDotDimensionNumbers((contract, batch), [ragged], [] if group is None else [group])
        # JAX has derivatives only if the groups have their own matrices. Its implementation in other operations has all.
        f = jax.lax.ragged_dot_general if group is not None else lax_internal._ragged_dot_general_impl
        case("ragged_dot_general", [*batch, *contract, ragged, group], [f32(*left), f32(*right), np.array(sizes, np.int32)],
             lambda x, y, sizes: f(x, y, sizes, dims), True, 3e-6)


FAMILIES = (elementwise, bits, nans, statistics, differences, chosen, grids, shapes, orders, polynomials, signals, segments, images,
            lax_functions)


def make(family):
    """Returns the lines of a family. Its random numbers do not depend on other families."""
    global rng
    rng = np.random.default_rng(FAMILIES.index(family))
    LINES.clear()
    family()
    print(f"{family.__name__}: {len(LINES)} cases", flush=True)
    return list(LINES)


def main():
    lines = [line for family in FAMILIES for line in make(family)]
    (TRACE_DATA / "numpy.jsonl").write_text("\n".join(lines) + "\n")
    print(f"numpy.jsonl: {len(lines)} cases")
