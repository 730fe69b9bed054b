"""One rule for each primitive of JAX."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax._src.lax import slicing
from jax._src.random import threefry2x32 as threefry
from jax.extend.core import jaxpr_as_fun

from .writer import NotConverted, dtype_of, is_float, joined, raw, type_of, typed

SAME_NAME = """abs add and atan2 cbrt ceil cos div eq erf exp exp2 expm1 floor ge gt is_finite le log log1p logistic lt max min mul ne neg not or
pow rem rsqrt shift_left shift_right_arithmetic shift_right_logical sign sin sqrt stop_gradient sub tan tanh xor""".split()
RENAMED = {"add_any": "add", "reduce_sum_p": "reduce_sum"}
REDUCTIONS = "reduce_sum reduce_max reduce_min reduce_prod reduce_and reduce_or".split()
CUMULATIVE = "cumsum cumprod cummax cummin cumlogsumexp".split()
WINDOWS = "reduce_window_sum reduce_window_max reduce_window_min".split()
SAME = "copy copy_p device_put random_wrap random_unwrap convert_element_type_p pvary".split()
SCATTERS = {"scatter": "set", "scatter-add": "add", "scatter_add": "add", "scatter-mul": "mul", "scatter_mul": "mul",
            "scatter-min": "min", "scatter_min": "min", "scatter-max": "max", "scatter_max": "max", "scatter-sub": "add"}  # fmt: skip


def total_order(x):
    """Returns integers that sort as the total order of floats."""
    bits = lax.bitcast_convert_type(x, {1: jnp.int8, 2: jnp.int16, 4: jnp.int32, 8: jnp.int64}[x.dtype.itemsize])
    top = np.array(8 * x.dtype.itemsize - 1, bits.dtype)
    return bits ^ (lax.shift_right_arithmetic(bits, top) & np.array(np.iinfo(bits.dtype).max, bits.dtype))


def total(compare):
    def f(x, y, **_):
        x, y = (total_order(v) if jnp.issubdtype(v.dtype, jnp.floating) else v for v in (x, y))
        return compare(x, y)

    return f


def permutation(pivots, permutation_size):
    """Returns the order of the rows after these exchanges."""
    order = jnp.broadcast_to(jnp.arange(permutation_size, dtype=jnp.int32), (*pivots.shape[:-1], permutation_size))

    def exchange(order, i):
        j = pivots[..., i]
        here, there = order[..., i], jnp.take_along_axis(order, j[..., None], -1)[..., 0]
        at = jnp.arange(permutation_size)
        order = jnp.where(at == i, there[..., None], jnp.where(at == j[..., None], here[..., None], order))
        return order, None

    return lax.scan(exchange, order, jnp.arange(pivots.shape[-1]))[0]


def erfc(x, **_):
    """The trapezoidal rule of C. Chiarella and A. Reichel, "On the evaluation of integrals related to the error
    function" (1968)."""
    h = 0.5
    z = jnp.maximum(jnp.abs(x), 1)
    total = 1 / (z * z)
    for n in range(1, 13):
        total += 2 * np.exp(-((n * h) ** 2)) / ((n * h) ** 2 + z * z)
    pole = 2 / (1 - jnp.exp(2 * np.pi / h * jnp.minimum(z, np.pi / h)))
    far = h * z / np.pi * jnp.exp(-z * z) * total + jnp.where(z < np.pi / h, pole, 0)
    return jnp.where(jnp.abs(x) < 1, 1 - lax.erf(x), jnp.where(x < 0, 2 - far, far))


def lanczos(x):
    """Returns ln Γ(x) for x ≥ 1/2: C. Lanczos, "A precision approximation of the gamma function" (1964), with P.
    Godfrey's coefficients."""
    terms = [0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059]
    terms += [12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7]
    total = terms[0] + sum(c / (x - 1 + i) for i, c in enumerate(terms[1:], 1))
    return (x - 0.5) * jnp.log(x + 6.5) - (x + 6.5) + 0.5 * np.log(2 * np.pi) + jnp.log(total)


