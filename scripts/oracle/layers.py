"""Writes layers.jsonl of rune-nn: layers, activations and initialisers, with the results of Flax, Equinox and JAX.

    .venv/bin/python scripts/vectors layers      (needs jax 0.10.2, flax 0.12.8, equinox 0.13.8)

All except random draws are in f64. The formula `argument`, which the test repeats, gives inputs and parameters: input k
has seed k; parameter k has seed 10 + k, and is halved. The results are the output, and the gradient of sum(output ·
`argument(99, …)`) with respect to each float input and each parameter.
"""

import equinox as eqx
import flax.linen as fnn
import jax
import jax.numpy as jnp
import numpy as np

from .common import NN_DATA, write_lines
from .common import argument as numpy_argument

F64 = jnp.float64
lines = []


def argument(seed, shape):
    return jnp.asarray(numpy_argument(seed, shape, 4))


def numbers(x):
    return [float(f"{e:.15g}") for e in np.asarray(x, np.float64).ravel()]


def layer(name, f, inputs, params, settings=None):
    """Writes a layer `f(inputs, params) -> array`; `inputs` are shapes, or arrays of integers."""
    xs = [argument(k, x) if isinstance(x, tuple) else jnp.asarray(x) for k, x in enumerate(inputs)]
    ps = [argument(10 + k, shape) * 0.5 for k, shape in enumerate(params)]
    floats = [k for k, x in enumerate(xs) if jnp.issubdtype(x.dtype, jnp.floating)]
    out = f(xs, ps)

    def loss(given, ps):
        xs_ = list(xs)
        for k, x in zip(floats, given):
            xs_[k] = x
        y = f(xs_, ps)
        return (y * argument(99, y.shape)).sum()

    dx, dp = jax.grad(loss, argnums=(0, 1))([xs[k] for k in floats], ps)
    shapes = [list(x) if isinstance(x, tuple) else np.asarray(x).tolist() for x in inputs]
    lines.append({"layer": name, "settings": settings, "inputs": shapes, "params": [list(s) for s in params],
                  "shape": list(out.shape), "out": numbers(out), "gradients": [numbers(g) for g in dx + dp]})


def first(x):
    return jnp.moveaxis(x, -1, 1)


def last(x):
    return jnp.moveaxis(x, 1, -1)


def linears():
    dense = lambda b: lambda xs, ps: fnn.Dense(5, use_bias=b, param_dtype=F64).apply(  # noqa: E731
        {"params": {"kernel": ps[0], "bias": ps[1]} if b else {"kernel": ps[0]}}, xs[0])
    layer("linear", dense(True), [(2, 3, 4)], [(4, 5), (5,)])
    layer("linear_without_bias", dense(False), [(4,)], [(4, 5)])
    embed = fnn.Embed(6, 3, param_dtype=F64)
    layer("embedding", lambda xs, ps: embed.apply({"params": {"embedding": ps[0]}}, xs[0]), [[[0, 5, 2], [2, 2, 1]]], [(6, 3)])
    layer("embedding_attend", lambda xs, ps: embed.apply({"params": {"embedding": ps[0]}}, xs[0], method="attend"), [(2, 3)], [(6, 3)])
    mlp = lambda xs, ps: jnp.tanh(xs[0] @ ps[0] + ps[1]) @ ps[2] + ps[3]  # noqa: E731
    layer("mlp", mlp, [(2, 3)], [(3, 4), (4,), (4, 2), (2,)])


