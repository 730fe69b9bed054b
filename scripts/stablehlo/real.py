"""Typical JAX programs: name -> (function, inputs). Models and losses return scalars, and their gradients are compared
too."""

import jax
import jax.numpy as jnp
import jax.scipy as jsp
import jax.scipy.linalg as jsl
import jax.scipy.optimize
import jax.scipy.stats as stats
import numpy as np
from jax import lax, nn

from .core import In, i32

la = jnp.linalg
x6, x33, x44, x43, x34, x5 = In(6), In(3, 3), In(4, 4), In(4, 3), In(3, 4), In(5)
b2 = In(2, 3, 3)
f64 = lambda x: In(*x.shape, scale=x.scale, bound=x.bound, dtype=np.float64)


def spd(a):
    return a @ jnp.swapaxes(a, -1, -2) + 2 * jnp.eye(a.shape[-1], dtype=a.dtype)


def well(a):
    return a + 3 * jnp.eye(a.shape[-1], dtype=a.dtype)


def sym(a):
    return a + jnp.swapaxes(a, -1, -2)


def unsigned(vectors):
    """Returns columns without their signs."""
    return jnp.abs(vectors)


LINALG = {
    "cholesky": (lambda a: la.cholesky(spd(a)), [x33]),
    "cholesky_upper": (lambda a: jsl.cholesky(spd(a)), [x33]),
    "cholesky_batched": (lambda a: la.cholesky(spd(a)), [b2]),
    "cholesky_not_definite": (lambda a: la.cholesky(a - 9 * jnp.eye(3)), [x33]),
    "cho_solve": (lambda a, b: jsl.cho_solve(jsl.cho_factor(spd(a)), b), [x33, In(3)]),
    "cho_solve_lower": (lambda a, b: jsl.cho_solve(jsl.cho_factor(spd(a), lower=True), b), [x33, In(3, 2)]),
    "solve": (lambda a, b: la.solve(well(a), b), [x44, In(4)]),
    "solve_matrix": (lambda a, b: la.solve(well(a), b), [x44, In(4, 2)]),
    "solve_batched": (lambda a, b: la.solve(well(a), b), [b2, In(2, 3, 2)]),
    "solve_positive": (lambda a, b: jsl.solve(spd(a), b, assume_a="pos"), [x33, In(3)]),
    "solve_singular": (lambda a: la.solve(jnp.zeros((3, 3)), a), [In(3)]),
    "inv": (lambda a: la.inv(well(a)), [x44]),
    "inv_batched": (lambda a: la.inv(well(a)), [b2]),
    "det": (la.det, [x44]),
    "det_batched": (la.det, [In(2, 4, 4)]),
    "slogdet": (lambda a: la.slogdet(a), [x44]),
    "lu": (jsl.lu, [x44]),
    "lu_tall": (jsl.lu, [x43]),
    "lu_wide": (jsl.lu, [x34]),
    "lu_batched": (lambda a: lax.linalg.lu(a), [b2]),
    "lu_factor": (jsl.lu_factor, [x44]),
    "lu_factor_singular": (lambda a: lax.linalg.lu(a.at[:, 1].set(0.0)), [x33]),
    "lu_solve": (lambda a, b: jsl.lu_solve(jsl.lu_factor(a), b), [x44, In(4)]),
    "lu_solve_transposed": (lambda a, b: jsl.lu_solve(jsl.lu_factor(well(a)), b, trans=1), [x44, In(4)]),
    "qr": (la.qr, [x43]),
    "qr_wide": (la.qr, [x34]),
    "qr_square": (la.qr, [x44]),
    "qr_complete": (lambda a: la.qr(a, "complete"), [x43]),
    "qr_r": (lambda a: la.qr(a, "r"), [x43]),
    "qr_raw": (lambda a: la.qr(a, "raw"), [x43]),
    "qr_raw_wide": (lambda a: la.qr(a, "raw"), [x34]),
    "qr_batched": (la.qr, [In(2, 4, 3)]),
    "qr_zero_column": (lambda a: la.qr(a.at[:, 0].set(0.0), "raw"), [x43]),
    "qr_pivoted": (lambda a: lax.linalg.qr(a, pivoting=True, full_matrices=False), [x43]),
    "qr_pivoted_wide": (lambda a: jsl.qr(a, pivoting=True), [x34]),
    "qr_pivoted_batched": (lambda a: lax.linalg.qr(a, pivoting=True), [In(2, 4, 3)]),
    "qr_pivoted_r_f64": (lambda a: jsl.qr(a, mode="r", pivoting=True), [f64(x43)]),
    "householder_product": (lambda a, t: lax.linalg.householder_product(a, t), [x43, In(3)]),
    "svdvals": (lambda a: la.svd(a, compute_uv=False), [x43]),
    "svd_rebuilt": (lambda a: (lambda u, s, v: (u * s) @ v)(*la.svd(a, full_matrices=False)), [x43]),
    "svd_wide": (lambda a: (lambda u, s, v: (u * s**2) @ v)(*la.svd(a, full_matrices=False)), [x34]),
    "svd_full": (lambda a: (lambda u, s, v: (jnp.abs(u[:, :3]), s, jnp.abs(v)))(*la.svd(a)), [x43]),
    "svd_batched": (lambda a: la.svdvals(a), [In(2, 4, 3)]),
    "svd_nan": (lambda a: la.svdvals(a / 0 * 0), [x33]),
    "eigh": (lambda a: (lambda w, v: (w, unsigned(v)))(*la.eigh(sym(a))), [x44]),
    "eigh_upper": (lambda a: la.eigh(a, UPLO="U", symmetrize_input=False)[0], [x44]),
    "eigh_lower": (lambda a: la.eigh(a, symmetrize_input=False)[0], [x44]),
    "eigh_batched": (lambda a: la.eigvalsh(sym(a)), [b2]),
    "eigh_function": (lambda a: (lambda w, v: (v * jnp.exp(w)) @ v.T)(*la.eigh(sym(a))), [x33]),
    "pinv": (la.pinv, [x43]),
    "pinv_wide": (la.pinv, [x34]),
    "lstsq": (lambda a, b: la.lstsq(a, b), [x43, In(4)]),
    "matrix_rank": (lambda a: la.matrix_rank(a.at[:, 1].set(2 * a[:, 0])), [x43]),
    "matrix_power": (lambda a: la.matrix_power(well(a), -2), [x33]),
    "cond": (lambda a: la.cond(well(a)), [x33]),
    "norms": (lambda a: (la.norm(a, 2), la.norm(a, "nuc"), la.norm(a, -2), la.norm(a, "fro")), [x34]),
    "expm": (lambda a: jsl.expm(a), [x33]),
    "expm_large": (lambda a: jsl.expm(5 * a), [x33]),
    "expm_batched": (lambda a: jsl.expm(a), [b2]),
    "expm_frechet": (lambda a, e: jsl.expm_frechet(a, e), [x33, x33]),
    "funm_eigh": (lambda a: (lambda w, v: (v * jnp.sqrt(w)) @ v.T)(*la.eigh(spd(a))), [x33]),
    "solve_triangular": (lambda a, b: jsl.solve_triangular(well(a), b, lower=True), [x33, In(3)]),
    "solve_triangular_upper": (lambda a, b: jsl.solve_triangular(well(a), b), [x33, In(3, 2)]),
    "solve_triangular_transposed": (lambda a, b: jsl.solve_triangular(well(a), b, trans=1, unit_diagonal=True), [x33, In(3)]),
    "triangular_solve_right": (lambda a, b: lax.linalg.triangular_solve(well(a), b, left_side=False, lower=True, transpose_a=True), [x33, In(2, 3)]),
    "triangular_solve_batched": (lambda a, b: lax.linalg.triangular_solve(well(a), b, left_side=True), [b2, In(2, 3, 2)]),
    "tridiagonal_solve": (lambda l, d, u, b: lax.linalg.tridiagonal_solve(l, d + 2, u, b), [In(4), In(4), In(4), In(4, 2)]),
    "tridiagonal_solve_pivots": (lambda l, d, u, b: lax.linalg.tridiagonal_solve(l, d / 100, u, b), [In(5), In(5), In(5), In(5, 2)]),
    "hessenberg": (lambda a: jsl.hessenberg(a), [x44]),
    "hessenberg_q": (lambda a: jsl.hessenberg(a, calc_q=True), [x44]),
    "tridiagonal": (lambda a: lax.linalg.tridiagonal(sym(a)), [x44]),
    "polar_qdwh": (lambda a: jsl.polar(well(a)), [x33]),
    "polar_svd": (lambda a: jsl.polar(well(a), method="svd"), [x33]),
    "toeplitz": (lambda c, r: jsl.toeplitz(c, r), [In(3), In(4)]),
    "block_diag": (lambda a, b: jsl.block_diag(a, b), [x33, x34]),
    "hilbert": (lambda x: x[0] * jsl.hilbert(3), [x5]),
    "inv_positive_f64": (lambda a: la.inv(spd(a)), [f64(x33)]),
    "eigh_f64": (lambda a: la.eigvalsh(sym(a)), [f64(x44)]),
    "qr_f64": (la.qr, [f64(x43)]),
    "svd_f64": (la.svdvals, [f64(x43)]),
    "tensorsolve": (lambda a, b: la.tensorsolve(a.reshape(2, 3, 6) + jnp.eye(6).reshape(2, 3, 6), b), [In(6, 6), In(2, 3)]),
    "vander": (lambda x: jnp.vander(x, 4), [x5]),
    "orth_by_svd": (lambda a: (lambda u: u @ u.T)(la.svd(a, full_matrices=False)[0]), [x43]),
    "multivariate_normal": (lambda m, a, x: stats.multivariate_normal.logpdf(x, m, spd(a)), [In(3), x33, In(4, 3)]),
}

