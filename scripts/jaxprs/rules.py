"""One rule for each primitive of JAX."""

import inspect
import re
import string
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax._src.lax import lax as lax_internal
from jax._src.lax import slicing
from jax._src.random import core as random
from jax._src.random import prng
from jax.extend.core import jaxpr_as_fun

from . import bits, folds, matrices, special
from .writer import NotConverted, dtype_of, is_inexact, joined, raw, type_of, typed

SAME_NAME = """abs add and atan2 cbrt ceil complex cos div eq erf exp exp2 expm1 floor ge gt imag is_finite le log log1p logistic lt max min mul ne neg not or
pow real rem rsqrt shift_left shift_right_arithmetic shift_right_logical sign sin sqrt stop_gradient sub tan tanh xor""".split()
RENAMED = {"add_any": "add", "reduce_sum_p": "reduce_sum"}
REDUCTIONS = "reduce_sum reduce_max reduce_min reduce_prod reduce_and reduce_or".split()
CUMULATIVE = "cumsum cumprod cummax cummin cumlogsumexp".split()
WINDOWS = "reduce_window_sum reduce_window_max reduce_window_min".split()
SAME = """copy copy_p device_put random_clone random_unwrap random_wrap convert_element_type_p pvary layout_constraint
sharding_constraint with_memory_space_constraint""".split()
SCATTERS = {"scatter": "set", "scatter-add": "add", "scatter_add": "add", "scatter-mul": "mul", "scatter_mul": "mul",
            "scatter-min": "min", "scatter_min": "min", "scatter-max": "max", "scatter_max": "max", "scatter-sub": "add"}  # fmt: skip


def acosh(x, **_):
    # The product under one root would overflow.
    return jnp.log(x + jnp.sqrt(x - 1) * jnp.sqrt(x + 1))


def approx_top_k(x, k, reduction_dimension, is_max_k, **_):
    values, positions = top_k(x if is_max_k else -x, k, reduction_dimension)
    return values if is_max_k else -values, positions


def top_k(x, k, axis):
    return [jnp.moveaxis(y, -1, axis) for y in lax.top_k(jnp.moveaxis(x, axis, -1), k)]


def unstack(x, axis):
    return [lax.index_in_dim(x, i, axis, keepdims=False) for i in range(x.shape[axis])]


def tile(x, reps):
    shape = [n for pair in zip(reps, x.shape) for n in pair]
    return lax.broadcast_in_dim(x, shape, range(1, 2 * x.ndim, 2)).reshape([n * k for n, k in zip(x.shape, reps)])


def reduce_precision(x, **p):
    # JAX rounds the tangents too, which is no linear function.
    rounded = jax.custom_jvp(lambda x: bits.reduce_precision(x, **p))
    rounded.defjvp(lambda x, dx: (rounded(*x), *dx))
    return rounded(x)


def counters(shape):
    """Returns the upper and the lower halves of the positions, as 64-bit numbers."""
    if np.prod(shape, dtype=float) >= 2**32:
        raise NotConverted("more than 2³² random numbers at once")
    return jnp.zeros(shape, np.uint32), lax.iota(np.uint32, int(np.prod(shape))).reshape(shape)


# Primitives that are traced as JAX functions of other primitives.
TRACED = {
    "sinh": lambda x, **_: jnp.where(jnp.abs(x) < 1, (jnp.expm1(x) - jnp.expm1(-x)) / 2, jnp.exp(x) / 2 - jnp.exp(-x) / 2),
    "cosh": lambda x, **_: jnp.exp(x) / 2 + jnp.exp(-x) / 2,
    "acosh": acosh,
    "atanh": lambda x, **_: 0.5 * (jnp.log1p(x) - jnp.log1p(-x)),
    "asin": lambda x, **_: lax.atan2(x, jnp.sqrt((1 - x) * (1 + x))),
    "acos": lambda x, **_: lax.atan2(jnp.sqrt((1 - x) * (1 + x)), x),
    "atan": lambda x, **_: lax.atan2(x, jnp.ones_like(x)),
    "square": lambda x, **_: lax.mul(x, x),
    "approx_top_k": approx_top_k,
    "iota_2x32_shape": counters,
    "ragged_dot_general": lax_internal._ragged_dot_general_impl,
    "reduce_precision": reduce_precision,
    "tile": tile,
    "unstack": unstack,
    "clz": bits.clz, "mulhi": bits.mulhi, "nextafter": bits.nextafter, "population_count": bits.population_count,
    "lt_to": bits.total(lax.lt), "le_to": bits.total(lax.le), "eq_to": bits.total(lax.eq),
} | folds.TRACED | matrices.TRACED | special.PLAIN  # fmt: skip
RULED = special.RULED | {
    "random_gamma": (partial(random._gamma_impl, use_vmap=True), [1]),
}
# These order their operands, which rune does not do with complex ones.
ORDERED = "argmax argmin clamp cummax cummin cumlogsumexp reduce_window_max reduce_window_min scatter-min scatter-max top_k".split()


