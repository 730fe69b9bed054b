"""Writes jacobians.jsonl of rune-trace: Jacobians and Hessians of functions of trees, with the results of JAX.

    .venv/bin/python scripts/vectors jacobians      (needs jax 0.10.2)

Each line of JSON is one case. `fn` names the function, whose Rust version is in
rune-trace/tests/array_fns/jacobians.rs, and `args` names the derivative. `in` has the leaves of the arguments and `out`
those of the derivative, in the format of `scripts/vectors array-fns`.
"""

import jax
import jax.numpy as jnp
import numpy as np

from .common import TRACE_DATA, array, write_lines

DERIVATIVES = {"jacfwd": jax.jacfwd, "jacrev": jax.jacrev, "hessian": jax.hessian}
lines = []


def case(fn, derivative, f, args):
    """Writes the derivative `f` of the function named `fn` at `args`."""
    found = jax.tree.leaves(jax.jit(f)(*args))
    floats = [x for x in jax.tree.leaves(args) if x.dtype.name.startswith("f")]
    near = all(x.dtype == np.float64 for x in floats)
    document = {
        "fn": fn, "args": derivative, "in": [array(x) for x in jax.tree.leaves(args)], "out": [array(x) for x in found],
        # rune adds f32 numbers in another order.
        "tol": "near" if near else 3e-6,
    }
    lines.append(document)


def all_of(fn, f, args, argnums=0):
    for name, derivative in DERIVATIVES.items():
        case(fn, name, derivative(f, argnums=argnums), args)


def drawn(dtype):
    """Draws numbers between -1.25 and 1.25, none close to 0 or to another."""
    r = np.random.default_rng(7)

    def draw(*shape):
        n = int(np.prod(shape))
        x = (r.permutation(np.arange(1, n + 1)) + 0.1 * r.random(n)) / (n + 1) * 1.2 + 0.05
        return (x * r.choice([-1.0, 1.0], n)).astype(dtype).reshape(shape)

    return draw


def main():
    for dtype in (np.float32, np.float64):
        d = drawn(dtype)
        one = lambda x: jnp.tanh(x * 0.5) * jnp.exp(x)  # noqa: E731
        for shape in [(), (1,), (3,), (2, 2), (0,), (2, 0), (1, 2, 1)]:
            all_of("elementwise", one, (d(*shape),))
            all_of("total", lambda x: jnp.sum(jnp.sin(x) * x), (d(*shape),))
        for shapes in [((2, 3), (3,)), ((2, 3), (3, 2)), ((0, 2), (2,)), ((2, 0), (0, 1))]:
            for argnums, by in [(0, "first"), (1, "second"), ((0, 1), "both"), ((1, 0), "swapped")]:
                all_of(f"matmul by {by}", lambda a, x: jnp.sin(a @ x), tuple(d(*s) for s in shapes), argnums)
        x = d(2, 3)
        all_of("softmax", lambda x: jax.nn.softmax(x, -1), (x,))
        all_of("logsumexp", lambda x: jax.nn.logsumexp(x, 0), (x,))
        all_of("norm", lambda x: x / jnp.sqrt(jnp.sum(x**2)), (x,))
        all_of("max", lambda x: jnp.max(x, -1) * x[:, 0], (np.array([[1, 2, 2, 0], [3, 3, 3, 3], [0, 1, 2, 3]], dtype),))
        all_of("clip", lambda x: jnp.where(x > 0, x**3, jnp.abs(x)) * jax.nn.relu(x + 0.5), (x,))
        all_of("sort", lambda x: jnp.sort(x, -1) ** 2, (x,))
        all_of("cumsum", lambda x: jnp.cumsum(x, 1) * x, (x,))
        all_of("cumprod", lambda x: jnp.cumprod(x, 1), (x,))
        all_of("take", lambda x, i: x[i] ** 2, (x, np.array([1, 0, 1], np.int32)))
        all_of("scatter", lambda x, y, i: x.at[i].add(y * x[0]) ** 2, (x, d(3, 3), np.array([1, 0, 1], np.int32)), (0, 1))
        all_of("shapes", lambda x: jnp.flip(jnp.concatenate([jnp.pad(x, ((1, 0), (0, 1))), jnp.tile(x[:1, :2], (1, 2))], 0).T, 0)[::2] ** 2, (x,))
        conv = lambda x, k: jax.lax.conv_general_dilated(x, k, (1, 2), [(1, 1), (0, 1)])  # noqa: E731
        all_of("conv", lambda x, k: jnp.tanh(conv(x, k)), (d(1, 2, 3, 3), d(2, 2, 2, 2)), (0, 1))
        all_of("einsum", lambda a, b: jnp.einsum("bij,bjk->ik", a, b), (d(2, 2, 3), d(2, 3, 2)), (0, 1))

        def net(layers, x):
            for w, b in layers:
                x = jnp.tanh(x @ w + b)
            return x

        layers = [(d(2, 3), d(3)), (d(3, 2), d(2))]
        all_of("net", net, (layers, d(4, 2)))
        all_of("loss of net", lambda layers, x: jnp.mean(net(layers, x) ** 2), (layers, d(4, 2)))
        maps = lambda p: {"y": p["b"] * p["a"], "x": [jnp.sum(p["a"] ** 3), p["b"].T @ p["b"]]}  # noqa: E731
        all_of("maps", maps, ({"b": d(2, 2), "a": d(2)},))
        all_of("optional", lambda p: (p[0] * 2 if p[1] is None else p[0] * p[1], None, p[0]), ((d(2), None),))
        all_of("optional", lambda p: (p[0] * 2 if p[1] is None else p[0] * p[1], None, p[0]), ((d(2), d()),))
        all_of("constant", lambda x, y: (jnp.ones((2,), dtype), x * 3.0, jnp.floor(y)), (d(2), d(3)), (0, 1))
        all_of("inner", lambda x: jax.grad(lambda y: jnp.sum(jnp.sin(y * x)) * y[0])(x), (d(3),))
        squares = lambda x: jnp.cumsum(jnp.sin(x) * x)  # noqa: E731
        for name, derivative in DERIVATIVES.items():
            case("lanes", name, jax.vmap(derivative(squares)), (d(2, 3),))
            case("of gradient", name, derivative(jax.grad(lambda x: jnp.prod(x) + jnp.sum(x**4))), (d(3),))
            case("of hessian", name, derivative(jax.hessian(lambda x: jnp.prod(jnp.sin(x)))), (d(3),))
            case("gradient of", name, jax.grad(lambda x: jnp.sum(jnp.sin(derivative(lambda y: jnp.cumprod(y) * x)(x)))), (d(3),))
    mixed = (np.array([0.5, -1.5], np.float32), np.array([2.0, 0.25], np.float64))
    all_of("mixed", lambda p: (p[0] * 2, p[0].astype(jnp.float64) * p[1], jnp.sum(p[1]).astype(jnp.float32)), (mixed,))
    write_lines(TRACE_DATA / "jacobians.jsonl", lines)
