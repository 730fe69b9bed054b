"""Operations that order elements."""

import jax.numpy as jnp
import numpy as np
from jax import lax

from .core import *  # noqa: F403
from .shape import variants


def sort():
    options = [((7,), 0), ((3, 4), 1), ((3, 4), 0), ((0,), 0), ((2, 3, 4), 1), ((2, 0), 0), ((1,), 0), ((40,), 0)]
    for dtype in ALL:
        for shape, d in variants(dtype, options, 4):
            f = lambda x, d=d: lax.sort((x,), dimension=d, num_keys=1)  # noqa: E731
            yield Case("sort", f"{shape} {d}", [distinct(dtype, shape, "sort")], f, {"dimension": d, "num_keys": 1}, grad=True)
        e = np.concatenate([edges(dtype), edges(dtype)[::-1]])
        position = np.arange(e.size, dtype=np.int32)
        f = lambda x, i: lax.sort((x, i), dimension=0, num_keys=1)  # noqa: E731
        yield Case("sort", "edge", [e, position], f, {"dimension": 0, "num_keys": 1})
        # ties: the order of the others is kept
        key = uniform(dtype, (3, 6), 0, 2, "key")
        if dtype in FLOATS:
            key = np.round(key.astype(np.float64)).astype(DTYPES[dtype])
        f = lambda *xs: lax.sort(xs, dimension=1, num_keys=1)  # noqa: E731
        payload = numbers("f32", (3, 6), "payload") if dtype not in FLOATS else numbers(dtype, (3, 6), "payload")
        yield Case("sort", "ties", [key, payload], f, {"dimension": 1, "num_keys": 1}, grad=dtype not in FLOATS)
        second = distinct(dtype, (3, 6), "second")
        f = lambda *xs: lax.sort(xs, dimension=1, num_keys=2)  # noqa: E731
        position = np.broadcast_to(np.arange(6, dtype=np.int32), (3, 6))
        yield Case("sort", "two keys", [key, second, position], f, {"dimension": 1, "num_keys": 2}, grad=True)
    x, y = distinct("f64", (2, 5), "x"), numbers("f64", (2, 5), "y")
    f = lambda *xs: lax.sort(xs, dimension=1, num_keys=1)  # noqa: E731
    yield Case("sort", "with two others", [x, y, numbers("f64", (2, 5), "z")], f, {"dimension": 1, "num_keys": 1}, grad=True)


def order(x):
    """Positions along the last axis, greatest first, NaN greatest of all, equals in order."""
    if x.dtype == bool:
        return np.argsort(~x, axis=-1, kind="stable")
    if is_float(x.dtype):
        x = x.astype(np.float64)
        rank = np.where(np.isnan(x), np.inf, x)
        by_value = np.argsort(-rank, axis=-1, kind="stable")
        nan = np.take_along_axis(np.isnan(x), by_value, -1)
        return np.take_along_axis(by_value, np.argsort(~nan, axis=-1, kind="stable"), -1)
    n = x.shape[-1]
    rows = x.reshape(-1, n) if n else x.reshape(-1, 0)
    out = [sorted(range(n), key=lambda i: -int(row[i])) for row in rows]
    return np.array(out, np.int64).reshape(x.shape)


def top_k():
    options = [((7,), 3), ((2, 5), 2), ((4,), 4), ((3, 4), 0), ((0, 3), 2), ((2, 2, 6), 3), ((40,), 10)]

    def case(label, x, k, grad):
        positions = order(x)[..., :k].astype(np.int32)

        def f(x):
            return jnp.take_along_axis(x, jnp.asarray(positions), -1), jnp.asarray(positions)

        return Case("top_k", label, [x], f, {"k": k}, grad=grad, lanes=lambda x: lax.top_k(x, k))

    for dtype in ALL:
        for shape, k in variants(dtype, options, 4):
            x = distinct(dtype, shape, "top_k")
            yield case(f"{shape} {k}", x, k, True)
            if dtype in ["f32", "f64", "i32"]:  # JAX's own, where all elements differ
                values, positions = lax.top_k(jnp.asarray(x), k)
                assert (np.asarray(positions) == order(x)[..., :k]).all()
        e = np.concatenate([edges(dtype), edges(dtype)[::-1]])
        yield case("edge", e, e.size - 3, False)


FAMILIES = {"sort": sort, "top_k": top_k}
