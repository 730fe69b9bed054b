"""Writes special.jsonl and stats.jsonl of rune-trace: special functions and distributions, with the results of SciPy
and JAX.

    .venv/bin/python scripts/vectors special [special] [stats] [NAME…]      (needs jax 0.10.2, scipy, mpmath)

Names of functions select the cases to rewrite.

Each line of JSON is one case: `fn`, `args`, `in`, `out`. Arrays are [dtype, shape, elements], with floats as strings.
Values are SciPy's, in f64, on inputs rounded to the dtype. `kind` says what `out` holds: the value, or the first or
second derivative with respect to argument `by`. Derivatives are JAX's in f64, or mpmath's (`EXACT`). `tol` is the
allowed error, relative to the larger of the magnitude and `floor`: 32 roundings, and four times as many for each
derivative, or the number in `MEASURED`.
"""

import json

import jax
import jax.numpy as jnp
import jax.scipy.special as js
import mpmath as mp
import numpy as np
import jax.scipy.stats as jstats
import scipy.special as sp
import scipy.stats as sstats

from .common import TRACE_DATA, array

inf, nan = np.inf, np.nan
mp.mp.dps = 80


def grid(*axes):
    return [np.array(x, float) for x in zip(*((a, *rest) for a in axes[0] for rest in (zip(*grid(*axes[1:])) if len(axes) > 1 else [()])))]


REAL = [-inf, -1e10, -170.5, -30.3, -10, -8.5, -3, -2.5, -1.5, -1.25, -1, -0.75, -0.5, -0.25, -1e-3, -1e-8, -0.0, 0, 1e-8, 1e-3, 0.25,
        0.5, 0.75, 1, 1.25, 1.4616, 1.5, 2, 2.5, 3, 4.5, 7, 10, 25.5, 40, 80, 170, 1e3, 1e10, inf, nan]
INNER = [-30.3, -8.5, -2.5, -1.25, -0.5, -0.25, -1e-3, 1e-3, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 4.5, 7, 10, 25.5, 40, 80]
POSITIVE = [x for x in REAL if not x <= 0]
INNER_POSITIVE = [x for x in INNER if x > 0]
MIDDLE = [-9, -4.5, -3, -2, -1.5, -1, -0.5, -0.1, -1e-3, 1e-3, 0.1, 0.5, 0.9, 1, 1.5, 2, 3, 4.5, 6.25, 9]
UNIT = [-0.5, 0, 1e-30, 1e-10, 1e-3, 0.01, 0.1, 0.13, 0.14, 0.3, 0.5, 0.6, 0.86, 0.87, 0.95, 0.999, 1 - 1e-7, 1, 1.5, nan]
INNER_UNIT = [x for x in UNIT if 0 < x < 1]
POSITIVES = grid([0.1, 0.5, 1, 2.5, 10, 50], [1e-3, 0.3, 1, 2, 9, 60])
EDGES = grid([-1.0, 0, 0.5, 2, inf, nan], [-1.0, 0, 0.5, 2, inf, nan])


def multigammaln(x):
    return np.array([sp.multigammaln(a, 3) if a > 1 else nan for a in x])


def log1mexp(x):
    return np.array([float(mp.log(-mp.expm1(-mp.mpf(float(a))))) for a in x])


def betaln(a, b):
    a, b = [mp.mpf(float(x)) for x in a], [mp.mpf(float(x)) for x in b]
    return np.array([float(mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)) for a, b in zip(a, b)])


def ndtr(x):
    # SciPy is off by 32 roundings in the tail.
    return np.array([float(mp.ncdf(mp.mpf(float(a)))) if np.isfinite(a) else sp.ndtr(a) for a in x])


def hypergeometric(f):
    def values(*xs):
        return np.array([float(mp.re(f(*[mp.mpf(float(x)) for x in point]))) for point in zip(*xs)])
    return values


def igamma_grad_a(a, x):
    slope = lambda a, x: mp.diff(lambda a: mp.gammainc(a, 0, x, regularized=True), mp.mpf(float(a)))  # noqa: E731
    return np.array([float(slope(a, mp.mpf(float(x)))) for a, x in zip(a, x)])


def jn(x):
    return np.stack([sp.jv(k, x) for k in range(4)])


