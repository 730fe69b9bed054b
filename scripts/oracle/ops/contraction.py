"""Sums of products: dot products and convolutions."""

import numpy as np
from jax import lax

from .core import *  # noqa: F403
from .shape import variants

# lhs, rhs, lhs_batch, rhs_batch, lhs_contract, rhs_contract
DOTS = [
    ((2, 3), (3, 4), (), (), (1,), (0,)),
    ((5,), (5,), (), (), (0,), (0,)),
    ((), (), (), (), (), ()),
    ((2, 0), (0, 3), (), (), (1,), (0,)),
    ((2, 3, 4), (2, 4, 2), (0,), (0,), (2,), (1,)),
    ((3, 4), (3, 4), (), (), (0, 1), (0, 1)),
    ((3, 4), (4, 3), (), (), (0, 1), (1, 0)),
    ((2, 3), (4,), (), (), (), ()),
    ((3, 2, 4), (4, 2, 3), (1,), (1,), (0,), (2,)),
    ((2, 3, 4, 2), (3, 2, 2, 5), (1, 0), (0, 1), (3,), (2,)),
    ((0, 3), (3, 2), (), (), (1,), (0,)),
    ((4, 2), (4, 2), (0, 1), (0, 1), (), ()),
    ((2, 3), (5, 2), (), (), (0,), (1,)),
]


def dot_case(dtype, row, out):
    a, b, lb, rb, lc, rc = row
    dims = {"lhs_batch": lb, "rhs_batch": rb, "lhs_contract": lc, "rhs_contract": rc}

    def f(x, y):
        if dtype in INTS:
            x, y = lax.convert_element_type(x, DTYPES[out]), lax.convert_element_type(y, DTYPES[out])
        return lax.dot_general(x, y, ((lc, rc), (lb, rb)), precision="highest")

    x, y = numbers(dtype, a, "lhs"), numbers(dtype, b, "rhs")
    label = f"{a} {b} batch {lb} {rb} contract {lc} {rc}" + (f" as {out}" if out != dtype else "")
    return Case("dot_general", label, [x, y], f, {"dims": dims, "out": out}, grad=True, out=out if out in FLOATS else None)


def dot_general():
    for dtype in NUMBERS:
        for row in variants(dtype, DOTS, 5):
            yield dot_case(dtype, row, dtype)
        for out in FLOATS if dtype in FLOATS else INTS:
            if out != dtype:
                yield dot_case(dtype, DOTS[0], out)
    for dtype in ("f16", "bf16"):
        x, y = np.ones((1, 600), DTYPES[dtype]), np.ones((600, 1), DTYPES[dtype])
        dims = {"lhs_batch": (), "rhs_batch": (), "lhs_contract": (1,), "rhs_contract": (0,)}
        yield Case("dot_general", "long", [x, y], lambda x, y: x @ y, {"dims": dims, "out": dtype})


NHWC = ((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))
NCHW = ((0, 1, 2, 3), (0, 1, 2, 3), (0, 1, 2, 3))
NWC = ((0, 2, 1), (2, 1, 0), (0, 2, 1))
NCW = ((0, 1, 2), (0, 1, 2), (0, 1, 2))
NC = ((0, 1), (0, 1), (0, 1))