def lgamma(x, **_):
    """Uses the reflection Γ(x) Γ(1 - x) = π / sin πx below 1/2."""
    low = x < 0.5
    above = lanczos(jnp.where(low, 1 - x, x))
    sine = jnp.abs(jnp.sin(np.pi * jnp.where(low, x - jnp.floor(x), 0.5)))
    return jnp.where(low, jnp.log(np.pi / sine) - above, above)


def tridiagonal_solve(dl, d, du, b, perturb_singular=False, **_):
    """The algorithm of LAPACK's `gtsv`."""
    if perturb_singular or d.ndim != 1:
        raise NotConverted("`tridiagonal_solve` of batches is not converted")

    def eliminate(here, following):
        (d, u, b), (l, next_d, next_u, next_b) = here, following
        swap = jnp.abs(l) > jnp.abs(d)
        pivot, factor = jnp.where(swap, l, d), jnp.where(swap, d, l) / jnp.where(swap, l, d)
        above, second = jnp.where(swap, next_d, u), jnp.where(swap, next_u, 0)
        first, other = jnp.where(swap, next_b, b), jnp.where(swap, b, next_b)
        rest = (jnp.where(swap, u, next_d) - factor * above, jnp.where(swap, 0, next_u) - factor * second, other - factor * first)
        return rest, (pivot, above, second, first)

    du = du.at[-1].set(0)
    (d_n, _, b_n), (pivots, above, second, rows) = lax.scan(eliminate, (d[0], du[0], b[0]), (dl[1:], d[1:], du[1:], b[1:]))
    back = lambda x, row: ((y := (row[3] - row[1] * x[0] - row[2] * x[1]) / row[0], x[0]), y)
    last = b_n / d_n
    _, xs = lax.scan(back, (last, jnp.zeros_like(last)), (pivots, above, second, rows), reverse=True)
    return jnp.concatenate([xs, last[None]])


def keys(f):
    """Extends a function of one random key's numbers to arrays of keys."""

    def many(key, *rest):
        g = f
        for _ in range(key.ndim - 1):
            g = jax.vmap(g)
        return g(key, *rest)

    return many


# Primitives that are traced as JAX functions of other primitives.
TRACED = {
    "sinh": lambda x, **_: jnp.where(jnp.abs(x) < 1, (jnp.expm1(x) - jnp.expm1(-x)) / 2, jnp.exp(x) / 2 - jnp.exp(-x) / 2),
    "cosh": lambda x, **_: jnp.exp(x) / 2 + jnp.exp(-x) / 2,
    "asinh": lambda x, **_: jnp.sign(x) * jnp.log1p(jnp.abs(x) + x * x / (1 + jnp.sqrt(1 + x * x))),
    "acosh": lambda x, **_: jnp.log(x + jnp.sqrt((x - 1) * (x + 1))),
    "atanh": lambda x, **_: 0.5 * (jnp.log1p(x) - jnp.log1p(-x)),
    "asin": lambda x, **_: lax.atan2(x, jnp.sqrt((1 - x) * (1 + x))),
    "acos": lambda x, **_: lax.atan2(jnp.sqrt((1 - x) * (1 + x)), x),
    "atan": lambda x, **_: lax.atan2(x, jnp.ones_like(x)),
    "square": lambda x, **_: lax.mul(x, x),
    "erfc": erfc,
    "lgamma": lgamma,
    "tridiagonal_solve": tridiagonal_solve,
    "lt_to": total(lax.lt), "le_to": total(lax.le), "eq_to": total(lax.eq),
    "lu_pivots_to_permutation": lambda x, permutation_size: permutation(x, permutation_size),
    "random_seed": lambda x, impl: threefry.threefry_seed(x.astype(np.uint32) if x.dtype.itemsize < 4 else x),
    "random_split": lambda k, shape: keys(lambda k: threefry.threefry_split(k, shape))(k),
    "random_bits": lambda k, bit_width, shape: keys(lambda k: threefry.threefry_random_bits(k, bit_width, shape))(k),
    "random_fold_in": lambda k, d: keys(lambda k, d: threefry.threefry_fold_in(k, d.astype(np.uint32)))(k, d),
}  # fmt: skip