# name: (JAX's, SciPy's, points, points for derivatives, arguments to differentiate by, floor)
FUNCTIONS = {
    "gammaln": (js.gammaln, sp.gammaln, [REAL], [INNER], [0], 1),
    "loggamma": (js.loggamma, sp.loggamma, [REAL], [INNER_POSITIVE], [0], 1),
    "digamma": (js.digamma, sp.digamma, [[x for x in REAL if x != 0]], [INNER], [0], 1),
    "gamma": (js.gamma, sp.gamma, [REAL], [INNER], [0], 0),
    "gammasgn": (js.gammasgn, sp.gammasgn, [REAL], None, [], 0),
    "factorial": (js.factorial, sp.factorial, [[x for x in REAL if x != -inf]], [INNER_POSITIVE], [0], 0),
    "comb": (js.comb, lambda n, k: np.where((k <= n) & (n >= 0) & (k >= 0), sp.binom(n, k), 0.0),
             grid([-1, 0, 1, 5, 10.5, 60], [-1, 0, 1, 2.5, 5, 30]), None, [], 0),
    "poch": (js.poch, sp.poch, grid([0.5, 1, 2.5, 10], [0, 0.5, 1, 3]), grid([0.5, 1, 2.5, 10], [0.5, 1, 3]), [0, 1], 0),
    "beta": (js.beta, sp.beta, POSITIVES, grid([0.1, 0.5, 1, 2.5, 10], [0.3, 1, 2, 9]), [0, 1], 0),
    "betaln": (js.betaln, betaln, grid([0.1, 1, 5, 9, 100, 1e6], [0.2, 2, 8, 1e3, 1e7]), grid([0.5, 1, 5, 9], [0.2, 2, 7]), [0, 1], 1),
    "multigammaln": (lambda a: js.multigammaln(a, 3), multigammaln, [[1.5, 2, 3.5, 10, 100]], [[1.5, 2, 3.5, 10]], [0], 1),
    "polygamma": (lambda n, x: js.polygamma(n.astype(int), x), sp.polygamma, grid([0, 1, 2, 3, 6], [0.1, 0.5, 1, 2.5, 10, 100]),
                  grid([0, 1, 2, 3], [0.1, 0.5, 1, 2.5, 10, 100]), [1], 0),
    "zeta": (js.zeta, sp.zeta, grid([1, 1.01, 1.5, 2, 3, 10, 40], [0.1, 0.5, 1, 2.5, 30, 1e3, inf]), grid([1.5, 2, 3, 10], [0.5, 1, 2.5, 30]), [0, 1], 0),
    "gammainc": (js.gammainc, sp.gammainc, POSITIVES, POSITIVES, [0, 1], 1e-10),
    "gammainc ": (js.gammainc, sp.gammainc, EDGES, None, [], 1e-10),
    "gammaincc": (js.gammaincc, sp.gammaincc, POSITIVES, POSITIVES, [0, 1], 1e-10),
    "gammaincc ": (js.gammaincc, sp.gammaincc, EDGES, None, [], 1e-10),
    "igamma_grad_a": (jax.lax.igamma_grad_a, igamma_grad_a, POSITIVES, None, [], 1e-2),
    "hyp1f1": (None, hypergeometric(mp.hyp1f1), grid([0.5, 1, 2.5, -2, -0.5], [0.3, 1, 2.5, 9], [-150, -50, -3, -0.3, 0, 0.3, 3, 50]),
               grid([0.5, 1, 2.5, -1.5], [0.7, 3], [-3, 0.3, 3, 20]), [0, 1, 2], 0),
    # Terms of magnitude 1 and more cancel.
    "hyp1f1 ": (None, hypergeometric(mp.hyp1f1), grid([10], [0.3, 1, 2.5, 9], [-50, -3, -0.3, 0.3, 3, 50]), None, [], 1),
    "hyp2f1": (None, hypergeometric(mp.hyp2f1), grid([0.5, 1, -2, 2.5], [0.3, 2], [0.7, 1.6, 6], [-20, -3, -0.5, 0, 0.3, 0.7, 0.95]),
               grid([0.5, 1, 2.5], [0.3, 2], [0.7, 3], [-3, -0.5, 0.3, 0.7, 0.95]), [0, 1, 2, 3], 0),
    "random_gamma_grad": (jax.lax.random_gamma_grad, lambda a, x: np.asarray(jax.lax.random_gamma_grad(a, x)),
                          grid([0.1, 0.5, 1, 2.5, 10, 50], [1e-3, 0.3, 1, 2, 9, 60]), None, [], 1e-10),
    "betainc": (js.betainc, sp.betainc, grid([0.1, 1, 2.5, 30], [0.2, 1, 5, 40], [0, 0.01, 0.3, 0.5, 0.8, 0.99, 1]),
                grid([0.5, 1, 2.5, 30], [0.5, 1, 5, 40], [0.01, 0.3, 0.5, 0.8, 0.99]), [0, 1, 2], 1e-10),
    "betainc ": (js.betainc, sp.betainc, grid([-1, 0, 2, inf, nan], [-1, 0, 2, inf], [-0.5, 0, 0.5, 1, 1.5, nan]), None, [], 1e-10),
    "erfc": (js.erfc, sp.erfc, [[*REAL, 0.99, 1.01, 5, 8, 9, 20, 26, -5]], [MIDDLE], [0], 0),
    "erfcx": (js.erfcx, sp.erfcx, [[-5, -1, -0.5, 0, 0.5, 0.99, 1.01, 3, 8, 9, 20, 30, 1e3, 1e10, inf, nan]], [[-3, -1, -0.5, 0.5, 1.5, 3, 8]], [0], 0),
    "ndtr": (js.ndtr, ndtr, [[*REAL, -5, -12, -20, -37]], [MIDDLE], [0], 0),
    "log_ndtr": (js.log_ndtr, sp.log_ndtr, [[*REAL, -5, -12, -20, -37]], [MIDDLE], [0], 0),
    "ndtri": (js.ndtri, sp.ndtri, [UNIT], [INNER_UNIT], [0], 1),
    "i0": (js.i0, sp.i0, [[x for x in REAL if not 600 < abs(x)]], [MIDDLE], [0], 0),
    "i0e": (js.i0e, sp.i0e, [REAL], [MIDDLE], [0], 0),
    "i1": (js.i1, sp.i1, [[x for x in REAL if not 600 < abs(x)]], [MIDDLE], [0], 0),
    "i1e": (js.i1e, sp.i1e, [REAL], [MIDDLE], [0], 0),
    "bessel_jn": (lambda z: js.bessel_jn(z, v=3, n_iter=60), jn, [[-20, -3, -1e-6, 1e-6, 1e-3, 0.5, 1, 2.4, 5, 10, 25]],
                  [[-3, 0.5, 1, 2.4, 5, 10]], [0], 1),
    "expi": (None, sp.expi, [[*REAL, 0.3725, 3, 5, 17, 33, 65]], [[-8.5, -2.5, -0.5, -1e-3, 1e-3, 0.25, 1, 3, 5, 9, 17, 33, 65]], [0], 1),
    "exp1": (None, sp.exp1, [REAL], [INNER_POSITIVE], [0], 0),
    "expn": (None, sp.expn, grid([0, 1, 2, 3, 10, 6000], [0, 1e-3, 0.5, 0.999, 1, 1.5, 10, 80]),
             grid([2, 3, 10], [1e-3, 0.5, 0.999, 1.5, 10, 80]), [1], 0),
    "xlogy": (js.xlogy, sp.xlogy, EDGES, POSITIVES, [0, 1], 0),
    "xlog1py": (js.xlog1py, sp.xlog1py, EDGES, POSITIVES, [0, 1], 0),
    "entr": (js.entr, sp.entr, [REAL], [INNER_POSITIVE], [0], 0),
    "rel_entr": (js.rel_entr, sp.rel_entr, EDGES, POSITIVES, [0, 1], 1e-2),
    "kl_div": (js.kl_div, sp.kl_div, EDGES, POSITIVES, [0, 1], 1),
    "logit": (js.logit, sp.logit, [UNIT], [INNER_UNIT], [0], 1),
    "expit": (js.expit, sp.expit, [REAL], [MIDDLE], [0], 0),
    "sinc": (jnp.sinc, np.sinc, [[x for x in REAL if not abs(x) == inf and abs(x) < 1e3]], [[*MIDDLE, 0, 0.25, 0.3183]], [0], 1),
    "spence": (js.spence, sp.spence, [[x for x in REAL if x != inf]], [[x for x in INNER_POSITIVE if x != 1]], [0], 1),
    "dawsn": (js.dawsn, sp.dawsn, [REAL], [MIDDLE], [0], 0),
    "sici": (js.sici, lambda x: np.stack(sp.sici(x)), [[x for x in REAL if not 1e5 < abs(x) < inf]], [MIDDLE], [0], 1),
    "fresnel": (js.fresnel, lambda x: np.stack(sp.fresnel(x)), [[x for x in REAL if not 1e3 < abs(x) < inf and abs(x) != 170.5]], [MIDDLE], [0], 1),
    "owens_t": (js.owens_t, sp.owens_t, grid([0, 0.3, -1, 2.5, 5], [-3, -0.5, 0, 0.3, 1, 2, 10, inf, nan]),
                grid([0.3, -1, 2.5], [-3, -0.5, 0.3, 1, 2]), [0, 1], 1e-2),
    "boxcox": (js.boxcox, sp.boxcox, grid([1e-3, 0.5, 1, 2, 30], [-1, -1e-4, 0, 0.5, 2]), grid([0.5, 2, 30], [-1, -0.5, 0.5, 2]), [0, 1], 1),
    "boxcox1p": (js.boxcox1p, sp.boxcox1p, grid([1e-10, 0.5, 1, 2, 30], [-1, -1e-4, 0, 0.5, 2]), grid([0.5, 2, 30], [-1, -0.5, 0.5, 2]), [0, 1], 0),
    "log1mexp": (jax.nn.log1mexp, log1mexp, [[1e-30, 1e-8, 0.1, 0.69, 0.7, 1, 10, 40, 100]], [[1e-3, 0.1, 0.69, 0.7, 1, 10]], [0], 0),
    "sparse_plus": (jax.nn.sparse_plus, jax.nn.sparse_plus, [REAL], [MIDDLE], [0], 1),
    "sparse_sigmoid": (jax.nn.sparse_sigmoid, jax.nn.sparse_sigmoid, [REAL], [[x for x in MIDDLE if abs(x) != 1]], [0], 1),
}


