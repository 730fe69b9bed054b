"""Linear algebra. Matrices must be unambiguous in every lane, where elements move by one place: definite, with gaps
between eigenvalues, and well conditioned."""

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax._src.lax.linalg import lu_solve as jax_lu_solve

from .core import *  # noqa: F403

TYPES = ["f32", "f64"]


def search(name, dtype, shape, good, draw=None):
    """Returns random numbers for which every lane satisfies `good`. They are exact in f32."""
    for attempt in range(100_000):
        r = rng("linalg", name, shape, attempt)
        x = (draw or (lambda r, shape: r.uniform(-2.0, 2.0, shape)))(r, shape).astype(np.float32).astype(DTYPES[dtype])
        if x.size == 0 or all(good(m) for n in range(LANES) for m in lane(x, n).astype(np.float64).reshape(-1, *shape[-2:])):
            return x
    raise AssertionError(f"{name} {shape}: no such matrices are found")


def mirrored(x):
    """Returns the symmetric matrix with the lower triangle of `x`."""
    return jnp.tril(x) + jnp.swapaxes(jnp.tril(x, -1), -1, -2)


def symmetric(m):
    return np.tril(m) + np.tril(m, -1).T


def on_square_diagonal(r, shape):
    """Draws large numbers at the places of the diagonal in any lane."""
    x = r.uniform(-1.0, 1.0, shape)
    n = shape[-1]
    i, j = np.indices((n, n)) if n else (np.zeros((0, 0)), np.zeros((0, 0)))
    high = (i == j) | (j == i + 1) | ((i == n - 1) & (j == 0))
    return np.where(high, r.uniform(2.0, 4.0, shape), x)


def cholesky():
    def good(m):
        w = np.linalg.eigvalsh(symmetric(m))
        return w[0] > 0.7

    f = lambda x: lax.linalg.cholesky(mirrored(x), symmetrize_input=False)  # noqa: E731
    for dtype in TYPES:
        for shape in [(1, 1), (2, 2), (3, 3), (2, 2, 2), (0, 0), (0, 2, 2), (2, 0, 0)]:
            x = search("cholesky", dtype, shape, good, on_square_diagonal)
            yield Case("cholesky", f"{shape}", [x], f, grad=True)
        x = np.array([[[1, 9], [2, 1]], [[4, 9], [2, 5]], [[0, 0], [0, 1]], [[np.nan, 0], [0, 1]]], DTYPES[dtype])
        yield Case("cholesky", "edge: indefinite, singular, NaN", [x], f, grad=False)


def triangular_solve():
    def good(m):
        return np.linalg.cond(np.tril(m)) < 8 and np.linalg.cond(np.triu(m)) < 8

    options = [
        # matrices, right sides, left, lower, transposed, unit
        ((1, 1), (1, 2), True, True, False, False),
        ((2, 2), (2, 1), True, True, False, False),
        ((2, 2), (2, 3), True, True, True, False),
        ((3, 3), (3, 2), True, False, False, True),
        ((3, 3), (3, 4), True, False, True, False),
        ((2, 2), (3, 2), False, True, False, False),
        ((3, 3), (1, 3), False, True, True, True),
        ((2, 2), (2, 2), False, False, False, False),
        ((2, 2), (1, 2), False, False, True, False),
        ((2, 2, 2), (2, 2, 3), True, True, False, False),
        ((2, 2, 2), (2, 3, 2), False, False, True, False),
        ((0, 0), (0, 3), True, True, False, False),
        ((2, 2), (2, 0), True, True, False, False),
        ((0, 2, 2), (0, 2, 1), True, True, False, False),
    ]
    for dtype in TYPES:
        for a, b, left, lower, transposed, unit in options:
            how = {"left_side": left, "lower": lower, "transpose_a": transposed, "unit_diagonal": unit}
            f = lambda x, y, how=how: lax.linalg.triangular_solve(x, y, **how)  # noqa: E731
            label = f"{'left' if left else 'right'} {'lower' if lower else 'upper'}{' transposed' * transposed}{' unit' * unit}"
            x = search("triangular_solve", dtype, a, good)
            yield Case("triangular_solve", label, [x, numbers(dtype, b, "b")], f, {"how": how}, grad=True)
        x = np.array([[2, 1, 1], [3, 0, 1], [1, 1, 4]], DTYPES[dtype])
        y = np.array([[2, 0], [3, 1], [1, 0]], DTYPES[dtype])
        how = {"left_side": True, "lower": True, "transpose_a": False, "unit_diagonal": False}
        f = lambda x, y, how=how: lax.linalg.triangular_solve(x, y, **how)  # noqa: E731
        yield Case("triangular_solve", "edge: singular", [x, y], f, {"how": how})


def pivots_are_clear(m):
    """Returns whether every pivot is clearly the largest candidate, and the factors are well conditioned."""
    m = m.copy()
    for k in range(min(m.shape)):
        order = np.argsort(-np.abs(m[k:, k]))
        column = np.abs(m[k:, k])[order]
        if column[0] < 0.6 or len(column) > 1 and column[1] > 0.8 * column[0]:
            return False
        m[[k, k + order[0]]] = m[[k + order[0], k]]
        m[k + 1 :, k] /= m[k, k]
        m[k + 1 :, k + 1 :] -= np.outer(m[k + 1 :, k], m[k, k + 1 :])
    return True


