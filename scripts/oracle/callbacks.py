"""Writes callbacks.jsonl of rune-trace: the arguments that JAX passes to callbacks under each transformation, and the
results.

    .venv/bin/python scripts/vectors callbacks      (needs jax 0.10.2)

The functions are those of `rune-testing/src/callbacks.rs`, by name: each takes a vector `x` and a number `y`. Each line
of JSON is one function under one transformation and one `vmap_method` (`io` is `io_callback`). `seen` has the shapes of
the arguments at each call in order; `results` has the shape and elements of each result.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import io_callback

from .common import TRACE_DATA, write_lines

X = np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -4.0]], np.float32)
Y = np.array([10, 20, 30], np.int32)
METHODS = ["sequential", "sequential_unrolled", "expand_dims", "broadcast_all", "io"]
SEEN = []


def seen(f):
    def noted(*args):
        SEEN.append([list(np.shape(a)) for a in args])
        return f(*map(np.asarray, args))

    return noted


@seen
def affine(x, y):
    return x * np.float32(2) + np.expand_dims(y, -1).astype(np.float32)


@seen
def parts(x, y):
    lanes = np.broadcast_shapes(x.shape[:-1], y.shape)
    return np.broadcast_to(x.sum(-1), lanes), (np.broadcast_to(y * y, lanes), np.broadcast_to(x > 0, lanes + x.shape[-1:]))


def types(f, x):
    scalar = partial(jax.ShapeDtypeStruct, ())
    if f is affine:
        return jax.ShapeDtypeStruct(x.shape, jnp.float32)
    return scalar(jnp.float32), (scalar(jnp.int32), jax.ShapeDtypeStruct(x.shape, jnp.bool_))


def called(f, method):
    if method == "io":
        return lambda x, y: io_callback(f, types(f, x), x, y)
    return lambda x, y: jax.pure_callback(f, types(f, x), x, y, vmap_method=method)


def in_scan(f):
    return lambda x, ys: jax.lax.scan(lambda carry, y: (carry + 1, f(x * carry, y)), jnp.float32(1), ys)[1]


def in_cond(f):
    return lambda x, y: jax.lax.cond(y > 15, lambda: f(x, y), lambda: f(-x, y + 1))


TRANSFORMS = {
    "plain": lambda f: f(X[0], Y[0]),
    "lanes": lambda f: jax.vmap(f)(X, Y[:2]),
    "lanes_of_x": lambda f: jax.vmap(f, (0, None))(X, Y[0]),
    "lanes_of_y": lambda f: jax.vmap(f, (None, 0))(X[0], Y),
    "columns_of_x": lambda f: jax.vmap(f, (1, 0))(X, Y),
    "x_then_y": lambda f: jax.vmap(jax.vmap(f, (None, 0)), (0, None))(X, Y),
    "y_then_x": lambda f: jax.vmap(jax.vmap(f, (0, None)), (None, 0))(X, Y),
    "lanes_of_lanes": lambda f: jax.vmap(jax.vmap(f, (0, None)), (0, 0))(np.stack([X, X + 1, X - 1]), Y),
    "scan": lambda f: in_scan(f)(X[0], Y),
    "lanes_of_scan": lambda f: jax.vmap(in_scan(f), (0, None))(X, Y),
    "cond": lambda f: (in_cond(f)(X[0], Y[0]), in_cond(f)(X[1], Y[1])),
    "lanes_of_cond": lambda f: jax.vmap(in_cond(f), (0, None))(X, Y[0]),
    "lanes_choose": lambda f: jax.vmap(in_cond(f))(X, Y[:2]),
}
# JAX cannot batch a `cond` that contains an `io_callback`.
NOT_IO = ["lanes_of_cond", "lanes_choose"]


def row(f, name, method, transform):
    SEEN.clear()
    results = jax.block_until_ready(jax.jit(lambda: TRANSFORMS[transform](called(f, method)))())
    leaves = [np.asarray(y) for y in jax.tree.leaves(results)]
    found = [{"shape": list(y.shape), "elements": [float(e) for e in y.ravel()]} for y in leaves]
    return {"name": name, "method": method, "transform": transform, "seen": list(SEEN), "results": found}

def main():
    functions = {"affine": affine, "parts": parts}
    write_lines(
        TRACE_DATA / "callbacks.jsonl",
        [row(f, n, m, t) for n, f in functions.items() for m in METHODS for t in TRANSFORMS if m != "io" or t not in NOT_IO],
    )
