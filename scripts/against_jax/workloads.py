"""The workloads of `scripts/bench-against-jax`, in JAX: name -> (function, arguments).

`examples/support/src/workloads.rs` has the same functions in rune. They take the leaves of the arguments in the same
order.
"""

import zlib

import jax
import jax.numpy as jnp
import numpy as np

# name -> (function, function that gives the arguments)
WORKLOADS = {}


def workload(name, *shapes, scale=0.1):
    """Registers a function with random arrays as arguments. An argument that is not a shape is passed unchanged."""

    def register(f):
        def arguments():
            rng = np.random.default_rng(zlib.crc32(name.encode()))
            draw = lambda s: rng.standard_normal(s, np.float32) * np.float32(scale) if isinstance(s, tuple) else s
            return [draw(s) for s in shapes]

        WORKLOADS[name] = f, arguments
        return f

    return register


def one_hot(rows):
    return np.eye(10, dtype=np.float32)[np.arange(rows) % 10]


def every_seventh(count, below):
    return np.arange(count, dtype=np.int32) * 7 % below


for n in (256, 512, 1024, 2048):
    workload(f"matmul{n}", (n, n), (n, n))(lambda a, b: a @ b)


@workload("ew_chain_4M", (2048, 2048), (2048, 2048))
def elementwise_chain(x, y):
    return jnp.tanh(x * y + jnp.sin(x)) * jnp.exp(-y * y)


workload("add_16M", (4096, 4096), (4096, 4096))(lambda x, y: x + y)
workload("sum_16M", (4096, 4096))(jnp.sum)
workload("sum_axis0_4M", (2048, 2048))(lambda x: jnp.sum(x, 0))
workload("sum_axis1_4M", (2048, 2048))(lambda x: jnp.sum(x, 1))
workload("softmax_2k", (2048, 2048))(lambda x: jax.nn.softmax(x, -1))


@workload("layernorm_2k", (2048, 1024), (1024,), (1024,))
def layer_norm(x, scale, shift):
    centered = x - x.mean(-1, keepdims=True)
    variance = (centered**2).mean(-1, keepdims=True)
    return centered * jax.lax.rsqrt(variance + 1e-5) * scale + shift


@workload("attention", *[(4, 8, 256, 64)] * 3)
def attention(q, k, v):
    scores = jnp.einsum("bhqd,bhkd->bhqk", q, k) * 0.125
    return jnp.einsum("bhqk,bhkd->bhqd", jax.nn.softmax(scores, -1), v)


LAYERS = (784, 512), (512,), (512, 512), (512,), (512, 10), (10,)


@workload("mlp_infer_b1", *LAYERS, (1, 784))
def mlp(w1, b1, w2, b2, w3, b3, x):
    x = jax.nn.relu(x @ w1 + b1)
    x = jax.nn.relu(x @ w2 + b2)
    return x @ w3 + b3


def cross_entropy(logits, truth):
    log_probabilities = logits - jax.scipy.special.logsumexp(logits, -1, keepdims=True)
    return -jnp.mean(jnp.sum(log_probabilities * truth, -1))


@workload("mlp_train", *LAYERS, (128, 784), one_hot(128))
def mlp_train(*arguments):
    *parameters, x, truth = arguments
    loss = lambda parameters: cross_entropy(mlp(*parameters, x), truth)
    loss, gradient = jax.value_and_grad(loss)(parameters)
    return loss, [p - 0.01 * g for p, g in zip(parameters, gradient)]


@workload("conv_nhwc", (16, 28, 28, 32), (3, 3, 32, 64))
def conv(x, kernel):
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


@workload("conv_nchw", (16, 32, 28, 28), (64, 32, 3, 3))
def conv_channels_first(x, kernel):
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME")


def max_pool(x):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


@workload("cnn_train", (3, 3, 1, 32), (3, 3, 32, 64), (7 * 7 * 64, 10), (32, 28, 28, 1), one_hot(32))
def cnn_train(kernel1, kernel2, weights, x, truth):
    def loss(parameters):
        kernel1, kernel2, weights = parameters
        h = max_pool(jax.nn.relu(conv(x, kernel1)))
        h = max_pool(jax.nn.relu(conv(h, kernel2)))
        return cross_entropy(h.reshape(h.shape[0], -1) @ weights, truth)

    return jax.value_and_grad(loss)((kernel1, kernel2, weights))


FEATURES, HEADS = 256, 4
BLOCK = (
    *[(FEATURES,)] * 4,
    (FEATURES, 3 * FEATURES),
    (FEATURES, FEATURES),
    (FEATURES, 4 * FEATURES),
    (4 * FEATURES, FEATURES),
)


@workload("tf_block_fwd", *BLOCK, (4, 128, FEATURES))
def block(scale1, shift1, scale2, shift2, qkv, out, up, down, x):
    batch, tokens, _ = x.shape
    of_heads = lambda t: t.reshape(batch, tokens, HEADS, FEATURES // HEADS).transpose(0, 2, 1, 3)
    q, k, v = jnp.split(layer_norm(x, scale1, shift1) @ qkv, 3, -1)
    read = attention(of_heads(q), of_heads(k), of_heads(v))
    x = x + read.transpose(0, 2, 1, 3).reshape(batch, tokens, FEATURES) @ out
    return x + jax.nn.gelu(layer_norm(x, scale2, shift2) @ up) @ down


@workload("tf_block_grad", *BLOCK, (4, 128, FEATURES))
def block_gradient(*arguments):
    *parameters, x = arguments
    return jax.grad(lambda parameters: (block(*parameters, x) ** 2).sum())(parameters)


@workload("rnn_scan", (128, 128), (64, 128), (64, 32, 64))
def rnn(hidden, inputs, xs):
    def step(h, x):
        h = jnp.tanh(h @ hidden + x @ inputs)
        return h, h

    return jax.lax.scan(step, jnp.zeros((32, 128)), xs)[1]


workload("gather", (50000, 256), every_seventh(4096, 50000))(lambda table, i: table[i])
workload("scatter_add", (50000, 64), every_seventh(4096, 50000), (4096, 64))(lambda t, i, rows: t.at[i].add(rows))
workload("sort_4096", (4096,))(jnp.sort)
workload("cumsum", (256, 1024))(lambda x: jnp.cumsum(x, -1))
workload("tiny_mul", (4,), (4,))(lambda x, y: x * y)


@workload("complex_ew", (512, 512), (512, 512))
def complex_elementwise(re, im):
    z = jax.lax.complex(re, im + 1)
    return jnp.abs(jnp.exp(z) * z + 1 / z)


workload("complex_matmul", (256, 256), (256, 256))(lambda re, im: jnp.abs(jax.lax.complex(re, im) @ jax.lax.complex(im, re)))


@workload("mandelbrot", (512, 512), (512, 512), scale=0.05)
def mandelbrot(re, im):
    c = jax.lax.complex(re, im)
    step = lambda _, z: jnp.where(jnp.abs(z) < 2, z * z + c, z)
    return jnp.abs(jax.lax.fori_loop(0, 50, step, c))


workload("fft_1024", (256, 1024))(lambda x: jnp.abs(jnp.fft.fft(jax.lax.complex(x, -x))))
workload("rfft_1024", (256, 1024))(lambda x: jnp.abs(jnp.fft.rfft(x)))
workload("fft2_512", (512, 512))(lambda x: jnp.abs(jnp.fft.fft2(jax.lax.complex(x, -x))))
