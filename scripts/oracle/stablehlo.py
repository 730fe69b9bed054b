"""Writes models and operations of tests/data/stablehlo: modules that JAX exports, with JAX's results.

    .venv/bin/python scripts/vectors stablehlo
"""

import json

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from stablehlo.core import FOLDER, NAMES, In, i32

from .common import ROOT

# The models: a network of three layers, two convolutions with pooling, and a transformer block.


def cross_entropy(logits, y):
    logits = logits - jax.scipy.special.logsumexp(logits, -1, keepdims=True)
    return -jnp.mean(jnp.sum(logits * y, -1))


def mlp(w0, b0, w1, b1, w2, b2, x):
    x = jax.nn.relu(x @ w0 + b0)
    return jax.nn.relu(x @ w1 + b1) @ w2 + b2


def mlp_loss(*args):
    return cross_entropy(mlp(*args[:-1]), args[-1])


def conv(x, w):
    return lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


def cnn_loss(w0, w1, w2, x, y):
    for w in (w0, w1):
        x = jax.nn.relu(conv(x, w))
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return cross_entropy(x.reshape(x.shape[0], -1) @ w2, y)


def norm(x, g, b):
    m = x.mean(-1, keepdims=True)
    v = ((x - m) ** 2).mean(-1, keepdims=True)
    return (x - m) * lax.rsqrt(v + 1e-5) * g + b


