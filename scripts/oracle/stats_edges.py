"""Writes stats_edges.jsonl of rune-trace: distributions outside of their support, at its ends, at infinities and at NaN, with the values and derivatives of JAX.

    .venv/bin/python scripts/vectors stats-edges      (needs jax 0.10.2)

Lines have the format of special.jsonl; each holds all elements of one function, in f64.
"""

import json
import warnings

import jax
import jax.numpy as jnp
import jax.scipy.stats as stats
import numpy as np

from .common import TRACE_DATA, array

inf, nan = np.inf, np.nan
# Points of the standard distribution.
LINE = np.array([-inf, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, inf, nan])
COUNTS = np.array([-inf, -1, 0, 1, 2, 3, 4, inf, nan])
CHANCES = [-inf, -0.5, 0, 0.25, 0.5, 1, 1.5, inf, nan]
ENDS = [[0.5], [2]]
ALL = "logpdf pdf cdf logcdf sf logsf"
# name: (points, parameters without location and scale, functions)
CONTINUOUS = {
    "norm": (LINE, [], f"{ALL} ppf isf"),
    "expon": (LINE, [], f"{ALL} ppf"),
    "gamma": (LINE, [[0.5, 1, 2]], ALL),
    "chi2": (LINE, [[1, 2, 3]], ALL),
    "beta": (LINE, [[0.5, 1, 2], [0.5, 1, 3]], ALL),
    "t": (LINE, [[0.5, 1, 3]], "logpdf pdf"),
    "cauchy": (LINE, [], f"{ALL} ppf isf"),
    "laplace": (LINE, [], "logpdf pdf cdf"),
    "logistic": (LINE, [], "logpdf pdf cdf sf ppf isf"),
    "gumbel_r": (LINE, [], f"{ALL} ppf"),
    "gumbel_l": (LINE, [], f"{ALL} ppf"),
    "pareto": (LINE, [[0.5, 1, 2]], f"{ALL} ppf"),
    "uniform": (LINE, [], "logpdf pdf cdf ppf"),
    "truncnorm": (LINE, [[-1, 0], [0.5, 2]], ALL),
}
# These have neither location nor scale in JAX.
STANDARD = {
    "gennorm": (LINE, [[0.5, 1, 2]], "logpdf pdf cdf"),
    "vonmises": (LINE, [[0.5, 2]], "logpdf pdf"),
    "wrapcauchy": ([*LINE, 7], [[0, 0.5, 1]], "logpdf pdf"),
}
DISCRETE = {
    "poisson": ([[0, 0.5, 2]], "logpmf pmf cdf"),
    "bernoulli": ([[0, 0.25, 1]], "logpmf pmf"),
    "binom": ([[0, 1, 3], [0, 0.25, 1]], "logpmf pmf"),
    "betabinom": ([[0, 1, 3], [0.5, 1], [1, 2]], "logpmf pmf"),
    "nbinom": ([[0.5, 1, 2], [0, 0.25, 1]], "logpmf pmf"),
    "geom": ([[0, 0.25, 1]], "logpmf pmf"),
}


def cases():
    """Returns the distributions, their functions, JAX's functions and the points along each axis."""
    quantile = lambda f: f in ("ppf", "isf")
    for name, (points, parameters, functions) in CONTINUOUS.items():
        for f in functions.split():
            yield name, f, getattr(getattr(stats, name), f), [CHANCES if quantile(f) else 0.5 + 2 * points, *parameters, *ENDS]
    for name, (points, parameters, functions) in STANDARD.items():
        for f in functions.split():
            yield name, f, getattr(getattr(stats, name), f), [points, *parameters]
    for name, (parameters, functions) in DISCRETE.items():
        for f in functions.split():
            yield name, f, getattr(getattr(stats, name), f), [COUNTS + 1, *parameters, [1]]
    # Nor have these a location.
    for f, points in (("cdf", COUNTS), ("ppf", CHANCES)):
        yield "bernoulli", f, lambda x, p, loc, f=getattr(stats.bernoulli, f): f(x, p), [points, [0, 0.25, 1], [0]]


def compared(name, f, by, inputs, y):
    """Returns where JAX's results are compared. `by` is the argument of a derivative, or None for the value.

    JAX's results are not compared where they are NaN although the arguments are not, or are not NaN although an argument
    is; nor its quantiles of numbers that are no probabilities.
    """
    x, missing = inputs[0], np.any(np.isnan(inputs), 0)
    if by is None:
        keep = missing == np.isnan(y)
        return keep & ((0 <= x) & (x <= 1) | missing if name == "cauchy" and f in ("ppf", "isf") else True)
    keep = ~missing & ~np.isnan(y)
    if f in ("ppf", "isf"):
        return keep & (0 < x) & (x < 1)
    if name in ("gamma", "chi2") and f in ("cdf", "logcdf", "sf", "logsf"):
        # JAX's derivatives of incomplete gamma functions are 0 at 0.
        keep &= x != 0.5
    return keep


def main(*only):
    warnings.simplefilter("ignore")
    lines = []
    for name, f, of_jax, axes in cases():
        if only and name not in only:
            continue
        inputs = [x.ravel() for x in np.meshgrid(*[np.array(a, float) for a in axes], indexing="ij")]
        given, shown = inputs, inputs
        if name == "gennorm":
            shown = [*inputs, np.zeros_like(inputs[0]), np.ones_like(inputs[0])]
        print(name, f, flush=True)

        def add(kind, by, y):
            keep = compared(name, f, by, np.array(given), np.asarray(y))
            if keep.any():
                line = dict(fn=f"{name}.{f}", kind=kind, by=by or 0, **{"in": [array(x[keep]) for x in shown]}, out=[array(y[keep])])
                lines.append(json.dumps(line | dict(tol=1e-11, floor=1e-3), separators=(",", ":")))

        add("value", None, of_jax(*given))
        # A count has no derivative.
        discrete = name in DISCRETE
        for by in range(1, len(given) - 1) if discrete else range(len(given)):
            try:
                add("derivative 1", by, jax.grad(lambda *xs: jnp.sum(of_jax(*xs)), by)(*map(jnp.asarray, given)))
            except (TypeError, ValueError) as error:
                # The shapes of incomplete beta functions, and some that an error of JAX prevents.
                print(f"{name}.{f} has no derivative with respect to argument {by}: {str(error).splitlines()[0][:90]}")
    (TRACE_DATA / "stats_edges.jsonl").write_text("\n".join(lines) + "\n")
