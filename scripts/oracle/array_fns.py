"""Writes array_fns.jsonl and random.jsonl of rune-trace: array functions and random numbers, with the results of NumPy,
SciPy and JAX.

    .venv/bin/python scripts/vectors array-fns      (needs jax 0.10.2, scipy)

Each line of JSON is one case: `fn`, `args`, `in`, `out`. Arrays are [dtype, shape, elements], with floats as strings.
The optional `tol` is the allowed relative error; "near" allows the difference between the logarithms of two libraries.
"""

import json

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import scipy.special as sp

from .common import NAMES, Cases

rng = np.random.default_rng(0)


def f32(*shape):
    return rng.standard_normal(shape).astype(np.float32)


# ---- elementwise -------------------------------------------------------------------------------------------------------------------


def elementwise(cases):
    inf, nan = np.inf, np.nan
    wide = np.array([-inf, -1e300, -800, -89, -40, -20, -7, -3, -1.5, -1, -0.7, -0.1, -1e-3, -1e-9, -1e-300, -0.0, 0, 1e-300,
                     1e-9, 1e-3, 0.1, 0.7, 1, 1.5, 3, 7, 20, 40, 89, 800, 1e300, inf, nan])
    unit = np.array([-1, -1 + 1e-12, -0.999, -0.9, -0.5, -0.1, -1e-5, -1e-12, -0.0, 0, 1e-12, 1e-5, 0.1, 0.5, 0.9, 0.999, 1 - 1e-12, 1])
    positive = np.array([0, 1e-300, 1e-9, 0.1, 0.5, 1, 2, 3.7, 100, 1e10, 1e300, inf])
    above = np.array([1, 1 + 1e-12, 1 + 1e-6, 1.1, 2, 10, 1e5, 1e10, 1e200, 1e308, inf])
    tables = [
        (wide, dict(sinh=np.sinh, cosh=np.cosh, atan=np.arctan, asinh=np.arcsinh, square=np.square, reciprocal=np.reciprocal,
                    isnan=np.isnan, isinf=np.isinf, nan_to_num=np.nan_to_num, relu=jax.nn.relu, relu6=jax.nn.relu6,
                    softplus=jax.nn.softplus, silu=jax.nn.silu, elu=jax.nn.elu, selu=jax.nn.selu, gelu=lambda x: x / (1 + np.exp(-2 * np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
                    mish=jax.nn.mish, log_sigmoid=jax.nn.log_sigmoid, round=np.round, leaky_relu=jax.nn.leaky_relu)),
        (unit, dict(asin=np.arcsin, acos=np.arccos, atanh=np.arctanh, erf_inv=sp.erfinv)),
        (positive, dict(log2=np.log2, log10=np.log10)),
        (above, dict(acosh=np.arccosh)),
        (np.array([-3, -1, -0.1, 0, 0.1, 1, 3, 30]), dict(gelu_exact=lambda x: 0.5 * x * sp.erfc(-x / np.sqrt(2)))),
    ]
    with np.errstate(all="ignore"):
        for x, fs in tables:
            for name, f in fs.items():
                cases.add("unary", name, [x], np.asarray(f(x)), 3e-14 if name != "gelu_exact" else 1e-11)
        pairs = np.array([[a, b] for a in (-7.5, -7, -2, -0.0, 0.0, 0.5, 3, 7, inf, nan) for b in (-3, -2.5, 0.0, 2, 2.5, 7, inf)])
        x, y = pairs[:, 0].copy(), pairs[:, 1].copy()
        for name, f in dict(add=np.add, sub=np.subtract, mul=np.multiply, div=np.divide, rem=np.fmod, atan2=np.arctan2, maximum=np.maximum,
                            minimum=np.minimum, hypot=np.hypot, logaddexp=np.logaddexp, floor_divide=jnp.floor_divide,
                            remainder=jnp.remainder, pow=np.power, eq=np.equal, ne=np.not_equal, lt=np.less, le=np.less_equal,
                            gt=np.greater, ge=np.greater_equal).items():
            cases.add("binary", name, [x, y], np.asarray(f(x, y)), 3e-15)
        big = np.array([1e300, 1e-300, 3e-320, 0.0]), np.array([1e300, 1e-300, 4e-320, 0.0])
        cases.add("binary", "hypot", big, np.hypot(*big), 1e-3)
        for dtype in (np.int32, np.uint8):
            x = np.array([-7, -6, 0, 5, 7, 100]).astype(dtype)
            y = np.array([[3], [-4], [7]]).astype(dtype)
            for name, f in dict(add=np.add, sub=np.subtract, mul=np.multiply, floor_divide=np.floor_divide, remainder=np.remainder,
                                maximum=np.maximum, bitand=np.bitwise_and, bitxor=np.bitwise_xor).items():
                cases.add("binary", name, [x, y], f(x, y))
    mask, x, y = f32(3, 1) > 0, f32(4), f32(2, 1, 1)
    cases.add("where", None, [mask, x, y], np.where(mask, x, y))
    cases.add("clamp", None, [np.float32(-0.5), f32(3, 4), f32(4)], 0)
    case = cases.rows.pop()
    low, x, high = (np.array(v, np.float32).reshape(s) for _, s, v in case["in"])
    cases.add("clamp", None, [low, x, high], np.minimum(np.maximum(x, low), high))


# ---- reductions ----------------------------------------------------------------------------------------------------------------------


def reductions(cases):
    x = f32(2, 3, 4)
    functions = dict(sum=np.sum, prod=np.prod, max=np.max, min=np.min, mean=np.mean, var=np.var, std=np.std,
                     logsumexp=sp.logsumexp, norm=lambda x, axis, keepdims: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims)))
    for name, f in functions.items():
        for axes in (None, [0], [-1], [0, 2], [2, 0, 1], []):
            for keep in (False, True):
                axis = None if axes is None else tuple(axes)
                if name == "logsumexp" and axes == []:
                    continue
                cases.add("reduce", [name, axes, keep], [x], f(x, axis=axis, keepdims=keep), 2e-6)
    n = rng.integers(-5, 6, (3, 4)).astype(np.int32)
    b = n > 0
    cases.add("reduce", ["sum", [0], False], [b], b.sum(0, dtype=np.int32))
    cases.add("reduce", ["mean", [0], False], [b], b.mean(0, dtype=np.float32), 1e-6)
    cases.add("reduce", ["mean", None, False], [n], n.mean(dtype=np.float32), 1e-6)
    cases.add("reduce", ["any", [1], False], [b], b.any(1))
    cases.add("reduce", ["all", [1], True], [b], b.all(1, keepdims=True))
    h = (rng.standard_normal((50, 40)) * 300).astype(np.float16)
    cases.add("reduce", ["mean", [0], False], [h], h.astype(np.float32).mean(0).astype(np.float16), 1e-3)
    cases.add("reduce", ["std", [0], False], [h], h.astype(np.float32).std(0).astype(np.float16), 1e-3)
    e = np.array([[-np.inf, -np.inf], [1e4, 1e4], [np.inf, 0]], np.float32)
    cases.add("reduce", ["logsumexp", [1], False], [e], sp.logsumexp(e, axis=1), 1e-6)
    for name, f in dict(argmax=np.argmax, argmin=np.argmin).items():
        for axis in (None, 0, -1):
            cases.add("arg_reduce", [name, axis], [n], np.asarray(f(n, axis=axis), np.int32))
    for name, f in dict(cumsum=np.cumsum, cumprod=np.cumprod, cummax=np.maximum.accumulate, cummin=np.minimum.accumulate,
                        cumlogsumexp=lambda x, axis: np.logaddexp.accumulate(x, axis=axis)).items():
        for axis in (0, -1):
            cases.add("cumulative", [name, axis], [x], f(x, axis=axis), 2e-6)
    for axes in ([-1], [0, 1]):
        cases.add("softmax", axes, [x * 30], np.asarray(jax.nn.softmax(x * 30, axis=tuple(axes))), 1e-5)
        cases.add("log_softmax", axes, [x * 30], np.asarray(jax.nn.log_softmax(x * 30, axis=tuple(axes))), 1e-5)
        cases.add("standardize", axes, [x], np.asarray(jax.nn.standardize(x, axis=tuple(axes), epsilon=1e-5)), 1e-4)
    k = np.array([[0, 3], [-1, 2]], np.int8)
    cases.add("one_hot", 3, [k], np.asarray(jax.nn.one_hot(k, 3, dtype=np.float32)))
    for q in (0.0, 0.3, 0.5, 1.0):
        cases.add("quantile", [q, 1], [x], np.quantile(x, q, axis=1).astype(np.float32), 1e-5)
    cases.add("argsort", -1, [n], np.argsort(n, axis=-1, kind="stable").astype(np.int32))
    cases.add("argsort_descending", 0, [n], np.asarray(jnp.argsort(n, axis=0, descending=True), np.int32))
    cases.add("sort", 1, [x], np.sort(x, axis=1))
    s, v = np.sort(f32(7)), f32(2, 3)
    for right in (False, True):
        cases.add("searchsorted", right, [s, v], np.searchsorted(s, v, side="right" if right else "left").astype(np.int32))