# name: (points, parameters before `loc` and `scale`, functions)
LINE, COUNTS, CHANCES = [-7, -2, -0.5, 0, 0.3, 1, 2.5, 9], [-1, 0, 1, 2, 2.5, 5, 12], [-0.1, 0, 1e-6, 0.2, 0.5, 0.9, 1, 1.1]
ALL = "logpdf pdf cdf logcdf sf logsf"
DISTRIBUTIONS = {
    "norm": (LINE, [], f"{ALL} ppf isf"),
    "expon": (LINE, [], f"{ALL} ppf"),
    "gamma": (LINE, [[0.5, 1, 4]], ALL),
    "chi2": (LINE, [[1, 2, 5]], ALL),
    "beta": ([-0.5, 0.2, 0.3, 0.6, 0.9, 2], [[0.5, 2], [1, 3]], ALL),
    "t": (LINE, [[1, 4.5]], "logpdf pdf"),
    "cauchy": (LINE, [], f"{ALL} ppf isf"),
    "laplace": (LINE, [], "logpdf pdf cdf"),
    "logistic": (LINE, [], "logpdf pdf cdf sf ppf isf"),
    "gumbel_r": (LINE, [], f"{ALL} ppf"),
    "gumbel_l": (LINE, [], f"{ALL} ppf"),
    "pareto": ([*LINE, 1.5], [[0.7, 3]], f"{ALL} ppf"),
    "uniform": (LINE, [], "logpdf pdf cdf ppf"),
    "gennorm": (LINE, [[0.7, 2]], "logpdf pdf cdf"),
    "truncnorm": (LINE, [[-1, 0.5], [1.5, 3]], ALL),
    "vonmises": (LINE, [[0.5, 4]], "logpdf pdf"),
    "wrapcauchy": ([0.1, 1, 3, 6], [[0.2, 0.8]], "logpdf pdf"),
    "poisson": (COUNTS, [[0.5, 4]], "logpmf pmf cdf"),
    "bernoulli": ([-1, 0, 1, 2], [[0.2, 0.9]], "logpmf pmf cdf ppf"),
    "binom": (COUNTS, [[5, 20], [0.1, 0.7]], "logpmf pmf"),
    "betabinom": (COUNTS, [[5, 20], [0.5, 2], [1, 3]], "logpmf pmf"),
    "nbinom": (COUNTS, [[1, 4.5], [0.1, 0.7]], "logpmf pmf"),
    "geom": (COUNTS, [[0.1, 0.7]], "logpmf pmf"),
}