def greater(x, y):
    return jnp.where(x.real == y.real, x.imag > y.imag, x.real > y.real)


def lexicographic(sign):
    return lambda x, y, **_: jnp.where(greater(x, y) if sign > 0 else greater(y, x), x, y)


# JAX compares complex numbers by their real parts, then by the imaginary ones.
COMPLEX_ORDER = {"max": lexicographic(1), "min": lexicographic(-1)}
COMPLEX_ORDER |= {f"reduce_{n}": lambda x, axes, f=f, **_: folds.halved(f, x, axes) for n, f in COMPLEX_ORDER.items()}
# Functions of random keys: they take the implementation of the keys, then the arrays of their numbers.
RANDOM = {
    "random_seed": lambda _, x, impl: prng.random_seed_impl_base(x, impl=impl),
    "random_split": lambda impl, k, shape: prng.random_split_impl_base(impl, k, k.ndim - 1, shape=shape),
    "random_bits": lambda impl, k, **p: prng.random_bits_impl_base(impl, k, k.ndim - 1, **p),
    "random_fold_in": lambda impl, k, d: prng.random_fold_in_impl_base(impl, k, d, k.shape[:-1]),
}
# Why primitives have no equivalent.
REFUSED = {
    "rng_bit_generator": "is a generator of one device; use keys of `threefry2x32`, JAX's default",
    "rng_uniform": "is a generator of one device; use `jax.random.uniform`",
    "pure_callback": "calls Python, and a file holds no functions",
    "io_callback": "calls Python, and a file holds no functions",
    "debug_callback": "calls Python, and a file holds no functions",
    "ffi_call": "calls foreign code",
    "linear_call": "has a transpose of its own; use `custom_vjp`",
}
# Reductions over an axis that `vmap` has made a position.
POSITIONAL = {"psum": "reduce_sum", "pmax": "reduce_max", "pmin": "reduce_min"}


def is_complex(aval):
    return jnp.issubdtype(aval.dtype, jnp.complexfloating)


def is_key(aval):
    return jnp.issubdtype(aval.dtype, jax.dtypes.prng_key)


def key_array(aval):
    """Returns the type of the array that holds the numbers of random keys."""
    return jax.ShapeDtypeStruct(raw(aval.shape, aval.dtype), np.uint32) if is_key(aval) else aval


def of_keys(eqn):
    """Returns an equation that moves random keys as a function of the arrays of their numbers."""
    axes = [-1 if is_key(v.aval) else None for v in eqn.invars]
    return jax.vmap(lambda *x: eqn.primitive.bind(*x, **eqn.params), axes, -1)


