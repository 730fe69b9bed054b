"""Writes custom.jsonl of rune-trace: functions with custom derivative rules, with the results of JAX.

    .venv/bin/python scripts/vectors custom      (needs jax 0.10.2)

The functions are those of `rune-testing/src/custom.rs`, by name. Each takes a vector `x` and a number `y` and returns a
vector or a number. Each line of JSON is one function: `name`, and for each transformation the numbers of all its
results. Tangents are `((7 (i + 3k) mod 11) - 5) / 4` and cotangents `((i mod 5) + 1) / 2`, so that a permuted result is
detected.
"""

import jax
import jax.numpy as jnp
import numpy as np

from .common import TRACE_DATA, cotangent, tangent, write_lines

X = jnp.array([0.7, -0.4, 1.1])
Y = jnp.array(0.6)
XS = jnp.array([[0.7, -0.4, 1.1], [-1.3, 0.2, 0.5]])
YS = jnp.array([0.6, -1.7])


@jax.custom_jvp
def log1pexp_(x):
    return jnp.log1p(jnp.exp(x))


@log1pexp_.defjvp
def _(primals, tangents):
    (x,), (dx,) = primals, tangents
    return jnp.log1p(jnp.exp(x)), (1 - 1 / (1 + jnp.exp(x))) * dx


def log1pexp(x, y):
    return log1pexp_(x) * y


@jax.custom_jvp
def by_result_(x, y):
    return jnp.log1p(jnp.exp(x * y))


by_result_.defjvps(lambda dx, z, x, y: (1 - jnp.exp(-z)) * dx * y, lambda dy, z, x, y: (1 - jnp.exp(-z)) * dy * x)


def by_result(x, y):
    return by_result_(x, jnp.broadcast_to(y, x.shape)) * x


@jax.custom_jvp
def safe_norm_(x):
    return jnp.sqrt(jnp.sum(x * x))


@safe_norm_.defjvp
def _(primals, tangents):
    (x,), (dx,) = primals, tangents
    n = jnp.sqrt(jnp.sum(x * x))
    return n, jnp.where(n == 0, 0, jnp.sum(x * dx) / jnp.where(n == 0, 1, n))


def safe_norm(x, y):
    return safe_norm_(x * y)


@jax.custom_jvp
def straight_through_(x):
    return jnp.round(x)


straight_through_.defjvps(lambda dx, _, x: dx)


def straight_through(x, y):
    return straight_through_(x * 3 * y) * x


def pair_plain(x, p):
    y, n = p
    return x * y, (jnp.sin(x), n + 1)


pair_ = jax.custom_jvp(pair_plain)


@pair_.defjvp
def _(primals, tangents):
    (x, (y, n)), (dx, (dy, _)) = primals, tangents
    return pair_plain(x, (y, n)), (2 * dx * y + 3 * x * dy * n, (5 * dx * x, np.zeros((), jax.dtypes.float0)))


def pair(x, y):
    a, (b, n) = pair_(x, (y, jnp.int32(4)))
    return a + b * n


@jax.custom_jvp
def thrice_(x):
    return 3 * x


thrice_.defjvps(lambda dx, _, x: 3 * dx)


@jax.custom_jvp
def nested_(x, y):
    return jnp.sin(x) * y


@nested_.defjvp
def _(primals, tangents):
    (x, y), (dx, dy) = primals, tangents
    return log1pexp_(x) * y, log1pexp_(x * y) * dx + jnp.sin(x) * thrice_(dy)


def nested(x, y):
    return nested_(x * x, y)


@jax.custom_vjp
def clip_(x, low, high):
    return x


clip_.defvjp(lambda x, low, high: (x, (low, high)), lambda r, ct: (jnp.clip(ct, *r), None, None))


def clip(x, y):
    return clip_(x, -y * y, y * y) * x * y


@jax.custom_vjp
def reversal_(x):
    return x


reversal_.defvjp(lambda x: (x, None), lambda _, ct: (-0.5 * ct,))