def distributions():
    table = {}
    for name, (points, parameters, functions) in DISTRIBUTIONS.items():
        for f in functions.split():
            ends = [[0.25], [1.5]]
            if name in ("vonmises", "wrapcauchy"):
                ends = []
            elif "pmf" in f or name in ("poisson", "bernoulli"):
                ends = [[0, 1]]
            xs = CHANCES if f in ("ppf", "isf") else points
            if name == "bernoulli" and f == "ppf":
                # SciPy returns -1 for 0.
                xs = [q for q in CHANCES if q != 0]
            args = grid(xs, *parameters, *ends)
            of_jax, of_scipy = getattr(getattr(jstats, name), f), getattr(getattr(sstats, name), f)
            if name == "gennorm":
                # JAX's function has neither parameter.
                args, of_jax = grid(xs, *parameters, [0], [1]), lambda x, p, loc, scale, f=of_jax: f(x, p)
            inner = args if f == "logpdf" else None
            if name == "bernoulli" and f in ("cdf", "ppf"):
                args, of_jax = grid(xs, *parameters, [0]), lambda x, p, loc, f=of_jax: f(x, p)
            table[f"{name}.{f}"] = (of_jax, of_scipy, args, inner, [0] if inner else [], 1 if "log" in f or f in ("ppf", "isf") else 1e-10)
    return table