def key_array(aval):
    """Returns the type of the array that holds the numbers of random keys."""
    return jax.ShapeDtypeStruct(raw(aval.shape, aval.dtype), np.uint32) if jnp.issubdtype(aval.dtype, jax.dtypes.prng_key) else aval


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
    if op in SAME_NAME:
        # JAX broadcasts scalars and axes of size 1 here; rune's operations do not broadcast.
        shape = out.shape
        x = [w.broadcast(v, a.shape, shape, range(len(a.shape)), a.dtype) for v, a in zip(x, ins)]
        if op == "pow" and ins[1].dtype != ins[0].dtype:
            x[1] = w.step("convert", [x[1]], shape, ins[0].dtype, dtype=dtype_of(ins[0].dtype))
        return one(op, x)
    if op in TRACED:
        return w.traced(lambda *a: TRACED[op](*a, **p), [key_array(a) for a in ins], x)
    if op in REDUCTIONS:
        return one(op, x, axes=ints(p["axes"]))
    if op in ("argmax", "argmin"):
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
        return one("reshape", x, shape=ints(raw(out.shape, out.dtype)))
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
        whole = raw(out.shape, out.dtype)[len(out.shape):]
        strides = p["strides"] or [1] * len(out.shape)
        start, limit = [*ints(p["start_indices"]), *[0] * len(whole)], [*ints(p["limit_indices"]), *ints(whole)]
        return one(op, x, start=start, limit=limit, strides=[*ints(strides), *[1] * len(whole)])
    if op == "pad":
        config = [{"low": int(a), "high": int(b), "interior": int(c)} for a, b, c in p["padding_config"]]
        return one(op, x, config=config)
    if op == "iota":
        return one(op, [], dtype=dtype_of(p["dtype"]), shape=ints(p["shape"]), dimension=p["dimension"])
    if op == "dynamic_slice":
        whole = raw(out.shape, out.dtype)[len(out.shape):]
        zeros = [w.literal(0, (), ins[1].dtype) for _ in whole] if len(x) > 1 else []
        return one(op, [*x, *zeros], slice_sizes=[*ints(p["slice_sizes"]), *ints(whole)])
    if op == "dynamic_update_slice":
        return one(op, x)
    if op == "select_n":
        return select(w, p, x, ins, out)
    if op == "gather":
        return gather(w, p, x, ins, out)
    if op in SCATTERS:
        return scatter(w, op, p, x, ins, out)
    if op == "threefry2x32":
        shape = out.shape
        x = [w.broadcast(v, a.shape, shape, range(len(a.shape)), a.dtype) for v, a in zip(x, ins)]
        return w.steps_of(op, x, [typed(a) for a in outs])
    if op == "sort":
        return w.steps_of("sort", x, [typed(a) for a in outs], dimension=p["dimension"], num_keys=p["num_keys"])
    if op == "top_k":
        if p.get("axis", -1) not in (-1, len(ins[0].shape) - 1):
            raise NotConverted("`top_k` along another axis than the last")
        return w.steps_of("top_k", x, [typed(a) for a in outs], k=p["k"])
    if op == "dot_general":
        return dot_general(w, p, x, ins, out)
    if op == "conv_general_dilated":
        d = p["dimension_numbers"]
        dims = {"lhs": ints(d.lhs_spec), "rhs": ints(d.rhs_spec), "out": ints(d.out_spec), "strides": ints(p["window_strides"])}
        dims |= {"lhs_dilation": ints(p["lhs_dilation"]), "rhs_dilation": ints(p["rhs_dilation"]), "padding": [ints(q) for q in p["padding"]]}
        dims |= {"feature_groups": p["feature_group_count"], "batch_groups": p["batch_group_count"]}
        return one("conv", x, dims=dims)
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
    shape = raw(out.shape, out.dtype)
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
    if op == "scatter" and p["update_jaxpr"] is not None:
        eqns = p["update_jaxpr"].eqns
        if eqns or p["update_jaxpr"].outvars[0] is not p["update_jaxpr"].invars[1]:
            raise NotConverted("`scatter` of any function is not converted")
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
    common = jnp.promote_types(ins[0].dtype, ins[1].dtype)
    x = [v if a.dtype == common else w.step("convert", [v], a.shape, common, dtype=dtype_of(common)) for v, a in zip(x, ins)]
    return [w.step("dot_general", x, out.shape, out.dtype, dims=dims, out=dtype_of(out.dtype))]


