"""Writes named_axes.jsonl of rune-trace: functions over named axes of vmap, transformed, with the results of JAX.

    .venv/bin/python scripts/vectors named-axes      (needs jax 0.10.2)

Each line of JSON is one case: `fn`, the function (in Rust in rune-testing/src/named_axes.rs); `of`, its transformation;
`in`, its inputs; and `out`. Arrays are [dtype, shape, elements], with floats as strings.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .common import TRACE_DATA, array, cotangent, tangent, write_lines

LANES = 4


def pmax(x, axis):
    """The maximum over all gathered lanes. JAX's `pmax` has no derivative; this has the derivative of rune's `pmax`."""
    return jnp.max(lax.all_gather(x, axis), axis=0)


def pmin(x, axis):
    return jnp.min(lax.all_gather(x, axis), axis=0)


def ppermute(x, axis, pairs):
    """Under vmap, JAX's `ppermute` accepts only full permutations. This follows its documentation for the others."""
    source = np.zeros(LANES, int)
    given = np.zeros(LANES, bool)
    for a, b in pairs:
        source[b], given[b] = a, True
    i = lax.axis_index(axis)
    return jnp.where(jnp.asarray(given)[i], lax.all_gather(x, axis)[jnp.asarray(source)[i]], 0)


def all_to_all(x, axis, split, concat, tiled=False):
    """JAX's `all_to_all` has no transpose under vmap: it gives cotangents of the wrong type."""
    if tiled:
        x = x.reshape(*x.shape[:split], LANES, -1, *x.shape[split + 1 :])
    part = lax.dynamic_index_in_dim(lax.all_gather(x, axis), lax.axis_index(axis), split + 1, keepdims=False)
    y = jnp.moveaxis(part, 0, concat)
    return y.reshape(*y.shape[:concat], -1, *y.shape[concat + 2 :]) if tiled else y


def check():
    """Compares the functions above with JAX's, where JAX supports them."""
    x = jnp.asarray(np.random.default_rng(1).standard_normal((LANES, LANES, 8, 3)))
    pairs = [
        (lambda x: pmax(x, "i"), lambda x: lax.pmax(x, "i")),
        (lambda x: pmin(x, "i"), lambda x: lax.pmin(x, "i")),
        (lambda x: ppermute(x, "i", [(3, 0), (0, 2), (1, 1), (2, 3)]), lambda x: lax.ppermute(x, "i", [(3, 0), (0, 2), (1, 1), (2, 3)])),
    ]
    for a, b, tiled in ((0, 0, False), (0, 2, False), (0, 1, True), (1, 0, True), (1, 2, True)):
        pairs.append((partial(all_to_all, axis="i", split=a, concat=b, tiled=tiled), partial(lax.all_to_all, axis_name="i", split_axis=a, concat_axis=b, tiled=tiled)))
    for mine, jaxs in pairs:
        mine, jaxs = (np.asarray(jax.vmap(f, axis_name="i")(x)) for f in (mine, jaxs))
        assert mine.shape == jaxs.shape and (mine == jaxs).all()


# Functions of one lane. `x` is mapped; `c` is mapped or shared by all lanes. Both have the shape [4, 3].
ONE = {
    "psum": lambda x, c: lax.psum(x * x * c, "i"),
    "psum_unmapped": lambda x, c: x * lax.psum(c * c, "i"),
    "pmean": lambda x, c: lax.pmean(jnp.sin(x), "i") * c,
    "pmax": lambda x, c: pmax(x * c, "i") + x,
    "pmin": lambda x, c: pmin(x * c, "i") * x,
    "pmax_ties": lambda x, c: pmax(jnp.round(x), "i") * c + pmax(jnp.maximum(x, 0), "i"),
    "axis_index": lambda x, c: x * lax.axis_index("i") + c,
    "axis_size": lambda x, c: x / lax.axis_size("i") + c,
    "all_gather": lambda x, c: jnp.tanh(lax.all_gather(x * c, "i", axis=1)),
    "all_gather_last": lambda x, c: (lax.all_gather(x, "i", axis=-1) * c[..., None]).sum(-1) * x,
    "all_gather_unmapped": lambda x, c: lax.all_gather(c, "i", axis=0) * x,
    "all_gather_tiled": lambda x, c: lax.all_gather(x * x, "i", axis=1, tiled=True) + jnp.tile(c, 4),
    "rotation": lambda x, c: x * lax.ppermute(x * c, "i", [(k, (k + 1) % LANES) for k in range(LANES)]),
    "rotation_unmapped": lambda x, c: x * lax.ppermute(c, "i", [(k, (k + 1) % LANES) for k in range(LANES)]),
    "ppermute_some": lambda x, c: jnp.exp(0.5 * x) * ppermute(x * c, "i", [(3, 0), (0, 2)]),
    "ppermute_some_unmapped": lambda x, c: x + ppermute(c * c, "i", [(3, 0), (0, 2)]),
    "pshuffle": lambda x, c: lax.pshuffle(jnp.sin(x), "i", [2, 0, 3, 1]) * c,
    "reversed": lambda x, c: lax.pshuffle(x * x, "i", [3, 2, 1, 0]) * c,
    "psum_scatter": lambda x, c: lax.psum_scatter(x * x * c, "i"),
    "psum_scatter_unmapped": lambda x, c: lax.psum_scatter(c * c, "i") * x,
    "psum_scatter_tiled": lambda x, c: lax.psum_scatter(jnp.concatenate([x, c], 0), "i", scatter_dimension=0, tiled=True) ** 2,
    "all_to_all": lambda x, c: all_to_all(x * x, "i", 0, 1) * c.T[:, :1],
    "all_to_all_unmapped": lambda x, c: all_to_all(c * c, "i", 0, 0) * x,
    "all_to_all_tiled": lambda x, c: all_to_all(jnp.concatenate([x * x, c], 0), "i", 0, 1, tiled=True),
    "pswapaxes": lambda x, c: all_to_all(x * c, "i", 0, 0) * x,
    "batch_norm": lambda x, c: batch_norm(x, c),
    "softmax": lambda x, c: jnp.exp(x - pmax(x, "i")) / lax.psum(jnp.exp(x - pmax(x, "i")), "i") * c,
    "contrast": lambda x, c: jnp.tanh(x @ lax.all_gather(jnp.sin(x), "i", axis=0, tiled=True).T) + c.sum(),
    "gradient_inside": lambda x, c: x * lax.pmean(jax.grad(lambda y: (lax.psum(y**3, "i") * c).sum())(x), "i"),
    "vmap_inside": lambda x, c: jax.vmap(lambda r, s: r * lax.psum(r * s, "i"))(x, c),
    "named_inside": lambda x, c: jax.vmap(lambda r, s: r * lax.psum(r * s, "i") + lax.pmean(r, "j"), axis_name="j")(x, c),
    "same_name_inside": lambda x, c: lax.psum(x, "i") * jax.vmap(lambda r, s: lax.psum(r * s, "i"), axis_name="i")(x, c),
}