# The functions that need more than 32 roundings (times four for each derivative), by function, kind, argument and
# dtype: rune's error in roundings, and a quarter more. The causes:
# - beta, comb, factorial, gamma, poch: the exponential of a logarithm, which multiplies the error by its magnitude. JAX
#   does the same: gamma 702 roundings of f64 at 170, factorial 477, comb 133 of f32, poch 35.
# - betabinom.pmf, binom.pmf, betainc, beta.sf: logarithms of beta functions, of magnitude 50, in the exponent. JAX:
#   betainc 490 roundings of f32.
# - gammaincc at (0.5, 1), chi2.sf, gamma.sf: the continued fraction converges slowly if x is 1; JAX: 110. gennorm.cdf:
#   the difference of two such fractions; JAX: 942.
# - dawsn and expit: 1 - 2xy and y (1 - y) cancel if x is 9. JAX is similar: 5014, 881 and 2969.
# - hyp1f1 at (10, 0.3, -3): the sum alternates. JAX: the same sum without Kummer's transformation.
# - log_ndtr at 10: the exponent of the density.
MEASURED = {
    ('beta', 'derivative 1', 1, 'f32'): 197,
    ('beta', 'derivative 1', 1, 'f64'): 328,
    ('beta', 'value', 0, 'f32'): 192,
    ('beta', 'value', 0, 'f64'): 73,
    ('beta.sf', 'value', 0, 'f32'): 42,
    ('betabinom.pmf', 'value', 0, 'f32'): 59,
    ('betabinom.pmf', 'value', 0, 'f64'): 85,
    ('betainc', 'value', 0, 'f32'): 110,
    ('binom.pmf', 'value', 0, 'f32'): 40,
    ('chi2.logsf', 'value', 0, 'f64'): 59,
    ('chi2.sf', 'value', 0, 'f64'): 88,
    ('comb', 'value', 0, 'f32'): 59,
    ('dawsn', 'derivative 2', 0, 'f32'): 6268,
    ('expit', 'derivative 1', 0, 'f32'): 1101,
    ('expit', 'derivative 1', 0, 'f64'): 3712,
    ('expit', 'derivative 2', 0, 'f32'): 1101,
    ('expit', 'derivative 2', 0, 'f64'): 3710,
    ('factorial', 'value', 0, 'f64'): 596,
    ('gamma', 'derivative 1', 0, 'f64'): 707,
    ('gamma', 'derivative 2', 0, 'f64'): 708,
    ('gamma', 'value', 0, 'f32'): 39,
    ('gamma', 'value', 0, 'f64'): 878,
    ('gamma.logsf', 'value', 0, 'f64'): 41,
    ('gamma.sf', 'value', 0, 'f64'): 47,
    ('gammaincc', 'value', 0, 'f64'): 146,
    ('gennorm.cdf', 'value', 0, 'f32'): 49,
    ('gennorm.cdf', 'value', 0, 'f64'): 1178,
    ('hyp1f1', 'value', 0, 'f32'): 51,
    ('log_ndtr', 'value', 0, 'f64'): 40,
    ('poch', 'value', 0, 'f64'): 44,
}

