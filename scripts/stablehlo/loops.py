"""Loops: name -> (function, inputs, number of loops whose length rune knows, number of other loops)."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .core import In, i32

x3, xs53, x = In(3), In(5, 3), In()


def step(c, x):
    return jnp.sin(c * x), c + x


def power(y):
    """A loop of unknown length."""
    return lax.while_loop(lambda c: c[0] < 2.0, lambda c: (c[0] * 1.5, jnp.sin(c[1])), (jnp.abs(y) + 0.1, y))[1]


def rnn(w, u, xs):
    def cell(h, x):
        h = jnp.tanh(h @ w + x @ u)
        return h, h

    return lax.scan(cell, jnp.zeros((2, 3)), xs)[1]


def lstm(w, u, b, xs):
    def cell(state, x):
        h, c = state
        i, f, g, o = jnp.split(x @ w + h @ u + b, 4, -1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h.sum(-1)

    return lax.scan(cell, (jnp.zeros((2, 2)), jnp.zeros((2, 2))), xs)


def nested(c, xs):
    def outer(c, row):
        inner = lambda d, x: (d * x + jnp.cos(d), d)
        return lax.scan(inner, c, row)

    return lax.scan(outer, c, xs)


def table(c, t):
    """Reads the table by an index computed from its own counter."""
    return lax.scan(lambda s, x: ((s[0] * t[(2 * s[1] + 1) % 5] + x, s[1] + 1), s[0]), (c, 0), t)


def in_place(c, xs):
    """Computes each row from the previous one: the loop also reads what it writes."""
    return lax.fori_loop(1, 5, lambda i, b: b.at[i].set(jnp.sin(b[i - 1] * c) + b[i]), xs)


def written(c, xs):
    row = lambda i, s: (s[0] * xs[i], lax.dynamic_update_index_in_dim(s[1], s[0] + xs[i], i, 0))
    return lax.fori_loop(1, 4, row, (c, jnp.ones((5, 3))))


def backward(c, xs):
    row = lambda i, s: (jnp.sin(s[0] * xs[4 - i]), lax.dynamic_update_index_in_dim(s[1], s[0], 4 - i, 0))
    return lax.fori_loop(0, 5, row, (c, jnp.zeros((5, 3))))


def both_ways(c, xs):
    return lax.fori_loop(0, 5, lambda i, s: jnp.sin(s * xs[4 - i]) + xs[i], c)


def blocks(c, xs):
    """Reads two rows in each iteration."""
    row = lambda i, s: s + lax.dynamic_slice_in_dim(xs, 2 * i, 2, 0).prod(0) * s
    return lax.fori_loop(0, 3, row, c)


def triangle(c, xs):
    """The length of the inner loop varies with the outer iteration."""
    return lax.fori_loop(0, 4, lambda i, s: lax.fori_loop(0, i, lambda j, t: jnp.sin(t + xs[j]), s), c)


def counted(test, first, by):
    def loop(c):
        return lax.while_loop(lambda s: test(s[0]), lambda s: (s[0] + by, jnp.sin(s[1]) + s[0]), (first, c))

    def unrolled(c):
        i = first
        while test(i):
            i, c = i + by, jnp.sin(c) + i
        return i, c

    # JAX has no reverse mode for this loop.
    loop.reference = unrolled
    return loop


def keyed(c):
    def draw(key, _):
        key, own = jax.random.split(key)
        return key, jax.random.uniform(own, (2,))

    return c * lax.scan(draw, jax.random.key(3), None, length=3)[1].sum()


def scan(f, **options):
    return lambda c, xs: lax.scan(f, c, xs, **options)


LOOPS = {
    "scan": (scan(step), [x3, xs53], 1, 0),
    "reverse": (scan(step, reverse=True), [x3, xs53], 1, 0),
    "no_arrays": (lambda c: lax.scan(lambda c, _: (jnp.sin(c), None), c, None, length=4), [x3], 1, 0),
    "no_carry": (lambda xs: lax.scan(lambda _, x: (None, jnp.sin(x)), None, xs)[1], [xs53], 1, 0),
    "scalars": (scan(step), [x, In(6)], 1, 0),
    "several": (lambda c, xs, ys: lax.scan(lambda c, z: (c * z[0] + z[1], (z[1], c)), c, (xs, ys)), [x3, xs53, xs53], 1, 0),
    "integers": (lambda c, xs: lax.scan(lambda c, x: (c * x[0].astype(jnp.float32), x[1] + 1), c, (xs, xs * 2)), [x3, i32(5)], 1, 0),
    "length_0": (lambda c, xs: lax.scan(step, c, xs[:0]), [x3, xs53], 0, 0),
    "length_1": (lambda c, xs: lax.scan(step, c, xs[:1]), [x3, xs53], 1, 0),
    "unrolled_by_2": (scan(step, unroll=2), [x3, xs53], 1, 0),
    "unrolled": (scan(step, unroll=True), [x3, xs53], 0, 0),
    "unrolled_reverse": (scan(step, unroll=3, reverse=True), [x3, In(6, 3)], 1, 0),
    "map": (lambda xs: lax.map(jnp.sin, xs), [xs53], 1, 0),
    "map_in_batches": (lambda xs: lax.map(jnp.sin, xs, batch_size=2), [xs53], 1, 0),
    "nested": (nested, [x, In(3, 4)], 2, 0),
    "rnn": (rnn, [In(3, 3), In(4, 3), In(5, 2, 4)], 1, 0),
    "lstm": (lstm, [In(3, 8), In(2, 8), In(8), In(4, 2, 3)], 1, 0),
    "checkpointed": (lambda c, xs: lax.scan(jax.checkpoint(step), c, xs), [x3, xs53], 1, 0),
    "vmapped": (jax.vmap(scan(step), (0, 1)), [In(2, 3), In(4, 2, 3)], 1, 0),
    "reversed_array": (lambda c, xs: lax.scan(step, c, xs[::-1]), [x3, xs53], 1, 0),
    "branches_within": (scan(lambda c, x: (lax.cond(x[0] > 0, jnp.sin, jnp.cos, c) + x, c)), [x3, xs53], 1, 0),
    "within_a_branch": (lambda p, c, xs: lax.cond(p > 2, scan(step), lambda c, xs: (c, xs), c, xs), [i32(), x3, xs53], 1, 0),
    "random_keys": (keyed, [x3], None, 0),
    "associative": (lambda xs: lax.associative_scan(jnp.multiply, xs), [xs53], 0, 0),
    "table": (table, [x, In(5)], 1, 0),
    "fori": (lambda c: lax.fori_loop(2, 7, lambda i, c: jnp.sin(c * i), c), [x3], 1, 0),
    "fori_indexed": (lambda c, xs: lax.fori_loop(0, 5, lambda i, c: jnp.sin(c * xs[i]), c), [x3, xs53], 1, 0),
    "fori_of_some_rows": (lambda c, xs: lax.fori_loop(2, 4, lambda i, c: jnp.sin(c * xs[i]), c), [x3, xs53], 1, 0),
    "fori_nested": (lambda c, xs: lax.fori_loop(0, 3, lambda i, c: lax.fori_loop(0, 2, lambda j, c: jnp.sin(c + xs[i, j]), c), c), [x, In(3, 2)], 2, 0),
    "fori_vmapped": (jax.vmap(lambda c, xs: lax.fori_loop(0, 3, lambda i, c: jnp.sin(c * xs[i]), c)), [In(2), In(2, 3)], 1, 0),
    "fori_of_none": (lambda c: lax.fori_loop(3, 3, lambda i, c: jnp.sin(c * i), c), [x3], 0, 0),
    "in_place": (in_place, [x3, xs53], 1, 0),
    "written": (written, [x3, xs53], 1, 0),
    "backward": (backward, [x3, xs53], 1, 0),
    "both_ways": (both_ways, [x3, xs53], 1, 0),
    "blocks": (blocks, [x3, In(6, 3)], 1, 0),
    "by_twos": (counted(lambda i: i < 7, 0, 2), [x3], 1, 0),
    "down": (counted(lambda i: i >= 0, 4, -1), [x3], 1, 0),
    "until_equal": (counted(lambda i: i != 6, 0, 2), [x3], 1, 0),
    "bound_at_the_left": (counted(lambda i: 5 > i, 1, 1), [x3], 1, 0),
    "of_bytes": (counted(lambda i: i < 255, np.uint8(252), np.uint8(1)), [x3], 1, 0),
    "unknown": (power, [x], 0, 1),
    "unknown_within": (lambda c, xs: lax.scan(lambda c, x: (power(c) + x, c), c, xs), [x, In(3)], 1, 1),
    "triangle": (triangle, [x, In(4)], 1, 1),
    "gradient": (jax.grad(lambda c, xs: scan(step)(c, xs)[1].sum(), (0, 1)), [x3, xs53], 2, 0),
    "gradient_of_rnn": (jax.grad(lambda *p: (rnn(*p) ** 2).sum(), (0, 1)), [In(3, 3), In(4, 3), In(5, 2, 4)], 2, 0),
    "second_derivative": (jax.grad(jax.grad(lambda c, xs: scan(step)(c, xs)[1].sum())), [x, In(4)], None, 0),
    "gradient_of_nested": (jax.grad(lambda c, xs: nested(c, xs)[0]), [x, In(3, 4)], None, 0),
    "gradient_of_checkpointed": (jax.grad(lambda c, xs: lax.scan(jax.checkpoint(step), c, xs)[1].sum()), [x3, xs53], None, 0),
    "hessian_vector": (lambda c, v: jax.jvp(jax.grad(lambda c: lax.fori_loop(0, 4, lambda i, c: jnp.sin(c * 2), c).sum()), (c,), (v,))[1], [x3, x3], None, 0),
}