def equation(w, eqn, x):
    """Returns the names of the results of one equation, whose operands have the names `x`."""
    op, p, ins = eqn.primitive.name, eqn.params, [v.aval for v in eqn.invars]
    outs = [v.aval for v in eqn.outvars]
    out = outs[0] if outs else None
    one = lambda op, inputs, **attributes: [w.step(op, inputs, out.shape, out.dtype, **attributes)]
    ints = lambda axes: [int(a) for a in axes]
    op = RENAMED.get(op, op)
    if op in SAME:
        return list(x)
    if op in REFUSED:
        raise NotConverted(f"`{op}` {REFUSED[op]}")
    if op in RANDOM:
        impl = p["impl"] if op == "random_seed" else ins[0].dtype._impl
        return w.traced(lambda *a: RANDOM[op](impl, *a, **p), [key_array(a) for a in ins], x)
    if ins and is_complex(ins[0]):
        if op in COMPLEX_ORDER:
            return w.traced(lambda *a: COMPLEX_ORDER[op](*a, **p), ins, x)
        if op in ORDERED:
            raise NotConverted(f"`{op}` of complex numbers is not converted")
    ruled = special.RULED_COMPLEX if ins and is_complex(ins[0]) else RULED
    if op in ruled:
        return w.traced(special.with_rule(eqn.primitive, p, *ruled[op]), ins, x)
    if any(map(is_key, ins)) and op not in CONTROL:
        return w.traced(of_keys(eqn), [key_array(a) for a in ins], x)
    if op in SAME_NAME:
        # JAX broadcasts scalars and axes of size 1 here; rune's operations do not broadcast.
        shape = out.shape
        x = [w.broadcast(v, a.shape, shape, range(len(a.shape)), a.dtype) for v, a in zip(x, ins)]
        if op == "pow" and ins[1].dtype != ins[0].dtype:
            x[1] = w.step("convert", [x[1]], shape, ins[0].dtype, dtype=dtype_of(ins[0].dtype))
        return one(op, x)
    if op in TRACED:
        return w.traced(lambda *a: TRACED[op](*a, **p), ins, x)
    if op in REDUCTIONS:
        return one(op, x, axes=ints(p["axes"]))
    if op in ("argmax", "argmin"):
        if ins[0].dtype == np.bool_:
            x = [w.step("convert", x, ins[0].shape, np.int32, dtype="i32")]
        return one(op, x, axis=int(p["axes"][0]), index=dtype_of(p["index_dtype"]))
    if op in CUMULATIVE:
        return one(op, x, axis=p["axis"], reverse=p["reverse"])
    if op in WINDOWS:
        pairs = [ints(q) for q in p["padding"]]
        window = {"dimensions": ints(p["window_dimensions"]), "strides": ints(p["window_strides"]), "padding": pairs}
        window |= {"base_dilation": ints(p["base_dilation"]), "window_dilation": ints(p["window_dilation"])}
        return one(op, x, window=window)
    if op == "integer_pow":
        return one(op, x, y=p["y"])
    if op == "round":
        return one("round_even" if p["rounding_method"] == lax.RoundingMethod.TO_NEAREST_EVEN else "round_afz", x)
    if op == "clamp":
        x = [w.broadcast(v, a.shape, out.shape, range(len(a.shape)), a.dtype) for v, a in zip(x, ins)]
        return one(op, x)
    if op == "convert_element_type":
        return list(x) if ins[0].dtype == out.dtype else one("convert", x, dtype=dtype_of(p["new_dtype"]))
    if op == "bitcast_convert_type":
        return one("bitcast_convert", x, dtype=dtype_of(p["new_dtype"]))
    if op == "broadcast_in_dim":
        return [w.broadcast(x[0], ins[0].shape, out.shape, p["broadcast_dimensions"], out.dtype)]
    if op in ("reshape", "squeeze", "expand_dims"):
        if op == "reshape" and p["dimensions"] is not None:
            order = ints(p["dimensions"])
            x = [w.step("transpose", x, [ins[0].shape[a] for a in order], out.dtype, permutation=order)]
        return one("reshape", x, shape=ints(out.shape))
    if op == "transpose":
        return one(op, x, permutation=ints(p["permutation"]))
    if op == "rev":
        return one("reverse", x, axes=sorted(ints(p["dimensions"])))
    if op == "concatenate":
        return one(op, x, dimension=p["dimension"])
    if op == "stack":
        axis = p["axis"]
        shape = [*ins[0].shape[:axis], 1, *ins[0].shape[axis:]]
        rows = [w.step("reshape", [v], shape, out.dtype, shape=ints(shape)) for v in x]
        return one("concatenate", rows, dimension=axis)
    if op == "split":
        results, at = [], 0
        for aval in outs:
            start, limit = [0] * len(aval.shape), ints(ins[0].shape)
            start[p["axis"]], limit[p["axis"]] = at, at + aval.shape[p["axis"]]
            at = limit[p["axis"]]
            results.append(w.step("slice", x, aval.shape, aval.dtype, start=start, limit=limit, strides=[1] * len(start)))
        return results
    if op == "slice":
        strides = p["strides"] or [1] * len(out.shape)
        return one(op, x, start=ints(p["start_indices"]), limit=ints(p["limit_indices"]), strides=ints(strides))
    if op == "pad":
        config = [{"low": int(a), "high": int(b), "interior": int(c)} for a, b, c in p["padding_config"]]
        return one(op, x, config=config)
    if op == "iota":
        return one(op, [], dtype=dtype_of(p["dtype"]), shape=ints(p["shape"]), dimension=p["dimension"])
    if op == "dynamic_slice":
        return one(op, x, slice_sizes=ints(p["slice_sizes"]))
    if op == "dynamic_update_slice":
        return one(op, x)
    if op == "select_n":
        return select(w, p, x, ins, out)
    if op == "gather":
        return gather(w, p, x, ins, out)
    if op == "scatter" and folds.mapped_scatter(eqn):
        return w.traced(lambda *a: folds.scattered(*a, **p), ins, x)
    if op in SCATTERS:
        return scatter(w, op, p, x, ins, out)
    if op == "threefry2x32":
        shape = out.shape
        x = [w.broadcast(v, a.shape, shape, range(len(a.shape)), a.dtype) for v, a in zip(x, ins)]
        return w.steps_of(op, x, [typed(a) for a in outs])
    if op == "sort":
        return w.steps_of("sort", x, [typed(a) for a in outs], dimension=p["dimension"], num_keys=p["num_keys"])
    if op == "top_k":
        axis = p.get("axis", -1)
        if axis not in (-1, len(ins[0].shape) - 1):
            return w.traced(lambda x: top_k(x, p["k"], axis), ins, x)
        return w.steps_of("top_k", x, [typed(a) for a in outs], k=p["k"])
    if op == "dot_general":
        return dot_general(w, p, x, ins, out)
    if op == "conv_general_dilated":
        d = p["dimension_numbers"]
        dims = {"lhs": ints(d.lhs_spec), "rhs": ints(d.rhs_spec), "out": ints(d.out_spec), "strides": ints(p["window_strides"])}
        dims |= {"lhs_dilation": ints(p["lhs_dilation"]), "rhs_dilation": ints(p["rhs_dilation"]), "padding": [ints(q) for q in p["padding"]]}
        dims |= {"feature_groups": p["feature_group_count"], "batch_groups": p["batch_group_count"]}
        # rune's operation has one dtype.
        wide = jnp.promote_types(ins[0].dtype, out.dtype)
        x = [v if a.dtype == wide else w.step("convert", [v], a.shape, wide, dtype=dtype_of(wide)) for v, a in zip(x, ins)]
        y = w.step("conv", x, out.shape, wide, dims=dims)
        return [y if out.dtype == wide else w.step("convert", [y], out.shape, out.dtype, dtype=dtype_of(out.dtype))]
    if op == "fft":
        kind = p["fft_type"].name.lower()
        return one(kind, x, lengths=ints(p["fft_lengths"]))
    if op == "conj":
        return conjugated(w, x, ins[0]) if is_complex(ins[0]) else w.traced(lambda x: lax.complex(x, jnp.zeros_like(x)), ins, x)
    if op in ("psum", "pmax", "pmin") and all(isinstance(a, int) for a in p["axes"]):
        return [w.step(POSITIONAL[op], [v], o.shape, o.dtype, axes=ints(p["axes"])) for v, o in zip(x, outs)]
    if op == "name":
        return one("checkpoint_name", x, name=p["name"])
    if op in ("optimization_barrier",):
        return w.steps_of(op, x, [typed(a) for a in outs])
    if op == "platform_index":
        platforms = p["platforms"]
        index = next(i for i, q in enumerate(platforms) if q is None or "cpu" in q)
        return [w.literal(index, (), np.int32)]
    if op in LINALG:
        return LINALG[op](w, p, x, ins, outs)
    if op in CONTROL:
        return CONTROL[op](w, eqn, x, ins, outs)
    raise NotConverted(f"`{op}` is not converted")


