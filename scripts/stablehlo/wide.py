"""Functions of jax.lax, jax.numpy, jax.nn, jax.scipy.special and jax.random: name -> (function, inputs)."""

import jax
import jax.numpy as jnp
import jax.scipy.special as special
import numpy as np
from jax import lax

from .core import In, i32

x34, x6, x33, unit, positive = In(3, 4), In(6), In(3, 3), In(6, scale=0.9), In(6, bound=9)
ints, key = i32(6, bound=100), i32(bound=9)
B = jnp.bool_


def each(module, names, inputs):
    return {f"{module.__name__.split('.', 1)[1]}.{n}": (getattr(module, n), inputs) for n in names.split()}


def of(dtype, bound=None, scale=5.0):
    return In(6, bound=bound, scale=scale, dtype=dtype)


def of_dtypes(name, f, inputs):
    """Returns the case in several dtypes."""
    return {f"{name}.{np.dtype(d).name}": (f, [In(*x.shape, scale=x.scale, bound=x.bound, dtype=d) for x in inputs]) for d in
            ("float16", jnp.bfloat16, "int8", "uint8", "int16", "uint32")}  # fmt: skip


def conv(**options):
    return lambda x, w: lax.conv_general_dilated(x, w, **{"window_strides": (1, 1), "padding": "SAME"} | options)


def window(f, init, dims=(2, 2), strides=(1, 1), padding="VALID", **options):
    return lambda x: lax.reduce_window(x, init, f, dims, strides, padding, **options)


GATHER = lax.GatherDimensionNumbers(offset_dims=(1,), collapsed_slice_dims=(0,), start_index_map=(0,))
SCATTER = lax.ScatterDimensionNumbers((1,), (0,), (0,))
scattered = lambda f: lambda x, i, u: f(x, i[:, None], u, SCATTER)
RNG = lambda f: lambda k: f(jax.random.key(k))