ORDER = {
    "sort": (jnp.sort, [x6]),
    "sort_nan": (lambda x: jnp.sort(jnp.log(x)), [x6]),
    "sort_axis": (lambda x: jnp.sort(x, axis=0), [x34]),
    "sort_descending": (lambda x: jnp.sort(x, descending=True), [x34]),
    "sort_half": (jnp.sort, [In(6, dtype=np.float16)]),
    "sort_bf16": (jnp.sort, [In(6, dtype=jnp.bfloat16)]),
    "sort_f64": (jnp.sort, [f64(x6)]),
    "sort_int": (jnp.sort, [i32(9)]),
    "sort_bool": (lambda x: jnp.sort(x > 0), [x6]),
    "argsort": (jnp.argsort, [x34]),
    "argsort_descending": (lambda x: jnp.argsort(x, descending=True), [x34]),
    "argsort_stable_ties": (lambda x: jnp.argsort(jnp.round(3 * x)), [In(20)]),
    "lexsort": (lambda a, b: jnp.lexsort((a, b)), [i32(9), In(9)]),
    "sort_pairs": (lambda k, v: lax.sort((k, v), num_keys=1), [x6, i32(6)]),
    "sort_three_keys": (lambda a, b, c: lax.sort((a, b, c), num_keys=3), [i32(8, bound=2), i32(8, bound=3), In(8)]),
    "median": (jnp.median, [x34]),
    "quantile": (lambda x: jnp.quantile(x, jnp.array([0.1, 0.5, 0.9])), [x6]),
    "percentile": (lambda x: jnp.percentile(x, 30, axis=0), [x34]),
    "nanmedian": (lambda x: jnp.nanmedian(jnp.log(x)), [x6]),
    "searchsorted": (lambda a, v: jnp.searchsorted(jnp.sort(a), v), [x6, In(4)]),
    "searchsorted_right": (lambda a, v: jnp.searchsorted(jnp.sort(a), v, side="right"), [x6, In(4)]),
    "searchsorted_unrolled": (lambda a, v: jnp.searchsorted(jnp.sort(a), v, method="scan_unrolled"), [x6, In(4)]),
    "searchsorted_by_sort": (lambda a, v: jnp.searchsorted(jnp.sort(a), v, method="sort"), [x6, In(4)]),
    "searchsorted_compare": (lambda a, v: jnp.searchsorted(jnp.sort(a), v, method="compare_all"), [x6, In(4)]),
    "searchsorted_int": (lambda a, v: jnp.searchsorted(jnp.sort(a), v), [i32(6), i32(4)]),
    "digitize": (lambda x: jnp.digitize(x, jnp.array([-0.5, 0.0, 0.5])), [x6]),
    "histogram": (lambda x: jnp.histogram(x, bins=5), [In(20)]),
    "histogram_weights": (lambda x, w: jnp.histogram(x, bins=4, weights=w)[0], [In(20), In(20)]),
    "histogram_range": (lambda x: jnp.histogram(x, bins=4, range=(-0.5, 0.5), density=True)[0], [In(20)]),
    "histogram2d": (lambda x, y: jnp.histogram2d(x, y, bins=3)[0], [In(20), In(20)]),
    "bincount": (lambda x: jnp.bincount(x, length=6), [i32(9)]),
    "bincount_weights": (lambda x, w: jnp.bincount(x, w, length=6), [i32(9), In(9)]),
    "unique": (lambda x: jnp.unique(x, size=5, fill_value=-1), [i32(9)]),
    "unique_all": (lambda x: jnp.unique(x, size=5, fill_value=-1, return_index=True, return_counts=True, return_inverse=True), [i32(9)]),
    "unique_floats": (lambda x: jnp.unique(jnp.round(3 * x), size=9, fill_value=0.0, return_counts=True), [In(9)]),
    "unique_rows": (lambda x: jnp.unique(x, axis=0, size=4), [i32(4, 2, bound=2)]),
    "nonzero": (lambda x: jnp.nonzero(x, size=4), [i32(9, bound=3)]),
    "isin": (lambda x, y: jnp.isin(x, y), [i32(9), i32(3)]),
    "setdiff": (lambda x, y: jnp.setdiff1d(x, y, size=5), [i32(9), i32(3)]),
    "intersect": (lambda x, y: jnp.intersect1d(x, y, size=4, fill_value=-1), [i32(9), i32(3)]),
    "top_k": (lambda x: lax.top_k(x, 2), [x34]),
    "partition": (lambda x: jnp.sort(jnp.partition(x, 2)[:3]), [x6]),
    "argpartition": (lambda x: jnp.sort(jnp.argpartition(x, 2)[:3]), [x6]),
    "interp": (lambda x, f: jnp.interp(x, jnp.linspace(-1, 1, 6), f), [In(4), x6]),
    "ranks": (lambda x: stats.rankdata(x), [x6]),
    "mode": (lambda x: stats.mode(x).mode, [i32(9)]),
    "segment_sum": (lambda x, i: jax.ops.segment_sum(x, i, num_segments=4), [In(9), i32(9, bound=4)]),
    "segment_max": (lambda x, i: jax.ops.segment_max(x, i, num_segments=4), [In(9), i32(9, bound=4)]),
    "segment_prod": (lambda x, i: jax.ops.segment_prod(x, i, num_segments=4), [In(9), i32(9, bound=4)]),
    "scatter_apply": (lambda x, i: x.at[i].apply(jnp.sin), [x6, i32(3)]),
    "scatter_pow": (lambda x, i: jnp.abs(x).at[i].power(2.0), [x6, i32(3)]),
    "scatter_divide": (lambda x, i: x.at[i].divide(2.0), [x6, i32(3)]),
    "scatter_subtract": (lambda x, i, y: x.at[i].subtract(y), [x6, i32(3), In(3)]),
    "cummax": (lambda x: lax.cummax(x), [x6]),
}

