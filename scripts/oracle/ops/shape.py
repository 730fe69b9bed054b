"""Operations that move elements by attributes alone."""

import numpy as np
from jax import lax

from .core import *  # noqa: F403


def variants(dtype, all_of_them, few=3):
    """Every variant for two dtypes, the first few for the others."""
    return all_of_them if dtype in ("f32", "i32") else all_of_them[:few]


def broadcast_in_dim():
    options = [
        ((3,), (2, 3), (1,)),
        ((), (2,), ()),
        ((2, 1), (2, 3), (0, 1)),
        ((), (), ()),
        ((), (0, 2), ()),
        ((1,), (0,), (0,)),
        ((2, 3), (2, 3), (0, 1)),
        ((2, 3), (2, 4, 3), (0, 2)),
        ((1, 3), (5, 2, 3), (0, 2)),
        ((1, 1), (3, 2), (0, 1)),
        ((0, 3), (2, 0, 3), (1, 2)),
    ]
    for dtype in ALL:
        for source, to, dims in variants(dtype, options, 4):
            f = lambda x, to=to, dims=dims: lax.broadcast_in_dim(x, to, dims)  # noqa: E731
            attrs = {"shape": to, "dims": dims}
            yield Case("broadcast_in_dim", f"{source} to {to} {dims}", [numbers(dtype, source)], f, attrs, grad=True)


def reshape():
    options = [((2, 3), (3, 2)), ((), (1, 1)), ((1,), ()), ((0, 3), (2, 0)), ((2, 3, 4), (4, 6)), ((6,), (6,)), ((12,), (2, 1, 3, 2))]
    for dtype in ALL:
        for source, to in variants(dtype, options, 4):
            f = lambda x, to=to: lax.reshape(x, to)  # noqa: E731
            yield Case("reshape", f"{source} to {to}", [numbers(dtype, source)], f, {"shape": to}, grad=True)


def transpose():
    options = [
        ((2, 3), (1, 0)),
        ((), ()),
        ((2, 3, 4), (2, 0, 1)),
        ((3,), (0,)),
        ((2, 3, 4), (1, 2, 0)),
        ((2, 3, 4), (0, 2, 1)),
        ((2, 0, 4), (2, 1, 0)),
        ((2, 1, 3, 2), (3, 1, 0, 2)),
    ]
    for dtype in ALL:
        for source, p in variants(dtype, options):
            f = lambda x, p=p: lax.transpose(x, p)  # noqa: E731
            yield Case("transpose", f"{source} {p}", [numbers(dtype, source)], f, {"permutation": p}, grad=True)


def slice_():
    options = [
        ((7,), (1,), (6,), (2,)),
        ((4, 5), (1, 0), (3, 5), (1, 3)),
        ((), (), (), ()),
        ((7,), (3,), (3,), (1,)),
        ((7,), (7,), (7,), (2,)),
        ((0, 3), (0, 1), (0, 3), (1, 1)),
        ((3, 4, 5), (0, 1, 2), (3, 4, 5), (2, 2, 1)),
        ((5,), (0,), (5,), (9,)),
    ]
    for dtype in ALL:
        for source, start, limit, strides in variants(dtype, options):
            f = lambda x, a=(start, limit, strides): lax.slice(x, *a)  # noqa: E731
            attrs = {"start": start, "limit": limit, "strides": strides}
            yield Case("slice", f"{source} {start} {limit} {strides}", [numbers(dtype, source)], f, attrs, grad=True)


def pad():
    options = [
        ((3,), [(1, 2, 0)]),
        ((2, 3), [(0, 1, 1), (2, 0, 2)]),
        ((), []),
        ((5,), [(-1, -2, 0)]),
        ((4,), [(-2, 1, 1)]),
        ((4, 3), [(-1, 3, 0), (2, -1, 1)]),
        ((0,), [(2, 1, 3)]),
        ((0, 2), [(0, 0, 1), (1, 1, 0)]),
        ((3,), [(-2, -1, 0)]),
        ((3,), [(-3, -2, 1)]),
        ((1,), [(0, 0, 4)]),
        ((2, 1, 3), [(1, 0, 0), (0, 2, 1), (-1, 1, 2)]),
    ]
    for dtype in ALL:
        for source, config in variants(dtype, options, 5):
            f = lambda x, p, config=config: lax.pad(x, p, config)  # noqa: E731
            attrs = {"config": [{"low": a, "high": b, "interior": c} for a, b, c in config]}
            yield Case("pad", f"{source} {config}", [numbers(dtype, source), numbers(dtype, (), "p")], f, attrs, grad=True)


