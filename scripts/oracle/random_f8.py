"""Writes random_f8.jsonl of rune-trace: random numbers of 8-bit floats, as JAX draws them.

    .venv/bin/python scripts/vectors random-f8      (needs jax 0.10.2)

Cases have the format of `scripts/vectors array-fns`, without a tolerance: all numbers are JAX's, bit for bit. Absent are
the distributions that rune computes in f32, because JAX rounds each step to 8 bits.
"""

import jax
import jax.numpy as jnp
import numpy as np

from .common import NAMES, Cases

r = jax.random


def main():
    cases = Cases()
    shape = (40,)
    for dtype in (jnp.float8_e4m3fn, jnp.float8_e5m2):
        name = NAMES[np.dtype(dtype).name]
        half, two = np.asarray(0.5, dtype), np.asarray(2, dtype)

        def add(fn, f, *parameters, **args):
            for seed in (0, 7):
                y = np.asarray(f(r.key(seed), *parameters))
                cases.add(fn, {"seed": seed, "shape": list(shape), "dtype": name, **args}, parameters, y, 0)

        s = dict(shape=shape, dtype=dtype)
        add("uniform", lambda k: r.uniform(k, **s), low=0, high=1)
        add("uniform", lambda k: r.uniform(k, minval=-3, maxval=0.75, **s), low=-3, high=0.75)
        for fn in ("normal", "gumbel", "exponential", "laplace", "cauchy", "logistic", "rademacher"):
            add(fn, lambda k, f=getattr(r, fn): f(k, **s))
        if dtype == jnp.float8_e5m2:
            # Without infinities, JAX's limits are NaN.
            add("truncated_normal", lambda k: r.truncated_normal(k, -2, 0.5, **s), low=-2, high=0.5)
        for fn in ("lognormal", "pareto", "rayleigh", "wald"):
            add(fn, lambda k, p, f=getattr(r, fn): f(k, p, **s), two)
        add("weibull_min", lambda k, p: r.weibull_min(k, 2.0, p, **s), two)
        add("triangular", lambda k, p: r.triangular(k, 0.0, p, 1.0, **s), half)
        add("bernoulli_of", lambda k, p: r.bernoulli(k, p, shape), half)
        add("geometric", lambda k, p: r.geometric(k, p, shape, np.int32), half)
        add("poisson", lambda k, p: r.poisson(k, p, shape, np.int32), two)
    cases.write("random_f8.jsonl")