def select(w, p, x, ins, out):
    which, cases = x[0], x[1:]
    shape = out.shape
    as_wide = lambda v: w.broadcast(v, ins[0].shape, shape, range(len(ins[0].shape)), np.bool_)
    if ins[0].dtype == np.bool_:
        return [w.step("select", [as_wide(which), cases[1], cases[0]], out.shape, out.dtype)]
    chosen = cases[-1]
    for i in range(len(cases) - 2, -1, -1):
        number = w.literal(i, ins[0].shape, ins[0].dtype)
        here = w.step("eq", [which, number], ins[0].shape, np.bool_)
        chosen = w.step("select", [as_wide(here), cases[i], chosen], out.shape, out.dtype)
    return [chosen]


def gather(w, p, x, ins, out):
    if p["mode"] == lax.GatherScatterMode.FILL_OR_DROP:
        inner = {k: p[k] for k in ("dimension_numbers", "slice_sizes", "unique_indices", "indices_are_sorted", "fill_value")}
        f = lambda a, i: slicing._gather_fill(a, i, output_shape=out.shape, **inner)
        return w.traced(f, ins, x)
    d = p["dimension_numbers"]
    dims = {"offset": d.offset_dims, "collapsed": d.collapsed_slice_dims, "operand_batching": d.operand_batching_dims}
    dims |= {"indices_batching": d.start_indices_batching_dims, "start_index_map": d.start_index_map}
    dims = {k: [int(a) for a in v] for k, v in dims.items()}
    return [w.step("gather", x, out.shape, out.dtype, dims=dims, slice_sizes=[int(n) for n in p["slice_sizes"]])]


def scatter(w, op, p, x, ins, out):
    x = list(x)
    d = p["dimension_numbers"]
    if p["mode"] == lax.GatherScatterMode.CLIP:
        f = lambda a, i, u: slicing._clamp_scatter_indices(a, i, u, dnums=d)
        x[1] = w.traced(f, ins, x)[0]
    if op == "scatter-sub":
        x[2] = w.step("neg", [x[2]], ins[2].shape, ins[2].dtype)
    dims = {"update_window": d.update_window_dims, "inserted_window": d.inserted_window_dims, "operand_batching": d.operand_batching_dims}
    dims |= {"indices_batching": d.scatter_indices_batching_dims, "scatter_map": d.scatter_dims_to_operand_dims}
    dims = {k: [int(a) for a in v] for k, v in dims.items()}
    return [w.step("scatter", x, out.shape, out.dtype, dims=dims, mode=SCATTERS[op], unique=bool(p["unique_indices"]))]