STATS = {
    name: (f, inputs)
    for name, f, inputs in [
        ("norm_logpdf", stats.norm.logpdf, [x6]),
        ("norm_cdf", stats.norm.cdf, [x6]),
        ("norm_ppf", lambda x: stats.norm.ppf((x + 1.1) / 2.2), [x6]),
        ("norm_logcdf", lambda x: stats.norm.logcdf(5 * x), [x6]),
        ("beta_logpdf", lambda x: stats.beta.logpdf((x + 1.1) / 2.2, 2.0, 3.0), [x6]),
        ("gamma_logpdf", lambda x: stats.gamma.logpdf(jnp.abs(x), 2.0), [x6]),
        ("gamma_cdf", lambda x: stats.gamma.cdf(jnp.abs(x), 2.0), [x6]),
        ("t_logpdf", lambda x: stats.t.logpdf(x, 3.0), [x6]),
        ("cauchy", stats.cauchy.logpdf, [x6]),
        ("laplace", stats.laplace.logpdf, [x6]),
        ("logistic", stats.logistic.logpdf, [x6]),
        ("pareto", lambda x: stats.pareto.logpdf(jnp.abs(x) + 1.1, 2.0), [x6]),
        ("expon", lambda x: stats.expon.logpdf(jnp.abs(x)), [x6]),
        ("uniform", stats.uniform.logpdf, [x6]),
        ("poisson", lambda k: stats.poisson.logpmf(k, 2.5), [i32(6)]),
        ("poisson_cdf", lambda k: stats.poisson.cdf(k, 2.5), [i32(6)]),
        ("bernoulli", lambda k: stats.bernoulli.logpmf(k, 0.3), [i32(6, bound=2)]),
        ("binom", lambda k: stats.binom.logpmf(k, 6, 0.3), [i32(6)]),
        ("geom", lambda k: stats.geom.logpmf(k + 1, 0.3), [i32(6)]),
        ("nbinom", lambda k: stats.nbinom.logpmf(k, 3.0, 0.3), [i32(6)]),
        ("chi2", lambda x: stats.chi2.logpdf(jnp.abs(x), 3.0), [x6]),
        ("dirichlet", lambda x: stats.dirichlet.logpdf(nn.softmax(x), jnp.arange(1.0, 7.0)), [x6]),
        ("truncnorm", lambda x: stats.truncnorm.logpdf(x, -1.5, 1.5), [x6]),
        ("betabinom", lambda k: stats.betabinom.logpmf(k, 6, 2.0, 3.0), [i32(6)]),
        ("vonmises", lambda x: stats.vonmises.logpdf(x, 2.0), [x6]),
        ("gaussian_kde", lambda x, y: stats.gaussian_kde(x).evaluate(y), [In(9), In(3)]),
        ("sem", stats.sem, [x6]),
        ("betainc", lambda x: jsp.special.betainc(2.0, 3.0, (x + 1.1) / 2.2), [x6]),
        ("gammainc", lambda x: jsp.special.gammainc(2.0, jnp.abs(x)), [x6]),
        ("logsumexp", lambda x: jsp.special.logsumexp(x, axis=1), [x34]),
        ("logsumexp_weights", lambda x: jsp.special.logsumexp(x, b=jnp.arange(6.0), return_sign=True), [x6]),
        ("digamma", lambda x: jsp.special.digamma(x + 2), [x6]),
        ("gammaln", lambda x: jsp.special.gammaln(5 * x), [x6]),
        ("erfinv", jsp.special.erfinv, [In(6, scale=0.9)]),
        ("xlogy", lambda x: jsp.special.xlogy(jnp.abs(x), jnp.abs(x) + 1), [x6]),
        ("entr", lambda x: jsp.special.entr(jnp.abs(x)), [x6]),
        ("rel_entr", lambda x, y: jsp.special.rel_entr(jnp.abs(x), jnp.abs(y)), [x6, x6]),
        ("bessel", lambda x: (jsp.special.i0(x), jsp.special.i1(x), jsp.special.i0e(x), jsp.special.i1e(x)), [x6]),
        ("zeta", lambda x: jsp.special.zeta(x + 3, 1.5), [x6]),
        ("polygamma", lambda x: jsp.special.polygamma(1, x + 2), [x6]),
        ("expi", lambda x: jsp.special.expi(x), [x6]),
        ("exp1", lambda x: jsp.special.exp1(jnp.abs(x) + 0.1), [x6]),
        ("spence", lambda x: jsp.special.spence(jnp.abs(x)), [x6]),
        ("multigammaln", lambda x: jsp.special.multigammaln(x + 3, 2), [x6]),
        ("log_ndtr", lambda x: jsp.special.log_ndtr(9 * x), [x6]),
        ("sph_harm", lambda x: jnp.sinc(x), [x6]),
    ]
}