# The functions whose derivatives come from mpmath with 40 digits, because JAX's are inaccurate or take minutes to
# compile. All other derivatives are JAX's.
EXACT = {
    "gammaln": lambda x: mp.log(abs(mp.gamma(x))),
    "loggamma": mp.loggamma,
    "digamma": lambda x: mp.psi(0, x),
    "gamma": mp.gamma,
    "poch": mp.rf,
    "beta": mp.beta,
    "betaln": lambda a, b: mp.log(mp.beta(a, b)),
    "gammainc": lambda a, x: mp.gammainc(a, 0, x, regularized=True),
    "gammaincc": lambda a, x: mp.gammainc(a, x, mp.inf, regularized=True),
    "hyp1f1": mp.hyp1f1,
    "hyp2f1": mp.hyp2f1,
    "betainc": lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True),
    "erfcx": lambda x: mp.exp(x**2) * mp.erfc(x),
    "log_ndtr": lambda x: mp.log(mp.ncdf(x)),
    "i0": lambda x: mp.besseli(0, x),
    "i1": lambda x: mp.besseli(1, x),
    "i0e": lambda x: mp.besseli(0, x) * mp.exp(-abs(x)),
    "i1e": lambda x: mp.besseli(1, x) * mp.exp(-abs(x)),
    "bessel_jn": [lambda x, k=k: mp.besselj(k, x) for k in range(4)],
    "expi": mp.ei,
    "exp1": mp.e1,
    "expn": lambda n, x: mp.expint(int(n), x),
    "expit": lambda x: 1 / (1 + mp.exp(-x)),
    "sinc": mp.sincpi,
    "spence": lambda x: mp.polylog(2, 1 - x),
    "sici": [mp.si, lambda x: mp.ci(abs(x))],
    "fresnel": [mp.fresnels, mp.fresnelc],
}


# The magnitude of the terms that cancel in a derivative. The error of the derivative is relative to it.
CANCELS = {"poch": 1, "gammainc": 1e-2, "gammaincc": 1e-2, "erfcx": 1, "i0": 1, "i1": 1, "i0e": 1, "i1e": 1}


def exact(name, by, order, xs):
    """Returns derivatives of mpmath's functions. Several results are stacked along a first axis."""
    functions = EXACT[name] if isinstance(EXACT[name], list) else [EXACT[name]]
    rows = []
    for f in functions:
        row = []
        for point in zip(*xs):
            point = [mp.mpf(float(x)) for x in point]
            value = mp.diff(lambda x: mp.re(f(*point[:by], x, *point[by + 1:])), point[by], order)
            row.append(float(value))
        rows.append(row)
    return np.array(rows if len(rows) > 1 else rows[0])


def stacked(y):
    return np.stack([np.asarray(part) for part in y]) if isinstance(y, tuple) else np.asarray(y)


def padded(f, xs):
    """Returns `f` of the points. Pads the arrays to a multiple of 64, so that JAX compiles each operation only a few
    times."""
    n = len(xs[0])
    size = -n % 64
    return stacked(f(*[jnp.asarray(np.concatenate([x, np.repeat(x[-1:], size)])) for x in xs]))[..., :n]


def unlike(found, truth):
    """Returns where two arrays differ and at least one element is not finite."""
    both = np.isfinite(found) & np.isfinite(truth)
    return ~(both | (np.isnan(found) & np.isnan(truth)) | (found == truth))


def allowed(name, order, by, dtype):
    """Returns the allowed error."""
    kind = f"derivative {order}" if order else "value"
    return MEASURED.get((name, kind, by, NAMES[np.dtype(dtype).name]), 32 * 4**order) * float(np.finfo(dtype).eps)


