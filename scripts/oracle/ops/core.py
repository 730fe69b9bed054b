"""A case, the computation of its expected numbers, and its text."""

import base64
import json
import zlib

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np

from ..common import cotangent, tangent

DTYPES = {
    "bool": np.dtype(np.bool_),
    "i8": np.dtype(np.int8),
    "i16": np.dtype(np.int16),
    "i32": np.dtype(np.int32),
    "i64": np.dtype(np.int64),
    "u8": np.dtype(np.uint8),
    "u16": np.dtype(np.uint16),
    "u32": np.dtype(np.uint32),
    "u64": np.dtype(np.uint64),
    "f8e4m3fn": np.dtype(ml_dtypes.float8_e4m3fn),
    "f8e5m2": np.dtype(ml_dtypes.float8_e5m2),
    "f16": np.dtype(np.float16),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
}
NAMES = {d: n for n, d in DTYPES.items()}
FLOATS8 = ["f8e4m3fn", "f8e5m2"]
FLOATS = FLOATS8 + ["f16", "bf16", "f32", "f64"]
SIGNED = ["i8", "i16", "i32", "i64"]
UNSIGNED = ["u8", "u16", "u32", "u64"]
INTS = SIGNED + UNSIGNED
NUMBERS = INTS + FLOATS
BITS = ["bool"] + INTS
ALL = ["bool"] + NUMBERS


def is_float(dtype):
    return NAMES[np.dtype(dtype)] in FLOATS


# ---- rounding -------------------------------------------------------------------------------------------------------


def round_odd_f32(x):
    """Rounds f64 to f32 by rounding to odd. A second rounding, to fewer bits, then equals one direct rounding."""
    with np.errstate(all="ignore"):
        y = x.astype(np.float32)
        inexact = (y.astype(np.float64) != x) & np.isfinite(x)
        away = inexact & (np.abs(y.astype(np.float64)) > np.abs(x))
        y = np.where(away, np.nextafter(y, np.float32(0)), y).astype(np.float32)
        bits = y.view(np.uint32) | inexact.astype(np.uint32)
    return bits.view(np.float32)


def narrow(x, dtype):
    """Rounds `x` to nearest even, once."""
    x, dtype = np.asarray(x), np.dtype(dtype)
    if x.dtype == dtype:
        return x
    with np.errstate(all="ignore"):
        if x.dtype == np.float64 and NAMES[dtype] in ["bf16"] + FLOATS8:
            return round_odd_f32(np.atleast_1d(x)).astype(dtype).reshape(x.shape)
        return x.astype(dtype)


def round_int(n, dtype):
    """Returns a whole number of any size as a float of this dtype."""
    if n == 0 or dtype == np.float64:
        return np.array(float(n), dtype)
    sign, n = (-1, -n) if n < 0 else (1, n)
    shift = max(0, n.bit_length() - 53)
    odd = (n >> shift) | (1 if n & ((1 << shift) - 1) else 0)
    return narrow(np.float64(sign * odd) * np.float64(2.0**shift), dtype)


# ---- data -----------------------------------------------------------------------------------------------------------


def rng(*key):
    return np.random.default_rng(zlib.crc32(repr(key).encode()))


def uniform(dtype, shape, low, high, *key):
    """Returns floats or integers from low to high."""
    r = rng("uniform", dtype, shape, low, high, *key)
    if dtype == "bool":
        return r.integers(0, 2, shape).astype(bool)
    if dtype in FLOATS:
        return narrow(r.uniform(low, high, shape), DTYPES[dtype])
    info = np.iinfo(DTYPES[dtype])
    return np.asarray(r.integers(max(int(np.ceil(low)), info.min), min(int(high), info.max), shape, endpoint=True)).astype(
        DTYPES[dtype]
    )


def numbers(dtype, shape, *key):
    """Returns random numbers of a dtype: floats from -3 to 3; half of the integers small, the others of all
    magnitudes."""
    if dtype in FLOATS or dtype == "bool":
        return uniform(dtype, shape, -3.0, 3.0, *key)
    small = uniform(dtype, shape, 0 if dtype in UNSIGNED else -9, 9, *key)
    info = np.iinfo(DTYPES[dtype])
    r = rng("numbers", dtype, shape, *key)
    large = r.integers(info.min, info.max, shape, dtype=DTYPES[dtype], endpoint=True)
    return np.where(r.integers(0, 2, shape) == 0, small, large).astype(DTYPES[dtype])