def dense(p, x):
    return x @ p[0] + p[1]


def mlp(activation):
    return lambda w, b, v, x: jnp.mean(jnp.square(activation(x @ w + b) @ v))


MLP = [In(4, 8), In(8), In(8, 2), In(5, 4)]


def layer_norm(x, g, b):
    m = jnp.mean(x, -1, keepdims=True)
    s = jnp.var(x, -1, keepdims=True)
    return (x - m) * lax.rsqrt(s + 1e-6) * g + b


def attention(x, wq, wk, wv, causal=True):
    q, k, v = x @ wq, x @ wk, x @ wv
    scores = q @ k.T / jnp.sqrt(q.shape[-1])
    if causal:
        scores = jnp.where(jnp.tril(jnp.ones(scores.shape, bool)), scores, -jnp.inf)
    return nn.softmax(scores, axis=-1) @ v


def lstm(w, x):
    def step(carry, row):
        h, c = carry
        i, f, g, o = jnp.split(jnp.concatenate([row, h]) @ w, 4)
        c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
        h = nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    (h, _), hs = lax.scan(step, (jnp.zeros(3), jnp.zeros(3)), x)
    return jnp.sum(hs**2) + jnp.sum(h)


def gru(w, u, x):
    def step(h, row):
        z = nn.sigmoid(row @ w + h @ u)
        return (1 - z) * h + z * jnp.tanh(row @ w), h

    return jnp.sum(lax.scan(step, jnp.zeros(3), x)[1] ** 2)


def adam(p, m, v, x):
    def loss(p):
        return jnp.mean((jnp.tanh(x @ p)) ** 2)

    def step(state, t):
        p, m, v = state
        g = jax.grad(loss)(p)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        p = p - 0.1 * (m / (1 - 0.9 ** (t + 1))) / (jnp.sqrt(v / (1 - 0.999 ** (t + 1))) + 1e-8)
        return (p, m, v), loss(p)

    return lax.scan(step, (p, m, jnp.abs(v)), jnp.arange(3.0))


def runge_kutta(y, k):
    f = lambda y: jnp.stack([y[1], -k[0] * jnp.sin(y[0])])

    def step(y, _):
        h = 0.1
        k1 = f(y)
        k2 = f(y + h / 2 * k1)
        k3 = f(y + h / 2 * k2)
        k4 = f(y + h * k3)
        return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), y

    return jnp.sum(lax.scan(step, y, None, length=10)[1] ** 2)


def kalman(a, q, ys):
    def step(carry, y):
        m, p = carry
        p = a @ p @ a.T + jnp.eye(2)
        s = p + jnp.eye(2) * (1 + q[0] ** 2)
        gain = la.solve(s, p).T
        m = a @ m + gain @ (y - a @ m)
        return (m, p - gain @ p), -0.5 * (la.slogdet(s)[1] + y @ la.solve(s, y))

    return jnp.sum(lax.scan(step, (jnp.zeros(2), jnp.eye(2)), ys)[1])


def gaussian_process(x, y, l):
    k = jnp.exp(-0.5 * (x[:, None] - x[None]) ** 2 / (0.5 + l[0] ** 2)) + 0.1 * jnp.eye(x.shape[0])
    chol = la.cholesky(k)
    alpha = jsl.cho_solve((chol, True), y)
    return 0.5 * y @ alpha + jnp.sum(jnp.log(jnp.diag(chol)))


def flow(w, s, x):
    y = x @ (well(w)) + jnp.tanh(x * s)
    return jnp.mean(jnp.sum(stats.norm.logpdf(y), -1)) + la.slogdet(well(w))[1]


