"""Factors of matrices that rune has no operation for, as JAX functions of simpler primitives.

The functions take single matrices, and `batched` extends them.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax._src.lax import linalg

from .writer import NotConverted


def batched(f, axes):
    """Extends a function of arrays of `axes` axes to batches."""

    def many(*xs, **params):
        g = lambda *xs: f(*xs, **params)
        for _ in range(xs[0].ndim - axes):
            g = jax.vmap(g)
        return g(*xs)

    return many


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


def tridiagonal_solve(dl, d, du, b, perturb_singular=False, **_):
    """The algorithm of LAPACK's `gtsv`."""
    if perturb_singular:
        raise NotConverted("`tridiagonal_solve` that perturbs singular matrices is not converted")

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


def squares(x):
    return jnp.real(x) ** 2 + jnp.imag(x) ** 2 if jnp.iscomplexobj(x) else x * x


def reflections(a, count, offset=0, order=None):
    """Eliminates `count` columns below the pivots, which are `offset` rows below the diagonal, by reflections 1 - τ v vᴴ.
    With an `offset`, they also act from the right. With `order`, the column of greatest norm comes next."""
    m, n = a.shape
    rows, cols, every = jnp.arange(m), jnp.arange(n), jnp.arange(count)

    def step(carry, j):
        a, taus, order = carry
        pivot = j + offset
        if order is not None:
            norms = jnp.where(cols >= j, jnp.sum(jnp.where((rows >= j)[:, None], squares(a), 0), 0), -1)
            k = jnp.argmax(norms)
            exchanged = jnp.where(cols == j, k, jnp.where(cols == k, j, cols))
            a, order = a[:, exchanged], order[exchanged]
        column = a[:, j]
        scale = jnp.max(jnp.abs(column))
        scale = jnp.where((scale == 0) | ~jnp.isfinite(scale), 1, scale).astype(a.dtype)
        scaled = column / scale
        alpha, below = scaled[pivot], jnp.where(rows > pivot, scaled, 0)
        rest = jnp.sum(squares(below))
        done = (rest == 0) & (jnp.imag(alpha) == 0)
        norm = jnp.sqrt(jnp.where(done, 1, squares(alpha) + rest))
        beta = jnp.where(done, alpha, jnp.where(jnp.signbit(jnp.real(alpha)), norm, -norm))
        tau = jnp.where(done, 0, (beta - alpha) / jnp.where(done, 1, beta))
        below = below / jnp.where(done, 1, alpha - beta)
        v = jnp.where(rows == pivot, 1, below)
        stored = jnp.where(rows > pivot, below, jnp.where(rows == pivot, beta * scale, column))
        projected = jnp.where(cols > j, jnp.conj(v) @ a, 0)
        a = a - jnp.conj(tau) * v[:, None] * projected
        a = jnp.where(cols == j, stored[:, None], a)
        if offset:
            a = a - (a @ jnp.where(rows >= pivot, v, 0))[:, None] * (tau * jnp.conj(v))
        return (a, jnp.where(every == j, tau, taus), order), None

    if count == 0:
        return a, jnp.zeros(0, a.dtype), order
    return lax.scan(step, (a, jnp.zeros(count, a.dtype), order), every)[0]


def geqrf(a):
    return reflections(a, min(a.shape))[:2]


def geqp3(a, jpvt, **_):
    a, taus, order = reflections(a, min(a.shape), order=jnp.arange(1, a.shape[1] + 1, dtype=jpvt.dtype))
    return a, order, taus


def hessenberg(a):
    return reflections(a, max(a.shape[0] - 1, 0), offset=1)[:2]


def householder_product(a, taus):
    m, n = a.shape
    rows = jnp.arange(m)

    def step(q, i):
        v = jnp.where(rows == i, 1, jnp.where(rows > i, a[:, i], 0))
        return q - taus[i] * v[:, None] * (jnp.conj(v) @ q), None

    eye = jnp.eye(m, n, dtype=a.dtype)
    return lax.scan(step, eye, jnp.arange(taus.shape[0]), reverse=True)[0] if taus.shape[0] else eye


def tridiagonal(a, lower):
    """The Hessenberg form of a Hermitian matrix is tridiagonal."""
    if not lower:
        # With both axes reversed, the upper triangle is the lower one.
        h, *rest = tridiagonal(a[::-1, ::-1], True)
        return h[::-1, ::-1], *(x[::-1] for x in rest)
    below, diagonal = jnp.tril(a, -1), jnp.real(jnp.diagonal(a))
    h, taus = hessenberg(below + jnp.conj(below.T) + jnp.diag(diagonal.astype(a.dtype)))
    # LAPACK leaves the other triangle as it was.
    kept = jnp.triu(a, 1) + jnp.tril(h)
    return kept, jnp.real(jnp.diagonal(h)), jnp.real(jnp.diagonal(h, -1)), taus


def pivoted_qr(a, full_matrices, **_):
    m, n = a.shape
    r, order, taus = geqp3(a, jnp.zeros(n, np.int32))
    wide = jnp.pad(r, ((0, 0), (0, max(m - n, 0)))) if full_matrices else r
    k = m if full_matrices else min(m, n)
    return householder_product(wide[:, :k], taus), jnp.triu(r[:k]), order - 1


def left_eigenvectors(vectors):
    """Returns the left eigenvectors, as LAPACK scales them: of norm 1, with a real element of greatest magnitude."""
    left = jnp.conj(jnp.linalg.inv(vectors).T)
    left = left / jnp.linalg.norm(left, axis=0)
    largest = jnp.take_along_axis(left, jnp.argmax(jnp.abs(left), 0)[None], 0)
    return left * jnp.conj(largest) / jnp.abs(largest)


TRACED = {
    "cholesky_update": batched(linalg._cholesky_update_jax_fn, 2),
    "geqp3": batched(geqp3, 2),
    "geqrf": batched(geqrf, 2),
    "hessenberg": batched(hessenberg, 2),
    "householder_product": batched(householder_product, 2),
    "lu_pivots_to_permutation": lambda x, permutation_size: permutation(x, permutation_size),
    "ormqr": lambda a, taus, c, left, transpose: linalg._ormqr_lowering(a, taus, c, left=left, transpose=transpose),
    "symmetric_product": lambda a, c, alpha, beta, **_: linalg._symmetric_product_jax_fn(a, c, alpha=alpha, beta=beta),
    "tridiagonal": batched(tridiagonal, 2),
    "tridiagonal_solve": batched(tridiagonal_solve, 1),
}