def dot_general(w, p, x, ins, out):
    (lhs_contract, rhs_contract), (lhs_batch, rhs_batch) = p["dimension_numbers"]
    dims = {"lhs_batch": lhs_batch, "rhs_batch": rhs_batch, "lhs_contract": lhs_contract, "rhs_contract": rhs_contract}
    dims = {k: [int(a) for a in v] for k, v in dims.items()}
    # JAX promotes no floats of 8 bits.
    small = ins[0].dtype != ins[1].dtype and max(a.dtype.itemsize for a in ins) == 1
    common = np.dtype(np.float32) if small else jnp.promote_types(ins[0].dtype, ins[1].dtype)
    x = [v if a.dtype == common else w.step("convert", [v], a.shape, common, dtype=dtype_of(common)) for v, a in zip(x, ins)]
    return [w.step("dot_general", x, out.shape, out.dtype, dims=dims, out=dtype_of(out.dtype))]


def factor(op):
    return lambda w, p, x, ins, outs: w.steps_of(op, x, [typed(a) for a in outs])


def qr(w, p, x, ins, outs):
    if p["pivoting"]:
        return w.traced(lambda a: matrices.batched(matrices.pivoted_qr, 2)(a, full_matrices=p["full_matrices"]), ins, x)
    return w.steps_of("qr_full" if p["full_matrices"] else "qr", x, [typed(a) for a in outs])


def svd(w, p, x, ins, outs):
    if p["compute_uv"]:
        s, u, vt = (typed(a) for a in outs)
        u, s, vt = w.steps_of("svd_full" if p["full_matrices"] else "svd", x, [u, s, vt])
        return [s, u, vt]
    (*batch, m, n), k = ins[0].shape, outs[0].shape[-1]
    kinds = [type_of((*batch, m, k), ins[0].dtype), typed(outs[0]), type_of((*batch, k, n), ins[0].dtype)]
    return [w.steps_of("svd", x, kinds)[1]]


def eigh(w, p, x, ins, outs):
    if not p["lower"]:
        permutation = [*range(len(ins[0].shape) - 2), len(ins[0].shape) - 1, len(ins[0].shape) - 2]
        x = conjugated(w, [w.step("transpose", x, ins[0].shape, ins[0].dtype, permutation=permutation)], ins[0])
    v, values = (typed(a) for a in outs)
    values, v = w.steps_of("eigh", x, [values, v])
    return [v, values]


def conjugated(w, x, ty):
    """Returns complex numbers conjugated, and real numbers unchanged."""
    return [w.step("conj", x, ty.shape, ty.dtype)] if is_complex(ty) else x


def eig(w, p, x, ins, outs):
    vectors = type_of(ins[0].shape, outs[0].dtype)
    values, right = w.steps_of("eig", x, [typed(outs[0]), vectors])
    left = []
    if p["compute_left_eigenvectors"]:
        aval = jax.ShapeDtypeStruct(ins[0].shape, outs[0].dtype)
        left = w.traced(matrices.batched(matrices.left_eigenvectors, 2), [aval], [right])
    return [values, *left, *[right] * p["compute_right_eigenvectors"]]


def schur(w, p, x, ins, outs):
    if p["sort_eig_vals"]:
        raise NotConverted("`schur` with sorted eigenvalues")
    return w.steps_of("schur", x, [typed(ins[0])] * 2)[: len(outs)]


def triangular_solve(w, p, x, ins, outs):
    if p["conjugate_a"]:
        x = [*conjugated(w, x[:1], ins[0]), x[1]]
    how = {k: bool(p[k]) for k in ("left_side", "lower", "transpose_a", "unit_diagonal")}
    return [w.step("triangular_solve", x, outs[0].shape, outs[0].dtype, how=how)]


LINALG = {
    "cholesky": factor("cholesky"),
    "lu": factor("lu"),
    "qr": qr,
    "svd": svd,
    "eigh": eigh,
    "eig": eig,
    "schur": schur,
    "triangular_solve": triangular_solve,
}


def inlined(key):
    return lambda w, eqn, x, ins, outs: w.closed(eqn.params[key], x)