def reversal(x, y):
    return reversal_(x * y) * x


def newton(a, z):
    for _ in range(20):
        z = (z + a / z) / 2
    return z


@jax.custom_vjp
def fixed_point_(p):
    return newton(*p)


def fixed_point_fwd(p):
    z = newton(*p)
    return z, (z, p[1])


fixed_point_.defvjp(fixed_point_fwd, lambda r, ct: ((ct / (2 * r[0]), jnp.zeros_like(r[1])),))


def fixed_point(x, y):
    return fixed_point_((x * x + y * y, 1.0 + x * x))


def many_plain(x, p):
    y, n = p
    return x * y, n + 1, jnp.sin(y)


many_ = jax.custom_vjp(many_plain)
many_.defvjp(
    lambda x, p: (many_plain(x, p), (x, [p])),
    lambda r, ct: (
        2 * ct[0] * r[1][0][0] + jnp.cos(r[0]) * ct[2],
        (3 * jnp.sum(ct[0] * r[0]) + 5 * ct[2] * r[1][0][1], np.zeros((), jax.dtypes.float0)),
    ),
)


def many(x, y):
    a, n, b = many_(x, (y, jnp.int32(4)))
    return a * n + b


@jax.custom_vjp
def inside_(x):
    return jnp.sin(x)


inside_.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (log1pexp_(x) * ct,))


def outside_plain(x, y):
    return inside_(x) * y


outside_ = jax.custom_vjp(outside_plain)
outside_.defvjp(lambda x, y: (outside_plain(x, y), (x, y)), lambda r, ct: (inside_(r[0]) * ct, jnp.sum(reversal_(ct) * r[1])))


def vjp_in_vjp(x, y):
    return outside_(x * y, y)


JVP = [log1pexp, by_result, safe_norm, straight_through, pair, nested]
VJP = [clip, reversal, fixed_point, many, vjp_in_vjp]


def weighted(f):
    def g(*args):
        z = f(*args)
        return jnp.sum(z * cotangent(0, z.shape, z.dtype))

    return g


def lanes(f):
    """Maps `f` over `x` alone, like `jax.vmap` but by a loop. No custom rule then has to sum a cotangent over lanes."""
    return lambda xs, y: jnp.stack([f(x, y) for x in xs])


def row(f):
    g = jax.grad(weighted(f), (0, 1))
    by_x = jax.grad(weighted(f))
    wide = lanes(f)
    both = (0, 1)
    found = {
        "value": f(X, Y),
        "grad": g(X, Y),
        "grad_grad": jax.grad(weighted(by_x), both)(X, Y),
        "grad_grad_grad": jax.grad(weighted(jax.grad(weighted(by_x))), both)(X, Y),
        "vmap": jax.vmap(f)(XS, YS),
        "vmap_grad": jax.vmap(g)(XS, YS),
        "vmap_x_grad": [jnp.stack(z) for z in zip(*[g(x, Y) for x in XS])],
        "grad_vmap_x": jax.grad(weighted(wide), both)(XS, Y),
        "grad_grad_vmap_x": jax.grad(weighted(jax.grad(weighted(wide))), both)(XS, Y),
    }
    if f is not vjp_in_vjp:
        found["hvp"] = jax.jvp(g, (X, Y), (tangent(0, X.shape, X.dtype), tangent(1, Y.shape, Y.dtype)))[1]
    if f in JVP:
        found["jvp"] = jax.jvp(f, (X, Y), (tangent(0, X.shape, X.dtype), tangent(1, Y.shape, Y.dtype)))
        found["jvp_vmap_x"] = jax.jvp(wide, (XS, Y), (tangent(0, XS.shape, XS.dtype), tangent(1, Y.shape, Y.dtype)))
    flat = {k: [float(z) for leaf in jax.tree.leaves(v) for z in np.ravel(leaf)] for k, v in found.items()}
    return {"name": f.__name__, **flat}


def main():
    write_lines(TRACE_DATA / "custom.jsonl", [row(f) for f in JVP + VJP])
