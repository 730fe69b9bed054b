"""Writes distributions.jsonl of rune-trace: random numbers of each distribution of `random`, as JAX draws them.

    .venv/bin/python scripts/vectors distributions      (needs jax 0.10.2)

Cases have the format of `scripts/vectors array-fns`: `args` holds the seed, the shape and the dtype, `in` the
parameters. `tol` allows a dozen roundings of the dtype: the algorithms are JAX's, step by step, but XLA fuses some
products and sums into one rounding. Numbers of f32 are those that JAX draws without x64.
"""

import jax
import jax.numpy as jnp
import numpy as np

from .common import NAMES, TRACE_DATA, array, write_lines

r = jax.random


def main():
    lines = []
    shape = (4, 8)
    a = np.array([0.05, 0.3, 0.9, 1, 1.5, 3, 20, 1000])
    b = np.array([[0.2], [1], [2.5], [40]])
    for dtype in (np.float32, np.float64):
        tol = 16 * float(np.finfo(dtype).eps)

        def add(name, f, *parameters, out_tol=tol, shape=shape, dtype=dtype, **args):
            parameters = [np.asarray(p, dtype) for p in parameters]
            for seed in (0, 7):
                with jax.enable_x64(dtype == np.float64):
                    y = f(r.key(seed), *parameters)
                args = dict(seed=seed, shape=list(shape), dtype=NAMES[np.dtype(dtype).name], **{k: v for k, v in args.items() if k not in ("seed", "shape", "dtype")})
                print(name, flush=True)
                lines.append(dict(fn=name, args=args, **{"in": [array(p) for p in parameters]}, out=[array(y)], tol=out_tol))

        s = dict(shape=shape, dtype=dtype)
        loose = 16 * tol
        add("gamma", lambda k, a: r.gamma(k, a, **s), a)
        add("loggamma", lambda k, a: r.loggamma(k, a, **s), a, out_tol=loose)
        add("gamma_grad", lambda k, a: jax.grad(lambda a: r.gamma(k, a, **s).sum())(jnp.broadcast_to(a, shape)), a, out_tol=loose)
        add("beta", lambda k, a, b: r.beta(k, a, b, **s), a, b, out_tol=loose)
        add("dirichlet", lambda k, a: r.dirichlet(k, a, (5,), dtype), a[1:], shape=(5,), out_tol=loose)
        add("chisquare", lambda k, a: r.chisquare(k, a, **s), a, out_tol=loose)
        add("f", lambda k, a, b: r.f(k, a, b, **s), np.broadcast_to(a + 1, shape), np.broadcast_to(b + 1, shape), out_tol=loose)
        add("t", lambda k, a: r.t(k, a, **s), a, out_tol=loose)
        add("generalized_normal", lambda k, p: r.generalized_normal(k, p, **s), 1.5, out_tol=loose)
        add("ball", lambda k: r.ball(k, 3, 2.0, (6,), dtype), shape=(6,), out_tol=loose)
        add("cauchy", lambda k: r.cauchy(k, **s), out_tol=loose)
        add("logistic", lambda k: r.logistic(k, **s), out_tol="near")
        add("lognormal", lambda k, a: r.lognormal(k, a, **s), np.minimum(a, 3), out_tol=loose)
        add("pareto", lambda k, a: r.pareto(k, a, **s), a + 0.5, out_tol=loose)
        add("rayleigh", lambda k, a: r.rayleigh(k, a, **s), a)
        add("maxwell", lambda k: r.maxwell(k, **s))
        add("double_sided_maxwell", lambda k: r.double_sided_maxwell(k, 0.5, 2.0, **s), out_tol=loose)
        add("triangular", lambda k, m: r.triangular(k, 0.0, m, 1.0, **s), np.linspace(0, 1, 8), out_tol=loose)
        add("wald", lambda k, a: r.wald(k, a, **s), np.minimum(a, 3), out_tol=1e-4 if dtype == np.float32 else 1e-12)
        add("weibull_min", lambda k, a: r.weibull_min(k, 2.0, a, **s), a + 0.5, out_tol=loose)
        add("rademacher", lambda k: r.rademacher(k, shape, dtype))
        mean, root = np.array([1.0, -2, 0.5]), np.array([[1, 0, 0], [0.5, 2, 0], [-0.3, 0.2, 0.7]])
        add("multivariate_normal", lambda k, m, c: r.multivariate_normal(k, m, c, (5,), dtype), mean, root @ root.T, shape=(5,), out_tol=loose)
        for n, m in ((3, 3), (2, 4), (4, 2)):
            add("orthogonal", lambda k: r.orthogonal(k, n, (2,), dtype, m), shape=(2,), n=n, m=m, out_tol=loose)
        rates = np.array([0, 0.3, 1, 5, 9.9, 10, 30, 1e4])
        add("poisson", lambda k, x: r.poisson(k, x, shape, np.int32), rates) if dtype == np.float32 else None
        probabilities = np.array([0, 1e-3, 0.1, 0.3, 0.5, 0.7, 0.99, 1])
        counts = np.array([[0], [7], [100], [20000]])
        add("binomial", lambda k, n, p: r.binomial(k, n, p, shape, dtype), counts, probabilities)
        add("geometric", lambda k, p: r.geometric(k, p, shape, np.int32), np.maximum(probabilities, 0.01)[:7].repeat(2)[:8])
        add("multinomial", lambda k, p: r.multinomial(k, dtype(100), p), [[0.15, 0.2, 0.25, 0.4], [0, 0.5, 0.5, 0]], shape=())
        # The derivatives of draws with respect to the parameters, for the weighted sum.
        def add_grad(name, f, *parameters, shape=shape, out_tol=16 * loose):
            parameters = [np.asarray(p, dtype) for p in parameters]
            for seed in (0, 7):
                with jax.enable_x64(dtype == np.float64):
                    def loss(*parameters):
                        y = f(r.key(seed), *parameters)
                        return jnp.sum(y * jnp.cos(jnp.arange(y.size, dtype=dtype)).reshape(y.shape))

                    out = jax.grad(loss, tuple(range(len(parameters))))(*map(jnp.asarray, parameters))
                args = dict(seed=seed, shape=list(shape), dtype=NAMES[np.dtype(dtype).name])
                print(name, flush=True)
                lines.append(dict(fn=f"grad of {name}", args=args, **{"in": [array(p) for p in parameters]}, out=[array(y) for y in out], tol=out_tol))

        add_grad("gamma", lambda k, a: r.gamma(k, a, **s), a)
        # JAX's is off where the exponential of the logarithm underflows.
        add_grad("loggamma", lambda k, a: r.loggamma(k, a, **s), np.maximum(a, 0.3))
        full = lambda x: np.broadcast_to(x, shape)  # noqa: E731
        add_grad("beta", lambda k, a, b: r.beta(k, a, b, **s), full(a + 0.2), full(b))
        add_grad("dirichlet", lambda k, a: r.dirichlet(k, a, (5,), dtype), a[1:], shape=(5,))
        add_grad("chisquare", lambda k, a: r.chisquare(k, a, **s), full(a + 0.5))
        # The derivatives of a number and of its divisor cancel in part.
        add_grad("f", lambda k, a, b: r.f(k, a, b, **s), full(np.minimum(a, 3) + 1), full(np.minimum(b, 3) + 1), out_tol=64 * loose)
        add_grad("t", lambda k, a: r.t(k, a, **s), full(np.minimum(a, 20) + 0.5))
        add_grad("generalized_normal", lambda k, p: r.generalized_normal(k, p, **s), 1.5)
        add_grad("lognormal", lambda k, a: r.lognormal(k, a, **s), np.minimum(a, 3))
        add_grad("pareto", lambda k, a: r.pareto(k, a, **s), a + 0.5)
        add_grad("rayleigh", lambda k, a: r.rayleigh(k, a, **s), a)
        add_grad("double_sided_maxwell", lambda k, m, w: r.double_sided_maxwell(k, m, w, **s), 0.5, 2.0)
        add_grad("triangular", lambda k, low, m, high: r.triangular(k, low, m, high, **s), b - 1, b + np.linspace(0.1, 1, 8), b + 2)
        add_grad("wald", lambda k, a: r.wald(k, a, **s), full(np.minimum(a, 3) + 0.2))
        add_grad("weibull_min", lambda k, w, a: r.weibull_min(k, w, a, **s), b, a + 0.5)
        add_grad("uniform", lambda k, low, high: r.uniform(k, shape, dtype, low, high), full(-b), full(a))
        add_grad("truncated_normal", lambda k, low, high: r.truncated_normal(k, low, high, **s), full(-b), full(np.minimum(a, 3)))
        add_grad("multivariate_normal", lambda k, m, c: r.multivariate_normal(k, m, c, (5,), dtype), mean, root @ root.T, shape=(5,))
        # JAX's `shape` includes the classes.
        draws, classes = [[100], [7], [20000]], [[0.15, 0.2, 0.25, 0.4], [0, 0.5, 0.5, 0]]
        add("multinomial_with", lambda k, n, p: r.multinomial(k, n, p, shape=(3, 2, 4)), draws, classes, shape=(3, 2), out_tol=0)
        add("multinomial_with", lambda k, n, p: r.multinomial(k, n, p, shape=(2, 3, 4)), 50, classes[0], shape=(2, 3), out_tol=0)
    write_lines(TRACE_DATA / "distributions.jsonl", lines)