def linear_solve(w, eqn, x, ins, outs):
    """Converts the solution of systems with one matrix into `lu_solve`, which has JAX's derivatives of any order.

    The jaxprs may hold the right-hand sides as vectors, columns or rows. A test with random numbers finds the layout.
    """
    lengths, jaxprs = eqn.params["const_lengths"], eqn.params["jaxprs"]
    a, b = ins[0], ins[-1]
    if lengths.matvec != 1 or len(outs) != 1 or len(a.shape) < 2 or a.shape[-1] != a.shape[-2] or len(b.shape) < 1:
        return solve_by_programs(w, eqn, x, ins, outs)
    *batch, n, _ = a.shape
    rng = np.random.default_rng(0)
    matrix = (rng.uniform(-1, 1, a.shape) + 3 * np.eye(n)).astype(a.dtype)
    right = rng.uniform(-1, 1, b.shape).astype(b.dtype)
    turned = [*range(len(b.shape) - 2), len(b.shape) - 1, len(b.shape) - 2]
    layouts = {
        "vectors": (lambda v: v[..., None], lambda v: v[..., 0], len(b.shape) == len(a.shape) - 1),
        "columns": (lambda v: v, lambda v: v, len(b.shape) == len(a.shape)),
        "rows": (lambda v: np.transpose(v, turned), lambda v: np.transpose(v, turned), len(b.shape) == len(a.shape)),
    }
    product = np.asarray(jaxpr_as_fun(jaxprs.matvec)(matrix, right)[0])
    for layout, (to, back, fits) in layouts.items():
        shape = to(np.zeros(b.shape)).shape if fits else ()
        if shape[:-1] == (*batch, n) and np.allclose(product, back(matrix @ to(right)), atol=1e-4):
            break
    else:
        return solve_by_programs(w, eqn, x, ins, outs)
    typed_shape = lambda shape: type_of(shape, b.dtype)
    if lengths.solve == 2 and np.issubdtype(ins[3].dtype, np.integer) and ins[2].shape == a.shape:
        lu, order = x[2], x[3]
    else:
        still = w.step("stop_gradient", [x[0]], a.shape, a.dtype)
        integers = type_of((*batch, n), np.int32)
        lu, _, order = w.steps_of("lu", [still], [typed(a), integers, integers])
    y = x[-1]
    if layout == "vectors":
        y = w.step("reshape", [y], shape, b.dtype, shape=[int(n) for n in shape])
    elif layout == "rows":
        y = w.step("transpose", [y], shape, b.dtype, permutation=turned)
    y = w.steps_of("lu_solve", [x[0], lu, order, y], [typed_shape(shape)], transpose=False)[0]
    if layout == "vectors":
        y = w.step("reshape", [y], b.shape, b.dtype, shape=[int(n) for n in b.shape])
    elif layout == "rows":
        y = w.step("transpose", [y], b.shape, b.dtype, permutation=turned)
    return [y]


def solve_by_programs(w, eqn, x, ins, outs):
    """Converts the solution of any linear equation. All programs take the constants of all of JAX's functions."""
    lengths, jaxprs = eqn.params["const_lengths"], eqn.params["jaxprs"]
    starts = dict(zip(lengths._fields, np.cumsum([0, *lengths])))
    constants, right = ins[: len(ins) - len(outs)], ins[len(ins) - len(outs) :]
    if len({a.dtype for a in right}) != 1:
        raise NotConverted("`custom_linear_solve` of right sides of several dtypes")
    sizes = [int(np.prod(a.shape)) for a in right]

    def flat(parts):
        return parts[0] if len(parts) == 1 else jnp.concatenate([v.reshape(-1) for v in parts])

    def split(v):
        return [v] if len(right) == 1 else [u.reshape(a.shape) for u, a in zip(jnp.split(v, np.cumsum(sizes)[:-1]), right)]

    def of_vector(name):
        """Returns the function as one of the constants and one vector."""
        start, f = starts[name], jaxpr_as_fun(getattr(jaxprs, name))
        return lambda *x: flat(f(*x[start : start + getattr(lengths, name)], *split(x[-1])))

    def transposed(*x):
        """JAX has no derivative here. The matrix of `matvec` gives one."""
        f, b = of_vector("matvec"), x[-1]
        column = lambda v: f(*x[:-1], v.reshape(b.shape)).reshape(-1)
        columns = jax.vmap(column)(jnp.eye(b.size, dtype=b.dtype))
        return jnp.linalg.solve(columns, b.reshape(-1)).reshape(b.shape)

    vector = jax.ShapeDtypeStruct(right[0].shape if len(right) == 1 else (sum(sizes),), right[0].dtype)
    avals = [*constants, vector]
    functions = {name: of_vector(name) for name in ("matvec", "solve")}
    functions["transpose_solve"] = of_vector("transpose_solve") if jaxprs.transpose_solve is not None else transposed
    traced = lambda f: lambda w, names: w.traced(f, avals, names)
    symbols, arrays, _ = joined(w, [w.subprogram(name, avals, traced(f)) for name, f in functions.items()])
    b = w.traced(lambda *v: flat(v), right, x[len(constants) :])
    programs = [[name, symbol] for name, symbol in zip(functions, symbols)]
    solved = w.steps_of("custom_linear_solve", [*arrays, *x[: len(constants)], *b], [typed(vector)], programs=programs)
    return w.traced(split, [vector], solved)


def debug_print(w, eqn, x, ins, outs):
    p = eqn.params
    if p["static_args"]:
        raise NotConverted("`debug_print` of values that are no arrays is not converted")
    args, kwargs = jax.tree.unflatten(p["in_tree"], x)
    text, shown, following = "", [], iter(args)
    for plain, field, spec, conversion in string.Formatter().parse(p["fmt"]):
        text += plain.replace("{", "{{").replace("}", "}}")
        if field is None:
            continue
        places = re.fullmatch(r"(?:\.(\d+)f?)?", spec)
        value = next(following) if field == "" else args[int(field)] if field.isdigit() else kwargs.get(field)
        if conversion or not places or not isinstance(value, str):
            raise NotConverted(f"`debug_print` with the format `{p['fmt']}` is not converted")
        text += "{:." + places[1] + "}" if places[1] else "{}"
        shown.append(value)
    return w.steps_of("debug_print", shown, [], format=text, batch=[])