LAX = (
    each(lax, "abs acos acosh asin asinh atan atanh bessel_i0e bessel_i1e cbrt ceil cos cosh digamma erf erf_inv erfc exp exp2 expm1 floor "
              "is_finite lgamma log log1p logistic neg reciprocal round rsqrt sign sin sinh sqrt square stop_gradient tan tanh "
              "cumsum cumprod cummax cummin cumlogsumexp sort", [unit])
    | each(lax, "add atan2 div eq ge gt igamma igammac igamma_grad_a random_gamma_grad le lt max min mul ne nextafter pow rem sub zeta", [positive, positive])
    | each(lax, "bitwise_not clz population_count sign neg abs square", [ints])
    | each(lax, "bitwise_and bitwise_or bitwise_xor shift_left shift_right_arithmetic shift_right_logical div rem max min mulhi", [ints, ints])
    | of_dtypes("lax.add", lax.add, [x6, x6]) | of_dtypes("lax.mul", lax.mul, [x6, x6]) | of_dtypes("lax.max", lax.max, [x6, x6])
    | of_dtypes("lax.sort", lax.sort, [In(6, bound=50)]) | of_dtypes("lax.reduce_sum", lambda x: jnp.sum(x), [In(6, bound=5)])
    | of_dtypes("lax.dot", lax.dot, [In(3, 4, bound=5), In(4, 3, bound=3)]) | of_dtypes("lax.cumsum", lambda x: lax.cumsum(x), [In(6, bound=5)])
    | of_dtypes("lax.argmax", lambda x: lax.argmax(x, 0, np.int32), [In(6, bound=50)]) | of_dtypes("lax.convert", lambda x: x.astype(np.float32), [In(6, bound=50)])
    | {
        "lax.after_all": (lambda x: lax.optimization_barrier((x, x))[0], [x6]),
        "lax.approx_max_k": (lambda x: lax.approx_max_k(x, 2), [x6]),
        "lax.approx_min_k": (lambda x: lax.approx_min_k(x, 2), [x6]),
        "lax.argmin": (lambda x: lax.argmin(x, 1, np.int32), [x34]),
        "lax.argmax_nan": (lambda x: lax.argmax(jnp.log(x), 1, np.int32), [x34]),
        "lax.associative_scan": (lambda x: lax.associative_scan(jnp.add, x), [x6]),
        "lax.batch_matmul": (lax.batch_matmul, [In(2, 3, 4), In(2, 4, 2)]),
        "lax.betainc": (lax.betainc, [positive, positive, In(6, bound=1)]),
        "lax.bitcast_convert_type": (lambda x: lax.bitcast_convert_type(x, np.uint32), [x6]),
        "lax.bitcast_to_narrower": (lambda x: lax.bitcast_convert_type(x, np.uint8), [x6]),
        "lax.bitcast_to_wider": (lambda x: lax.bitcast_convert_type(x, np.uint32), [In(3, 4, bound=200, dtype=np.uint8)]),
        "lax.broadcast": (lambda x: lax.broadcast(x, (2,)), [x34]),
        "lax.broadcast_in_dim": (lambda x: lax.broadcast_in_dim(x, (3, 6, 2), (1,)), [x6]),
        "lax.clamp": (lambda x: lax.clamp(-0.5, x, 0.5), [x34]),
        "lax.clamp_arrays": (lambda x: lax.clamp(-x * x, x, x * x), [x34]),
        "lax.collapse": (lambda x: lax.collapse(x, 0, 2), [x34]),
        "lax.composite": (lax.composite(lambda x: x * 2 + jnp.sin(x), name="a.b"), [x6]),
        "lax.concatenate": (lambda x, y: lax.concatenate([x, y], 0), [x34, In(2, 4)]),
        "lax.cond": (lambda k, x: lax.cond(k > 3, jnp.sin, jnp.cos, x), [key, x6]),
        "lax.conv": (lambda x, w: lax.conv(x, w, (1, 1), "SAME"), [In(1, 2, 5, 5), In(3, 2, 2, 2)]),
        "lax.conv_1d": (lambda x, w: lax.conv_general_dilated(x, w, (2,), [(1, 0)]), [In(2, 3, 7), In(4, 3, 2)]),
        "lax.conv_3d": (lambda x, w: lax.conv_general_dilated(x, w, (1, 1, 1), "VALID"), [In(1, 2, 3, 3, 3), In(2, 2, 2, 2, 2)]),
        "lax.conv_groups": (conv(feature_group_count=2), [In(1, 4, 4, 4), In(4, 2, 2, 2)]),
        "lax.conv_batch_groups": (conv(batch_group_count=2), [In(4, 2, 4, 4), In(4, 2, 2, 2)]),
        "lax.conv_dilated": (conv(rhs_dilation=(2, 1), lhs_dilation=(1, 2), padding=[(1, 1), (0, 2)]), [In(1, 2, 5, 4), In(2, 2, 2, 2)]),
        "lax.conv_half": (conv(), [In(1, 2, 4, 4, dtype=jnp.bfloat16), In(2, 2, 2, 2, dtype=jnp.bfloat16)]),
        "lax.conv_integers": (conv(), [i32(1, 2, 4, 4), i32(2, 2, 2, 2)]),
        "lax.conv_widening": (conv(preferred_element_type=np.int32), [In(1, 2, 4, 4, bound=9, dtype=np.int8), In(2, 2, 2, 2, bound=9, dtype=np.int8)]),
        "lax.conv_half_to_float": (conv(preferred_element_type=np.float32), [In(1, 2, 4, 4, dtype=jnp.bfloat16), In(2, 2, 2, 2, dtype=jnp.bfloat16)]),
        "lax.conv_layout": (conv(dimension_numbers=("HWNC", "IOHW", "CWNH")), [In(4, 4, 2, 3), In(3, 2, 2, 2)]),
        "lax.conv_patches": (lambda x: lax.conv_general_dilated_patches(x, (2, 2), (1, 1), "VALID"), [In(1, 2, 4, 4)]),
        "lax.conv_transpose": (lambda x, w: lax.conv_transpose(x, w, (2, 2), "SAME"), [In(1, 3, 3, 2), In(2, 2, 2, 3)]),
        "lax.conv_local": (lambda x, w: lax.conv_general_dilated_local(x, w, (1, 1), "VALID", (2, 2)), [In(1, 1, 3, 3), In(2, 4, 2, 2)]),
        "lax.convert_to_int": (lambda x: x.astype(np.int8), [of(np.float32, scale=100)]),
        "lax.convert_to_unsigned": (lambda x: x.astype(np.uint8), [In(6, bound=250)]),
        "lax.convert_to_bool": (lambda x: x.astype(bool), [x6]),
        "lax.convert_from_bool": (lambda x: (x.astype(np.int32), x.astype(np.float32)), [In(6, bound=2, dtype=bool)]),
        "lax.cumsum_reverse": (lambda x: lax.cumsum(x, 1, reverse=True), [x34]),
        "lax.cumlogsumexp_reverse": (lambda x: lax.cumlogsumexp(x, 0, reverse=True), [x34]),
        "lax.custom_linear_solve": (lambda a, b: lax.custom_linear_solve(lambda v: (a @ a.T + 9 * jnp.eye(3)) @ v, b, lambda m, b: b / 9), [x33, In(3)]),
        "lax.custom_root": (lambda x: lax.custom_root(lambda y: y * y - x, x, lambda f, y: lax.fori_loop(0, 20, lambda _, y: y - f(y) / (2 * y), y), lambda g, y: y / g(1.0)), [In(bound=9)]),
        "lax.dot_general": (lambda x, y: lax.dot_general(x, y, (((0,), (1,)), ((1,), (2,)))), [In(3, 2, 4), In(5, 3, 2)]),
        "lax.dot_general_accumulated": (lambda x, y: lax.dot_general(x, y, (((1,), (0,)), ((), ())), preferred_element_type=np.float32), [In(3, 4, dtype=jnp.bfloat16), In(4, 2, dtype=jnp.bfloat16)]),
        "lax.dot_general_mixed": (lambda x, y: lax.dot_general(x, y, (((1,), (0,)), ((), ())), preferred_element_type=np.float32), [In(3, 4, dtype=jnp.bfloat16), In(4, 2)]),
        "lax.dot_general_int8": (lambda x, y: lax.dot_general(x, y, (((1,), (0,)), ((), ())), preferred_element_type=np.int32), [In(3, 4, bound=99, dtype=np.int8), In(4, 2, bound=99, dtype=np.int8)]),
        "lax.dot_algorithm": (lambda x, y: lax.dot_general(x, y, (((1,), (0,)), ((), ())), precision=lax.DotAlgorithmPreset.F32_F32_F32), [x34, In(4, 2)]),
        "lax.dot_vectors": (lax.dot, [x6, x6]),
        "lax.dynamic_index_in_dim": (lambda x, k: lax.dynamic_index_in_dim(x, k, 1), [x34, key]),
        "lax.dynamic_slice": (lambda x, k: lax.dynamic_slice(x, (k, k - 9), (2, 2)), [x34, key]),
        "lax.dynamic_update_slice": (lambda x, k: lax.dynamic_update_slice(x, x[:2, :2], (k, -1)), [x34, key]),
        "lax.expand_dims": (lambda x: lax.expand_dims(x, (0, 2)), [x34]),
        "lax.fft": (lambda x: jnp.abs(jnp.fft.fft(x)), [x6]),
        "lax.full": (lambda: lax.full((2, 3), 1.5), []),
        "lax.gather": (lambda x, i: lax.gather(x, i[:, None], GATHER, (1, 4)), [x34, i32(2)]),
        "lax.gather_fill": (lambda x, i: lax.gather(x, i[:, None] - 1, GATHER, (1, 4), mode="fill"), [x34, i32(5)]),
        "lax.gather_clip": (lambda x, i: lax.gather(x, i[:, None] - 1, GATHER, (1, 4), mode="clip"), [x34, i32(5)]),
        "lax.gather_batching": (jax.vmap(lambda x, i: x[i]), [x34, i32(3)]),
        "lax.integer_pow": (lambda x: (lax.integer_pow(x, 3), lax.integer_pow(x, -2)), [x6]),
        "lax.iota": (lambda: (lax.iota(np.int32, 4), lax.broadcasted_iota(np.float32, (2, 3), 1)), []),
        "lax.linear_solve": (lambda a, b: jnp.linalg.solve(a + 3 * jnp.eye(3), b), [x33, In(3)]),
        "lax.map": (lambda x: lax.map(jnp.sin, x), [x34]),
        "lax.optimization_barrier": (lambda x: lax.optimization_barrier(x), [x6]),
        "lax.pad": (lambda x: lax.pad(x, 2.0, ((1, 0, 1), (-1, 2, 0))), [x34]),
        "lax.platform_dependent": (lambda x: lax.platform_dependent(x, cpu=jnp.sin, default=jnp.cos), [x6]),
        "lax.ragged_dot": (lambda x, y: lax.ragged_dot(x, y, np.array([2, 1, 3], np.int32)), [In(6, 4), In(3, 4, 2)]),
        "lax.reduce_and": (lambda x: lax.reduce_and(x > 0, (0,)), [x34]),
        "lax.reduce_or": (lambda x: lax.reduce_or(x > 0, (1,)), [x34]),
        "lax.reduce_xor": (lambda x: lax.reduce_xor(x, (1,)), [i32(3, 4, bound=99)]),
        "lax.reduce_xor_bool": (lambda x: lax.reduce_xor(x > 0, (1,)), [x34]),
        "lax.reduce_bits": (lambda x: (lax.reduce_and(x, (1,)), lax.reduce_or(x, (0,))), [i32(3, 4, bound=99)]),
        "lax.reduce_max": (lambda x: (lax.reduce_max(x, (0,)), lax.reduce_min(x, (1,)), lax.reduce_prod(x, (0, 1)), lax.reduce_sum(x, ())), [x34]),
        "lax.reduce_precision": (lambda x: lax.reduce_precision(x, 5, 10), [x6]),
        "lax.reduce_precision_e4m3": (lambda x: lax.reduce_precision(x, 4, 3), [x6]),
        "lax.reduce_by_two": (lambda x, y: lax.reduce((x, y), (np.float32(0), np.float32(1)), lambda a, b: (a[0] + b[0], a[1] * b[1]), (0,)), [x34, x34]),
        "lax.reduce_by_another": (lambda x: lax.reduce(x, np.float32(0), lambda a, b: a + jnp.sin(b), (0,)), [x34]),
        "lax.reduce_product_and_sum": (lambda x: lax.reduce(x, np.float32(1), lambda a, b: a + b + a * b, (1,)), [x34]),
        "lax.reduce_window": (lambda x: (window(lax.add, 0.0)(x), window(lax.max, -jnp.inf, padding="SAME")(x), window(lax.min, jnp.inf, (3, 1), (2, 1))(x)), [x34]),
        "lax.reduce_window_dilated": (window(lax.add, 0.0, (2, 2), padding=[(1, 1), (0, 2)], base_dilation=(2, 1), window_dilation=(1, 2)), [x34]),
        "lax.reduce_window_product": (window(lax.mul, 1.0), [x34]),
        "lax.reduce_window_or": (lambda x: window(lax.bitwise_or, np.int32(0))(x), [i32(3, 4, bound=99)]),
        "lax.reduce_window_from_one": (lambda x: lax.reduce_window(x, np.float32(1), lax.add, (2, 2), (1, 1), "VALID"), [x34]),
        "lax.reduce_window_of_two": (lambda x, y: lax.reduce_window((x, y), (np.float32(0), np.float32(0)), lambda a, b: (a[0] + b[0], a[1] + b[1]), (2, 2), (1, 1), "VALID"), [x34, x34]),
        "lax.reduce_window_by_another": (lambda x: lax.reduce_window(x, np.float32(0), lambda a, b: a + b * b, (2, 2), (1, 1), "VALID"), [x34]),
        "lax.select_and_gather": (lambda x: jax.jvp(window(lax.max, -jnp.inf), (x,), (x * x,))[1], [x34]),
        "lax.select_and_scatter": (jax.grad(lambda x: (window(lax.max, -jnp.inf, strides=(2, 2))(x) ** 2).sum()), [x34]),
        "lax.select_and_scatter_padded": (jax.grad(lambda x: (window(lax.min, jnp.inf, (3, 3), (2, 2), "SAME")(x) ** 2).sum()), [In(5, 5)]),
        "lax.reshape": (lambda x: lax.reshape(x, (2, 6)), [x34]),
        "lax.reshape_dimensions": (lambda x: lax.reshape(x, (2, 6), (1, 0)), [x34]),
        "lax.rev": (lambda x: lax.rev(x, (0, 1)), [x34]),
        "lax.rng_bit_generator": (lambda k: lax.rng_bit_generator(jnp.stack([k, k, k, k]).astype(np.uint32), (3,)), [key]),
        "lax.rng_uniform": (lambda: lax.rng_uniform(0.0, 1.0, (3,)), []),
        "lax.round_even": (lambda x: lax.round(x * 4, lax.RoundingMethod.TO_NEAREST_EVEN), [x6]),
        "lax.scan": (lambda x: lax.scan(lambda c, x: (c + x, c), jnp.zeros(4), x), [x34]),
        "lax.scatter": (scattered(lax.scatter), [x34, i32(2), In(2, 4)]),
        "lax.scatter_add": (scattered(lax.scatter_add), [x34, i32(2), In(2, 4)]),
        "lax.scatter_mul": (scattered(lax.scatter_mul), [x34, i32(2), In(2, 4)]),
        "lax.scatter_min": (scattered(lax.scatter_min), [x34, i32(2), In(2, 4)]),
        "lax.scatter_max": (scattered(lax.scatter_max), [x34, i32(2), In(2, 4)]),
        "lax.scatter_sub": (scattered(lax.scatter_sub), [x34, i32(2), In(2, 4)]),
        "lax.scatter_apply": (lambda x, i: lax.scatter_apply(x, i[:, None], jnp.sin, SCATTER, update_shape=(2, 4)), [x34, i32(2)]),
        "lax.scatter_batching": (jax.vmap(lambda x, i, u: x.at[i].add(u)), [x34, i32(3), In(3)]),
        "lax.select_n": (lambda i, x, y, z: lax.select_n(i % 3, x, y, z), [i32(6), x6, x6, x6]),
        "lax.select_scalar": (lambda k, x: lax.select_n(k > 3, x, -x), [key, x6]),
        "lax.slice": (lambda x: lax.slice(x, (0, 1), (3, 4), (2, 2)), [x34]),
        "lax.sort_descending": (lambda x: jnp.sort(x, descending=True), [x6]),
        "lax.sort_unstable": (lambda x: lax.sort(x, is_stable=False), [x6]),
        "lax.sort_key_val": (lambda x, y: lax.sort_key_val(x, y), [x6, ints]),
        "lax.sort_two_keys": (lambda x, y: lax.sort((x, y), num_keys=2), [i32(6), x6]),
        "lax.split": (lambda x: lax.split(x, (1, 3), 1), [x34]),
        "lax.squeeze": (lambda x: lax.squeeze(x, (1,)), [In(3, 1)]),
        "lax.stack": (lambda x, y: lax.stack([x, y], 1), [x34, x34]),
        "lax.switch": (lambda k, x: lax.switch(k, [jnp.sin, jnp.cos, jnp.tan], x), [key, x6]),
        "lax.tile": (lambda x: lax.tile(x, (2, 1)), [x34]),
        "lax.top_k": (lambda x: lax.top_k(x, 2), [x34]),
        "lax.top_k_integers": (lambda x: lax.top_k(x, 2), [i32(3, 4, bound=50)]),
        "lax.top_k_axis": (lambda x: lax.top_k(x, 2, axis=0), [x34]),
        "lax.transpose": (lambda x: lax.transpose(x, (2, 0, 1)), [In(2, 3, 4)]),
        "lax.unstack": (lambda x: lax.unstack(x), [In(2, 3)]),
        "lax.while_loop": (lambda k: lax.while_loop(lambda i: i < 100, lambda i: i * 2 + 1, k), [key]),
        "lax.polygamma": (lambda x: lax.polygamma(jnp.ones_like(x), x + 1), [positive]),
        "lax.psum": (jax.vmap(lambda x: lax.psum(x, "i"), axis_name="i"), [x34]),
        "lax.all_gather": (jax.vmap(lambda x: lax.all_gather(x, "i"), axis_name="i"), [x34]),
        "lax.ppermute": (jax.vmap(lambda x: lax.ppermute(x, "i", [(0, 1), (1, 2), (2, 0)]), axis_name="i"), [x34]),
        "lax.complex_product": (lambda x: (lax.complex(x, x) * lax.complex(x, -x)).real, [x6]),
    }
)

