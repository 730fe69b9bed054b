"""Operations that gather many elements into one."""

import itertools

import jax.numpy as jnp
import numpy as np
from jax import lax

from .core import *  # noqa: F403
from .shape import variants

REDUCTIONS = [
    ((7,), (0,)),
    ((2, 3), (1,)),
    ((), ()),
    ((2, 0), (1,)),
    ((2, 3), (0, 1)),
    ((2, 3, 4), (0, 2)),
    ((2, 3, 4), (1,)),
    ((3, 2), ()),
    ((0, 3), (0, 1)),
    ((0, 3), (1,)),
    ((2, 3, 4), (2, 0)),
]


def fold(monoid, init):
    return lambda x, axes: lax.reduce(x, np.asarray(init(x.dtype), x.dtype), monoid, axes)


def lowest(d):
    return -np.inf if is_float(d) else False if d == bool else np.iinfo(d).min


def highest(d):
    return np.inf if is_float(d) else True if d == bool else np.iinfo(d).max


def ones(d):
    return True if d == bool else np.array(~np.zeros((), d))


REDUCE = {
    "reduce_sum": (lambda x, a: lax.reduce_sum(x, a), NUMBERS),
    "reduce_prod": (lambda x, a: lax.reduce_prod(x, a), NUMBERS),
    "reduce_max": (lambda x, a: lax.reduce_max(x, a), ALL),
    "reduce_min": (lambda x, a: lax.reduce_min(x, a), ALL),
    "reduce_and": (fold(lax.bitwise_and, ones), BITS),
    "reduce_or": (fold(lax.bitwise_or, lambda d: np.zeros((), d)), BITS),
}

def plain_reduce():
    for name, (g, dtypes) in REDUCE.items():
        for dtype in dtypes:
            for shape, axes in variants(dtype, REDUCTIONS, 5):
                f = lambda x, g=g, a=axes: g(x, a)  # noqa: E731
                if name in ("reduce_max", "reduce_min"):
                    x = distinct(dtype, shape, name)
                elif name == "reduce_prod" and dtype in FLOATS:
                    x = uniform(dtype, shape, 0.5, 1.5, name)
                else:
                    x = numbers(dtype, shape, name)
                # no JAX at size 0 of extremes: it wants an element for a gradient
                empty = int(np.prod(shape)) == 0 and name in ("reduce_max", "reduce_min")
                yield Case(name, f"{shape} {axes}", [x], f, {"axes": axes}, grad=not empty)
            if dtype in FLOATS and name in ("reduce_max", "reduce_min"):
                x = np.array([[1, np.nan, 2], [-np.inf, np.inf, 0], [-np.inf] * 3, [np.inf] * 3], DTYPES[dtype])
                yield Case(name, "edge", [x], lambda x, g=g: g(x, (1,)), {"axes": [1]})
                x = np.array([[1, 3, 3], [2, 2, 2], [-1, 0, -1]], DTYPES[dtype])  # equals share the cotangent
                yield Case(name, "ties", [x], lambda x, g=g: g(x, (1,)), {"axes": [1]}, grad=True)
            if dtype in FLOATS and name == "reduce_prod":
                x = np.array([[1, 0, 3], [2, 0, 0], [-1, 0.5, -1]], DTYPES[dtype])
                yield Case(name, "zeros", [x], lambda x, g=g: g(x, (1,)), {"axes": [1]}, grad=True)
        if name == "reduce_sum":
            for dtype in ("f16", "bf16"):  # more than the half type can count
                x = np.ones((2, 700), DTYPES[dtype])
                yield Case(name, "long", [x], lambda x, g=g: g(x, (1,)), {"axes": [1]})


