"""Linear algebra. Matrices are chosen so that those of the lanes, which have the elements moved by one place, can be told apart too:
definite, with gaps between eigenvalues, and well conditioned."""

import jax.numpy as jnp
import numpy as np
from jax import lax

from .core import *  # noqa: F403

TYPES = ["f32", "f64"]


def search(name, dtype, shape, good, draw=None):
    """Random numbers of which each lane is good; those of f32 are exact in f64."""
    for attempt in range(100_000):
        r = rng("linalg", name, shape, attempt)
        x = (draw or (lambda r, shape: r.uniform(-2.0, 2.0, shape)))(r, shape).astype(np.float32).astype(DTYPES[dtype])
        if x.size == 0 or all(good(m) for n in range(LANES) for m in lane(x, n).astype(np.float64).reshape(-1, *shape[-2:])):
            return x
    raise AssertionError(f"{name} {shape}: no such matrices are found")


def mirrored(x):
    """The symmetric matrix of which the lower triangle is read."""
    return jnp.tril(x) + jnp.swapaxes(jnp.tril(x, -1), -1, -2)


def symmetric(m):
    return np.tril(m) + np.tril(m, -1).T


def on_square_diagonal(r, shape):
    """Large numbers where the diagonal is in one of the lanes."""
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


FAMILIES = {"cholesky": cholesky, "triangular_solve": triangular_solve}
