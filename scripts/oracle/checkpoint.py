"""Writes checkpoint.json of rune-trace: the residuals of a checkpointed function under each policy of JAX, and its
gradient.

    .venv/bin/python scripts/vectors checkpoint      (needs jax 0.10.2)

The functions are those of rune-trace/tests/checkpoint.rs. Residuals are shapes; those that are arguments are listed
separately.
"""

import json

import jax
import jax.numpy as jnp
import numpy as np
from jax._src.ad_checkpoint import saved_residuals
from jax.ad_checkpoint import checkpoint_name

from .common import TRACE_DATA, argument

P = jax.checkpoint_policies
POLICIES = {
    "nothing_saveable": P.nothing_saveable,
    "everything_saveable": P.everything_saveable,
    "dots_saveable": P.dots_saveable,
    "dots_with_no_batch_dims_saveable": P.dots_with_no_batch_dims_saveable,
    "save_only_these_names": P.save_only_these_names("waves"),
    "save_any_names_but_these": P.save_any_names_but_these("waves"),
    "save_from_both_policies": P.save_from_both_policies(P.dots_with_no_batch_dims_saveable, P.save_only_these_names("waves")),
}


def layer(x, w, v):
    """x [2, 3, 4], w [4, 5], v [2, 5, 6] -> [2, 3, 6]"""
    waves = checkpoint_name(jnp.sin(jnp.einsum("bij,jk->bik", x, w)), "waves")
    mixed = checkpoint_name(jnp.einsum("bij,bjk->bik", waves, v), "mixed")
    return jnp.sin(jnp.exp(mixed))


# Loops and branches: h [3, 4], w [6, 4, 4], u [4, 4]
def carried(h, w, u):
    def body(h, w):
        z = jnp.exp(checkpoint_name(jnp.sin(h @ w), "waves") @ u)
        return jnp.sin(z), z.sum(0)

    h, ys = jax.lax.scan(body, h, w)
    return h.sum() + ys.sum()


def nested(h, w, u):
    def body(h, w):
        def inner(g, _):
            return checkpoint_name(jnp.sin(g @ w), "waves") * h, None

        return jax.lax.scan(inner, jnp.exp(h), None, length=2)[0], None

    return jax.lax.scan(body, h, w)[0].sum()


def branches(h, w, u):
    def body(h, w):
        one = lambda h: checkpoint_name(jnp.sin(h @ w), "waves")
        other = lambda h: jnp.sin(jnp.exp(h @ u) @ u)
        return jax.lax.cond(h.sum() > 0, one, other, h), None

    return jax.lax.scan(body, h, w)[0].sum()


def fixed(h, w, u):
    def body(h, w):
        return jnp.sin(h @ jnp.sin(u @ u)) @ w, None

    return jax.lax.scan(body, h, w)[0].sum()


LOOPS = [carried, nested, branches, fixed]


def residuals(f, *args):
    found = {"arguments": [], "computed": []}
    for aval, where in saved_residuals(f, *args):
        if aval.shape:  # JAX counts literals too.
            found["arguments" if "argument" in where else "computed"].append(list(aval.shape))
    return {k: sorted(v) for k, v in found.items()}


def main():
    args = [argument(0, (2, 3, 4), 2), argument(1, (4, 5), 2), argument(2, (2, 5, 6), 2)]
    result = {"without": residuals(layer, *args), "policies": {}}
    result["gradient"] = [g.ravel().tolist() for g in jax.grad(lambda *a: layer(*a).sum(), argnums=(0, 1, 2))(*args)]
    for name, policy in POLICIES.items():
        result["policies"][name] = residuals(jax.checkpoint(layer, policy=policy), *args)
    del POLICIES["everything_saveable"]  # No policy: there rune keeps less, because it recomputes cheap values.
    args = [argument(0, (3, 4), 2), argument(1, (6, 4, 4), 2), argument(2, (4, 4), 2)]
    result["loops"] = {}
    for f in LOOPS:
        gradient = jax.grad(f, argnums=(0, 1, 2))(*args)
        loop = {"policies": {}, "gradient": [g.ravel().tolist() for g in gradient]}
        for name, policy in POLICIES.items():
            loop["policies"][name] = residuals(jax.checkpoint(f, policy=policy), *args)
        result["loops"][f.__name__] = loop
    (TRACE_DATA / "checkpoint.json").write_text(json.dumps(result, indent=1) + "\n")