def convolutions():
    for window in ((3,), (3, 2), (2, 2, 2)):
        n = len(window)
        sizes = (7, 6, 5)[:n]
        for settings in ({}, {"strides": 2, "padding": "SAME"}, {"padding": [[1, 2]] * n, "dilations": 2}, {"groups": 2, "strides": 2}):
            groups, padding = settings.get("groups", 1), settings.get("padding", "VALID")
            kwargs = dict(features=4, kernel_size=window, strides=(settings.get("strides", 1),) * n,
                          padding=padding if isinstance(padding, str) else [tuple(p) for p in padding],
                          kernel_dilation=(settings.get("dilations", 1),) * n, param_dtype=F64, precision="highest")
            for kind, module in (("conv", fnn.Conv), ("conv_transpose", fnn.ConvTranspose)):
                if kind == "conv":
                    kwargs["feature_group_count"] = groups
                elif groups > 1:
                    continue
                else:
                    kwargs.pop("feature_group_count", None)
                m = module(**kwargs)

                def run(xs, ps, m=m, n=n):
                    # From the order outputs, inputs, window to window, inputs, outputs.
                    kernel = jnp.moveaxis(ps[0], (0, 1), (-1, -2))
                    return first(m.apply({"params": {"kernel": kernel, "bias": ps[1]}}, last(xs[0])))

                layer(kind, run, [(2, 2) + sizes], [(4, 2 // groups) + window, (4,)], settings)
    m = fnn.Conv(4, (3, 2), padding="VALID", param_dtype=F64, precision="highest")
    layer("conv_channels_last", lambda xs, ps: m.apply({"params": {"kernel": ps[0], "bias": ps[1]}}, xs[0]), [(2, 5, 4, 3)], [(3, 2, 3, 4), (4,)])


def norms():
    ln = fnn.LayerNorm(param_dtype=F64, use_fast_variance=False)
    layer("layer_norm", lambda xs, ps: ln.apply({"params": {"scale": ps[0], "bias": ps[1]}}, xs[0]), [(2, 3, 4)], [(4,), (4,)])
    rms = fnn.RMSNorm(param_dtype=F64)
    layer("rms_norm", lambda xs, ps: rms.apply({"params": {"scale": ps[0]}}, xs[0]), [(2, 3, 4)], [(4,)])
    gn = fnn.GroupNorm(3, param_dtype=F64, use_fast_variance=False)
    layer("group_norm_channels_last", lambda xs, ps: gn.apply({"params": {"scale": ps[0], "bias": ps[1]}}, xs[0]), [(2, 4, 6)], [(6,), (6,)])
    layer("group_norm", lambda xs, ps: first(gn.apply({"params": {"scale": ps[0], "bias": ps[1]}}, last(xs[0]))), [(2, 6, 2, 3)], [(6,), (6,)])
    for train in (True, False):
        bn = fnn.BatchNorm(use_running_average=not train, momentum=0.9, param_dtype=F64, use_fast_variance=False)

        def run(xs, ps, bn=bn, train=train):
            stats = {"mean": xs[1], "var": jnp.abs(xs[2]) + 0.1}
            y, after = bn.apply({"params": {"scale": ps[0], "bias": ps[1]}, "batch_stats": stats}, last(xs[0]), mutable=["batch_stats"])
            # The result ends with the averages, which have no gradient.
            mean, var = (jax.lax.stop_gradient(after["batch_stats"][k]) for k in ("mean", "var"))
            return jnp.concatenate([first(y).ravel(), mean, var]) if train else first(y)

        layer("batch_norm_train" if train else "batch_norm", run, [(3, 2, 4), (2,), (2,)], [(2,), (2,)])


def attention():
    def heads_of(x, heads):
        return x.reshape(x.shape[:-1] + (heads, x.shape[-1] // heads))

    mha = fnn.MultiHeadDotProductAttention(2, param_dtype=F64, precision="highest")
    for name, context, causal in (("attention", 0, True), ("attention_to_another", 1, False)):
        def run(xs, ps, context=context, causal=causal):
            names = ("query", "key", "value")
            params = {n: {"kernel": heads_of(ps[2 * i], 2), "bias": heads_of(ps[2 * i + 1], 2)} for i, n in enumerate(names)}
            params["out"] = {"kernel": ps[6].reshape(2, 3, 6), "bias": ps[7]}
            mask = fnn.make_causal_mask(xs[0][..., 0]) if causal else None
            return mha.apply({"params": params}, xs[0], xs[context], mask=mask)

        layer(name, run, [(2, 4, 6)] + [(2, 5, 6)] * context, [(6, 6), (6,)] * 4)

    dot = jax.nn.dot_product_attention
    layer("dot_product_attention", lambda xs, _: dot(*xs), [(2, 3, 4, 5), (2, 6, 4, 5), (2, 6, 4, 5)], [])
    layer("dot_product_attention_grouped", lambda xs, _: dot(*xs, is_causal=True, scale=0.3), [(2, 3, 4, 5), (2, 3, 2, 5), (2, 3, 2, 5)], [])
    mask = np.array([[1, 1, 0, 0], [0, 0, 0, 0], [0, 1, 1, 1]], bool)
    layer("dot_product_attention_masked", lambda xs, _: dot(*xs[:3], bias=xs[3], mask=jnp.asarray(mask)[None, None]),
          [(2, 3, 2, 5), (2, 4, 2, 5), (2, 4, 2, 5), (1, 2, 3, 4)], [], mask.tolist())
    rope = eqx.nn.RotaryPositionalEmbedding(6, 100.0, dtype=F64)
    layer("rotary_embedding", lambda xs, _: jax.vmap(jax.vmap(rope, 1, 1))(xs[0]), [(2, 5, 3, 6)], [])


def recurrent():
    def cell(make, ps, extra):
        c = make(3, 4, key=jax.random.key(0))
        c = eqx.tree_at(lambda c: (c.weight_ih, c.bias, c.weight_hh), c, (ps[0].T, ps[1], ps[2].T))
        return eqx.tree_at(lambda c: c.bias_n, c, ps[3]) if extra else c

    def run(make, extra, state):
        def f(xs, ps):
            c = cell(make, ps, extra)

            def step(h, x):
                h = jax.vmap(c)(x, h)
                return h, h if extra else h[0]

            last, ys = jax.lax.scan(step, state(xs), xs[0])
            return jnp.concatenate([ys.ravel(), (last if extra else last[1]).ravel()])
        return f

    layer("gru", run(eqx.nn.GRUCell, True, lambda xs: xs[1]), [(5, 2, 3), (2, 4)], [(3, 12), (12,), (4, 12), (4,)])
    layer("lstm", run(eqx.nn.LSTMCell, False, lambda xs: (xs[1], xs[2])), [(5, 2, 3), (2, 4), (2, 4)], [(3, 16), (16,), (4, 16)])


def activations():
    functions = {
        "relu": jax.nn.relu, "relu6": jax.nn.relu6, "leaky_relu": jax.nn.leaky_relu, "elu": jax.nn.elu, "celu": lambda x: jax.nn.celu(x, 0.7),
        "selu": jax.nn.selu, "softplus": jax.nn.softplus, "silu": jax.nn.silu, "mish": jax.nn.mish, "gelu": jax.nn.gelu,
        "gelu_exact": lambda x: jax.nn.gelu(x, approximate=False), "log_sigmoid": jax.nn.log_sigmoid, "hard_sigmoid": jax.nn.hard_sigmoid,
        "hard_silu": jax.nn.hard_silu, "hard_tanh": jax.nn.hard_tanh, "soft_sign": jax.nn.soft_sign,
        "squareplus": lambda x: jax.nn.squareplus(x, 3.0), "glu": jax.nn.glu,
    }
    for name, f in functions.items():
        layer(name, lambda xs, _, f=f: f(xs[0] * 3), [(5, 4)], [])


def initializers():
    init = jax.nn.initializers
    named = {k: getattr(init, k)() for k in ("glorot_uniform", "glorot_normal", "lecun_uniform", "lecun_normal", "he_uniform", "he_normal")}
    named["geometric"] = init.variance_scaling(0.5, "fan_geo_avg", "normal")
    named["fan_out"] = init.variance_scaling(1.5, "fan_out", "uniform")
    named["uniform"], named["normal"], named["truncated_normal"] = init.uniform(0.2), init.normal(0.2), init.truncated_normal(0.2)
    named["he_normal_outputs_first"] = init.he_normal(in_axis=1, out_axis=0)
    for name, f in named.items():
        for seed, shape in ((0, (16, 9)), (7, (3, 2, 5, 4))):
            lines.append({"initializer": name, "seed": seed, "shape": list(shape), "out": numbers(f(jax.random.key(seed), shape, jnp.float32))})
    x = argument(0, (50,))
    kept = jax.random.bernoulli(jax.random.key(3), np.float32(0.7), x.shape)
    lines.append({"initializer": "dropout", "seed": 3, "shape": [50], "out": numbers(jnp.where(kept, x / 0.7, 0))})


def main():
    for part in (linears, convolutions, norms, attention, recurrent, activations, initializers):
        part()
    write_lines(NN_DATA / "layers.jsonl", lines)
