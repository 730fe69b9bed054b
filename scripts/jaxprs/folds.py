"""Reductions, windows and scatters by any function, as JAX functions of simpler primitives."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax._src.lax import windowed_reductions
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun


def elementwise(jaxpr, consts=None):
    """Returns the function of scalars as one of arrays."""
    closed = jaxpr if consts is None else ClosedJaxpr(jaxpr, list(consts))
    f = jaxpr_as_fun(closed)

    def of_arrays(*xs):
        flat = [x.reshape(-1) for x in xs]
        return [y.reshape(xs[0].shape) for y in jax.vmap(f)(*flat)]

    return of_arrays


def reduced(*xs, jaxpr, dimensions, **_):
    """A reduction in order, because the function need not be associative."""
    operands, starts = xs[: len(xs) // 2], xs[len(xs) // 2 :]
    f = elementwise(jaxpr)
    kept = [a for a in range(operands[0].ndim) if a not in dimensions]
    rest = [operands[0].shape[a] for a in kept]
    rows = [lax.transpose(x, [*sorted(dimensions), *kept]).reshape(-1, *rest) for x in operands]
    carry = [jnp.broadcast_to(s, rest) for s in starts]
    return lax.scan(lambda carry, row: (f(*carry, *row), None), carry, rows)[0]


def halved(f, x, axes):
    """Reduces by an associative function: combines halves."""
    kept = [a for a in range(x.ndim) if a not in axes]
    rest = [x.shape[a] for a in kept]
    x = lax.transpose(x, [*axes, *kept]).reshape(-1, *rest)
    if x.shape[0] == 0:
        return jnp.zeros(rest, x.dtype)
    while x.shape[0] > 1:
        n = x.shape[0] // 2
        x = jnp.concatenate([f(x[:n], x[n : 2 * n]), x[2 * n :]])
    return x[0]


def windows(shape, p):
    """Returns the offsets of the elements of a window in the padded operand, and the sizes and strides of the slice that
    holds such an element of each window."""
    sizes, strides = p["window_dimensions"], p["window_strides"]
    dilation = p.get("window_dilation") or (1,) * len(sizes)
    base = p.get("base_dilation") or (1,) * len(sizes)
    counts = []
    for n, (low, high), k, s, d, b in zip(shape, p["padding"], sizes, strides, dilation, base):
        padded = low + high + (max((n - 1) * b + 1, 0) if n else 0)
        counts.append(max((padded - (k - 1) * d - 1) // s + 1, 0))
    offsets = np.array(list(itertools.product(*(range(0, k * d, d) for k, d in zip(sizes, dilation)))), np.int32)
    return offsets.reshape(-1, len(sizes)), [(c - 1) * s + 1 for c, s in zip(counts, strides)], strides, counts


def padded(x, value, p):
    base = p.get("base_dilation") or (1,) * x.ndim
    return lax.pad(x, value, [(low, high, b - 1) for (low, high), b in zip(p["padding"], base)])


def reduced_windows(*xs, jaxpr, consts, **p):
    """A reduction of each window in order."""
    operands, starts = xs[: len(xs) // 2], xs[len(xs) // 2 :]
    f = elementwise(jaxpr, consts)
    offsets, sizes, strides, counts = windows(operands[0].shape, p)
    carry = [jnp.broadcast_to(s, counts) for s in starts]
    if 0 in counts:
        return carry
    # Like XLA, it leaves out the elements of the padding.
    inside = padded(jnp.ones(operands[0].shape, bool), False, p)
    operands = [padded(x, s, p) for x, s in zip(operands, starts)]

    def step(carry, offset):
        at = lambda x: lax.slice(lax.dynamic_slice(x, offset, sizes), (0,) * x.ndim, sizes, strides)
        following = f(*carry, *map(at, operands))
        return [jnp.where(at(inside), b, a) for a, b in zip(carry, following)], None

    return lax.scan(step, carry, offsets)[0]


def gathered_windows(tangents, operand, **p):
    return windowed_reductions._select_and_gather_add_using_variadic_reducewindow(tangents, operand, **p)


def scattered_windows(operand, source, start, select, combine, **p):
    """Combines each number of `source` with the element that `select` keeps of its window."""
    offsets, sizes, strides, counts = windows(operand.shape, p)
    total = jnp.broadcast_to(start, operand.shape)
    if 0 in counts:
        return total
    # The window may hold no element. Its number is then lost.
    x, inside = padded(operand, jnp.zeros((), operand.dtype), p), padded(jnp.ones(operand.shape, bool), False, p)
    offsets = jnp.asarray(offsets)
    at = lambda x, k: lax.slice(lax.dynamic_slice(x, offsets[k], sizes), (0,) * x.ndim, sizes, strides)

    def choose(best, k):
        value, chosen = best
        here, valid = at(x, k), at(inside, k)
        stays = ~valid | ((chosen >= 0) & select(value, here)[0])
        return (jnp.where(stays, value, here), jnp.where(stays, chosen, k)), None

    every = jnp.arange(len(offsets), dtype=np.int32)
    (_, chosen), _ = lax.scan(choose, (jnp.zeros(counts, x.dtype), jnp.full(counts, -1, np.int32)), every)
    spread = lambda x: lax.pad(x, jnp.zeros((), x.dtype), [(0, 0, s - 1) for s in strides])

    def add(total, k):
        here = lax.dynamic_slice(total, offsets[k], sizes)
        there = jnp.where(spread(chosen == k), combine(here, spread(source))[0], here)
        return lax.dynamic_update_slice(total, there, offsets[k]), None

    total, _ = lax.scan(add, padded(total, start, p), every)
    return lax.pad(total, jnp.zeros((), total.dtype), [(-low, -high, 0) for low, high in p["padding"]])


def scattered_sums(source, operand, *, select_prim, **p):
    zero = jnp.zeros((), source.dtype)
    return scattered_windows(operand, source, zero, lambda x, y: [select_prim.bind(x, y)], lambda x, y: [x + y], **p)


def scattered_by_any(operand, source, start, *, select_jaxpr, select_consts, scatter_jaxpr, scatter_consts, **p):
    select, combine = elementwise(select_jaxpr, select_consts), elementwise(scatter_jaxpr, scatter_consts)
    return scattered_windows(operand, source, start, select, combine, **p)


def scattered(operand, indices, updates, *, dimension_numbers, update_jaxpr, update_consts, mode, unique_indices, **_):
    """A scatter by any function. It reads the elements, applies the function, and writes them back; if slices may overlap,
    one slice after the other."""
    d = dimension_numbers
    f = elementwise(update_jaxpr, update_consts)
    batch = [a for a in range(updates.ndim) if a not in d.update_window_dims]
    window = [updates.shape[a] for a in d.update_window_dims]
    absent = {*d.inserted_window_dims, *d.operand_batching_dims}
    sizes = np.ones(operand.ndim, int)
    sizes[[a for a in range(operand.ndim) if a not in absent]] = window
    columns = [indices.reshape(-1, indices.shape[-1])]
    for axis in d.scatter_indices_batching_dims:
        columns.append(lax.broadcasted_iota(indices.dtype, indices.shape[:-1], axis).reshape(-1, 1))
    # Sizes need not fit into small integers.
    columns = jnp.concatenate(columns, 1)
    columns = columns if columns.dtype == np.int64 else jnp.minimum(columns, jnp.iinfo(columns.dtype).max & 0x7FFFFFFF).astype(np.int32)
    to = [*d.scatter_dims_to_operand_dims, *d.operand_batching_dims]
    starts = jnp.zeros((columns.shape[0], operand.ndim), columns.dtype).at[:, np.array(to, int)].set(columns)
    last = np.array(operand.shape, int) - sizes
    inside = jnp.all((starts >= 0) & (starts <= last.astype(starts.dtype)), 1)
    if mode == lax.GatherScatterMode.CLIP:
        inside = jnp.ones_like(inside)
    rows = lax.transpose(updates, [*batch, *d.update_window_dims]).reshape(-1, *sizes)

    def step(x, given):
        start, fits, update = given
        here = lax.dynamic_slice(x, start, sizes)
        there = jnp.where(fits, f(here, update)[0], here)
        return lax.dynamic_update_slice(x, there, start), None

    def gathered(start):
        return lax.dynamic_slice(operand, start, sizes)

    if not unique_indices:
        return lax.scan(step, operand, (starts, inside, rows))[0]
    values = f(jax.vmap(gathered)(starts), rows)[0]
    values = values.reshape(*(updates.shape[a] for a in batch), *window)
    values = lax.transpose(values, np.argsort([*batch, *d.update_window_dims]))
    return lax.scatter(operand, indices, values, d, mode=mode, unique_indices=True)


def mapped_scatter(eqn):
    """Returns whether the scatter replaces elements by anything else than the updates."""
    jaxpr = eqn.params["update_jaxpr"]
    return jaxpr is not None and (jaxpr.eqns or jaxpr.outvars[0] is not jaxpr.invars[1])


TRACED = {
    "reduce": reduced,
    "reduce_window": reduced_windows,
    "reduce_xor": lambda x, axes, **_: halved(lax.bitwise_xor, x, axes),
    "select_and_gather_add": gathered_windows,
    "select_and_scatter": scattered_by_any,
    "select_and_scatter_add": scattered_sums,
}