def block(g1, b1, g2, b2, qkv, o, w1, w2, x):
    B, S, D = x.shape
    H = 2
    h = norm(x, g1, b1)
    q, k, v = jnp.split(h @ qkv, 3, -1)
    heads = lambda t: t.reshape(B, S, H, D // H).transpose(0, 2, 1, 3)
    s = jnp.einsum("bhqd,bhkd->bhqk", heads(q), heads(k)) * 0.125
    a = jnp.einsum("bhqk,bhkd->bhqd", jax.nn.softmax(s, -1), heads(v))
    x = x + a.transpose(0, 2, 1, 3).reshape(B, S, D) @ o
    h = norm(x, g2, b2)
    return x + jax.nn.gelu(h @ w1) @ w2


def block_loss(*args):
    return (block(*args) ** 2).sum()


MODELS = {
    "mlp": (mlp_loss, 6, [In(6, 8), In(8), In(8, 8), In(8), In(8, 4), In(4), In(5, 6), In(5, 4)]),
    "cnn": (cnn_loss, 3, [In(3, 3, 1, 3), In(3, 3, 3, 4), In(16, 5), In(2, 8, 8, 1), In(2, 5)]),
    "transformer": (block_loss, 8, [In(8), In(8), In(8), In(8), In(8, 24), In(8, 8), In(8, 32), In(32, 8), In(2, 5, 8)]),
}


def elementwise(*fs):
    return lambda *xs: tuple(f(*xs) for f in fs)


x34, x6 = In(3, 4), In(6)
window = lambda f, init, dims, strides, pad: lambda x: lax.reduce_window(x, init, f, dims, strides, pad)
pooled = window(lax.max, -jnp.inf, (2, 2), (1, 1), "SAME")
OPS = {
    "unary": (elementwise(jnp.sin, jnp.cos, jnp.tan, jnp.tanh, jnp.exp, jnp.expm1, jnp.cbrt, jnp.floor, jnp.ceil, jnp.round,
                          lax.round, jnp.sign, jnp.abs, lax.neg, lax.is_finite, lax.erf, lax.logistic, jnp.square), [x34]),
    "positive": (elementwise(jnp.log, jnp.log1p, jnp.sqrt, lax.rsqrt, lambda x: lax.pow(x, x)), [In(6, bound=7)]),
    "chlo": (elementwise(jnp.sinh, jnp.cosh, jnp.arcsinh, jnp.arctanh, jnp.arcsin, jnp.arccos, jnp.arctan, lax.erf_inv), [In(3, 4, scale=0.9)]),
    "binary": (elementwise(jnp.add, jnp.subtract, jnp.multiply, jnp.divide, jnp.maximum, jnp.minimum, lax.atan2, lax.rem), [x34, x34]),
    "integers": (elementwise(lax.population_count, lax.clz, lambda x: ~x, lambda x: x << 2, lambda x: x >> 1,
                             lambda x: lax.shift_right_logical(x, x), lambda x: x // 3, lambda x: x % 3, lambda x: x ^ 5,
                             lambda x: x & 6, lambda x: x | 1, lambda x: lax.bitcast_convert_type(x, np.float32)), [i32(7, bound=1000)]),
    "bytes": (elementwise(lax.population_count, lax.clz, lambda x: x.astype(np.float32)), [In(7, bound=256, dtype=np.uint8)]),
    "compare": (elementwise(jnp.equal, jnp.not_equal, jnp.less, jnp.less_equal, jnp.greater, jnp.greater_equal), [x34, x34]),
    "choose": (lambda x: (jnp.where(x > 0, x, 0), jnp.clip(x, -0.5, 0.5), lax.clamp(-0.5, x, 0.25)), [x34]),
    "halves": (lambda x: (x.astype(jnp.bfloat16), x.astype(jnp.float16), lax.reduce_precision(x, 8, 7)), [x34]),
    "shapes": (lambda x: (jnp.pad(x, ((1, 2), (0, 1))), jnp.concatenate([x, x], 1), x[::-1], x.T, x[1:3, ::2],
                          jnp.broadcast_to(x, (2, 3, 4)), x.reshape(2, 6), jnp.arange(5.0), lax.broadcasted_iota(np.int32, (2, 3), 1),
                          lax.pad(x, 1.5, ((-1, 0, 0), (1, 1, 2)))), [x34]),
    "dynamic": (lambda x, i: (lax.dynamic_slice(x, (i, i), (2, 2)), lax.dynamic_update_slice(x, x[:2, :2], (i, i)), x[i]), [x34, i32(bound=3)]),
    "constants": (lambda x: (x + np.arange(12, dtype=np.float32).reshape(3, 4), x * np.linspace(0, 1, 120, dtype=np.float32).reshape(10, 3, 4),
                             jnp.where(np.arange(12).reshape(3, 4) % 2 == 0, x, np.float32("inf")),
                             jnp.where(np.arange(120).reshape(10, 3, 4) % 7 == 0, x, 0)), [x34]),
    "reductions": (lambda x: (x.sum(0), x.prod(1), x.max(), x.min(0), (x > 0).all(), (x > 0).any(0), jnp.mean(x, 1),
                              jnp.max(x, 1, initial=0.25), lax.reduce(x, np.float32(2), lax.add, (0,))), [x34]),
    "integer_reductions": (lambda x: (x.sum(0), x.prod(1), x.max(), lax.reduce(x, np.int32(-1), lax.bitwise_and, (0,)), jnp.argmax(x, 1)), [i32(3, 4)]),
    "arguments": (lambda x: (jnp.argmax(x, 0), jnp.argmin(x, 1), jnp.argmax(x)), [x34]),
    "windows": (elementwise(pooled, window(lax.add, 0.0, (2, 2), (2, 2), "VALID"), window(lax.min, jnp.inf, (2, 3), (1, 2), "SAME")), [In(4, 5)]),
    "window_gradient": (jax.grad(lambda x: (pooled(x) ** 3).sum()), [In(4, 5)]),
    "running": (elementwise(jnp.cumsum, jnp.cumprod, lax.cummax, lax.cumlogsumexp, lambda x: lax.cummin(x, reverse=True)), [x6]),
    "sorting": (lambda x: (jnp.sort(x), jnp.argsort(x), jnp.sort(x, descending=True)), [In(9)]),
    "sorting_by_two": (lambda x, y: lax.sort((x, y), num_keys=2), [i32(9, bound=3), In(9)]),
    "top": (lambda x: lax.top_k(x, 2), [x34]),
    "products": (lambda x, y: (lax.dot_general(x, y, (((2,), (1,)), ((0,), (0,))), precision=lax.Precision.HIGHEST),
                               jnp.einsum("bij,bjk->ik", x, y), x[0] @ y[0, :, 0]), [In(2, 3, 4), In(2, 4, 5)]),
    "convolution": (lambda x, w: lax.conv_general_dilated(x, w, (2, 1), [(1, 2), (0, 1)], lhs_dilation=(1, 2), rhs_dilation=(2, 1),
                                                          feature_group_count=2), [In(2, 4, 9, 9), In(6, 2, 2, 3)]),
    "convolution_gradient": (jax.grad(lambda x, w: (conv(x, w) ** 2).sum(), (0, 1)), [In(2, 5, 5, 3), In(3, 3, 3, 4)]),
    "gather": (lambda t, i: (t[i], t[i, i], t[:, i], jnp.take_along_axis(t, i[:, None], 1)), [In(5, 5), i32(5, bound=5)]),
    "scatter": (lambda t, i, u: (t.at[i].add(u), t.at[i].mul(u), t.at[i].min(u), t.at[i].max(u), t.at[0].set(1.0)), [In(5, 3), i32(2), In(2, 3)]),
    "cond": (lambda p, x: lax.cond(p > 1, lambda x: x + 1, lambda x: x * jnp.float32(2), x), [i32(bound=3), x6]),
    "switch": (lambda p, x: lax.switch(p, [lambda x: x + 1, lambda x: x * 2, lambda x: x], x), [i32(bound=3), x6]),
    "fori": (lambda x: lax.fori_loop(0, 5, lambda i, v: v * x + i, x), [x6]),
    "while": (lambda x, n: lax.while_loop(lambda c: c[0] < n, lambda c: (c[0] + 1, c[1] * x + np.arange(6, dtype=np.float32)), (0, x)), [x6, i32(bound=7)]),
    "scan": (lambda w, u, xs: lax.scan(lambda h, x: (jnp.tanh(h @ w + x @ u),) * 2, jnp.zeros((2, 3)), xs), [In(3, 3), In(4, 3), In(5, 2, 4)]),
    "random": (lambda k: jax.random.uniform(jax.random.key(k), (4,)), [i32(bound=9)]),
    "barrier": (lambda x: lax.optimization_barrier((x, x + 1)), [x6]),
    "decomposed": (elementwise(lax.lgamma, lax.digamma, lax.erfc), [In(3, 4)]),
}


def case(name, f, inputs, text):
    args = [x.array(k) for k, x in enumerate(inputs)]
    results = [np.asarray(y) for y in jax.tree.leaves(jax.jit(f)(*args))]
    outputs = [{"type": str(NAMES[y.dtype.name]), "shape": y.shape, "data": y.astype(np.float64).ravel().tolist()} for y in results]
    # JSON has no infinities.
    for y in outputs:
        y["data"] = [x if np.isfinite(x) else str(x) for x in y["data"]]
    return text, {"name": name, "inputs": [x.described() for x in inputs], "outputs": outputs}


def exported(f, args):
    return jax.export.export(jax.jit(f))(*args).mlir_module().replace(f"{ROOT}/", "")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    cases, ops = [], []
    for name, (loss, by, inputs) in MODELS.items():
        args = [x.array(k) for k, x in enumerate(inputs)]
        for name, f in ((name, loss), (f"{name}_grad", jax.value_and_grad(loss, tuple(range(by))))):
            text, described = case(name, f, inputs, jax.jit(f).lower(*args).as_text())
            (FOLDER / f"{name}.mlir").write_text(text)
            (FOLDER / f"{name}.export.mlir").write_text(exported(f, args))
            cases.append(described)
    for name, (f, inputs) in OPS.items():
        args = [x.array(k) for k, x in enumerate(inputs)]
        text = exported(f, args) if name in ("decomposed", "chlo", "top", "scan") else jax.jit(f).lower(*args).as_text()
        text, described = case(name, f, inputs, text)
        ops.append(f"// {name}\n{text}")
        cases.append(described)
    (FOLDER / "operations.mlir").write_text("// -----\n".join(ops))
    (FOLDER / "cases.json").write_text(json.dumps(cases, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
