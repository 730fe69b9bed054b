"""Operations that move elements by computed indices."""

import numpy as np
from jax import lax

from .core import *  # noqa: F403
from .shape import variants


def ints(dtype, xs):
    info = np.iinfo(DTYPES[dtype])
    return np.array([max(info.min, min(info.max, x)) for x in np.asarray(xs, object).reshape(-1)], DTYPES[dtype]).reshape(
        np.shape(xs)
    )


def clamped(starts, shape, sizes):
    """Returns the start of a block, clamped as JAX does. The index is then small enough for every dtype."""
    return [min(max(int(s), 0), n - k) for s, n, k in zip(starts, shape, sizes)]


def within(starts, shape, sizes):
    """Returns the traced starts of a block, clamped as JAX does."""
    return [lax.clamp(0, lax.convert_element_type(s, np.int64), n - k) for s, n, k in zip(starts, shape, sizes)]


def dynamic_slice():
    options = [
        ((5,), (1,), (3,)),
        ((4, 5), (2, 1), (2, 3)),
        ((), (), ()),
        ((5,), (9,), (3,)),
        ((5,), (-4,), (2,)),
        ((4, 5), (3, -1), (2, 4)),
        ((3, 2, 4), (1, 0, 2), (1, 2, 1)),
        ((5,), (2,), (0,)),
        ((0, 3), (1, 1), (0, 2)),
        ((4,), (1,), (4,)),
    ]
    for dtype in ALL:
        for shape, starts, sizes in variants(dtype, options, 4):
            f = lambda x, *at, n=shape, k=sizes: lax.dynamic_slice(x, within(at, n, k), k)  # noqa: E731
            inputs = [numbers(dtype, shape)] + [ints("i32", s) for s in starts]
            yield Case("dynamic_slice", f"{shape} {starts} {sizes}", inputs, f, {"slice_sizes": sizes}, grad=True)
    for index in INTS:  # the values that an index of each dtype can have
        info = np.iinfo(DTYPES[index])
        for start in (2, info.max, info.min):
            f = lambda x, *_, s=clamped([start], (6,), (3,)): lax.dynamic_slice(x, s, (3,))  # noqa: E731
            inputs = [numbers("f32", (6,)), ints(index, start)]
            yield Case("dynamic_slice", f"from {start} {index}", inputs, f, {"slice_sizes": [3]}, lanes=False)
    far = lambda x, *_: lax.dynamic_slice(x, [199], [2])  # noqa: E731
    yield Case("dynamic_slice", "from 199 u8", [numbers("i32", (250,)), ints("u8", 199)], far, {"slice_sizes": [2]}, lanes=False)


def dynamic_update_slice():
    options = [
        ((5,), (3,), (1,)),
        ((4, 5), (2, 3), (1, 2)),
        ((), (), ()),
        ((5,), (3,), (4,)),
        ((5,), (2,), (-4,)),
        ((4, 5), (2, 4), (3, -1)),
        ((5,), (5,), (2,)),
        ((3, 2, 4), (1, 2, 1), (1, 0, 2)),
        ((5,), (0,), (2,)),
        ((0, 3), (0, 2), (1, 1)),
    ]
    for dtype in ALL:
        for shape, sizes, starts in variants(dtype, options, 4):
            f = lambda x, u, *at, n=shape, k=sizes: lax.dynamic_update_slice(x, u, within(at, n, k))  # noqa: E731
            inputs = [numbers(dtype, shape), numbers(dtype, sizes, "u")] + [ints("i64", s) for s in starts]
            yield Case("dynamic_update_slice", f"{shape} {sizes} {starts}", inputs, f, grad=True)
    for index in INTS:
        info = np.iinfo(DTYPES[index])
        for start in (2, info.max, info.min):
            inside = clamped([start], (6,), (3,))
            f = lambda x, u, *_, s=inside: lax.dynamic_update_slice(x, u, s)  # noqa: E731
            inputs = [numbers("f32", (6,)), numbers("f32", (3,), "u"), ints(index, start)]
            yield Case("dynamic_update_slice", f"at {start} {index}", inputs, f, lanes=False)