def distinct(dtype, shape, *key):
    """Returns unordered numbers, distinct if the dtype has enough of them, and exact in every float dtype."""
    n = int(np.prod(shape))
    order = rng("distinct", shape, *key).permutation(n)
    if dtype == "bool":
        return (order.reshape(shape) % 2).astype(bool)
    if dtype in FLOATS:
        return narrow((order.reshape(shape) - n // 2) / 8.0 + 0.0625, DTYPES[dtype])
    base = 0 if dtype in UNSIGNED else n // 2
    return (order.reshape(shape).astype(np.int64) - base).astype(DTYPES[dtype])


def edges(dtype):
    """Returns the special values of a dtype."""
    d = DTYPES[dtype]
    if dtype == "bool":
        return np.array([False, True])
    if dtype in FLOATS:
        f = ml_dtypes.finfo(d)
        values = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, -8.0, 0.1, 100.0, -100.0]
        values += [float(f.max), -float(f.max), float(f.smallest_normal), float(f.eps)]
        if dtype != "f64":  # XLA flushes subnormal f64 to 0 on CPUs
            values += [float(f.smallest_subnormal), -float(f.smallest_subnormal)]
        return np.array(values, np.float64).astype(d)
    i = np.iinfo(d)
    values = [0, 1, 2, 3, 7, i.max, i.max - 1, i.min, i.min + 1, i.bits - 1, i.bits]
    values += [-1, -2, -7] if i.min < 0 else []
    return np.array(sorted(set(values)), d)


def pairs(values):
    """Returns all pairs of values, as two arrays of one axis."""
    x, y = np.meshgrid(values, values, indexing="ij")
    return x.reshape(-1), y.reshape(-1)


# ---- lanes ----------------------------------------------------------------------------------------------------------

LANES = 2
"""How many lanes there are under `vmap`."""

ACCUMULATING = ["dot_general", "conv", "scatter", "convert"]
"""Operations that round otherwise in dtypes of half size, and those whose names begin as below."""


def is_transformed(case):
    """Returns whether the case has transformations: those of f32 and f64, of bf16 for operations that accumulate in
    f32, and of three other dtypes under `vmap`. Other dtypes share their rules."""
    if not case.inputs or "edge" in case.label or case.lanes is False:
        return False
    dtype = NAMES[case.inputs[1 if case.op == "select" else 0].dtype]
    sums = case.op in ACCUMULATING or case.op.startswith(("reduce_", "cum"))
    return dtype in ("f32", "f64", "i32", "u32", "bool") or dtype == "bf16" and sums


def lane(x, n):
    """Returns operand `x` in lane `n`. Elements rotate by `n` places; integers rotate by whole rows, which keeps the
    coordinates of an index together. A single float grows by `n`; a single integer is XORed with `n`."""
    if x.size == 1:
        return np.asarray(x + np.asarray(n, x.dtype) if is_float(x.dtype) else x ^ np.asarray(n, x.dtype))
    return np.roll(x.reshape(-1), -n).reshape(x.shape) if is_float(x.dtype) else np.roll(x, -n, axis=0)


def lanes(x):
    return np.stack([lane(x, n) for n in range(LANES)])


def subsets(operands):
    """Returns the sets of operands to map: all, and each alone if there are several."""
    return [list(range(operands))] + ([[i] for i in range(operands)] if operands > 1 else [])


# ---- cases ----------------------------------------------------------------------------------------------------------


class Case:
    """One operation on known inputs.

    `f` computes it with JAX. Floats narrower than f64 are widened to f64 before and rounded once after, so that JAX's
    own error does not matter. `out` is the dtype of float results. `expect` returns the results where JAX differs from the documented meaning, or
    lacks the operation for a dtype. `lanes` is mapped instead of `f`, if `f` depends on the values of integers; `False`
    if no function can be mapped.
    """

    def __init__(self, op, label, inputs, f, attrs=None, grad=False, out=None, expect=None, lanes=None):
        self.op, self.label, self.inputs, self.f = op, label, [np.asarray(x) for x in inputs], f
        self.attrs, self.expect = attrs or {}, expect
        self.lanes = lanes
        floats = [x.dtype for x in self.inputs if is_float(x.dtype)]
        self.out = DTYPES[out] if out else (floats[0] if floats else None)
        self.differentiable = [is_float(x.dtype) for x in self.inputs]
        self.grad = grad and any(self.differentiable)

    def wide(self):
        return [x.astype(np.float64) if is_float(x.dtype) else x for x in self.inputs]

    def wide_lanes(self):
        return [lanes(x).astype(w.dtype) for x, w in zip(self.inputs, self.wide())] if is_transformed(self) else None

    def results(self, inputs, f=None):
        y = (f or self.f)(*inputs)
        return list(y) if isinstance(y, (tuple, list)) else [y]

    def compute(self, inputs, wide):
        """Computes, under JAX's tracing, the results; with `grad`, the cotangents of the inputs and the tangents of the
        results; and the results of transformations. Takes the inputs and their lanes."""
        at = [k for k, d in enumerate(self.differentiable) if d]
        ys = self.results(inputs)
        if not self.grad:
            return ys, None, None, self.transformed(inputs, wide, at)

        def of(*floats):
            full = list(inputs)
            for k, x in zip(at, floats):
                full[k] = x
            return [y for y in self.results(full, self.f) if is_float(y.dtype)]

        floats = [inputs[k] for k in at]
        tangents = [jnp.asarray(tangent(k, self.inputs[k].shape, np.float64)) for k in at]
        _, jvp = jax.jvp(of, floats, tangents)
        _, transposed = jax.vjp(of, *floats)
        cts = [cotangent(k, y.shape, np.float64) for k, y in enumerate(ys) if is_float(y.dtype)]
        return ys, transposed([jnp.asarray(c) for c in cts]), jvp, self.transformed(inputs, wide, at)

    def transformed(self, inputs, wide, at):
        """Computes the operation under `vmap` for each of the subsets, batched derivatives, and second derivatives. The
        latter differentiate the weighted sum of y + y²/2 over the results y, so that linear operations have a second
        derivative."""
        if not is_transformed(self):
            return {}
        mapped = self.lanes or self.f
        found = {}
        if self.expect is None:
            found["vmap"] = []
            for subset in subsets(len(inputs)):
                axes = [0 if k in subset else None for k in range(len(inputs))]
                some = [w if k in subset else x for k, (w, x) in enumerate(zip(wide, inputs))]
                found["vmap"].append(jax.vmap(lambda *xs: self.results(xs, mapped), axes)(*some))
        if not self.grad:
            return found

        def floats(full, these):
            full = list(full)
            for k, x in zip(at, these):
                full[k] = x
            return full

        def of(full):
            return [y for y in self.results(full, mapped)]

        def weighted(ys, curved=False):
            ys = [(k, y + y * y / 2 if curved else y) for k, y in enumerate(ys) if is_float(y.dtype)]
            return sum(jnp.sum(y * cotangent(k, y.shape, np.float64)) for k, y in ys)

        def gradient(full, curved=False):
            return jax.grad(lambda these: weighted(of(floats(full, these)), curved))([full[k] for k in at])

        found["vmap_grad"] = jax.vmap(gradient)(wide)
        axes = [0 if k % 2 == 0 else None for k in range(len(inputs))]
        some = [w if k % 2 == 0 else x for k, (w, x) in enumerate(zip(wide, inputs))]

        def of_lanes(these):
            return weighted(jax.vmap(lambda *xs: of(xs), axes)(*floats(some, these)))

        found["grad_vmap"] = jax.grad(of_lanes)([some[k] for k in at])
        these = [inputs[k] for k in at]
        first = lambda these: gradient(floats(inputs, these), True)  # noqa: E731
        directions = [jnp.asarray(tangent(k, inputs[k].shape, np.float64)) for k in at]
        found["jvp_grad"] = jax.jvp(first, [these], [directions])[1]

        def along(these):
            grads = first(these)
            return sum(jnp.sum(g * cotangent(k, g.shape, np.float64)) for k, g in zip(at, grads))

        found["grad_grad"] = jax.grad(along)(these)
        return found

    def record(self, computed):
        ys, vjp, jvp, transformed = computed if computed else (None, None, None, {})
        if ys is not None:
            ys = [narrow(np.asarray(y), self.out) if is_float(np.asarray(y).dtype) else np.asarray(y) for y in ys]
        if self.expect is not None:
            expected = self.expect(*self.inputs)
            expected = list(expected) if isinstance(expected, (tuple, list)) else [expected]
            expected = [np.asarray(y) for y in expected]
            if ys is not None:
                compare(self, ys, expected)
            ys = expected
        row = {"op": self.op, "case": self.label}
        if self.attrs:
            row["attrs"] = self.attrs
        row["in"] = [encode(x) for x in self.inputs]
        row["out"] = [encode(y) for y in ys]
        if vjp is not None:
            at = [k for k, d in enumerate(self.differentiable) if d]
            grads = dict(zip(at, vjp))
            row["vjp"] = [
                encode(narrow(np.asarray(grads[k]), x.dtype)) if k in grads else None for k, x in enumerate(self.inputs)
            ]
            rest = iter(jvp)
            row["jvp"] = [encode(narrow(np.asarray(next(rest)), self.out)) if is_float(y.dtype) else None for y in ys]
        if is_transformed(self):
            rounded = lambda y: narrow(y, self.out) if is_float(y.dtype) else y  # noqa: E731
            found = [[rounded(np.asarray(y)) for y in of] for of in transformed.pop("vmap", [])]
            row["vmap"] = [[encode(y) for y in of] for of in found or self.expected_of_lanes()]
            floats = [x.dtype for x, d in zip(self.inputs, self.differentiable) if d]
            for name, gradients in transformed.items():
                row[name] = [encode(narrow(np.asarray(g), d)) for g, d in zip(gradients, floats)]
        return row

    def expected_of_lanes(self):
        """Computes lane by lane, where the documented meaning differs from JAX's."""
        found = []
        for subset in subsets(len(self.inputs)):
            each = []
            for n in range(LANES):
                expected = self.expect(*[lane(x, n) if k in subset else x for k, x in enumerate(self.inputs)])
                each.append(list(expected) if isinstance(expected, (tuple, list)) else [expected])
            found.append([np.stack([np.asarray(y) for y in ys]) for ys in zip(*each)])
        return found


def compare(case, ys, expected):
    """Reports where JAX and the documented meaning differ."""
    for y, e in zip(ys, expected):
        if y.shape != e.shape or y.dtype != e.dtype:
            raise AssertionError(f"{case.op} {case.label}: {y.dtype}{y.shape} from JAX, {e.dtype}{e.shape} by our meaning")
        y, e = y.reshape(-1), e.reshape(-1)
        wide = (lambda a: a.astype(np.float64)) if is_float(e.dtype) else (lambda a: a)
        differ = (wide(y) != wide(e)) & ~((y != y) & (e != e))
        if differ.any():
            i = int(np.argmax(differ))
            at = ", ".join(str(x.reshape(-1)[i] if x.size == e.size else x.reshape(-1)[:4]) for x in case.inputs)
            print(f"note: {case.op} {case.label} ({at}): JAX gives {y[i]}, our meaning {e[i]} ({differ.sum()} such)")


def encode(x):
    name = NAMES[x.dtype]
    ty = "[" + "".join(f"{d}, " for d in x.shape) + name + "]"
    return ty + " " + base64.b64encode(np.ascontiguousarray(x).tobytes()).decode()


def compute(cases):
    """Returns the rows of cases, and compiles several cases together."""
    traced = [c for c in cases if c.f is not None]
    wide = [(c.wide(), c.wide_lanes()) for c in traced]
    computed = []
    for start in range(0, len(traced), 24):
        part = slice(start, start + 24)
        of = jax.jit(lambda all_inputs: [c.compute(*x) for c, x in zip(traced[part], all_inputs)])
        computed += jax.device_get(of(wide[part]))
    by_case = dict(zip(map(id, traced), computed))
    return [c.record(by_case.get(id(c))) for c in cases]


def native_check(cases):
    """Checks that JAX's own f32 results equal the written ones up to rounding, so that widening to f64 changed no
    meaning."""
    cases = [c for c in cases if c.f is not None and c.out == DTYPES["f32"] and "edge" not in c.label]
    cases = [c for c in cases if all(x.dtype == c.out for x in c.inputs if is_float(x.dtype))]
    if not cases:
        return
    ys = jax.device_get(jax.jit(lambda xs: [c.results(x) for c, x in zip(cases, xs)])([c.inputs for c in cases]))
    wide = jax.device_get(jax.jit(lambda xs: [c.results(x) for c, x in zip(cases, xs)])([c.wide() for c in cases]))
    for c, a, b in zip(cases, ys, wide):
        for y, e in zip(a, b):
            y, e = np.asarray(y).astype(np.float64), np.asarray(e).astype(np.float64)
            scale = np.max(np.abs(e[np.isfinite(e)]), initial=1e-30)
            if not np.allclose(y, e, rtol=1e-5, atol=2e-6 * scale, equal_nan=True):
                print(f"note: {c.op} {c.label}: JAX's f32 and f64 results differ: {y.reshape(-1)[:5]} {e.reshape(-1)[:5]}")


def write(path, rows):
    with open(path, "w") as out:
        for row in rows:
            out.write(json.dumps(row, separators=(",", ":")) + "\n")