def lu():
    for dtype in TYPES:
        for shape in [(1, 1), (2, 2), (3, 3), (3, 2), (2, 3), (2, 2, 2), (0, 0), (0, 2, 2), (2, 0, 3)]:
            x = search("lu", dtype, shape, pivots_are_clear)
            yield Case("lu", f"{shape}", [x], lambda x: lax.linalg.lu(x), grad=True)
        x = np.array([[0, 2, 1], [0, 4, 2], [0, 1, 1]], DTYPES[dtype])
        yield Case("lu", "edge: singular", [x], lambda x: lax.linalg.lu(x))


def lu_solve():
    options = [((1, 1), 2), ((2, 2), 1), ((2, 2), 3), ((3, 3), 2), ((2, 2, 2), 2), ((0, 0), 2), ((2, 2), 0), ((0, 2, 2), 1)]
    for dtype in TYPES:
        for n, (shape, columns) in enumerate(options):
            a = search("lu", dtype, shape, pivots_are_clear)
            factors, _, permutation = lax.linalg.lu(jnp.asarray(a, np.float64))
            factors = narrow(np.asarray(factors), DTYPES[dtype])
            for trans in [0, 1] if n in (2, 3) else [n % 2]:

                def f(a, factors, permutation, b, trans=trans):
                    solve = lambda trans: lambda _, b: jax_lu_solve(lax.stop_gradient(factors), permutation, b, trans)  # noqa: E731
                    matvec = lambda x: (jnp.swapaxes(a, -1, -2) if trans else a) @ x  # noqa: E731
                    return lax.custom_linear_solve(matvec, b, solve(trans), solve(1 - trans))

                inputs = [a, factors, np.asarray(permutation), numbers(dtype, (*shape[:-1], columns), "b")]
                # A single row has only one permutation.
                lanes = False if shape == (1, 1) else None
                yield Case("lu_solve", f"{shape} {columns}", inputs, f, {"transpose": bool(trans)}, grad=True, lanes=lanes)


def qr(full):
    def good(m):
        k = min(m.shape)
        q, r = np.linalg.qr(m, "complete")
        clear = np.abs(np.diag(r)).min() > 0.7 and np.linalg.cond(m[:, :k] if m.shape[0] < m.shape[1] else m) < 4
        return clear and (not full or m.shape[0] == k or np.linalg.cond(q[:k, :k] - np.eye(k)) < 6)

    def cases():
        for dtype in TYPES:
            for shape in [(1, 1), (2, 2), (3, 2), (2, 3), (3, 1), (2, 3, 2), (0, 0), (0, 2, 2), (2, 0)]:
                x = search(f"qr {full}", dtype, shape, good)
                yield Case("qr_full" if full else "qr", f"{shape}", [x], lambda x: lax.linalg.qr(x, full_matrices=full), grad=True)

    return cases


def sign(v, axis):
    """Returns the sign of the first of the elements with nearly the largest magnitude along an axis."""
    magnitude = jnp.abs(v)
    near = magnitude > 0.9 * jnp.max(magnitude, axis=axis, keepdims=True, initial=0)
    first = jnp.argmax(near, axis=axis, keepdims=True)
    return lax.stop_gradient(jnp.sign(jnp.take_along_axis(v, first, axis)))


def sign_is_clear(vectors):
    """Returns whether rounding cannot change which element of a column determines its sign."""
    magnitude = np.abs(vectors) / np.abs(vectors).max(0)
    return (np.abs(magnitude - 0.9) > 0.02).all()


def eigh():
    def good(m):
        w, v = np.linalg.eigh(symmetric(m))
        return (len(w) < 2 or np.diff(w).min() > 0.8) and np.abs(w).max() < 8 and sign_is_clear(v)

    def f(x):
        v, w = lax.linalg.eigh(mirrored(x), symmetrize_input=False)
        return w, v if v.size == 0 else v * sign(v, -2)

    for dtype in TYPES:
        for shape in [(1, 1), (2, 2), (3, 3), (2, 2, 2), (0, 0), (0, 2, 2), (2, 0, 0)]:
            yield Case("eigh", f"{shape}", [search("eigh", dtype, shape, good)], f, grad=True)


def svd(full):
    def good(m):
        u, s, vt = np.linalg.svd(m)
        return s.min() > 0.6 and (len(s) < 2 or -np.diff(s).max() > 0.6) and sign_is_clear(u) and sign_is_clear(vt.T)

    def f(x):
        u, s, vt = lax.linalg.svd(x, full_matrices=full)
        if x.size == 0:
            return u, s, vt
        k, phase = s.shape[-1], sign(u, -2)
        rows = jnp.swapaxes(phase, -1, -2)[..., :k, :]
        rest = vt[..., k:, :]
        rest = rest * sign(rest, -1) if rest.size else rest
        return u * phase, s, jnp.concatenate([vt[..., :k, :] * rows, rest], -2)

    def cases():
        for dtype in TYPES:
            for shape in [(1, 1), (2, 2), (3, 2), (2, 3), (2, 2, 2), (0, 2, 2)]:
                x = search("svd", dtype, shape, good)
                # JAX has no derivative of the full factors of a matrix that is not square.
                yield Case("svd_full" if full else "svd", f"{shape}", [x], f, grad=not full or shape[-1] == shape[-2])

    return cases


FAMILIES = {
    "cholesky": cholesky,
    "triangular_solve": triangular_solve,
    "lu": lu,
    "lu_solve": lu_solve,
    "qr": qr(False),
    "qr_full": qr(True),
    "eigh": eigh,
    "svd": svd(False),
    "svd_full": svd(True),
}