# ---- shapes --------------------------------------------------------------------------------------------------------------------------


def shapes(cases):
    x = rng.integers(-9, 10, (2, 3, 4)).astype(np.int32)
    m = rng.integers(-9, 10, (4, 5)).astype(np.int32)
    add = lambda fn, args, x, y: cases.add(fn, args, [x], y)  # noqa: E731
    add("reshape", [4, -1], x, x.reshape(4, -1))
    add("reshape", [-1], x, x.reshape(-1))
    add("permute", [2, 0, -2], x, x.transpose(2, 0, 1))
    add("swapaxes", [0, -1], x, x.swapaxes(0, -1))
    add("moveaxis", [[0, 1], [-1, 0]], x, np.moveaxis(x, (0, 1), (-1, 0)))
    add("transpose", None, x, x.T)
    add("expand", [5, -1, -1, 4], x, np.broadcast_to(x, (5, 2, 3, 4)))
    for axis in (0, 1, -1):
        add("repeat", [3, axis], x, np.repeat(x, 3, axis))
        for shift in (-5, 0, 1, 7):
            add("roll", [shift, axis], x, np.roll(x, shift, axis))
        cases.add("stack", axis, [x, -x], np.stack([x, -x], axis))
        cases.add("concat", axis, [x, -x], np.concatenate([x, -x], axis))
        cases.add("chunk", [2, axis], [x], np.array_split(x, 2, axis) if axis != 1 else [x[:, :2], x[:, 2:]])
    cases.add("split", [[1, 0, 3], -1], [x], [x[..., :1], x[..., 1:1], x[..., 1:]])
    for counts in ([2], [2, 1, 3], [3, 1, 2, 1]):
        add("tile", counts, x, np.tile(x, counts))
    for axes in (None, [0], [1, -1]):
        add("flip", axes, x, np.flip(x, None if axes is None else tuple(axes)))
    add("pad", [[1, 2], [0, 0], [3, 1]], x, np.pad(x, [(1, 2), (0, 0), (3, 1)], constant_values=7))
    for mode in ("edge", "reflect", "symmetric", "wrap"):
        add("pad_with", [mode, [[1, 0], [2, 1], [3, 3]]], x, np.pad(x, [(1, 0), (2, 1), (3, 3)], mode=mode))
    for k in (-9, -3, -1, 0, 1, 4, 9):
        add("tril", k, m, np.tril(m, k))
        add("triu", k, m, np.triu(m, k))
        add("diag", k, m, np.diag(m, k))
        add("diag", k, m[0], np.diag(m[0], k))
        add("diagonal", [k, 0, 2], x, np.diagonal(x, k, 0, 2))
        add("diagonal", [k, 2, 1], x, np.diagonal(x, k, 2, 1))
    add("tril", 1, x, np.tril(x, 1))
    add("trace", None, x, np.trace(x, axis1=-2, axis2=-1).astype(np.int32))