JNP = (
    each(jnp, "abs acos acosh arccos arccosh arcsin arcsinh arctan arctanh around atan bitwise_count cbrt ceil cos cosh cumprod cumsum deg2rad diff "
              "ediff1d exp exp2 expm1 fabs flip floor frexp i0 isfinite isinf isnan isneginf isposinf log log10 log1p log2 logical_not max mean "
              "median min modf nan_to_num nancumsum nanmax nanmean nanmin nansum nanstd nanvar nanmedian nanargmax negative positive prod ptp "
              "rad2deg ravel reciprocal rint round sign signbit sin sinc sinh sort argsort spacing sqrt square std sum tan tanh trapezoid trunc "
              "unwrap var any all count_nonzero argmax argmin diag diagflat isreal iscomplex real conj angle poly", [unit])
    | each(jnp, "add allclose append arctan2 array_equal atan2 convolve copysign correlate divide divmod dot equal float_power floor_divide fmax fmin "
                "fmod gcd greater greater_equal heaviside hypot inner isclose isin kron lcm less less_equal logaddexp logaddexp2 "
                "logical_and logical_or logical_xor maximum minimum mod multiply nextafter not_equal outer polyadd polymul polysub polyval pow power "
                "remainder searchsorted subtract true_divide vdot corrcoef cov array_equiv", [positive, positive])
    | each(jnp, "bitwise_and bitwise_or bitwise_xor left_shift right_shift floor_divide mod divmod gcd lcm power maximum multiply true_divide subtract", [ints, i32(6, bound=7)])
    | each(jnp, "abs sum prod mean max sort argsort cumsum invert bitwise_count sqrt sign std median square negative packbits", [ints])
    | each(jnp, "transpose flipud fliplr rot90 trace diagonal tril triu sum mean std var max argmin sort cumsum atleast_3d ravel nan_to_num gradient", [x34])
    | each(jnp, "matmul dot inner tensordot vecdot outer kron", [x33, x33])
    | {f"numpy.{n}": (f, x) for n, (f, x) in {
        "apply_along_axis": (lambda x: jnp.apply_along_axis(jnp.sum, 0, x), [x34]),
        "apply_over_axes": (lambda x: jnp.apply_over_axes(jnp.sum, x, [0, 1]), [x34]),
        "arange": (lambda: jnp.arange(1.0, 4.0, 0.5), []),
        "argpartition": (lambda x: jnp.argpartition(x, 2), [x6]),
        "array_split": (lambda x: jnp.array_split(x, 4), [x6]),
        "average": (lambda x: jnp.average(x, 0, weights=np.array([1.0, 2, 3])), [x34]),
        "bartlett": (lambda: (jnp.bartlett(5), jnp.blackman(5), jnp.hamming(5), jnp.hanning(5), jnp.kaiser(5, 3)), []),
        "bincount": (lambda x: jnp.bincount(x, length=5), [i32(9)]),
        "block": (lambda x: jnp.block([[x, x], [x, x]]), [x33]),
        "choose": (lambda i, x: jnp.choose(i, [x, -x, x * x, x + 1, x], mode="clip"), [i32(6), x6]),
        "clip": (lambda x: jnp.clip(x, -0.2, 0.3), [x34]),
        "column_stack": (lambda x: (jnp.column_stack([x, x]), jnp.dstack([x, x]), jnp.hstack([x, x]), jnp.vstack([x, x])), [x6]),
        "interp": (lambda x: jnp.interp(x, np.arange(3, dtype=np.float32), np.array([1, 3, 2], np.float32)), [x6]),
        "ldexp": (lambda x, i: jnp.ldexp(x, i), [x6, i32(6)]),
        "cross": (jnp.cross, [In(2, 3), In(2, 3)]),
        "compress": (lambda x: jnp.compress(np.array([True, False, True]), x, 0, size=2), [x34]),
        "concatenate": (lambda x: jnp.concatenate([x, x.T[:, :3].T[:, :3]], 1), [x34]),
        "delete": (lambda x: jnp.delete(x, 1, 0), [x34]),
        "digitize": (lambda x: jnp.digitize(x, np.array([-0.5, 0, 0.5], np.float32)), [x6]),
        "einsum": (lambda x, y: jnp.einsum("ij,kj->ik", x, y), [x34, x34]),
        "einsum_ellipsis": (lambda x, y: jnp.einsum("...ij,jk->...ik", x, y), [In(2, 3, 4), In(4, 2)]),
        "einsum_trace": (lambda x: jnp.einsum("ii->i", x), [x33]),
        "extract": (lambda x: jnp.extract(x > 0, x, size=4, fill_value=0), [x6]),
        "eye": (lambda: (jnp.eye(3), jnp.identity(2), jnp.tri(3)), []),
        "fill_diagonal": (lambda x: jnp.fill_diagonal(x, 2.0, inplace=False), [x33]),
        "geomspace": (lambda: (jnp.geomspace(1, 8, 4), jnp.logspace(0, 1, 3), jnp.linspace(0, 1, 5)), []),
        "histogram": (lambda x: jnp.histogram(x, bins=4), [x6]),
        "histogram2d": (lambda x: jnp.histogram2d(x, x, bins=2)[0], [x6]),
        "insert": (lambda x: jnp.insert(x, 2, 9.0), [x6]),
        "ix_": (lambda x: x[jnp.ix_(np.array([0, 2]), np.array([1, 3]))], [x34]),
        "lexsort": (lambda x, y: jnp.lexsort((x, y)), [x6, i32(6)]),
        "meshgrid": (lambda x: jnp.meshgrid(x, x), [In(3)]),
        "moveaxis": (lambda x: (jnp.moveaxis(x, 0, 2), jnp.swapaxes(x, 0, 1), jnp.rollaxis(x, 2)), [In(2, 3, 4)]),
        "nonzero": (lambda x: jnp.nonzero(x > 0, size=6), [x34]),
        "argwhere": (lambda x: jnp.argwhere(x > 0, size=6), [x34]),
        "unpackbits": (lambda x: jnp.unpackbits(x), [In(3, bound=200, dtype=np.uint8)]),
        "pad_edge": (lambda x: jnp.pad(x, 2, mode="edge"), [x34]),
        "pad_reflect": (lambda x: jnp.pad(x, 2, mode="reflect"), [x34]),
        "pad_wrap": (lambda x: jnp.pad(x, 1, mode="wrap"), [x34]),
        "pad_ramp": (lambda x: jnp.pad(x, 2, mode="linear_ramp"), [x34]),
        "partition": (lambda x: jnp.partition(x, 2), [x6]),
        "percentile": (lambda x: jnp.percentile(x, 30.0), [x6]),
        "quantile": (lambda x: jnp.quantile(x, np.array([0.1, 0.5], np.float32)), [x6]),
        "nanquantile": (lambda x: jnp.nanquantile(x, 0.25), [x6]),
        "piecewise": (lambda x: jnp.piecewise(x, [x < 0, x >= 0], [jnp.sin, jnp.cos]), [x6]),
        "polyder": (lambda x: (jnp.polyder(x), jnp.polyint(x)), [x6]),
        "polydiv": (lambda x, y: jnp.polydiv(x, y), [x6, In(2)]),
        "polyfit": (lambda x: jnp.polyfit(x, x * x, 2), [x6]),
        "put": (lambda x: jnp.put(x, np.array([1, 3]), 5.0, inplace=False), [x6]),
        "put_along_axis": (lambda x, i: jnp.put_along_axis(x, i, 9.0, 1, inplace=False), [x34, i32(3, 1, bound=4)]),
        "repeat": (lambda x: (jnp.repeat(x, 2, 0), jnp.tile(x, (2, 1)), jnp.roll(x, 1, 1), jnp.resize(x, (2, 3))), [x34]),
        "repeat_counted": (lambda x, n: jnp.repeat(x, n, total_repeat_length=8), [x6, i32(6, bound=3)]),
        "roots": (lambda x: jnp.abs(jnp.roots(x, strip_zeros=False)), [In(3)]),
        "roll_by": (lambda x, k: jnp.roll(x, k), [x6, key]),
        "searchsorted_sorted": (lambda x, y: jnp.searchsorted(jnp.sort(x), y, method="sort"), [x6, x6]),
        "searchsorted_all": (lambda x, y: jnp.searchsorted(jnp.sort(x), y, method="compare_all", side="right"), [x6, x6]),
        "select": (lambda x: jnp.select([x < -0.5, x > 0.5], [x, x * 2], 0), [x6]),
        "setdiff1d": (lambda x, y: jnp.setdiff1d(x, y, size=4, fill_value=-1), [i32(6), i32(3)]),
        "union1d": (lambda x, y: jnp.union1d(x, y, size=6, fill_value=-1), [i32(6), i32(3)]),
        "intersect1d": (lambda x, y: jnp.intersect1d(x, y, size=3, fill_value=-1), [i32(6), i32(3)]),
        "unique": (lambda x: jnp.unique(x, size=5, fill_value=-1, return_counts=True, return_inverse=True), [i32(9)]),
        "split": (lambda x: (jnp.split(x, 2, 1), jnp.hsplit(x, 2), jnp.vsplit(x, 3)), [x34]),
        "squeeze": (lambda x: (jnp.squeeze(x), jnp.expand_dims(x, 1), jnp.stack([x, x])), [In(3, 1)]),
        "take": (lambda x, i: jnp.take(x, i, 1), [x34, i32(2, bound=4)]),
        "take_fill": (lambda x, i: jnp.take(x, i, 1, mode="fill", fill_value=7.0), [x34, i32(4, bound=9)]),
        "take_wrap": (lambda x, i: jnp.take(x, i, 1, mode="wrap"), [x34, i32(4, bound=9)]),
        "take_along_axis": (lambda x, i: jnp.take_along_axis(x, i, 1), [x34, i32(3, 2, bound=4)]),
        "trim": (lambda x: x[1:-1][::2], [x6]),
        "index": (lambda x, i: (x[1], x[..., 0], x[::-1, 1:3], x[:, None], x[i % 3], x[i % 3, i % 4], x[-1, -2]), [x34, i32(2)]),
        "index_mask": (lambda x: jnp.where(x > 0, x, 0)[np.array([True, False, True])], [x34]),
        "at_set": (lambda x, i: (x.at[0].set(1.0), x.at[i % 3].set(2.0), x.at[:, 1].add(1.0), x.at[1, 2].multiply(3.0)), [x34, i32(2)]),
        "at_others": (lambda x, i: (x.at[i % 3].min(0.0), x.at[i % 3].max(0.0), x.at[i % 3].divide(2.0), x.at[0].power(2.0), x.at[1].apply(jnp.sin)), [x34, i32(2)]),
        "at_get": (lambda x, i: (x.at[i].get(mode="fill", fill_value=0.5), x.at[i].get(mode="clip")), [x34, i32(3, bound=6)]),
        "at_drop": (lambda x, i: x.at[i].set(9.0, mode="drop"), [x34, i32(3, bound=6)]),
        "triu_indices": (lambda x: (x[jnp.triu_indices(3)], x[jnp.tril_indices(3)]), [x33]),
        "unravel_index": (lambda i: (jnp.unravel_index(i, (2, 3)), jnp.ravel_multi_index((i % 2, i % 3), (2, 3), mode="wrap")), [i32(4)]),
        "vander": (lambda x: jnp.vander(x, 3), [x6]),
        "vectorize": (lambda x: jnp.vectorize(lambda r: r.sum(), signature="(n)->()")(x), [x34]),
        "where": (lambda x: (jnp.where(x > 0, x, -x), jnp.where(x > 0, 1, 0)), [x34]),
        "zeros": (lambda x: (jnp.zeros_like(x), jnp.ones((2, 2)), jnp.full((2,), 3.0), jnp.empty_like(x) * 0), [x34]),
        "any_axis": (lambda x: (jnp.any(x > 0, 0), jnp.all(x > 0, 1), jnp.sum(x > 0, 1), jnp.argmax(x > 0, 1)), [x34]),
        "fft": (lambda x: jnp.fft.rfft(x).real, [x6]),
        "linalg.cholesky": (lambda x: jnp.linalg.cholesky(x @ x.T + 4 * jnp.eye(3)), [x33]),
        "linalg.cross": (lambda x, y: jnp.linalg.cross(x, y), [In(2, 3), In(2, 3)]),
        "linalg.det": (jnp.linalg.det, [x33]),
        "linalg.det_4": (lambda x: jnp.linalg.det(x + 2 * jnp.eye(4)), [In(4, 4)]),
        "linalg.eigh": (lambda x: jnp.linalg.eigvalsh(x + x.T), [x33]),
        "linalg.eig": (lambda x: jnp.abs(jnp.linalg.eigvals(x)), [x33]),
        "linalg.inv": (lambda x: jnp.linalg.inv(x + 4 * jnp.eye(3)), [x33]),
        "linalg.lstsq": (lambda x: jnp.linalg.lstsq(x, x[:, 0])[0], [In(4, 3)]),
        "linalg.matrix_power": (lambda x: jnp.linalg.matrix_power(x, 3), [x33]),
        "linalg.multi_dot": (lambda x, y: jnp.linalg.multi_dot([x, y, x]), [x33, x33]),
        "linalg.norm": (lambda x: (jnp.linalg.norm(x), jnp.linalg.norm(x, axis=0), jnp.linalg.norm(x, 1), jnp.linalg.norm(x, jnp.inf)), [x34]),
        "linalg.pinv": (jnp.linalg.pinv, [x34]),
        "linalg.qr": (lambda x: jnp.linalg.qr(x)[1], [In(4, 3)]),
        "linalg.slogdet": (lambda x: jnp.linalg.slogdet(x + 4 * jnp.eye(4)), [In(4, 4)]),
        "linalg.svd": (lambda x: jnp.linalg.svd(x, compute_uv=False), [x34]),
        "linalg.triangular_solve": (lambda x, b: jax.scipy.linalg.solve_triangular(x + 3 * jnp.eye(3), b), [x33, In(3)]),
        "linalg.expm": (lambda x: jax.scipy.linalg.expm(x / 10), [x33]),
    }.items()}
)