def named_policy(policy):
    """Returns the policy of a checkpoint as the format writes it."""
    policies = jax.checkpoint_policies
    plain = "everything_saveable nothing_saveable dots_saveable dots_with_no_batch_dims_saveable".split()
    for name in plain:
        if policy is getattr(policies, name):
            return name
    known = {"SaveOnlyTheseNames": "save_only_these_names", "SaveAnyNamesButThese": "save_any_names_but_these"}
    if type(policy).__name__ in known:
        return {known[type(policy).__name__]: sorted(*vars(policy).values())}
    held = inspect.getclosurevars(policy).nonlocals if inspect.isfunction(policy) else {}
    if set(held) == {"policy_1", "policy_2"}:
        return {"save_from_both_policies": [named_policy(held["policy_1"]), named_policy(held["policy_2"])]}
    raise NotConverted("this policy of `jax.checkpoint` is not converted")


def remat(w, eqn, x, ins, outs):
    jaxpr = eqn.params["jaxpr"]
    body = w.subprogram("remat", ins, lambda w, names: w.equations(jaxpr, [], names))
    policy = eqn.params["policy"]
    arrays = [w.constant(a) for a in body.arrays]
    programs = [["program", w.finish(body)]]
    how = {"policy": "nothing_saveable" if policy is None else named_policy(policy), "differentiated": False}
    return w.steps_of("remat", [*arrays, *x], [typed(a) for a in outs], programs=programs, **how)


def cond(w, eqn, x, ins, outs):
    branches = [w.subprogram("branch", ins[1:], lambda w, names, b=b: w.closed(b, names)) for b in eqn.params["branches"]]
    symbols, arrays, _ = joined(w, branches)
    programs = [["branches", s] for s in symbols]
    index = x[0]
    if ins[0].dtype == np.bool_:
        index = w.step("convert", [index], (), np.int32, dtype="i32")
    return w.steps_of("case", [index, *arrays, *x[1:]], [typed(a) for a in outs], programs=programs)


def while_loop(w, eqn, x, ins, outs):
    p = eqn.params
    n, m = p["cond_nconsts"], p["body_nconsts"]
    test, body = p["cond_jaxpr"], p["body_jaxpr"]
    goes_on, following = jaxpr_as_fun(test), jaxpr_as_fun(body)

    def any_goes_on(*x):
        return jnp.any(goes_on(*x)[0])

    def of_batch(*x):
        """Changes only the elements of the batch whose loops go on."""
        which = goes_on(*x[:n], *x[n + m :])[0]
        wide = lambda a: lax.broadcast_in_dim(which, a.shape, range(which.ndim))
        return [lax.select(wide(a), b, a) for a, b in zip(x[n + m :], following(*x[n:]))]

    if test.out_avals[0].shape:
        test = jax.make_jaxpr(any_goes_on)(*specs(test.in_avals))
        body, read = jax.make_jaxpr(of_batch)(*specs(ins)), 0
    else:
        read = n
    test_, body_ = test, body
    test = w.subprogram("cond", ins, lambda w, names: w.closed(test_, [*names[:n], *names[n + m :]]))
    body = w.subprogram("body", ins, lambda w, names: w.closed(body_, names[read:]))
    (test, body), arrays, _ = joined(w, [test, body])
    programs = [["cond", test], ["body", body]]
    return w.steps_of("while", [*arrays, *x], [typed(a) for a in outs], programs=programs, consts=len(arrays) + n + m)


def scan(w, eqn, x, ins, outs):
    p = eqn.params
    avals = p["jaxpr"].in_avals
    body = w.subprogram("body", avals, lambda w, names: w.closed(p["jaxpr"], names))
    arrays = [w.constant(a) for a in body.arrays]
    programs = [["body", w.finish(body)]]
    how = {"consts": len(arrays) + p["num_consts"], "carry": p["num_carry"], "length": p["length"], "reverse": p["reverse"], "unroll": 0}
    return w.steps_of("scan", [*arrays, *x], [typed(a) for a in outs], programs=programs, **how)


def bound(eqn):
    """Returns the equation as a function of its operands, with its derivative rule."""

    def f(*args):
        primitive = eqn.primitive
        results = primitive.bind(*args, **primitive.get_bind_params(eqn.params))
        return list(results) if primitive.multiple_results else [results]

    return f


def specs(avals):
    return [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in avals]