def conv_net(k1, k2, w, x):
    dims = ("NHWC", "HWIO", "NHWC")
    h = nn.relu(lax.conv_general_dilated(x, k1, (1, 1), "SAME", dimension_numbers=dims))
    h = lax.reduce_window(h, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    h = nn.gelu(lax.conv_general_dilated(h, k2, (1, 1), "SAME", dimension_numbers=dims))
    return jnp.mean(nn.log_softmax(h.reshape(h.shape[0], -1) @ w)[:, 0])


# Functions that return scalars. The gradients with respect to their float inputs are compared too.
LOSSES = {
    **{f"mlp_{f.__name__}": (mlp(f), MLP) for f in [
        nn.relu, nn.relu6, nn.sigmoid, nn.softplus, nn.silu, nn.gelu, nn.elu, nn.selu, nn.celu, nn.leaky_relu, nn.log_sigmoid, nn.soft_sign,
        nn.hard_tanh, nn.hard_sigmoid, nn.hard_silu, nn.softmax, nn.log_softmax, nn.mish, nn.squareplus, jnp.tanh, nn.standardize, nn.glu, nn.sparse_plus]
        if f is not nn.glu},
    "mlp_exact_gelu": (mlp(lambda x: nn.gelu(x, approximate=False)), MLP),
    "relu_at_zero": (lambda x: jnp.sum(nn.relu(jnp.round(x)) * 3), [x6]),
    "maximum_at_zero": (lambda x: jnp.sum(jnp.maximum(jnp.round(x), 0) * 3), [x6]),
    "maximum_of_equal": (lambda x: jnp.sum(jnp.maximum(x, x)), [x6]),
    "sigmoid_far": (lambda x: jnp.sum(nn.sigmoid(200 * x)), [x6]),
    "sigmoid_by_hand": (lambda x: jnp.sum(1 / (1 + jnp.exp(-90 * x))), [In(6, scale=0.9)]),
    "log_sigmoid_far": (lambda x: jnp.sum(nn.log_sigmoid(200 * x)), [x6]),
    "softplus_far": (lambda x: jnp.sum(nn.softplus(200 * x)), [x6]),
    "silu_far": (lambda x: jnp.sum(nn.silu(200 * x)), [x6]),
    "logaddexp_far": (lambda x, y: jnp.sum(jnp.logaddexp(200 * x, y)), [x6, x6]),
    "logaddexp_infinite": (lambda x, y: jnp.sum(jnp.exp(jnp.logaddexp(jnp.where(x > 0, x, -jnp.inf), jnp.where(x > 0, y, -jnp.inf)))), [x6, x6]),
    "logsumexp_far": (lambda x: jsp.special.logsumexp(200 * x), [x6]),
    "logsumexp_masked": (lambda x: jsp.special.logsumexp(jnp.where(x > 0, x, -jnp.inf)), [x6]),
    "softmax_cross_entropy": (lambda x, y: -jnp.sum(nn.one_hot(y, 4) * nn.log_softmax(50 * x)), [In(5, 4), i32(5, bound=4)]),
    "binary_cross_entropy": (lambda x: jnp.mean(jnp.maximum(x, 0) - x * 0.3 + jnp.log1p(jnp.exp(-jnp.abs(x)))), [x6]),
    "huber": (lambda x: jnp.sum(jnp.where(jnp.abs(x) < 0.5, 0.5 * x**2, 0.5 * (jnp.abs(x) - 0.25))), [x6]),
    "safe_norm": (lambda x: jnp.sqrt(jnp.sum(x**2) + 1e-6), [x6]),
    "attention": (lambda x, q, k, v: jnp.sum(attention(x, q, k, v) ** 2), [In(5, 4), x44, x44, x44]),
    "transformer_block": (
        lambda x, q, k, v, w1, w2: jnp.mean(layer_norm(x + attention(layer_norm(x, 1.0, 0.0), q, k, v) + nn.gelu(x @ w1) @ w2, 1.0, 0.1) ** 3),
        [In(5, 4), x44, x44, x44, In(4, 8), In(8, 4)],
    ),
    "layer_norm": (lambda x, g, b: jnp.sum(layer_norm(x, g, b) ** 3), [In(5, 4), In(4), In(4)]),
    "rms_norm": (lambda x, g: jnp.sum((x * lax.rsqrt(jnp.mean(x**2, -1, keepdims=True) + 1e-6) * g) ** 3), [In(5, 4), In(4)]),
    "lstm": (lstm, [In(5, 12), In(4, 2)]),
    "gru": (gru, [In(2, 3), x33, In(4, 2)]),
    "embedding": (lambda e, w, i: jnp.mean(nn.log_softmax(e[i] @ w)[:, 0]), [In(7, 4), In(4, 3), i32(5, bound=7)]),
    "conv_net": (conv_net, [In(3, 3, 2, 4), In(3, 3, 4, 4), In(36, 3), In(2, 6, 6, 2)]),
    "depthwise": (lambda k, x: jnp.sum(lax.conv_general_dilated(x, k, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=4) ** 2), [In(3, 3, 1, 4), In(1, 5, 5, 4)]),
    "conv_transpose": (lambda k, x: jnp.sum(lax.conv_transpose(x, k, (2, 2), "SAME") ** 2), [In(3, 3, 2, 2), In(1, 3, 3, 2)]),
    "average_pool": (lambda x: jnp.sum(lax.reduce_window(x, 0.0, lax.add, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") ** 2), [In(1, 4, 4, 2)]),
    "vae": (lambda w, x, e: (lambda m, s: jnp.mean((jnp.tanh(m + jnp.exp(s) * e) - x) ** 2) + jnp.mean(jnp.exp(2 * s) + m**2 - 2 * s))(*jnp.split(x @ w, 2, -1)), [In(3, 6), In(5, 3), In(5, 3)]),
    "runge_kutta": (runge_kutta, [In(2), In(1)]),
    "kalman": (kalman, [In(2, 2), In(1), In(4, 2)]),
    "gaussian_process": (gaussian_process, [x5, x5, In(1)]),
    "normalizing_flow": (flow, [x33, In(3), x43]),
    "log_det": (lambda a: la.slogdet(well(a))[1], [x44]),
    "det_loss": (lambda a: la.det(well(a)), [x33]),
    "inv_loss": (lambda a: jnp.sum(la.inv(well(a)) ** 2), [x33]),
    "eigh_loss": (lambda a: jnp.sum(la.eigvalsh(sym(a)) ** 3), [x33]),
    "svd_loss": (lambda a: jnp.sum(la.svdvals(a) ** 3), [x43]),
    "qr_pivoted_loss": (lambda a: (lambda q, r, p: jnp.sum(q**3) + jnp.sum(r**2 * p))(*lax.linalg.qr(a, pivoting=True, full_matrices=False)), [x43]),
    "qr_loss": (lambda a: (lambda q, r: jnp.sum(q**3) + jnp.sum(r**2))(*la.qr(a)), [x43]),
    "expm_loss": (lambda a: jnp.sum(jsl.expm(a)), [x33]),
    "cholesky_loss": (lambda a: jnp.sum(la.cholesky(spd(a)) ** 2), [x33]),
    "lstsq_loss": (lambda a, b: jnp.sum(la.lstsq(a, b)[0] ** 2), [x43, In(4)]),
    "tridiagonal_loss": (lambda d, b: jnp.sum(lax.linalg.tridiagonal_solve(jnp.full(4, 0.3), d + 3, jnp.full(4, 0.5), b) ** 2), [In(4), In(4, 2)]),
    "sort_loss": (lambda x: jnp.sum(jnp.sort(x) * jnp.arange(6.0)), [x6]),
    "median_loss": (lambda x: jnp.median(x) ** 2, [x5]),
    "interp_loss": (lambda x, f: jnp.sum(jnp.interp(x, jnp.linspace(-1, 1, 6), f) ** 2), [In(4), x6]),
    "cumsum_loss": (lambda x: jnp.sum(jnp.cumsum(x) ** 2), [x6]),
    "top_k_loss": (lambda x: jnp.sum(lax.top_k(x, 2)[0] ** 2), [x34]),
    "einsum_loss": (lambda x, y: jnp.sum(jnp.einsum("ij,jk,ik->i", x, y, x @ y) ** 2), [x34, x44]),
    "pinn": (lambda w, v, x: jnp.mean(jax.vmap(jax.grad(lambda t: jnp.dot(jnp.tanh(t * w), v)))(x) ** 2), [In(8), In(8), x5]),
    "hvp": (lambda x: jnp.sum(jax.jvp(jax.grad(lambda x: jnp.sum(jnp.sin(x) ** 3)), (x,), (x,))[1]), [x6]),
    "checkpointed": (lambda w, x: jnp.sum(jax.checkpoint(lambda h: jnp.tanh(h @ w))(jnp.tanh(x @ w)) ** 2), [x44, x34]),
    "poisson_regression": (lambda w, x, k: -jnp.mean(stats.poisson.logpmf(k, jnp.exp(x @ w))), [In(3), x43, i32(4)]),
    "student_regression": (lambda w, x, y: -jnp.sum(stats.t.logpdf(y - x @ w, 4.0)), [In(3), x43, In(4)]),
    "beta_model": (lambda a: -jnp.sum(stats.beta.logpdf(jnp.array([0.2, 0.7, 0.4]), jnp.exp(a[0]), jnp.exp(a[1]))), [In(2)]),
    "ctc_like": (lambda x: lax.scan(lambda a, row: (jnp.logaddexp(a, jnp.roll(a, 1)) + row, None), x[0], x[1:])[0].sum(), [In(5, 4)]),
    "fixed_point": (lambda a: lax.fori_loop(0, 5, lambda i, x: jnp.cos(x) * a[0], a[1]), [In(2)]),
    "batch_norm": (lambda x, g: jnp.sum(((x - x.mean(0)) / jnp.sqrt(x.var(0) + 1e-5) * g) ** 3), [In(6, 3), In(3)]),
    "cosine_similarity": (lambda x, y: jnp.sum(x * y) / (la.norm(x) * la.norm(y)), [x6, x6]),
    "group_conv": (lambda k, x: jnp.sum(lax.conv_general_dilated(x, k, (2,), "VALID", rhs_dilation=(2,), dimension_numbers=("NWC", "WIO", "NWC"), feature_group_count=2) ** 2), [In(3, 2, 4), In(1, 9, 4)]),
    "gather_loss": (lambda x, i: jnp.sum(jnp.take_along_axis(x, i, axis=1) ** 2), [x34, i32(3, 2, bound=4)]),
    "scatter_loss": (lambda x, i: jnp.sum(jnp.zeros(5).at[i].add(x) ** 2), [x6, i32(6)]),
    "where_guard": (lambda x: jnp.sum(jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1.0)), 0.0)), [x6]),
}

PROGRAMS = {
    "adam": (adam, [In(3), In(3), In(3), x43]),
    "newton": (lambda a: lax.while_loop(lambda s: jnp.abs(s**2 - a[0]) > 1e-5, lambda s: 0.5 * (s + a[0] / s), jnp.float32(3.0)), [In(2, bound=9)]),
    "conjugate_gradient": (lambda a, b: jsp.sparse.linalg.cg(spd(a), b)[0], [x33, In(3)]),
    "gmres": (lambda a, b: jsp.sparse.linalg.gmres(well(a), b)[0], [x33, In(3)]),
    "bicgstab": (lambda a, b: jsp.sparse.linalg.bicgstab(spd(a), b)[0], [x33, In(3)]),
    "minimize_bfgs": (lambda x: jax.scipy.optimize.minimize(lambda p: jnp.sum((p - 0.5) ** 2 + 0.1 * p**4), x, method="BFGS").x, [In(3)]),
    "convolve": (lambda x, y: jnp.convolve(x, y, "same"), [x6, In(3)]),
    "correlate": (lambda x, y: jnp.correlate(x, y, "full"), [x6, In(3)]),
    "convolve2d": (lambda x, y: jsp.signal.convolve2d(x, y, "same"), [x44, In(2, 2)]),
    "map_coordinates": (lambda x, c: jsp.ndimage.map_coordinates(x, [c, c], order=1), [x44, In(3, bound=4)]),
    "image_resize": (lambda x: jax.image.resize(x, (7, 5), "bilinear"), [x44]),
    "image_resize_cubic": (lambda x: jax.image.resize(x, (3, 6), "bicubic"), [x44]),
    "polyfit": (lambda x, y: jnp.polyfit(x, y, 2), [x5, x5]),
    "polyval": (lambda p, x: jnp.polyval(p, x), [In(4), x5]),
    "roots_of_quadratic": (lambda p: jnp.polymul(p, p), [In(3)]),
    "trapezoid": (lambda x: jax.scipy.integrate.trapezoid(x), [x6]),
    "associative_scan": (lambda x: lax.associative_scan(jnp.maximum, x), [In(7)]),
    "random_normal": (lambda s: jax.random.normal(jax.random.key(s[0]), (4,)), [i32(1)]),
    "random_gamma": (lambda s: jax.random.gamma(jax.random.key(s[0]), 2.0, (3,)), [i32(1)]),
    "random_categorical": (lambda s, l: jax.random.categorical(jax.random.key(s[0]), l, shape=(5,)), [i32(1), In(4)]),
    "random_permutation": (lambda s: jax.random.permutation(jax.random.key(s[0]), 7), [i32(1)]),
    "random_choice": (lambda s, x: jax.random.choice(jax.random.key(s[0]), x, (4,), replace=False), [i32(1), x6]),
    "random_multivariate_normal": (lambda s, a: jax.random.multivariate_normal(jax.random.key(s[0]), jnp.zeros(3), spd(a)), [i32(1), x33]),
    "random_dirichlet": (lambda s: jax.random.dirichlet(jax.random.key(s[0]), jnp.ones(3)), [i32(1)]),
    "random_truncated": (lambda s: jax.random.truncated_normal(jax.random.key(s[0]), -1.0, 1.0, (4,)), [i32(1)]),
    "random_orthogonal": (lambda s: jnp.abs(jax.random.orthogonal(jax.random.key(s[0]), 3)), [i32(1)]),
    "hmc": (lambda x, s: lax.fori_loop(0, 5, lambda i, qp: (qp[0] + 0.1 * qp[1], qp[1] - 0.1 * jnp.tanh(qp[0])), (x, jax.random.normal(jax.random.key(s[0]), (6,)))), [x6, i32(1)]),
    "beam_search": (lambda x: lax.scan(lambda b, row: (lax.top_k((b[:, None] + row[None]).ravel(), 3)), jnp.zeros(3), x), [In(3, 4)]),
    "kmeans": (lambda x: lax.fori_loop(0, 3, lambda i, c: (lambda a: jnp.stack([jnp.where((a == k)[:, None], x, 0).sum(0) / jnp.maximum((a == k).sum(), 1) for k in range(2)]))(jnp.argmin(((x[:, None] - c[None]) ** 2).sum(-1), 1)), x[:2]), [In(8, 2)]),
    "power_iteration": (lambda a: lax.fori_loop(0, 20, lambda i, v: (lambda w: w / la.norm(w))(spd(a) @ v), jnp.ones(3)), [x33]),
    "page_rank": (lambda a: lax.while_loop(lambda s: (s[1] < 50) & (jnp.max(jnp.abs(s[0] - s[2])) > 1e-6), lambda s: (0.85 * nn.softmax(a, 0) @ s[0] + 0.05, s[1] + 1, s[0]), (jnp.ones(3) / 3, 0, jnp.zeros(3)))[0], [x33]),
    "dynamic_time_warping": (lambda x, y: lax.scan(lambda p, row: (lambda c: (c, c[-1]))(row + lax.cummin(jnp.minimum(p, jnp.roll(p, 1)))), jnp.zeros(5), jnp.abs(x[:, None] - y[None]))[1], [x5, x5]),
    "cond_branches": (lambda x: lax.cond(x[0] > 0, lambda x: jnp.sin(x), lambda x: la.inv(well(x.reshape(2, 2)[:, :2])).ravel(), x), [In(4)]),
    "switch": (lambda i, x: lax.switch(i[0], [jnp.sin, jnp.cos, lambda x: jnp.sort(x)], x), [i32(1, bound=3), x6]),
    "fft_free_filter": (lambda x: jsp.signal.convolve(x, jnp.array([0.25, 0.5, 0.25]), mode="same"), [x6]),
    "jacobian": (lambda x: jax.jacfwd(lambda x: jnp.sort(x) ** 2)(x), [x5]),
    "hessian": (lambda x: jax.hessian(lambda x: jsp.special.logsumexp(x))(x), [x5]),
    "vmap_solve": (lambda a, b: jax.vmap(lambda a, b: la.solve(well(a), b))(a, b), [b2, In(2, 3)]),
    "quantized": (lambda x: jnp.clip(jnp.round(x * 127), -128, 127).astype(jnp.int8).astype(jnp.float32) / 127, [x6]),
    "rope": (lambda x: (lambda c, s: jnp.concatenate([x[:, :2] * c - x[:, 2:] * s, x[:, :2] * s + x[:, 2:] * c], -1))(jnp.cos(jnp.arange(5.0)[:, None] * 0.3), jnp.sin(jnp.arange(5.0)[:, None] * 0.3)), [In(5, 4)]),
    "kv_cache": (lambda cache, k, i: lax.dynamic_update_slice(cache, k[None], (i[0], 0)), [In(6, 4), In(4), i32(1)]),
    "grad_of_while_free": (lambda x: jax.grad(lambda x: jnp.sum(jnp.cumprod(x)))(x), [x5]),
    "argmax_decode": (lambda x: jnp.argmax(x, -1), [In(5, 4)]),
    "nan_statistics": (lambda x: (jnp.nanmean(jnp.log(x)), jnp.nanmax(jnp.log(x)), jnp.nanstd(jnp.log(x))), [x6]),
    "covariance": (lambda x: (jnp.cov(x), jnp.corrcoef(x)), [x34]),
}

def of_complex(f):
    """Turns a function of complex matrices into one of their real and imaginary parts, for inputs and results."""

    def parts(*xs):
        ys = f(*(lax.complex(xs[k], xs[k + 1]) for k in range(0, len(xs), 2)))
        return [part(y) for y in jax.tree.leaves(ys) for part in ((jnp.real, jnp.imag) if jnp.iscomplexobj(y) else (jnp.asarray,))]

    return parts


def adjoint(a):
    return jnp.conj(jnp.swapaxes(a, -1, -2))


def definite(a):
    return a @ adjoint(a) + 2 * jnp.eye(a.shape[-1], dtype=a.dtype)


def rebuilt(t, z):
    """Returns the matrix of a Schur form. The form itself is not unique."""
    return z @ t @ adjoint(z)


def by_vectors(w, v):
    return (v * jnp.exp(w)[..., None, :]) @ la.inv(v)


def by_both(w, left, right):
    """Returns the matrices that the eigenvectors of each side make of the eigenvalues, and the norms of the left ones."""
    return by_vectors(w, right), la.inv(adjoint(left)) * jnp.exp(w)[..., None, :] @ adjoint(left), la.norm(left, axis=-2)


def both(a):
    return lax.linalg.eig(a, compute_left_eigenvectors=True)


def left_sums(a):
    """Returns sums that depend neither on the order of the eigenvalues nor on the phases of their eigenvectors."""
    w, v, _ = both(a)
    return jnp.sum(jnp.abs(w) * jnp.sum(jnp.abs(v) ** 3, -2)), jnp.sum(jnp.abs(v))


def left(a):
    w, v = lax.linalg.eig(a, compute_left_eigenvectors=True, compute_right_eigenvectors=False)
    return la.inv(adjoint(v)) * jnp.exp(w)[..., None, :] @ adjoint(v)


c33, c44, c43, c34 = ([f64(x)] * 2 for x in (x33, x44, x43, x34))
C2, V3 = [f64(b2)] * 2, [f64(In(3))] * 2
COMPLEX = {
    "cholesky": (of_complex(lambda a: la.cholesky(definite(a))), c33),
    "cholesky_upper": (of_complex(lambda a: jsl.cholesky(definite(a))), c33),
    "cho_solve": (of_complex(lambda a, b: jsl.cho_solve(jsl.cho_factor(definite(a)), b)), c33 + V3),
    "solve": (of_complex(lambda a, b: la.solve(well(a), b)), c33 + V3),
    "solve_batched": (of_complex(lambda a: la.solve(well(a), a)), C2),
    "inv": (of_complex(lambda a: la.inv(well(a))), c33),
    "slogdet": (of_complex(lambda a: tuple(la.slogdet(a))), c44),
    "lu": (of_complex(jsl.lu), c34),
    "lu_solve_adjoint": (of_complex(lambda a, b: jsl.lu_solve(jsl.lu_factor(well(a)), b, trans=2)), c33 + V3),
    "qr": (of_complex(la.qr), c43),
    "qr_complete": (of_complex(lambda a: la.qr(a, "complete")), c43),
    "qr_wide": (of_complex(la.qr), c34),
    "qr_pivoted": (of_complex(lambda a: lax.linalg.qr(a, pivoting=True)), c43),
    "qr_pivoted_wide": (of_complex(lambda a: jsl.qr(a, pivoting=True, mode="economic")), c34),
    "qr_pivoted_batched": (of_complex(lambda a: lax.linalg.qr(a, pivoting=True)), C2),
    "qr_pivoted_c64": (of_complex(lambda a: lax.linalg.qr(a, pivoting=True)), [x43, x43]),
    "eig_left": (of_complex(lambda a: by_both(*both(a))), c33),
    "eig_left_batched": (of_complex(lambda a: by_both(*both(a))), C2),
    "eig_left_alone_c64": (of_complex(left), [x33, x33]),
    "eig_left_scaled": (of_complex(lambda a: (lambda w, v, _: v[:, jnp.argsort(w)])(*both(a))), c33),
    "eig_left_sums": (of_complex(left_sums), c33),
    "eig_left_sums_batched": (of_complex(left_sums), C2),
    "eig_left_sums_c64": (of_complex(left_sums), [x33, x33]),
    "eig_left_sums_of_real": (left_sums, [f64(x44)]),
    "eig_left_sums_of_real_f32": (left_sums, [x33]),
    "eig_left_of_real": (lambda a: [y.real for y in by_both(*both(a))], [f64(x44)]),
    "eig_left_of_real_f32": (lambda a: [y.real for y in by_both(*both(a))], [x33]),
    "householder": (of_complex(lambda a: lax.linalg.householder_product(a, jnp.array([0.5 + 1j, 1.5, 0.25j]))), c43),
    "eigvalsh": (of_complex(la.eigvalsh), c33),
    "eigvalsh_upper": (of_complex(lambda a: la.eigh(a, UPLO="U", symmetrize_input=False)[0]), c33),
    "eigh": (of_complex(lambda a: (lambda w, v: (v * jnp.exp(w)) @ adjoint(v))(*la.eigh(a))), c33),
    "svdvals": (of_complex(la.svdvals), c43),
    "svd": (of_complex(lambda a: (lambda u, s, v: (u * jnp.exp(s)) @ v)(*la.svd(a, full_matrices=False))), c34),
    "pinv": (of_complex(la.pinv), c43),
    "lstsq": (of_complex(lambda a, b: la.lstsq(a, b)[0]), c33 + V3),
    "triangular_solve_adjoint": (
        of_complex(lambda a, b: lax.linalg.triangular_solve(well(a), b, left_side=True, transpose_a=True, conjugate_a=True)),
        c33 + c34,
    ),
    "tridiagonal_solve": (of_complex(lambda d, b: lax.linalg.tridiagonal_solve(d + 1j, d + 3, d - 1j, b)), V3 + c34),
    "tridiagonal": (of_complex(lambda a: lax.linalg.tridiagonal(definite(a))), c33),
    "hessenberg": (of_complex(lambda a: jsl.hessenberg(a, calc_q=True)), c44),
    "expm": (of_complex(jsl.expm), c33),
    "eigvals": (of_complex(lambda a: jnp.sort(la.eigvals(a))), c33),
    "eig": (of_complex(lambda a: by_vectors(*la.eig(a))), c33),
    "schur": (of_complex(lambda a: rebuilt(*jsl.schur(a))), c33),
    "schur_eigenvalues": (of_complex(lambda a: jnp.sort(jnp.diagonal(jsl.schur(a)[0]))), c33),
    "sqrtm": (of_complex(lambda a: jsl.sqrtm(well(a))), c33),
    "eigvals_of_real": (lambda a: (lambda w: (w.real, w.imag))(jnp.sort(la.eigvals(a))), [f64(x44)]),
    "eig_of_real": (lambda a: by_vectors(*la.eig(a)).real, [f64(x33)]),
    "eig_of_real_f32": (lambda a: by_vectors(*la.eig(a)).real, [x33]),
    "schur_of_real": (lambda a: rebuilt(*jsl.schur(a)), [f64(x44)]),
    "schur_of_real_f32": (lambda a: rebuilt(*jsl.schur(a)), [x33]),
    "schur_of_real_complex": (lambda a: rebuilt(*jsl.schur(a, output="complex")).real, [f64(x33)]),
    "rsf2csf": (lambda a: rebuilt(*jsl.rsf2csf(*jsl.schur(a))).real, [f64(x33)]),
    "sqrtm_of_real": (lambda a: (lambda r: (r.real, r.imag))(jsl.sqrtm(well(a))), [f64(x33)]),
    "funm": (lambda a: (lambda r: (r.real, r.imag))(jsl.funm(a, jnp.sin)), [f64(x33)]),
    "solve_sylvester": (lambda a, b, q: jsl.solve_sylvester(well(a), well(b), q), [f64(x33)] * 3),
    "sort": (of_complex(lambda a: (jnp.sort(a, 0), jnp.argsort(a, 0))), c33),
    "max": (of_complex(lambda a: (jnp.max(a, 0), jnp.min(a))), c33),
    "unique": (of_complex(lambda a: jnp.unique(jnp.round(a), size=4)), c33),
    "eig_sums": (of_complex(lambda a: (lambda w, v: (jnp.sum(w**3), jnp.sum(jnp.abs(v) ** 3)))(*la.eig(a))), c33),
    "eig_sums_of_real": (lambda a: (lambda w, v: (jnp.sum(w**3).real, jnp.sum(jnp.abs(v) ** 3)))(*la.eig(a)), [f64(x44)]),
}

GROUPS = {"linalg": LINALG, "order": ORDER, "stats": STATS, "losses": LOSSES, "programs": PROGRAMS, "complex": COMPLEX}