def factor(name, order=None):
    def rule(w, p, x, ins, outs):
        types = [typed(a) for a in outs]
        order_ = order or range(len(outs))
        results = w.steps_of(name(p), x, [types[i] for i in order_])
        return [results[list(order_).index(i)] for i in range(len(outs))]

    return rule


def qr(p):
    if p.get("pivoting"):
        raise NotConverted("`qr` with pivoting")
    return "qr_full" if p["full_matrices"] else "qr"


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
    return [w.step("conj", x, ty.shape, ty.dtype)] if ty.dtype.kind == "c" else x


def eig(w, p, x, ins, outs):
    if p["compute_left_eigenvectors"]:
        raise NotConverted("`eig` with left eigenvectors")
    values, v = w.steps_of("eig", x, [typed(outs[0]), type_of(ins[0].shape, outs[0].dtype)])
    return [values, v][: len(outs)]


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
    "cholesky": factor(lambda p: "cholesky"),
    "lu": factor(lambda p: "lu"),
    "qr": factor(qr),
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
    if len(outs) != 1 or jaxprs.transpose_solve is None:
        raise NotConverted("`custom_linear_solve` of several right sides, or without a transpose, is not converted")
    starts = dict(zip(lengths._fields, np.cumsum([0, *lengths])))
    programs = []
    for name in ("matvec", "solve", "transpose_solve"):
        start, count = starts[name], getattr(lengths, name)
        jaxpr = getattr(jaxprs, name)
        program = w.subprogram(name, ins, lambda w, names: w.closed(jaxpr, [*names[start : start + count], names[-1]]))
        if program.arrays:
            raise NotConverted("a `custom_linear_solve` with arrays in it is not converted")
        programs.append([name, w.finish(program)])
    return w.steps_of("custom_linear_solve", x, [typed(outs[0])], programs=programs)


def remat(w, eqn, x, ins, outs):
    jaxpr = eqn.params["jaxpr"]
    body = w.subprogram("remat", ins, lambda w, names: w.equations(jaxpr, [], names))
    policy = eqn.params["policy"]
    policies = jax.checkpoint_policies
    named = {policies.everything_saveable: "everything_saveable", policies.dots_saveable: "dots_saveable"}
    named |= {policies.dots_with_no_batch_dims_saveable: "dots_with_no_batch_dims_saveable", policies.nothing_saveable: "nothing_saveable"}
    if policy is not None and policy not in named:
        raise NotConverted("this policy of `jax.checkpoint` is not converted")
    arrays = [w.constant(a) for a in body.arrays]
    programs = [["program", w.finish(body)]]
    how = {"policy": named.get(policy, "nothing_saveable"), "differentiated": False}
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
    test = w.subprogram("cond", ins, lambda w, names: w.closed(p["cond_jaxpr"], [*names[:n], *names[n + m :]]))
    body = w.subprogram("body", ins, lambda w, names: w.closed(p["body_jaxpr"], names[n:]))
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
    floats = [i for i, a in enumerate(ins) if is_float(a)]
    if not floats or any(known == itself for known, _, _ in active):
        return w.closed(inner, x)
    f = bound(eqn)

    def rule(*args):
        args, tangents = args[: len(ins)], args[len(ins) :]

        def of_floats(*own):
            own = dict(zip(floats, own))
            return f(*[own.get(i, a) for i, a in enumerate(args)])

        values, moved = jax.jvp(of_floats, [args[i] for i in floats], list(tangents))
        return [t for v, t in zip(values, moved) if jnp.issubdtype(v.dtype, jnp.floating)]

    n = len(ins)
    avals = [*ins, *[ins[i] for i in floats]]
    derived = jax.make_jaxpr(rule)(*specs(avals))

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
    floats = [i for i, a in enumerate(ins) if is_float(a)]
    results = [i for i, a in enumerate(outs) if is_float(a)]
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
        return list(back([next(given) if is_float(a) else zero(a) for a in outs]))

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