def custom_jvp(w, eqn, x, ins, outs):
    """Traces `jax.jvp` of the equation as the rule. The rule takes the results too, because rules made by `defjvps`
    call the function again for them."""
    inner, active = eqn.params["call_jaxpr"], w.document.active
    itself = str(inner)
    for known, arguments, results in active:
        if known == itself and (arguments, len(results)) == (list(x), len(outs)):
            return list(results)
    floats = [i for i, a in enumerate(ins) if is_inexact(a)]
    if not floats or any(known == itself for known, _, _ in active):
        return w.closed(inner, x)
    f = bound(eqn)

    def rule(*args):
        args, tangents = args[: len(ins)], args[len(ins) :]

        def of_floats(*own):
            own = dict(zip(floats, own))
            return f(*[own.get(i, a) for i, a in enumerate(args)])

        values, moved = jax.jvp(of_floats, [args[i] for i in floats], list(tangents))
        return [t for v, t in zip(values, moved) if is_inexact(v)]

    n = len(ins)
    avals = [*ins, *[ins[i] for i in floats]]
    derived = jax.make_jaxpr(rule)(*specs(avals))
    if any(isinstance(c, jax.core.Tracer) for c in derived.consts):
        # The rule is of a call in another rule, whose trace has ended. JAX has no derivative of this order.
        return w.closed(inner, x)

    def of_rule(w, names):
        arguments, results, tangents = names[:n], names[n : n + len(outs)], names[n + len(outs) :]
        active.append((itself, arguments, results))
        outputs = w.closed(derived, [*arguments, *tangents])
        active.pop()
        return outputs

    program = w.subprogram("custom", ins, lambda w, names: w.closed(inner, names))
    rule = w.subprogram("rule", [*ins, *outs, *[ins[i] for i in floats]], of_rule)
    arrays = [w.constant(a) for a in [*program.arrays, *rule.arrays]]
    # The captures follow the arguments, before the results and the tangents.
    own, further = program.first, rule.first
    for_rule = [{"name": f"own{i}", "type": c["type"]} for i, c in enumerate(own)]
    for_program = [{"name": f"further{i}", "type": c["type"]} for i, c in enumerate(further)]
    symbol = w.finish(program, first=[], last=own + for_program)
    rule.inputs, rest = rule.inputs[:n], rule.inputs[n:]
    rule_symbol = w.finish(rule, first=[], last=for_rule + further + rest)
    programs = [["program", symbol], ["rule", rule_symbol]]
    how = {"num_args": n, "takes_results": True}
    return w.steps_of("custom_jvp", [*x, *arrays], [typed(a) for a in outs], programs=programs, **how)


def custom_vjp(w, eqn, x, ins, outs):
    """Traces `jax.vjp` of the equation as the rules."""
    f = bound(eqn)
    floats = [i for i, a in enumerate(ins) if is_inexact(a)]
    results = [i for i, a in enumerate(outs) if is_inexact(a)]
    tree = {}

    def of_floats(args):
        def inner(*own):
            own = dict(zip(floats, own))
            return [y for i, y in enumerate(f(*[own.get(i, a) for i, a in enumerate(args)]))]

        return inner

    def forward(*args):
        values, back = jax.vjp(of_floats(args), *[args[i] for i in floats])
        leaves, tree["residuals"] = jax.tree.flatten(back)
        return [*values, *leaves]

    moved = jax.make_jaxpr(forward)(*specs(ins))
    residuals = moved.out_avals[len(outs) :]

    def backward(*args):
        back = jax.tree.unflatten(tree["residuals"], args[: len(residuals)])
        given = iter(args[len(residuals) :])
        zero = lambda a: np.zeros(a.shape, jax.dtypes.float0)
        return list(back([next(given) if is_inexact(a) else zero(a) for a in outs]))

    turned = jax.make_jaxpr(backward)(*specs([*residuals, *[outs[i] for i in results]]))
    key = "call_jaxpr" if "call_jaxpr" in eqn.params else "fun_jaxpr"
    program = w.subprogram("custom", ins, lambda w, names: w.closed(eqn.params[key], names))
    first = w.subprogram("forward", ins, lambda w, names: w.closed(moved, names))
    back = w.subprogram("backward", turned.in_avals, lambda w, names: w.closed(turned, names))
    if program.arrays or first.arrays or back.arrays:
        raise NotConverted("a `custom_vjp` with arrays in it is not converted")
    programs = [["program", w.finish(program)], ["forward", w.finish(first)], ["backward", w.finish(back)]]
    return w.steps_of("custom_vjp", x, [typed(a) for a in outs], programs=programs, num_args=len(ins))


CONTROL = {
    "jit": inlined("jaxpr"),
    "pjit": inlined("jaxpr"),
    "debug_print": debug_print,
    "composite": inlined("jaxpr"),
    "custom_vmap_call": inlined("call"),
    "closed_call": inlined("call_jaxpr"),
    "custom_linear_solve": linear_solve,
    "remat2": remat,
    "checkpoint": remat,
    "cond": cond,
    "while": while_loop,
    "scan": scan,
    "custom_jvp_call": custom_jvp,
    "custom_vjp_call": custom_vjp,
    "custom_vjp_call_jaxpr": custom_vjp,
}