def batch_norm(x, c):
    mean = lax.pmean(x, "i")
    var = lax.pmean((x - mean) ** 2, "i")
    return (x - mean) * lax.rsqrt(var + 1e-3) * c


# Functions of one lane of two mapped axes, with `i` outside `j`.
TWO = {
    "psum_both": lambda x, c: x * lax.psum(x * c, ("i", "j")),
    "pmean_outer": lambda x, c: x - lax.pmean(x * c, "i"),
    "pmean_inner": lambda x, c: x - lax.pmean(x * c, "j"),
    "pmean_both": lambda x, c: jnp.sin(x) * lax.pmean(x * c, ("j", "i")),
    "max_of_sums": lambda x, c: pmax(lax.psum(x, "j"), "i") * c,
    "index_both": lambda x, c: x * lax.axis_index(("i", "j")) + lax.axis_index(("j", "i")) * c,
    "size_both": lambda x, c: x * lax.axis_size(("i", "j")) + c,
    "gather_of_gather": lambda x, c: (lax.all_gather(lax.all_gather(x, "i"), "j") * c).sum(0) ** 2,
    "shuffle_both": lambda x, c: lax.pshuffle(lax.pshuffle(x, "j", [1, 0, 2]), "i", [1, 0]) * x * c,
}


def lanes(f, both, axes=(0, None), out=0):
    if both:
        return jax.vmap(jax.vmap(f, axes, axis_name="j"), axes, axis_name="i")
    return jax.vmap(f, axes, out, axis_name="i")


def weighted(f):
    def scalar(*args):
        y = f(*args)
        return (y * cotangent(0, y.shape, y.dtype)).sum()

    return scalar


def transformed(f, both):
    all_axes = (0, 0)
    ways = {
        "vmap": (lanes(f, both), False),
        "vmap of both": (lanes(f, both, all_axes), True),
        "grad of vmap": (jax.grad(weighted(lanes(f, both)), (0, 1)), False),
        "grad of vmap of both": (jax.grad(weighted(lanes(f, both, all_axes)), (0, 1)), True),
        "vmap of grad": (lanes(jax.grad(weighted(f), (0, 1)), both), False),
        "jvp of vmap": (lambda x, c: jax.jvp(lanes(f, both), (x, c), (tangent(0, x.shape, x.dtype), tangent(1, c.shape, c.dtype)))[1], False),
        "vmap of jvp": (
            lanes(lambda x, c: jax.jvp(f, (x, c), (tangent(0, x.shape, x.dtype), tangent(1, c.shape, c.dtype)))[1], both),
            False,
        ),
        "grad of grad": (
            jax.grad(lambda x, c: weighted(jax.grad(weighted(lanes(f, both))))(x, c)),
            False,
        ),
    }
    if not both:
        ways["vmap of last axes"] = (lambda x, c: lanes(f, both, (-1, None), -1)(jnp.moveaxis(x, 0, -1), c), False)
    return ways


def main():
    check()
    rng = np.random.default_rng(0)
    out = []
    for fs, both in ((ONE, False), (TWO, True)):
        batch = (2, 3) if both else (LANES,)
        for name, f in fs.items():
            for dtype in (np.float32, np.float64):
                x = jnp.asarray(rng.standard_normal((*batch, 4, 3)), dtype)
                c = jnp.asarray(rng.standard_normal((4, 3)), dtype)
                cs = jnp.asarray(rng.standard_normal((*batch, 4, 3)), dtype)
                for of, (g, mapped) in transformed(f, both).items():
                    if dtype == np.float32 and "of" in of and of != "vmap of both":
                        continue
                    args = (x, cs if mapped else c)
                    results = g(*args)
                    results = results if isinstance(results, tuple) else (results,)
                    case = {"fn": name, "of": of, "in": [array(a) for a in args], "out": [array(r) for r in results]}
                    out.append(case)
    write_lines(TRACE_DATA / "named_axes.jsonl", out)
main()