# operand, indices, offset, collapsed, operand_batching, indices_batching, start_index_map, slice_sizes
GATHERS = [
    ((5,), [[1], [4], [0], [1]], (), (0,), (), (), (0,), (1,)),
    ((4, 3), [[2], [0]], (1,), (0,), (), (), (0,), (1, 3)),
    ((4, 3), [3, 1], (), (0, 1), (), (), (0, 1), (1, 1)),
    ((4, 3), [[9], [-1], [3]], (1,), (0,), (), (), (0,), (1, 3)),
    ((4, 3), [[1], [2]], (0,), (1,), (), (), (1,), (4, 1)),
    ((4, 5), [[1, 2], [3, 4], [-2, 1]], (1, 2), (), (), (), (0, 1), (2, 2)),
    ((4, 5), [[1, 2], [3, 0]], (1, 2), (), (), (), (1, 0), (2, 3)),
    ((4, 5), [[2], [7]], (0, 2), (), (), (), (1,), (3, 2)),
    ((3, 4, 2), [[[1], [2]], [[0], [3]], [[3], [9]]], (2,), (1,), (0,), (0,), (1,), (1, 1, 2)),
    ((2, 3, 4), [[[0], [1]], [[2], [1]], [[1], [5]]], (), (2,), (0, 1), (1, 0), (2,), (1, 1, 1)),
    ((4, 3), np.zeros((0, 1), int), (1,), (0,), (), (), (0,), (1, 3)),
    ((4, 3), np.zeros((2, 0), int), (1, 2), (), (), (), (), (2, 1)),
    ((4, 0), [[1], [2]], (1,), (0,), (), (), (0,), (1, 0)),
    ((), np.zeros((3, 0), int), (), (), (), (), (), ()),
    ((3, 4, 5), [[[1], [2]], [[0], [1]]], (0, 2), (1,), (), (), (1,), (2, 1, 3)),
    ((5,), [2], (0,), (), (), (), (0,), (2,)),
]


def gather_dims(row):
    offset, collapsed, ob, ib, sim = row
    return lax.GatherDimensionNumbers(
        offset_dims=offset, collapsed_slice_dims=collapsed, start_index_map=sim, operand_batching_dims=ob, start_indices_batching_dims=ib
    )