def arg_reduce():
    for name, g, best in [("argmax", lax.argmax, np.argmax), ("argmin", lax.argmin, np.argmin)]:
        for dtype in NUMBERS:
            for shape, axis in variants(dtype, [((7,), 0), ((2, 3), 1), ((2, 3), 0), ((0, 3), 1), ((2, 3, 4), 1), ((1,), 0)], 4):
                f = lambda x, g=g, a=axis: g(x, a, np.int32)  # noqa: E731
                yield Case(name, f"{shape} {axis}", [distinct(dtype, shape, name)], f, {"axis": axis, "index": "i32"})
            x = uniform(dtype, (4, 9), 0, 2, "ties")
            if dtype in FLOATS:
                x = np.round(x.astype(np.float64)).astype(DTYPES[dtype])
            yield Case(name, "edge ties", [x], lambda x, g=g: g(x, 1, np.int32), {"axis": 1, "index": "i32"})
            if dtype in FLOATS:
                n, i = np.nan, np.inf
                x = np.array([[1, n, 2, n], [i, -i, i, -i], [0.0, -0.0, 0.0, -0.0], [-0.0, 0.0, -0.0, 0.0], [n, n, n, n]], DTYPES[dtype])
                yield Case(name, "edge", [x], None, {"axis": 1, "index": "i32"}, expect=lambda x, b=best: b(x.astype(np.float64), 1).astype(np.int32))
        for index in INTS:
            f = lambda x, g=g, d=DTYPES[index]: g(x, 0, d)  # noqa: E731
            yield Case(name, f"as {index}", [distinct("f32", (100, 2), name)], f, {"axis": 0, "index": index})


# shape, dimensions, strides, padding, base_dilation, window_dilation
WINDOWS = [
    ((6,), (3,), (1,), [(0, 0)], (1,), (1,)),
    ((4, 5), (2, 2), (2, 1), [(1, 0), (0, 1)], (1, 1), (1, 1)),
    ((), (), (), [], (), ()),
    ((6,), (2,), (2,), [(1, 1)], (1,), (2,)),
    ((5,), (3,), (2,), [(2, 1)], (2,), (1,)),
    ((4, 5), (3, 2), (1, 2), [(2, 2), (1, 3)], (2, 1), (1, 2)),
    ((7,), (2,), (1,), [(-1, -2)], (1,), (1,)),
    ((3,), (5,), (1,), [(0, 0)], (1,), (1,)),
    ((0, 3), (1, 2), (1, 1), [(0, 0), (0, 0)], (1, 1), (1, 1)),
    ((2, 6, 3), (1, 3, 1), (1, 3, 1), [(0, 0)] * 3, (1, 1, 1), (1, 1, 1)),
    ((4,), (2,), (1,), [(3, 0)], (1,), (1,)),
    ((1, 5, 5, 2), (1, 3, 3, 1), (1, 2, 2, 1), [(0, 0), (1, 1), (1, 1), (0, 0)], (1, 1, 1, 1), (1, 1, 1, 1)),
]

WINDOW = {
    "reduce_window_sum": (lambda d: np.zeros((), d), lambda x: lax.reduce_sum(x, (0,)), lax.add),
    "reduce_window_max": (lowest, lambda x: lax.reduce_max(x, (0,)), lax.max),
    "reduce_window_min": (highest, lambda x: lax.reduce_min(x, (0,)), lax.min),
}