def concatenate():
    options = [
        ([(2, 3), (1, 3)], 0),
        ([(2, 1), (2, 3), (2, 2)], 1),
        ([(4,)], 0),
        ([(0,), (3,)], 0),
        ([(2, 0), (2, 0)], 1),
        ([(2, 3, 2), (2, 1, 2)], 1),
        ([(2, 2), (2, 2), (2, 2), (2, 2)], 0),
    ]
    for dtype in ALL:
        for sources, dimension in variants(dtype, options, 4):
            f = lambda *xs, d=dimension: lax.concatenate(xs, d)  # noqa: E731
            xs = [numbers(dtype, s, k) for k, s in enumerate(sources)]
            yield Case("concatenate", f"{sources} {dimension}", xs, f, {"dimension": dimension}, grad=True)


def reverse():
    options = [((5,), (0,)), ((2, 3), (1,)), ((), ()), ((2, 3), (0, 1)), ((2, 3, 4), (2, 0)), ((0, 2), (0,)), ((2, 3), ())]
    for dtype in ALL:
        for source, axes in variants(dtype, options):
            f = lambda x, axes=axes: lax.rev(x, axes)  # noqa: E731
            yield Case("reverse", f"{source} {axes}", [numbers(dtype, source)], f, {"axes": axes}, grad=True)


def iota():
    options = [((5,), 0), ((2, 3), 1), ((3, 2), 0), ((0,), 0), ((2, 3, 4), 1), ((300,), 0)]
    for dtype in NUMBERS:
        for to, dimension in variants(dtype, options, 4) + options[-1:]:

            def expect(dtype=dtype, to=to, dimension=dimension):
                ramp = np.arange(to[dimension]).astype(np.float64 if dtype in FLOATS else np.int64)
                ramp = narrow(ramp, DTYPES[dtype])
                return np.broadcast_to(ramp.reshape([-1 if a == dimension else 1 for a in range(len(to))]), to)

            f = lambda dtype=dtype, to=to, d=dimension: lax.broadcasted_iota(DTYPES[dtype], to, d)  # noqa: E731
            if dtype in ("f16", "bf16"):
                f = None
            yield Case("iota", f"{dtype} {to} {dimension}", [], f, {"dtype": dtype, "shape": to, "dimension": dimension}, out=dtype if dtype in FLOATS else None, expect=expect)


def special():
    """Bits that a copy must not change."""
    for dtype in ALL:
        x = edges(dtype)
        n = x.size
        if dtype in FLOATS:
            x = x[1:]  # NaN bits do not survive every copy
            n -= 1
        yield Case("reverse", "edge", [x], None, {"axes": [0]}, expect=lambda x: x[::-1])
        yield Case("reshape", "edge", [x], None, {"shape": [n, 1]}, expect=lambda x: x[:, None])
        yield Case("transpose", "edge", [x[None]], None, {"permutation": [1, 0]}, expect=lambda x: x.T)
        yield Case("broadcast_in_dim", "edge", [x], None, {"shape": [2, n], "dims": [1]}, expect=lambda x, n=n: np.broadcast_to(x, (2, n)))
        yield Case("slice", "edge", [x], None, {"start": [1], "limit": [n], "strides": [1]}, expect=lambda x: x[1:])
        yield Case("concatenate", "edge", [x, x], None, {"dimension": 0}, expect=lambda x, y: np.concatenate([x, y]))
        config = [{"low": 1, "high": 0, "interior": 0}]
        yield Case("pad", "edge", [x, x[-1]], None, {"config": config}, expect=lambda x, p: np.concatenate([p[None], x]))


def all_of_them():
    for family in (broadcast_in_dim, reshape, transpose, slice_, pad, concatenate, reverse, iota, special):
        yield from family()


FAMILIES = {"shape": all_of_them}
