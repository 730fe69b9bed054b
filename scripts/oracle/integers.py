"""Writes integers.jsonl and indexing.jsonl of rune-trace: reductions, scans and indices with bool and every integer
dtype.

    .venv/bin/python scripts/vectors integers [integers] [indexing]      (needs jax 0.10.2)

Lines have the format of `scripts/vectors array-fns`. A case that must fail has `error`, a part of the message, instead
of `out`.

Results have the dtypes that Rune documents, which differ from JAX's in some functions: sums of integers have the dtype
of the elements, averages of integers are f32, positions are i32. The script requests these from JAX with the argument
`dtype`, or converts the operands.
"""

import jax
import jax.numpy as jnp
import numpy as np

from .common import Cases

INTS = {"i8": np.int8, "u8": np.uint8, "i16": np.int16, "u16": np.uint16, "i32": np.int32, "u32": np.uint32, "i64": np.int64, "u64": np.uint64}
DTYPES = {"bool": np.bool_, **INTS, "f32": np.float32}


# ---- functions of many elements ------------------------------------------------------------------------------------------------------


def samples(dtype):
    """Returns arrays of a dtype with its extremes, zeros and equal elements, and arrays without elements."""
    rng = np.random.default_rng(0)
    if dtype == np.bool_:
        full = rng.random((2, 3, 4)) < 0.5
        row = np.array([True, False, True, True, False])
    else:
        info = np.iinfo(dtype)
        full = rng.integers(info.min, info.max, (2, 3, 4), dtype, endpoint=True)
        full[0, 0, :3], full[1, 2, :2], full[1, 1] = (info.max, info.min, 0), (info.min, info.max), full[0, 1]
        row = np.array([3, info.max, 1, info.min // 4, 1], dtype)
    empty = [np.zeros(shape, dtype) for shape in ((0,), (0, 3), (2, 0))]
    return [full, row, row[:1].reshape(1, 1), row[2].reshape(()), *empty]


def axes_of(x):
    one = [[a] for a in range(x.ndim)] + ([[-1]] if x.ndim else [])
    return [None, [], *one, *([[2, 0]] if x.ndim == 3 else [])]


def reductions(cases, x):
    counted = np.int32 if x.dtype == np.bool_ else x.dtype
    f = jnp.asarray(x).astype(jnp.float32)
    for axes in axes_of(x):
        axis = tuple(range(x.ndim)) if axes is None else tuple(axes)
        positive = tuple(a % x.ndim for a in axis)
        n = int(np.prod([x.shape[a] for a in positive], dtype=int))
        for keep in (False, True):
            kept = (lambda y: np.expand_dims(y, positive)) if keep else (lambda y: y)

            def add(name, y, tol=None):
                cases.add("reduce", [name, axes, keep], [x], kept(np.asarray(y)), tol)

            add("sum", jnp.sum(x, axis, dtype=counted))
            add("prod", jnp.prod(x, axis, dtype=counted))
            # Like `jax.lax`, rune returns the maximum and minimum of no elements too.
            add("max", jax.lax.reduce_max(jnp.asarray(x), positive))
            add("min", jax.lax.reduce_min(jnp.asarray(x), positive))
            add("any", jnp.any(x, axis))
            add("all", jnp.all(x, axis))
            add("mean", jnp.mean(f, axis), 1e-6)
            add("var", jnp.var(f, axis), 2e-6)
            add("std", jnp.std(f, axis), 2e-6)
            add("norm", jnp.sqrt(jnp.sum(f * f, axis)), 2e-6)
            if n and axis:
                add("logsumexp", jax.scipy.special.logsumexp(f, axis), 2e-6)
    flat_error = None if x.size else "has no elements"
    for name in ("argmax", "argmin"):
        y = None if flat_error else np.asarray(getattr(jnp, name)(x), np.int32)
        cases.add("arg_reduce", [name, None], [x], y, error=flat_error)
        for axis in [*range(x.ndim), *([-1] if x.ndim else [])]:
            error = None if x.shape[axis] else "has no elements"
            y = None if error else np.asarray(getattr(jnp, name)(x, axis), np.int32)
            cases.add("arg_reduce", [name, axis], [x], y, error=error)


def along(cases, x):
    counted = np.int32 if x.dtype == np.bool_ else x.dtype
    f = jnp.asarray(x).astype(jnp.float32)
    for axis in [*range(x.ndim), -1]:
        add = lambda name, y, tol=None: cases.add("cumulative", [name, axis], [x], np.asarray(y), tol)  # noqa: E731
        add("cumsum", jnp.cumsum(x, axis, dtype=counted))
        add("cumprod", jnp.cumprod(x, axis, dtype=counted))
        # JAX's functions reject bool; NumPy's accept it.
        for name, jax_f, np_f in (("cummax", jax.lax.cummax, np.maximum), ("cummin", jax.lax.cummin, np.minimum)):
            y = np_f.accumulate(x, axis)
            assert x.dtype == np.bool_ or (np.asarray(jax_f(jnp.asarray(x), axis % x.ndim)) == y).all()
            add(name, y)
        add("cumlogsumexp", jax.lax.cumlogsumexp(f, axis % x.ndim), 2e-6)
        cases.add("sort", axis, [x], np.asarray(jnp.sort(x, axis)))
        cases.add("sort_descending", axis, [x], np.asarray(jnp.sort(x, axis, descending=True)))
        cases.add("argsort", axis, [x], np.asarray(jnp.argsort(x, axis), np.int32))
        cases.add("argsort_descending", axis, [x], np.asarray(jnp.argsort(x, axis, descending=True), np.int32))
        for q in (0.0, 0.3, 0.5, 1.0):
            y = None if x.shape[axis] == 0 else np.asarray(jnp.quantile(f, q, axis), np.float32)
            cases.add("quantile", [q, axis], [x], y, 2e-6, error="is not defined" if y is None else None)
        y = None if x.shape[axis] == 0 else np.asarray(jnp.median(f, axis), np.float32)
        cases.add("median", axis, [x], y, 2e-6, error="is not defined" if y is None else None)
        for ddof in (1, 2):
            cases.add("var_with", [axis, ddof], [x], np.asarray(jnp.var(f, axis, ddof=ddof)), 2e-6)
    for k in range(min(x.shape[-1], 3) + 1):
        # JAX's `top_k` returns the right empty result.
        values, positions = jax.lax.top_k(jnp.asarray(x), k)
        cases.add("top_k", k, [x], [np.asarray(values), np.asarray(positions, np.int32)])
    cases.add("top_k", x.shape[-1] + 1, [x], error="has no last axis of")
    if x.ndim == 1:
        s = np.sort(x)
        for right in (False, True):
            for values in (x, s[::2], x[:0], x.reshape(1, -1)):
                side = "right" if right else "left"
                cases.add("searchsorted", right, [s, values], np.searchsorted(s, values, side).astype(np.int32))
    if x.ndim >= 2:
        cases.add("trace", None, [x], np.asarray(jnp.trace(x, axis1=-2, axis2=-1, dtype=counted)))


# ---- indices -------------------------------------------------------------------------------------------------------------------------


def ends(dtype, n):
    """Returns positions inside an axis of size n, at its ends, just outside, and at the extremes of the dtype."""
    info = np.iinfo(dtype)
    return sorted({p for p in (info.min, info.max, info.min // 2, info.max // 2 + 1, -n - 1, -n, -1, 0, 1, n - 1, n, 2**31, 2**32, 2**32 + 1)
                   if info.min <= p <= info.max})


def true_positions(index, n):
    """Counts negative positions from the end, and turns those outside into -1 or n."""
    return np.array([max(-1, min(n, int(p) + n if p < 0 else int(p))) for p in index.ravel()], np.int64).reshape(index.shape)


def agrees(y, expected, dtype, what):
    """Checks JAX's own result. For small arrays, JAX reduces 4- and 8-byte indices modulo 2³², so it cannot confirm
    their extremes."""
    if expected.size and (np.dtype(dtype).itemsize < 4 or dtype == np.int32):
        assert (np.asarray(y) == expected).all(), f"JAX differs: {what}"


def index_arrays(dtype, n):
    row = np.array([int(p) for p in ends(dtype, n)], dtype)
    return [row, np.resize(row, (2, 3)), row[:0], row[:0].reshape(0, 2), *(row[i].reshape(()) for i in range(len(row)))]


UPDATES = ("set", "add", "mul", "min", "max")
NOTHING = "has no elements to choose from"


def of_one_axis(cases, dtype):
    """`take`, `i` and `at` along an axis of arrays of several shapes."""
    for shape, axis in [((5,), 0), ((1,), 0), ((3, 4), 0), ((3, 4), 1), ((0,), 0), ((0, 3), 0), ((0, 3), 1), ((3, 0), 0), ((3, 0), 1)]:
        x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) + 1
        n = shape[axis]
        for index in index_arrays(dtype, max(n, 1)):
            at = true_positions(index, n)
            whole = (slice(None),) * axis
            parts, wide = [[None, None, 1]] * axis, (*whole, np.clip(at, 0, max(n - 1, 0)))
            args = [*parts, {"in": 1}]
            if n == 0 and index.size:
                cases.add("take", axis, [x, index], error=NOTHING)
                cases.add("index", args, [x, index], error=NOTHING)
            else:
                # For an axis without elements and indices of shape (0, 2), JAX returns the shape (0,). NumPy returns
                # the right one.
                y = np.take(x, wide[-1], axis)
                assert not y.size or (np.asarray(jnp.take(x, wide[-1].astype(np.int32), axis, mode="clip")) == y).all()
                agrees(jnp.asarray(x).at[(*whole, index)].get(mode="clip"), y, dtype, f"x{shape}[{index}]")
                cases.add("take", axis, [x, index], y)
                cases.add("index", args, [x, index], y)
            values = np.arange(2, 2 + shape[1 - axis], dtype=np.float32) if len(shape) == 2 and axis == 0 else np.float32(3)
            for name in UPDATES:
                if name == "set" and np.unique(at).size != at.size:
                    continue
                # JAX would count -1 from the end again. It drops n.
                left_out = np.where((at < 0) | (at >= n), n, at)
                put = lambda index: getattr(jnp.asarray(x).at[(*whole, index)], name)(values, mode="drop")  # noqa: E731
                # For an axis without elements, JAX rejects single positions, and NumPy all. rune drops all updates.
                y = x if n == 0 else np.asarray(put(left_out))
                if n:
                    agrees(put(index), y, dtype, f"x{shape}.at[{index}].{name}")
                cases.add("update", [name, args], [x, index, values], y)


def of_more_axes(cases, dtype):
    """Two index arrays, and index arrays beside positions, ranges and new axes."""
    x = np.arange(2 * 3 * 4, dtype=np.float32).reshape(2, 3, 4) + 1
    a, b = (np.array([int(p) for p in ends(dtype, n)], dtype) for n in (2, 4))
    b = np.resize(b, (2, 1))
    forms = [([{"in": 1}, {"in": 2}], [a, b], lambda a, b: (a, b), (2, 3)), ([{"in": 1}, [None, None, 1], {"in": 2}], [a, b], lambda a, b: (a, slice(None), b), (2, 4)),
             ([1, "...", {"in": 1}], [b], lambda b: (1, ..., b), (4,)), ([[1, None, 1], -1, {"in": 1}], [b], lambda b: (slice(1, None), -1, b), (4,)),
             (["new", [None, None, -1], {"in": 1}], [b], lambda b: (None, slice(None, None, -1), b), (3,)),
             ([[0, 0, 1], {"in": 1}], [b], lambda b: (slice(0, 0), b), (3,)), (["...", {"in": 1}], [b[:0]], lambda b: (..., b), (4,))]
    for args, indices, form, sizes in forms:
        ats = [true_positions(index, n) for index, n in zip(indices, sizes)]
        clipped = form(*(np.clip(at, 0, n - 1) for at, n in zip(ats, sizes)))
        y = np.asarray(jnp.asarray(x)[clipped])
        cases.add("index", args, [x, *indices], y)
        for name in UPDATES[1:]:
            left_out = form(*(np.where((at < 0) | (at >= n), n, at) for at, n in zip(ats, sizes)))
            z = np.asarray(getattr(jnp.asarray(x).at[left_out], name)(np.float32(3), mode="drop"))
            cases.add("update", [name, args], [x, *indices, np.float32(3)], z)


def of_each_place(cases, dtype):
    """Cases of `take_along_axis`."""
    for shape, axis in [((5,), 0), ((3, 4), 0), ((3, 4), 1), ((0, 3), 0), ((0, 3), 1), ((3, 0), 0), ((3, 0), 1)]:
        x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) + 1
        n = shape[axis]
        row = np.array([int(p) for p in ends(dtype, max(n, 1))], dtype)
        for count in (len(row), 0):
            for others in {1, *shape[:axis], *shape[axis + 1:]} if len(shape) == 2 else {1}:
                sizes = [others] * len(shape)
                sizes[axis] = count
                index = np.resize(row, sizes).astype(dtype)
                joint = np.broadcast_shapes(tuple(1 if a == axis else m for a, m in enumerate(shape)), tuple(sizes))
                if n == 0 and np.prod(joint):
                    cases.add("take_along_axis", axis, [x, index], error=NOTHING)
                    continue
                at = np.broadcast_to(np.clip(true_positions(index, n), 0, max(n - 1, 0)), joint)
                wide = np.broadcast_to(x, tuple(n if a == axis else m for a, m in enumerate(joint)))
                y = np.asarray(jnp.take_along_axis(wide, at.astype(np.int32), axis, mode="clip"))
                cases.add("take_along_axis", axis, [x, index], y)


# Traced, because JAX rejects known positions that are out of range.
slice_at = jax.jit(lambda x, p, q: jax.lax.dynamic_slice(x, (p, q), (2, 1), allow_negative_indices=False))
update_at = jax.jit(lambda x, u, p, q: jax.lax.dynamic_update_slice(x, u, (p, q), allow_negative_indices=False))


def of_blocks(cases, dtype):
    """Cases of the operations themselves, which do not count from the end: a gather clamps, and a scatter drops."""
    x = np.arange(12, dtype=np.float32).reshape(3, 4) + 1
    row = np.array([int(p) for p in ends(dtype, 3)], dtype)
    clip = lambda p, room: max(0, min(room, int(p)))  # noqa: E731
    for p in row:
        for q in row[:: max(1, len(row) // 4)]:
            i, j = clip(p, 1), clip(q, 3)
            y = np.asarray(jax.lax.dynamic_slice(x, (i, j), (2, 1)))
            agrees(slice_at(x, p, q), y, dtype, f"dynamic_slice {p} {q}")
            cases.add("dynamic_slice", [2, 1], [x, p, q], y)
            u = np.array([[-1.0], [-2.0]], np.float32)
            y = np.asarray(jax.lax.dynamic_update_slice(x, u, (i, j)))
            agrees(update_at(x, u, p, q), y, dtype, f"dynamic_update_slice {p} {q}")
            cases.add("dynamic_update_slice", None, [x, u, p, q], y)
        # A block that spans the axis fits in one place; an empty block fits anywhere.
        y = np.asarray(jax.lax.dynamic_slice(x, (0, 0), (3, 4)))
        cases.add("dynamic_slice", [3, 4], [x, p, p], y)
        cases.add("dynamic_slice", [0, 4], [x, p, p], x[:0])
        cases.add("dynamic_update_slice", None, [x, x[:, :0], p, p], x)
        cases.add("dynamic_slice", [0, 2], [x[:0], p, p], x[:0, :2])
    index = row.reshape(-1, 1)
    at = np.array([clip(p, 2) for p in row], np.int32).reshape(-1, 1)
    dims = jax.lax.GatherDimensionNumbers((1,), (0,), (0,))
    y = np.asarray(jax.lax.gather(x, at, dims, (1, 4), mode="clip"))
    agrees(jax.lax.gather(x, index, dims, (1, 4), mode="clip"), y, dtype, "gather")
    cases.add("gather_rows", None, [x, index], y)
    out = np.array([int(p) if 0 <= p < 3 else 3 for p in row], np.int32).reshape(-1, 1)
    updates = np.arange(4 * len(row), dtype=np.float32).reshape(-1, 4) + 2
    for name in UPDATES:
        jax_f = getattr(jax.lax, "scatter" if name == "set" else f"scatter_{name}")
        scatter = lambda index: jax_f(x, index, updates, jax.lax.ScatterDimensionNumbers((1,), (0,), (0,)), mode="drop")  # noqa: E731
        y = np.asarray(scatter(out))
        agrees(scatter(index), y, dtype, f"scatter {name}")
        cases.add("scatter_rows", name, [x, index, updates], y)


def of_choices(cases, dtype):
    for n in (0, 1, 3, 300):
        index = np.array([int(p) for p in ends(dtype, max(n, 1))], dtype)
        for index in (index, index[:0], index[0]):
            y = np.array([[float(int(p) == c) for c in range(n)] for p in index.ravel()], np.float32).reshape(*index.shape, n)
            jaxs = np.asarray(jax.nn.one_hot(index.astype(np.int64), n, dtype=np.float32))
            assert dtype == np.uint64 or (jaxs == y).all(), f"JAX differs: one_hot {index}"
            cases.add("one_hot", n, [index], y)
    for n in (1, 3, 200):
        for p in ends(dtype, n):
            cases.add("switch", n, [np.array(p, dtype)], np.int32(max(0, min(n - 1, p))))


def main(*parts):
    if "integers" in parts or not parts:
        write_integers()
    if "indexing" in parts or not parts:
        write_indexing()


def write_integers():
    cases = Cases()
    for dtype in (np.bool_, *INTS.values()):
        for x in samples(dtype):
            reductions(cases, x)
            if x.ndim:
                along(cases, x)
    cases.write("integers.jsonl")


def write_indexing():
    cases = Cases()
    for dtype in INTS.values():
        for form in (of_one_axis, of_more_axes, of_each_place, of_blocks, of_choices):
            form(cases, dtype)
    cases.write("indexing.jsonl")