NN = (
    each(jax.nn, "celu elu gelu glu hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log_sigmoid log_softmax logsumexp mish relu relu6 selu sigmoid "
                 "silu soft_sign softmax softplus sparse_plus sparse_sigmoid squareplus standardize swish tanh", [In(6, scale=3)])
    | each(special, "entr erf erfc erfcx erfinv exp1 expi expit gammaln i0 i0e i1 i1e log_ndtr logit logsumexp ndtr ndtri digamma gamma gammasgn "
                    "factorial loggamma spence dawsn softmax log_softmax sici fresnel", [In(6, scale=0.9)])
    | each(special, "beta betaln gammainc gammaincc kl_div rel_entr xlog1py xlogy zeta boxcox boxcox1p comb poch", [positive, positive])
    | {
        "nn.gelu_exact": (lambda x: jax.nn.gelu(x, approximate=False), [x34]),
        "nn.one_hot": (lambda i: jax.nn.one_hot(i, 5), [i32(4)]),
        "nn.dot_product_attention": (jax.nn.dot_product_attention, [In(1, 4, 2, 3)] * 3),
        "nn.attention_causal": (lambda q, k, v: jax.nn.dot_product_attention(q, k, v, is_causal=True), [In(1, 4, 2, 3)] * 3),
        "nn.softmax_axis": (lambda x: jax.nn.softmax(x, 0), [x34]),
        "nn.log1mexp": (jax.nn.log1mexp, [In(6, bound=9)]),
        "special.bessel_jn_2": (lambda x: special.bessel_jn(x, v=2, n_iter=10), [x6]),
        "special.multigammaln": (lambda x: special.multigammaln(x + 3, 2), [positive]),
        "special.polygamma": (lambda x: special.polygamma(2, x + 1), [positive]),
        "special.expn": (lambda x: special.expn(2, x + 1), [positive]),
        "special.betainc": (lambda x: special.betainc(x + 1, x + 2, 0.5), [positive]),
        "special.logsumexp_weights": (lambda x: special.logsumexp(x, b=x * x), [x6]),
    }
)