# ---- products ------------------------------------------------------------------------------------------------------------------------


def products(cases):
    for a, b in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
                 ((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)),
                 ((6, 1, 2, 3), (1, 5, 3, 4)), ((3,), (5, 3, 4)), ((5, 2, 3), (3,)), ((2, 1, 1, 3), (3, 3)), ((0, 3), (3, 2)),
                 ((2, 0), (0, 2)), ((4, 1, 7, 2, 3), (5, 1, 3, 2)), ((1, 1, 2, 3), (1, 3, 2))]:
        x, y = f32(*a), f32(*b)
        cases.add("matmul", None, [x, y], np.matmul(x, y), 1e-5)
    x, y = f32(2, 3, 4), f32(5, 4, 2)
    cases.add("dot", None, [x, y], np.dot(x, y), 1e-5)
    cases.add("tensordot", [[0, 2], [2, 1]], [x, y], np.tensordot(x, y, ((0, 2), (2, 1))), 1e-5)
    sizes = dict(zip("abcdefijk", (2, 3, 4, 5, 2, 3, 3, 2, 4)))
    for equation in ["ij->ji", "ij", "ji", "ii", "ii->i", "iij->ji", "iii->i", "ij->", "ij->i", "i,i", "i,j", "i,j->ji", "ij,jk", "ij,jk->ki",
                     "ij,ij->ij", "ij,ij->", "ij,j->ij", "aij,ajk->aik", "aij,jk->aik", "ij,ak->i", "abc,cd,de->abe", "ab,bc,cd,de",
                     "ab,bc,ca->", "ii,ij->j", "ai,bi,ci->abc", "abcd,abef->cdef", "a,a,a->a", "i,->i", "bij,bjk,bk->bi",
                     "aab,bcc->ac", "abi,abj,aik,ajk->"]:
        inputs = [f32(*(sizes[c] for c in term)) for term in equation.split("->")[0].split(",")]
        cases.add("einsum", equation, inputs, np.einsum(equation, *inputs), 1e-4)
    for equation, a, b in [("...ij,...jk->...ik", (5, 2, 3), (3, 4)), ("...ij,...jk->...ik", (6, 1, 2, 3), (5, 3, 4)),
                           ("...i,...i", (2, 3), (3,)), ("i...,i...->...", (3, 4), (3, 1)), ("...,...->...", (2, 3), ()),
                           ("a...b,b->...a", (2, 4, 5, 3), (3,)), ("i...i,i...->...i", (3, 2, 3), (3, 2))]:
        x, y = f32(*a), f32(*b)
        cases.add("einsum", equation, [x, y], np.einsum(equation, x, y), 1e-4)

    for spatial in (1, 2, 3):
        sizes, window = (6, 4, 3)[:spatial], (3, 2, 2)[:spatial]
        letters = "DHW"[-spatial:]
        for layout in ("first", "last"):
            for options in ({}, {"strides": 2, "padding": "same"}, {"padding": [[1, 2]] * spatial, "dilations": 2}, {"groups": 2},
                            {"strides": 3, "groups": 4, "padding": "same"}):
                groups = options.get("groups", 1)
                x, k = f32(1 if spatial > 1 else 2, 4, *sizes), f32(4, 4 // groups, *window)
                dims = ("NC" + letters, "OI" + letters, "NC" + letters)
                if layout == "last":
                    x, k = np.moveaxis(x, 1, -1), np.moveaxis(k, (1, 0), (-2, -1))
                    dims = ("N" + letters + "C", letters + "IO", "N" + letters + "C")
                stride, dilation = options.get("strides", 1), options.get("dilations", 1)
                padding = options.get("padding", "valid")
                padding = padding.upper() if isinstance(padding, str) else [tuple(p) for p in padding]
                y = jax.lax.conv_general_dilated(x, k, [stride] * spatial, padding, rhs_dilation=[dilation] * spatial, dimension_numbers=dims,
                                                 feature_group_count=groups, precision="highest")
                cases.add("conv", {**options, "layout": layout}, [x, k], np.asarray(y), 1e-4)
                if groups == 1:
                    y = jax.lax.conv_transpose(x, k, [stride] * spatial, padding, rhs_dilation=[dilation] * spatial, dimension_numbers=dims,
                                               precision="highest")
                    cases.add("conv_transpose", {**options, "layout": layout}, [x, k], np.asarray(y), 1e-4)
    x = f32(1, 2, 7, 6)
    for options in ({}, {"strides": 1}, {"strides": 2, "padding": "same"}, {"strides": 1, "padding": [[1, 0], [0, 1]], "dilations": 2}):
        window, d = (3, 2), options.get("dilations", 1)
        s = options.get("strides")
        s = window if s is None else (s, s)
        padding = options.get("padding", "valid")
        padding = padding.upper() if isinstance(padding, str) else [(0, 0), (0, 0), *map(tuple, padding)]
        run = lambda init, f, x: jax.lax.reduce_window(x, np.float32(init), f, (1, 1, *window), (1, 1, *s), padding,  # noqa: E731
                                                       window_dilation=(1, 1, d, d))
        cases.add("max_pool", options, [x], np.asarray(run(-np.inf, jax.lax.max, x)))
        cases.add("min_pool", options, [x], np.asarray(run(np.inf, jax.lax.min, x)))
        total, ones = run(0, jax.lax.add, x), run(0, jax.lax.add, np.ones_like(x))
        cases.add("avg_pool", {**options, "count": True}, [x], np.asarray(total / 6), 1e-5)
        cases.add("avg_pool", {**options, "count": False}, [x], np.asarray(total / ones), 1e-5)


# ---- indexing ------------------------------------------------------------------------------------------------------------------------


def indexing(cases):
    def part(n):
        kind = rng.choice(["at", "range", "range", "full", "array", "array"])
        if kind == "at" and n:
            return int(rng.integers(-n, n))
        if kind == "array" and n:
            return rng.integers(-n, n, [(2,), (3, 2), (), (3, 1)][rng.integers(4)]).astype([np.int32, np.int64][rng.integers(2)])
        if kind == "range":
            bound = lambda: None if rng.random() < 0.4 else int(rng.integers(-n - 2, n + 3))  # noqa: E731
            return slice(bound(), bound(), int(rng.choice([1, 1, 1, 2, 3, -1, -2])))
        return slice(None)

    def encode(items, inputs):
        out = []
        for item in items:
            if isinstance(item, int):
                out.append(item)
            elif item is None:
                out.append("new")
            elif item is Ellipsis:
                out.append("...")
            elif isinstance(item, slice):
                out.append([item.start, item.stop, item.step or 1])
            else:
                out.append({"in": len(inputs)})
                inputs.append(item)
        return out

    count = 0
    while count < 260:
        shape = tuple(int(n) for n in rng.choice([1, 2, 3, 4, 5, 0], int(rng.integers(1, 5)), p=[0.1, 0.25, 0.25, 0.2, 0.17, 0.03]))
        x = rng.integers(-99, 100, shape).astype(np.int32)
        named = int(rng.integers(0, len(shape) + 1))
        items = [part(n) for n in shape[:named]]
        if rng.random() < 0.3 and named < len(shape):
            at = int(rng.integers(0, named + 1))
            tail = [part(n) for n in shape[len(shape) - (named - at):]]
            items = items[:at] + [Ellipsis] + tail
        if rng.random() < 0.3:
            items.insert(int(rng.integers(0, len(items) + 1)), None)
        try:
            y = x[tuple(items)]
        except IndexError:
            continue
        inputs = [x]
        args = encode(items, inputs)
        cases.add("index", args, inputs, y)
        count += 1
        name = ["set", "add", "mul", "min", "max"][count % 5]
        z = x.copy()
        places = np.arange(x.size).reshape(shape)[tuple(items)]
        if name == "set" and np.unique(places).size != places.size:
            name = "add"
        values = rng.integers(-9, 10, np.shape(y)[int(rng.integers(0, np.ndim(y) + 1)):]).astype(np.int32)
        if name == "set":
            z[tuple(items)] = values
        else:
            f = dict(add=np.add, mul=np.multiply, min=np.minimum, max=np.maximum)[name]
            f.at(z, tuple(items), values)
        cases.add("update", [name, args], [*inputs, values], z)
    x, k = f32(3, 4, 2), rng.integers(-4, 4, (3, 5, 2)).astype(np.int32)
    cases.add("take_along_axis", 1, [x, k], np.take_along_axis(x, k, 1))
    cases.add("take_along_axis", 1, [x, k[:1]], np.take_along_axis(x, np.broadcast_to(k[:1], (3, 5, 2)), 1))
    k = rng.integers(-2, 2, (2, 2)).astype(np.int32)
    for axis in (0, 1, -1):
        cases.add("take", axis, [x, k], np.take(x, k, axis))


# ---- random --------------------------------------------------------------------------------------------------------------------------


def randoms(cases):
    jr = jax.random
    bf16 = ml_dtypes.bfloat16

    def draw(fn, seed, args, out, tol=0):
        cases.add(fn, {"seed": seed, **args}, [], np.asarray(out), tol)

    for seed in (0, 42, 2**40 + 7):
        key = jr.PRNGKey(seed)
        draw("key", seed, {}, key)
        draw("split", seed, {"n": 5}, jr.split(key, 5))
        for data in (0, 1, 2**32 - 1):
            draw("fold_in", seed, {"data": data}, jr.fold_in(key, data))
        for dtype in ("uint8", "uint16", "uint32", "uint64"):
            draw("bits", seed, {"shape": [3, 5], "dtype": NAMES[dtype]}, jr.bits(key, (3, 5), dtype))
        draw("bits", seed, {"shape": [], "dtype": "u32"}, jr.bits(key, (), "uint32"))
        for dtype in (np.float16, bf16, np.float32, np.float64):
            name = NAMES[np.dtype(dtype).name]
            draw("uniform", seed, {"shape": [50], "dtype": name, "low": 0, "high": 1}, jr.uniform(key, (50,), dtype))
            draw("uniform", seed, {"shape": [100], "dtype": name, "low": -3, "high": 0.7}, jr.uniform(key, (100,), dtype, -3, 0.7),
                 "near" if name == "f64" else 0)
            draw("normal", seed, {"shape": [400], "dtype": name}, jr.normal(key, (400,), dtype), "near")
            draw("gumbel", seed, {"shape": [50], "dtype": name}, jr.gumbel(key, (50,), dtype), "near")
            draw("exponential", seed, {"shape": [50], "dtype": name}, jr.exponential(key, (50,), dtype), "near")
            draw("laplace", seed, {"shape": [50], "dtype": name}, jr.laplace(key, (50,), dtype), "near")
        for dtype in (np.float32, np.float64):
            name = NAMES[np.dtype(dtype).name]
            draw("truncated_normal", seed, {"shape": [50], "dtype": name, "low": -2, "high": 0.5},
                 jr.truncated_normal(key, -2, 0.5, (50,), dtype), "near")
        for dtype in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"):
            for low, high in ((0, 10), (-5, 100), (3, 3), (0, 256), (-(2**40), 2**40)):
                if high > 256 and dtype[-2:] != "64":
                    continue
                draw("randint", seed, {"shape": [20], "dtype": NAMES[dtype], "low": low, "high": high},
                     jr.randint(key, (20,), low, high, dtype))
        for p in (0.1, 0.5, 1.0):
            draw("bernoulli", seed, {"shape": [40], "p": p}, jr.bernoulli(key, np.float32(p), (40,)))
        x = jnp.arange(30, dtype=np.int32)
        draw("permutation", seed, {"shape": [30], "axis": 0}, jr.permutation(key, x))
        draw("permutation", seed, {"shape": [5, 6], "axis": 1}, jr.permutation(key, x.reshape(5, 6), 1))
        draw("shuffle", seed, {"shape": [5, 6], "axis": 1}, jr.permutation(key, x.reshape(5, 6), 1, independent=True))
        big = jnp.arange(3000, dtype=np.int32)
        draw("permutation", seed, {"shape": [3000], "axis": 0}, jr.permutation(key, big))
        with jax.enable_x64(False):
            draw("choice", seed, {"n": 7, "replace": True}, jr.choice(key, x, (7,)))
        draw("choice", seed, {"n": 7, "replace": False}, jr.choice(key, x, (7,), replace=False))
        logits = np.linspace(-2, 2, 24, dtype=np.float32).reshape(2, 3, 4)
        for axis in (-1, 0):
            cases.add("categorical", {"seed": seed, "axis": axis}, [logits], np.asarray(jr.categorical(key, logits, axis), np.int32), 0)
        for mode in ("high", "highest"):
            for dtype in (np.float32, np.float64):
                draw("gumbel_with", seed, {"shape": [50], "dtype": NAMES[np.dtype(dtype).name], "mode": mode},
                     jr.gumbel(key, (50,), dtype, mode), "near")
        for p in (1e-8, 0.5):
            draw("bernoulli_with", seed, {"shape": [40], "p": p, "mode": "high"}, jr.bernoulli(key, np.float32(p), (40,), "high"))
        batched = logits.swapaxes(0, 1)[:, :1]
        for mode in ("low", "high"):
            for replace, axis, shape in ((True, -1, None), (True, 0, (5, 3, 4)), (True, 1, (2, 3, 2, 4)), (False, -1, (2, 2, 3)), (False, 0, (3, 4)),
                                         (False, 1, (3, 1, 2, 4))):
                out = np.asarray(jr.categorical(key, logits, axis, shape, replace, mode), np.int32)
                args = {"seed": seed, "axis": axis, "shape": shape, "replace": replace, "mode": mode}
                cases.add("categorical_with", args, [logits], out, 0)
        out = np.asarray(jr.categorical(key, batched, 2, (6, 3, 5)), np.int32)
        cases.add("categorical_with", {"seed": seed, "axis": 2, "shape": (6, 3, 5), "replace": True, "mode": "low"}, [batched], out, 0)
        table = np.arange(24, dtype=np.int32).reshape(2, 4, 3)
        for shape, replace, axis in (((), True, 0), ((2, 5), True, 1), ((3,), False, 1), ((2, 2), False, -2), ((2, 0), True, 2)):
            for mode in (None, "low", "high"):
                p = None if mode is None else np.array([0.1, 0.2, 0.3, 0.4], np.float32)
                if p is not None and table.shape[axis] != 4:
                    continue
                with jax.enable_x64(False):
                    out = np.asarray(jr.choice(key, jnp.asarray(table), shape, replace, p, axis, mode))
                # JAX's result without draws lacks the other axes.
                out = np.zeros((2, 4, 2, 0), np.int32) if 0 in shape else out
                args = {"seed": seed, "axis": axis, "shape": shape, "replace": replace, "mode": mode or "low"}
                cases.add("choice_with", args, [table] if p is None else [table, p], out, 0)


def main():
    cases = Cases()
    for family in (elementwise, reductions, shapes, products, indexing):
        family(cases)
    cases.write("array_fns.jsonl")
    cases = Cases()
    randoms(cases)
    cases.write("random.jsonl")