# layouts, lhs, rhs, strides, padding, lhs_dilation, rhs_dilation, feature_groups, batch_groups
CONVS = [
    (NWC, (2, 6, 3), (3, 3, 2), (1,), [(0, 0)], (1,), (1,), 1, 1),
    (NHWC, (1, 4, 5, 2), (2, 3, 2, 3), (2, 1), [(1, 0), (1, 1)], (1, 1), (1, 1), 1, 1),
    (NC, (2, 3), (4, 3), (), [], (), (), 1, 1),
    (NCW, (0, 2, 5), (3, 2, 2), (1,), [(0, 0)], (1,), (1,), 1, 1),
    (NCW, (2, 4, 6), (6, 2, 3), (1,), [(1, 1)], (1,), (1,), 2, 1),
    (NCHW, (2, 2, 4, 4), (3, 2, 3, 3), (1, 1), [(1, 1), (1, 1)], (1, 1), (1, 1), 1, 1),
    (NCHW, (1, 2, 5, 5), (2, 2, 2, 2), (1, 2), [(0, 0), (1, 0)], (1, 1), (2, 2), 1, 1),
    (NHWC, (1, 3, 3, 2), (2, 2, 2, 2), (1, 1), [(1, 1), (1, 2)], (2, 2), (1, 1), 1, 1),
    (NHWC, (2, 4, 4, 3), (3, 3, 1, 3), (1, 1), [(1, 1), (1, 1)], (1, 1), (1, 1), 3, 1),
    (NHWC, (1, 4, 4, 2), (2, 2, 1, 4), (2, 2), [(0, 0), (0, 0)], (1, 1), (1, 1), 2, 1),
    (NWC, (4, 5, 2), (2, 2, 4), (1,), [(0, 0)], (1,), (1,), 1, 2),
    (NCW, (1, 2, 7), (2, 2, 2), (1,), [(-1, -2)], (1,), (1,), 1, 1),
    (NCW, (1, 1, 3), (1, 1, 5), (1,), [(0, 0)], (1,), (1,), 1, 1),
    (NCW, (2, 1, 5), (2, 1, 2), (3,), [(2, 1)], (2,), (3,), 1, 1),
    (((2, 0, 1), (1, 2, 0), (1, 2, 0)), (2, 5, 3), (3, 4, 2), (1,), [(1, 0)], (1,), (1,), 1, 1),
    (((0, 4, 1, 2, 3), (4, 3, 0, 1, 2), (0, 4, 1, 2, 3)), (1, 3, 3, 3, 1), (2, 2, 2, 1, 2), (1, 1, 1), [(0, 0), (1, 0), (0, 1)], (1, 1, 1), (1, 1, 1), 1, 1),
]


def conv():
    for dtype in NUMBERS:
        for layouts, a, b, strides, padding, ld, rd, groups, batch_groups in variants(dtype, CONVS, 5):
            lhs, rhs, out = layouts

            def f(x, k, lhs=lhs, rhs=rhs, out=out, strides=strides, padding=padding, ld=ld, rd=rd, g=groups, bg=batch_groups):
                return lax.conv_general_dilated(
                    x,
                    k,
                    strides,
                    padding,
                    ld,
                    rd,
                    lax.ConvDimensionNumbers(lhs, rhs, out),
                    feature_group_count=g,
                    batch_group_count=bg,
                    precision="highest",
                )

            dims = {
                "lhs": lhs,
                "rhs": rhs,
                "out": out,
                "strides": strides,
                "padding": padding,
                "lhs_dilation": ld,
                "rhs_dilation": rd,
                "feature_groups": groups,
                "batch_groups": batch_groups,
            }
            label = f"{a} {b} {out} strides {strides} padding {padding} dilation {ld} {rd} groups {groups} {batch_groups}"
            yield Case("conv", label, [numbers(dtype, a, "lhs"), numbers(dtype, b, "rhs")], f, {"dims": dims}, grad=True)
    for dtype in ("f16", "bf16"):
        x, k = np.ones((1, 1, 600), DTYPES[dtype]), np.ones((1, 1, 600), DTYPES[dtype])
        dims = {"lhs": NCW[0], "rhs": NCW[1], "out": NCW[2], "strides": [1], "padding": [(0, 0)], "lhs_dilation": [1], "rhs_dilation": [1], "feature_groups": 1, "batch_groups": 1}
        yield Case("conv", "long", [x, k], lambda x, k: lax.conv_general_dilated(x, k, (1,), [(0, 0)]), {"dims": dims})


FAMILIES = {"dot_general": dot_general, "conv": conv}