def gather():
    for dtype in ALL:
        for shape, at, *dims, sizes in variants(dtype, GATHERS, 4):
            f = lambda x, i, d=gather_dims(dims), s=sizes: lax.gather(x, i, d, s, mode="clip")  # noqa: E731
            names = ["offset", "collapsed", "operand_batching", "indices_batching", "start_index_map"]
            attrs = {"dims": dict(zip(names, dims)), "slice_sizes": sizes}
            index = "i32" if dtype != "f64" else "i64"
            label = f"{shape} {np.shape(at)} offset {dims[0]} collapsed {dims[1]} batching {dims[2]} map {dims[4]} {sizes}"
            yield Case("gather", label, [numbers(dtype, shape), ints(index, at)], f, attrs, grad=True)
    attrs = {"dims": dict(zip(names, ((), (0,), (), (), (0,)))), "slice_sizes": (1,)}
    for index in INTS:
        info = np.iinfo(DTYPES[index])
        at = ints(index, [[0], [5], [info.max], [info.min], [199], [info.max // 2 + 1]])
        inside = np.clip(at.astype(object), 0, 199)

        def expect(x, _, inside=inside):
            return x[inside.reshape(-1).astype(int)]

        yield Case("gather", f"by {index}", [numbers("i16", (200,)), at], None, attrs, expect=expect)


# operand, indices, updates, update_window, inserted_window, operand_batching, indices_batching, scatter_map, overlaps
SCATTERS = [
    ((5,), [[1], [4], [0]], (3,), (), (0,), (), (), (0,), False),
    ((4, 3), [[2], [0]], (2, 3), (1,), (0,), (), (), (0,), False),
    ((4, 3), [3, 1], (), (), (0, 1), (), (), (0, 1), False),
    ((5,), [[1], [5], [-1], [3]], (4,), (), (0,), (), (), (0,), False),
    ((5,), [[1], [4], [1], [1]], (4,), (), (0,), (), (), (0,), True),
    ((4, 3), [[1], [1], [3]], (3, 3), (1,), (0,), (), (), (0,), True),
    ((4, 3), [[1], [2]], (4, 2), (0,), (1,), (), (), (1,), False),
    ((6, 5), [[0, 2], [3, 1], [5, 4], [-1, 0]], (4, 2, 2), (1, 2), (), (), (), (0, 1), False),
    ((6, 5), [[0, 2], [1, 1]], (2, 2, 2), (1, 2), (), (), (), (0, 1), True),
    ((5, 6), [[0, 1], [3, 2]], (2, 2, 3), (1, 2), (), (), (), (1, 0), False),
    ((3, 4, 2), [[[1], [2]], [[0], [3]], [[3], [9]]], (3, 2, 2), (2,), (1,), (0,), (0,), (1,), False),
    ((2, 3, 4), [[[0], [1]], [[2], [1]], [[1], [5]]], (3, 2), (), (2,), (0, 1), (1, 0), (2,), False),
    ((4, 3), np.zeros((0, 1), int), (0, 3), (1,), (0,), (), (), (0,), False),
    ((4, 0), [[1], [2]], (2, 0), (1,), (0,), (), (), (0,), False),
    ((5,), [2], (2,), (0,), (), (), (), (0,), False),
    ((4, 3), [[2], [0]], (2, 2), (1,), (0,), (), (), (0,), False),
    ((), np.zeros((0,), int), (), (), (), (), (), (), False),
]

SCATTER = {"set": lax.scatter, "add": lax.scatter_add, "mul": lax.scatter_mul, "min": lax.scatter_min, "max": lax.scatter_max}


def combine(mode, dtype):
    def f(old, new):
        if mode == "set":
            return new
        if mode in ("min", "max"):
            return min(old, new) if mode == "min" else max(old, new)
        with np.errstate(all="ignore"):
            return old + new if mode == "add" else old * new

    return f


def scatter_meaning(mode, dtype, dims, window_rank):
    """Returns the documented meaning, element by element, for dtypes with exact arithmetic."""
    window, inserted, ob, ib, to = dims

    def expect(x, indices, updates):
        out, of = x.copy(), combine(mode, dtype)
        batch_axes = [a for a in range(updates.ndim) if a not in window]
        slice_axes = [a for a in range(x.ndim) if a not in inserted and a not in ob]
        batch = indices.shape[:-1]
        for at in np.ndindex(*batch):
            start = [0] * x.ndim
            for k, a in enumerate(to):
                start[a] = int(indices[at + (k,)])
            for a, i in zip(ob, ib):
                start[a] = at[i]
            sizes = [1] * x.ndim
            for a, w in zip(slice_axes, window):
                sizes[a] = updates.shape[w]
            if any(s < 0 or s + k > n for s, k, n in zip(start, sizes, x.shape)):
                continue
            for within in np.ndindex(*[updates.shape[w] for w in window]):
                u = [0] * updates.ndim
                for a, i in zip(batch_axes, at):
                    u[a] = i
                for w, i in zip(window, within):
                    u[w] = i
                place = list(start)
                for a, i in zip(slice_axes, within):
                    place[a] += i
                out[tuple(place)] = of(out[tuple(place)], updates[tuple(u)])
        return out

    return expect


def scatter():
    names = ["update_window", "inserted_window", "operand_batching", "indices_batching", "scatter_map"]
    for mode, function in SCATTER.items():
        for dtype in ALL:
            if dtype == "bool" and mode in ("add", "mul"):
                continue
            for shape, at, update, *dims, overlaps in variants(dtype, SCATTERS, 5):
                if mode == "set" and overlaps:
                    continue  # the surviving update is unspecified
                d = lax.ScatterDimensionNumbers(
                    update_window_dims=dims[0],
                    inserted_window_dims=dims[1],
                    scatter_dims_to_operand_dims=dims[4],
                    operand_batching_dims=dims[2],
                    scatter_indices_batching_dims=dims[3],
                )
                for unique in [False, True] if dtype == "f32" and not overlaps else [not overlaps and dtype in ("i32", "f64")]:
                    # JAX has the derivative of `scatter_mul` only for updates that do not overlap
                    f = lambda x, i, u, d=d, o=overlaps, g=function: g(x, i, u, d, unique_indices=not o, mode="drop")  # noqa: E731
                    both = distinct(dtype, (int(np.prod(shape)) + int(np.prod(update)),), mode, str(dims))
                    x, u = both[: int(np.prod(shape))].reshape(shape), both[int(np.prod(shape)) :].reshape(update)
                    attrs = {"dims": dict(zip(names, dims)), "mode": mode, "unique": unique}
                    expect = None if dtype in FLOATS else scatter_meaning(mode, dtype, dims, len(dims[0]))
                    label = f"{mode} {shape} {np.shape(at)} window {dims[0]} inserted {dims[1]} batching {dims[2]} map {dims[4]}"
                    label += " unique" if unique else ""
                    g = None if dtype == "bool" else f
                    index = "i64" if dtype == "f64" else "i32"
                    grad = not (mode == "mul" and overlaps)
                    yield Case("scatter", label, [x, ints(index, at), u], g, attrs, grad=grad, expect=expect)
    dims = ((), (0,), (), (), (0,))
    attrs = {"dims": dict(zip(names, dims)), "mode": "add", "unique": False}
    for index in INTS:
        info = np.iinfo(DTYPES[index])
        at = ints(index, [[0], [5], [info.max], [info.min], [119]])
        x, u = numbers("i16", (120,)), numbers("i16", (5,), "u")
        yield Case("scatter", f"by {index}", [x, at, u], None, attrs, expect=scatter_meaning("add", "i16", dims, 0))


FAMILIES = {"dynamic": lambda: [*dynamic_slice(), *dynamic_update_slice()], "gather": gather, "scatter": scatter}