def windows(x, window, neutral, reduce):
    """A windowed reduction as JAX's own pad, slices and reduction: it has all derivatives, of any padding and dilation."""
    dimensions, strides, padding, base, dilation = window
    padded = lax.pad(x, np.asarray(neutral, x.dtype), [(lo, hi, b - 1) for (lo, hi), b in zip(padding, base)])
    extent = [(k - 1) * d + 1 for k, d in zip(dimensions, dilation)]
    counts = [max(0, (n - e) // s + 1) if n >= e else 0 for n, e, s in zip(padded.shape, extent, strides)]
    parts = []
    for offset in itertools.product(*map(range, dimensions)):
        start = [o * d for o, d in zip(offset, dilation)]
        limit = [a + (c - 1) * s + 1 if c else a for a, c, s in zip(start, counts, strides)]
        start = [min(a, n) for a, n in zip(start, padded.shape)]
        limit = [max(a, min(b, n)) for a, b, n in zip(start, limit, padded.shape)]
        parts.append(lax.slice(padded, start, limit, strides)[None])
    return reduce(jnp.concatenate(parts)) if parts else x


def reduce_window():
    for name, (neutral, reduce, monoid) in WINDOW.items():
        for dtype in NUMBERS:
            for shape, *window in variants(dtype, WINDOWS, 5):
                x = numbers(dtype, shape, name) if name == "reduce_window_sum" else distinct(dtype, shape, name)
                dimensions, strides, padding, base, dilation = window

                def f(x, window=window, neutral=neutral, reduce=reduce):
                    return windows(x, window, neutral(x.dtype), reduce)

                attrs = {
                    "window": {"dimensions": dimensions, "strides": strides, "padding": padding, "base_dilation": base, "window_dilation": dilation}
                }
                # a window of padding alone has no element to take the cotangent
                alone = (shape, window[2]) == ((4,), [(3, 0)])
                size = int(np.prod(shape)) > 0 and (3,) != shape
                grad = name == "reduce_window_sum" or (size and not alone)
                yield Case(name, f"{shape} {window}", [x], f, attrs, grad=grad)
                if dtype == "f32" and all(lo >= 0 and hi >= 0 for lo, hi in padding) and shape:
                    native = lax.reduce_window(jnp.asarray(x), np.asarray(neutral(x.dtype), x.dtype), monoid, dimensions, strides, padding, base, dilation)
                    mine = np.asarray(f(jnp.asarray(x))).astype(np.float64)
                    assert np.allclose(np.asarray(native).astype(np.float64), mine, rtol=1e-2, atol=0.1), (name, shape, window)
            if dtype in FLOATS and name != "reduce_window_sum":
                x = np.array([1, np.nan, 2, 3, -np.inf, np.inf, np.inf, -np.inf, -np.inf], DTYPES[dtype])
                window = ((2,), (1,), [(0, 0)], (1,), (1,))
                attrs = {"window": dict(zip(["dimensions", "strides", "padding", "base_dilation", "window_dilation"], window))}
                yield Case(name, "edge", [x], lambda x, w=window, n=neutral, r=reduce: windows(x, w, n(x.dtype), r), attrs)


def cumulative():
    fs = {
        "cumsum": (lax.cumsum, NUMBERS),
        "cumprod": (lax.cumprod, NUMBERS),
        "cummax": (lax.cummax, NUMBERS),
        "cummin": (lax.cummin, NUMBERS),
        "cumlogsumexp": (lax.cumlogsumexp, FLOATS),
    }
    for name, (g, dtypes) in fs.items():
        for dtype in dtypes:
            options = [((7,), 0, False), ((7,), 0, True), ((2, 3), 1, False), ((0,), 0, False), ((2, 3), 0, True), ((2, 5, 3), 1, False), ((2, 0, 3), 2, True), ((1,), 0, True)]
            for shape, axis, reverse in variants(dtype, options, 4):
                f = lambda x, g=g, a=axis, r=reverse: g(x, a, reverse=r)  # noqa: E731
                if name in ("cummax", "cummin"):
                    x = distinct(dtype, shape, name)
                elif name == "cumprod" and dtype in FLOATS:
                    x = uniform(dtype, shape, 0.5, 1.5, name)
                else:
                    x = numbers(dtype, shape, name)
                yield Case(name, f"{shape} {axis}{' reverse' if reverse else ''}", [x], f, {"axis": axis, "reverse": reverse}, grad=True)
            if dtype in FLOATS and name in ("cummax", "cummin"):
                x = np.array([1, 2, np.inf, 3, -np.inf, np.nan, 1, np.inf], DTYPES[dtype])
                yield Case(name, "edge", [x], lambda x, g=g: g(x, 0), {"axis": 0, "reverse": False})
            if dtype in FLOATS and name == "cumlogsumexp":
                x = np.array([-np.inf, -np.inf, 1, 2, -100, 90, 95, np.inf, 3], DTYPES[dtype])
                yield Case(name, "edge", [x], lambda x, g=g: g(x, 0), {"axis": 0, "reverse": False})
                yield Case(name, "edge reverse", [x], lambda x, g=g: g(x, 0, reverse=True), {"axis": 0, "reverse": True})
            if dtype in FLOATS and name == "cumprod":
                x = np.array([2, 0.5, 0, 3, 0, 1], DTYPES[dtype])
                yield Case(name, "zeros", [x], lambda x, g=g: g(x, 0), {"axis": 0, "reverse": False}, grad=True)


FAMILIES = {"reduce": plain_reduce, "arg_reduce": arg_reduce, "reduce_window": reduce_window, "cumulative": cumulative}