RANDOM = {
    f"random.{n}": (RNG(f), [key])
    for n, f in {
        "bernoulli": lambda k: jax.random.bernoulli(k, 0.3, (4,)),
        "beta": lambda k: jax.random.beta(k, 2.0, 3.0, (2,)),
        "binomial": lambda k: jax.random.binomial(k, 5.0, 0.4, (2,)),
        "bits": lambda k: jax.random.bits(k, (4,)),
        "bits_8": lambda k: jax.random.bits(k, (5,), np.uint8),
        "categorical": lambda k: jax.random.categorical(k, np.arange(4.0, dtype=np.float32)),
        "cauchy": lambda k: jax.random.cauchy(k, (4,)),
        "choice": lambda k: jax.random.choice(k, 5, (3,)),
        "choice_without_replacement": lambda k: jax.random.choice(k, 5, (3,), replace=False),
        "dirichlet": lambda k: jax.random.dirichlet(k, np.ones(3, np.float32)),
        "exponential": lambda k: jax.random.exponential(k, (4,)),
        "fold_in": lambda k: jax.random.key_data(jax.random.fold_in(k, 3)),
        "gamma": lambda k: jax.random.gamma(k, 2.0, (2,)),
        "geometric": lambda k: jax.random.geometric(k, 0.3, (4,)),
        "gumbel": lambda k: jax.random.gumbel(k, (4,)),
        "laplace": lambda k: jax.random.laplace(k, (4,)),
        "logistic": lambda k: jax.random.logistic(k, (4,)),
        "lognormal": lambda k: jax.random.lognormal(k, shape=(4,)),
        "multivariate_normal": lambda k: jax.random.multivariate_normal(k, np.zeros(2, np.float32), np.eye(2, dtype=np.float32)),
        "normal": lambda k: jax.random.normal(k, (4,)),
        "normal_half": lambda k: jax.random.normal(k, (4,), jnp.bfloat16),
        "orthogonal": lambda k: jax.random.orthogonal(k, 2),
        "pareto": lambda k: jax.random.pareto(k, 2.0, (4,)),
        "permutation": lambda k: jax.random.permutation(k, 6),
        "poisson": lambda k: jax.random.poisson(k, 3.0, (4,)),
        "rademacher": lambda k: jax.random.rademacher(k, (4,)),
        "randint": lambda k: jax.random.randint(k, (4,), -3, 9),
        "rayleigh": lambda k: jax.random.rayleigh(k, 1.0, (4,)),
        "split": lambda k: jax.random.key_data(jax.random.split(k, 3)),
        "t": lambda k: jax.random.t(k, 3.0, (2,)),
        "triangular": lambda k: jax.random.triangular(k, 0.0, 1.0, 2.0, (4,)),
        "truncated_normal": lambda k: jax.random.truncated_normal(k, -1.0, 2.0, (4,)),
        "uniform": lambda k: jax.random.uniform(k, (4,)),
        "weibull_min": lambda k: jax.random.weibull_min(k, 1.0, 2.0, (4,)),
        "rbg": lambda k: jax.random.uniform(jax.random.key(0, impl="rbg"), (3,)),
    }.items()
}