def write(file, functions, only):
    lines, report = [], []
    functions = {name: row for name, row in functions.items() if not only or name.strip() in only}
    for name, (of_jax, of_scipy, points, inner, by, floor) in functions.items():
        name = name.strip()
        print(name, flush=True)
        value_floor = floor
        for dtype in (np.float32, np.float64):
            floor = value_floor
            eps = float(np.finfo(dtype).eps)
            xs = [np.asarray(x, dtype) for x in points]
            with np.errstate(all="ignore"):
                truth = stacked(of_scipy(*[x.astype(np.float64) for x in xs]))
            if dtype == np.float32:
                truth = np.where(np.abs(truth) < 1e-37, 0, truth).astype(dtype)
            mine = truth if of_jax is None else padded(of_jax, xs)
            strange = unlike(mine, truth)
            for place in np.argwhere(strange):
                at = [float(x[place[-1]]) for x in xs]
                report.append(f"{name} {dtype.__name__} at {at}: SciPy {truth[tuple(place)]}, JAX {mine[tuple(place)]}")
            tol = allowed(name, 0, 0, dtype)
            lines.append(dict(fn=name, kind="value", **{"in": [array(x) for x in xs]}, out=[array(truth)], tol=tol, floor=floor))
            if inner is None:
                continue
            floor = max(floor, CANCELS.get(name, 0))
            xs = [np.asarray(x, dtype) for x in inner]
            wide = [x.astype(np.float64) for x in xs]
            for i in by:
                def nth(f, order, i=i):
                    for _ in range(order):
                        f = (lambda f: lambda *xs: jax.jvp(lambda x: f(*xs[:i], x, *xs[i + 1:]), (xs[i],), (jnp.ones_like(xs[i]),))[1])(f)
                    return f
                flat = lambda *xs: jnp.stack(y) if isinstance(y := of_jax(*xs), tuple) else y  # noqa: E731
                for order in (1, 2) if file == "special.jsonl" else (1,):
                    if of_jax is None:
                        expected = exact(name, i, order, wide).astype(dtype)
                        lines.append(dict(fn=name, kind=f"derivative {order}", by=i, **{"in": [array(x) for x in xs]}, out=[array(expected)], tol=allowed(name, order, i, dtype), floor=floor))
                        continue
                    if name == "betainc" and i < 2 or name.startswith("gammainc") and i == 0 and order == 2:
                        # JAX has no such derivative. Logarithms of x and functions of the parameter cancel.
                        expected = exact(name, i, order, wide).astype(dtype)
                        lines.append(dict(fn=name, kind=f"derivative {order}", by=i, **{"in": [array(x) for x in xs]}, out=[array(expected)], tol=allowed(name, order, i, dtype), floor=max(floor, 10.0 ** (order - 3))))
                        continue
                    try:
                        found = padded(nth(flat, order), xs)
                        if name in EXACT:
                            expected = exact(name, i, order, wide)
                        else:
                            expected = found if dtype == np.float64 else padded(nth(flat, order), wide)
                    except Exception as problem:
                        report.append(f"{name} by {i}, order {order}: {type(problem).__name__} {str(problem)[:80]}")
                        continue
                    keep = np.isfinite(expected)
                    if dtype == np.float32:
                        keep &= np.abs(expected) < 1e30
                    for place in np.argwhere(~np.isfinite(expected)):
                        report.append(f"{name} by {i}, order {order} at {[float(x[place[-1]]) for x in xs]}: JAX {expected[tuple(place)]}")
                    keep = keep.reshape(-1, keep.shape[-1]).all(0)
                    expected = expected[..., keep].astype(dtype)
                    tol = allowed(name, order, i, dtype)
                    lines.append(dict(fn=name, kind=f"derivative {order}", by=i, **{"in": [array(x[keep]) for x in xs]}, out=[array(expected)], tol=tol, floor=floor))
    written = [json.dumps(line, separators=(",", ":")) for line in lines]
    if only:
        kept = TRACE_DATA.joinpath(file).read_text().splitlines()
        written = [line for line in kept if json.loads(line)["fn"] not in only] + written
    TRACE_DATA.joinpath(file).write_text("".join(line + "\n" for line in written))
    print("\n".join(report))
    print(f"{file}: {len(lines)} cases")


def main(*names):
    chosen = [name for name in names if name in ("special", "stats")] or ["special", "stats"]
    only = {name for name in names if name not in ("special", "stats")}
    if "special" in chosen:
        write("special.jsonl", FUNCTIONS, only)
    if "stats" in chosen:
        write("stats.jsonl", distributions(), only)
