"""Writes tests/data/transformer/*.json: the transformer block of examples/support/src/transformer.rs, in JAX.

    .venv/bin/python scripts/vectors transformer      (needs jax 0.10.2)

Each size has some elements and the norm of the result, and of the gradient of the sum of its squares with respect to
each parameter. The formula `argument`, which the test repeats, gives the arguments. `residuals` has the shape and dtype
of each array that JAX keeps of the forward pass.
"""

import json

import jax
import jax.numpy as jnp
import numpy as np
from jax._src.ad_checkpoint import saved_residuals

from .common import ROOT, argument

DATA = ROOT / "tests" / "data" / "transformer"
SIZES = {"small": (2, 6, 16, 4), "bench": (4, 128, 256, 4)}
SHOWN = 16


def normalized(x, scale, shift):
    m = x.mean(-1, keepdims=True)
    v = ((x - m) ** 2).mean(-1, keepdims=True)
    return (x - m) * jax.lax.rsqrt(v + 1e-5) * scale + shift


def attention(q, k, v):
    s = jnp.einsum("bhqd,bhkd->bhqk", q, k) * (1 / np.sqrt(q.shape[-1]))
    return jnp.einsum("bhqk,bhkd->bhqd", jax.nn.softmax(s, -1), v)


def block(p, x, heads):
    b, s, d = x.shape
    h = normalized(x, p[0], p[1])
    parts = jnp.split(h @ p[4], 3, -1)
    q, k, v = (t.reshape(b, s, heads, d // heads).transpose(0, 2, 1, 3) for t in parts)
    o = attention(q, k, v).transpose(0, 2, 1, 3).reshape(b, s, d)
    x = x + o @ p[5]
    h = normalized(x, p[2], p[3])
    return x + jax.nn.gelu(h @ p[6]) @ p[7]


def shown(x):
    flat = np.asarray(x, dtype=np.float64).ravel()
    step = max(1, len(flat) // SHOWN)
    return {"norm": float(np.linalg.norm(flat)), "step": step, "elements": [float(e) for e in flat[::step]]}


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    for name, (batch, tokens, d, heads) in SIZES.items():
        shapes = [(d,), (d,), (d,), (d,), (d, 3 * d), (d, d), (d, 4 * d), (4 * d, d)]

        def loss(p, x):
            return (block(p, x, heads) ** 2).sum()

        # In f64, because results in f32 differ by rounding.
        p = [argument(i, s, 0.4).astype(np.float32).astype(np.float64) for i, s in enumerate(shapes)]
        x = argument(8, (batch, tokens, d), 0.4).astype(np.float32).astype(np.float64)
        residuals = saved_residuals(loss, [a.astype(np.float32) for a in p], x.astype(np.float32))
        case = {
            "sizes": [batch, tokens, d, heads],
            "value": shown(block(p, x, heads)),
            "gradient": [shown(g) for g in jax.grad(loss)(p, x)],
            "residuals": [[str(a.dtype), list(a.shape), where.split(" from /")[0]] for a, where in residuals],
        }
        (DATA / f"{name}.json").write_text(json.dumps(case, indent=1) + "\n")