E4, E5 = jnp.float8_e4m3fn, jnp.float8_e5m2
dot8 = lambda x, y, out: lax.dot_general(x, y, (((1,), (0,)), ((), ())), preferred_element_type=out)


def quantized(x, w):
    """Returns a product of operands that are scaled and rounded to 8 bits, as flax's `fp8_ops` do."""
    scale = lambda x: jnp.max(jnp.abs(x)) / 448
    narrow = lambda x, s: jnp.clip(x / s, -448, 448).astype(E4)
    sx, sw = scale(x), scale(w)
    return dot8(narrow(x, sx), narrow(w, sw), np.float32) * (sx * sw)


FLOAT8 = {
    f"float8.{name}": case
    for name, case in {
        "convert": (lambda x: (x.astype(E4).astype(np.float32), x.astype(E5).astype(np.float16)), [In(40, scale=300.0)]),
        "convert_small": (lambda x: (x.astype(E4), x.astype(E5)), [In(40, scale=0.02)]),
        "bits": (lambda x: lax.bitcast_convert_type(x, np.uint8), [In(12, scale=4.0, dtype=E4)]),
        "dot": (lambda x, y: dot8(x, y, np.float32), [In(3, 4, dtype=E4), In(4, 2, dtype=E4)]),
        "dot_mixed": (lambda x, y: dot8(x, y, np.float32), [In(3, 4, dtype=E4), In(4, 2, dtype=E5)]),
        "dot_half": (lambda x, y: dot8(x, y, jnp.bfloat16), [In(3, 4, dtype=E5), In(4, 2, dtype=E5)]),
        "quantized": (quantized, [In(3, 4, scale=7.0), In(4, 2, scale=0.1)]),
        "arithmetic": (lambda x, y: (x + y, x * y, jnp.maximum(x, y), x < y), [In(12, scale=3.0, dtype=E4), In(12, scale=5.0, dtype=E4)]),
        "moves": (lambda x: jnp.concatenate([x.T[:, 1:], jnp.zeros((4, 1), E5)], 1), [In(3, 4, dtype=E5)]),
        "take": (lambda x, i: x[i], [In(6, dtype=E4), i32(4, bound=6)]),
        "sort": (jnp.sort, [In(12, scale=9.0, dtype=E5)]),
        "max": (lambda x: (x.max(1), x.argmax(1)), [In(3, 4, dtype=E4)]),
        "grad": (jax.grad(lambda x: (x.astype(E4).astype(np.float32) ** 2).sum()), [In(12, scale=3.0)]),
    }.items()
}

WIDE = LAX | JNP | NN | RANDOM | FLOAT8
