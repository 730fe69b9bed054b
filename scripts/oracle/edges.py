"""Writes the modules of rune-trace/tests/edges: values and derivatives at ties, kinks, poles and NaN, with those of
JAX.

    .venv/bin/python scripts/vectors edges      (needs jax 0.10.2, and rustfmt)

A row is a name, the function in Python and in Rust, and its arguments, vectors called x and y. Where rune's derivative
differs from JAX's on purpose, the row gives rune's derivative and the reason, and this script checks that they differ.
"""

import math
import re

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.scipy.special import logsumexp

from .common import ROOT, write_rust

NAN, INF = math.nan, math.inf


class Differs:
    """Derivatives of rune that differ from JAX's: the cotangents of the arguments, the tangent, and the reason."""

    def __init__(self, why, vjp, jvp):
        self.why, self.vjp, self.jvp = why, vjp, jvp


GROUPS = {
    "extremes_share_equally": [
        ("max", "jnp.max(x)", "x.max()", [[3, 7, 7, 2]]),
        ("min", "jnp.min(x)", "x.min()", [[3, 2, 7, 2]]),
        ("max of equals", "jnp.max(x)", "x.max()", [[1, 1, 1, 1, 1]]),
        ("max of 0 and -0", "jnp.max(x)", "x.max()", [[0.0, -0.0, -1]]),
        ("max of infinities", "jnp.max(x)", "x.max()", [[INF, 1, INF]]),
        ("min of rows", "jnp.min(x.reshape(2, 3), 1)", "x.reshape([2, 3]).min_axes(1)", [[4, 1, 1, 2, 2, 2]]),
        ("max of columns", "jnp.max(x.reshape(3, 2), 0)", "x.reshape([3, 2]).max_axes(0)", [[4, 1, 4, 2, 2, 2]]),
        ("maximum", "jnp.maximum(x, y)", "x.maximum(y)", [[1, 2, 3, 0.0], [1, 3, 2, -0.0]]),
        ("minimum", "jnp.minimum(x, y)", "x.minimum(y)", [[1, 2, 3, INF], [1, 3, 2, INF]]),
        ("maximum of a number and itself", "jnp.maximum(x, x)", "x.maximum(x)", [[1, 2]]),
        ("scatter max", "x.at[jnp.array([0, 0, 1])].max(y)", "x.at(Tensor::from([0i32, 0, 1])).max(y)", [[1, 5], [1, 1, 5]]),
        ("scatter min", "x.at[jnp.array([0, 0, 1])].min(y)", "x.at(Tensor::from([0i32, 0, 1])).min(y)", [[2, 5], [1, 1, 7]]),
    ],
    "extremes_of_nan_are_nan": [
        ("max", "jnp.max(x)", "x.max()", [[1, NAN, 3]]),
        ("min", "jnp.min(x)", "x.min()", [[1, NAN, 3]]),
        ("max of nothing else", "jnp.max(x)", "x.max()", [[NAN, NAN]]),
        ("max of rows", "jnp.max(x.reshape(2, 2), 1)", "x.reshape([2, 2]).max_axes(1)", [[1, NAN, 4, 3]]),
        ("maximum", "jnp.maximum(x, y)", "x.maximum(y)", [[NAN, 1, NAN, 2], [1, NAN, NAN, 1]]),
        ("minimum", "jnp.minimum(x, y)", "x.minimum(y)", [[NAN, 1, NAN, 2], [1, NAN, NAN, 1]]),
    ],
    "running_functions": [
        ("cummax", "lax.cummax(x)", "x.cummax(0)", [[1, 3, 3, 2, 3, 4, 4]]),
        ("cummin", "lax.cummin(x)", "x.cummin(0)", [[3, 3, 1, 2, 1, 1, 0, 5]]),
        ("cummax of equals", "lax.cummax(x)", "x.cummax(0)", [[2, 2, 2, 2]]),
        ("cumprod of zeros", "lax.cumprod(x)", "x.cumprod(0)", [[2, 0, 3, 0, 5]]),
        ("cumlogsumexp", "lax.cumlogsumexp(x)", "x.cumlogsumexp(0)", [[1, 1000, -1000, 999]]),
        ("prod of a zero", "jnp.prod(x)", "x.prod()", [[2, 0, 3]]),
        ("prod of two zeros", "jnp.prod(x)", "x.prod()", [[2, 0, 3, 0]]),
    ],
    "order_keeps_equals_in_their_order": [
        ("sort", "jnp.sort(x)", "x.sort(0)", [[3, 1, 3, 1, 2]]),
        ("sort of equals", "jnp.sort(x)", "x.sort(0)", [[1, 1, 1]]),
        ("sort of 0 and -0", "jnp.sort(x)", "x.sort(0)", [[0.0, -0.0, 0.0, -1]]),
        ("sort of NaN", "jnp.sort(x)", "x.sort(0)", [[NAN, 1, INF, NAN, -INF]]),
        ("sort by keys", "lax.sort((x, y), num_keys=1)[1]", "lax::sort(&[x.clone(), y.clone()], 0, 1).remove(1)", [[2, 1, 2, 1], [1, 2, 3, 4]]),
        ("top_k", "lax.top_k(x, 2)[0]", "x.top_k(2).0", [[2, 7, 7, 7, 1]]),
        ("top_k of equals", "lax.top_k(x, 2)[0]", "x.top_k(2).0", [[1, 1, 1]]),
        ("median", "jnp.median(x)", "x.median(0)", [[1, 2, 2, 3]]),
        ("median of equals", "jnp.median(x)", "x.median(0)", [[2, 2, 2]]),
    ],
    "kinks": [
        ("relu", "jax.nn.relu(x)", "x.relu()", [[-1, 0.0, -0.0, 1]]),
        ("relu6", "jax.nn.relu6(x)", "x.relu6()", [[-1, 0, 1, 6, 7]]),
        ("leaky_relu", "jax.nn.leaky_relu(x, 0.1)", "x.leaky_relu(0.1)", [[-1, 0, 1]]),
        ("elu", "jax.nn.elu(x)", "x.elu(1.0)", [[-1, 0, 1000, -1000]]),
        ("abs", "jnp.abs(x)", "x.abs()", [[-2, 0.0, -0.0, 3, NAN]]),
        ("sum of abs", "jnp.sum(jnp.abs(x))", "x.abs().sum()", [[0, 0, 0]]),
        ("sign, floor, ceil, round", "jnp.sign(x) + jnp.floor(x) + jnp.ceil(x) + jnp.round(x)", "x.sign() + x.floor() + x.ceil() + x.round()", [[-1.5, -1, 0, 0.5, 2]]),
        ("rem", "lax.rem(x, y)", "x % y", [[6, -6, 7, 0], [3, 3, 3, 3]]),
        ("clamp at its bounds", "lax.clamp(jnp.float64(0), x, jnp.float64(1))", "x.clamp(0.0, 1.0)", [[-1, 0, 0.5, 1, 2]]),
        ("clamp of bounds", "lax.clamp(x, jnp.zeros(3), y)", "x.zeros_like().clamp(x, y)", [[-1, 0, 1], [0, 1, 2]]),
        ("argmax", "jnp.argmax(x).astype(x.dtype) * x", "x.argmax().cast(DType::F64) * x", [[1, 3, 3]]),
        ("comparison", "(x > y).astype(x.dtype) * x", "x.gt(y).cast(DType::F64) * x", [[1, 2, 3], [2, 2, 2]]),
        ("where", "jnp.where(x > 0, x * x, -x)", "where_(x.gt(0.0), x * x, -x)", [[-1, 0, 2]]),
    ],
    "poles_and_roots": [
        ("sqrt", "jnp.sqrt(x)", "x.sqrt()", [[0, 4, -1, INF]]),
        ("rsqrt", "lax.rsqrt(x)", "x.rsqrt()", [[0, 4, INF]]),
        ("cbrt", "jnp.cbrt(x)", "x.cbrt()", [[0, 8, -8]]),
        ("log", "jnp.log(x)", "x.log()", [[0, 1, -1, INF]]),
        ("log1p", "jnp.log1p(x)", "x.log1p()", [[-1, 0]]),
        ("reciprocal", "1 / x", "x.reciprocal()", [[0, INF, 2]]),
        ("x / x", "x / x", "x / x", [[0, 2, INF]]),
        ("x / y", "x / y", "x / y", [[0, 1, 0], [1, 0, 0]]),
        ("norm", "jnp.sqrt(jnp.sum(x * x))", "(x * x).sum().sqrt()", [[0, 0]]),
        ("linalg.norm", "jnp.linalg.norm(x)", "x.norm()", [[0, 0]]),
        ("norm of something", "jnp.linalg.norm(x)", "x.norm()", [[3, 4]]),
        ("std of equals", "jnp.std(x)", "x.std()", [[2, 2, 2]]),
        ("var of equals", "jnp.var(x)", "x.var()", [[2, 2, 2]]),
        ("atan2", "jnp.arctan2(x, y)", "x.atan2(y)", [[0, 0, 1, -1, 0.0, -0.0], [0, 1, 0, 0, -1, -1]]),
        ("asin and acos at ±1", "jnp.arcsin(x) + jnp.arccos(y)", "x.asin() + y.acos()", [[1, -1], [1, -1]]),
        ("sum under sqrt", "jnp.sqrt(x * x + y * y)", "(x * x + y * y).sqrt()", [[0, 3], [0, 4]]),
    ],
    "powers": [
        ("to 0", "x ** 0", "x.powi(0)", [[0, 2, -3, NAN]]),
        ("to 1", "x ** 1", "x.powi(1)", [[0, 2, -3]]),
        ("to 2", "x ** 2", "x.powi(2)", [[0, 2, -3]]),
        ("to 3", "x ** 3", "x.powi(3)", [[0, -2]]),
        ("to -1", "x ** -1", "x.powi(-1)", [[0, 2]]),
        ("of 0", "jnp.power(x, y)", "x.pow(y)", [[0, 0, 0, 0], [1, 2, 0.5, 3]]),
        ("of 0 to 0", "jnp.power(x, y)", "x.pow(y)", [[0], [0]], Differs(
            "x to the power 0 is 1 for every x; JAX has 0 times the infinite power -1", [[0], [0]], [0])),
        ("of 0 to negative powers", "jnp.power(x, y)", "x.pow(y)", [[0, 0], [-1, -2]]),
        ("to numbers that are 0 or 1", "jnp.power(x, y)", "x.pow(y)", [[2, -2, 3, -3], [0, 0, 1, 1]]),
        ("of negative numbers", "jnp.power(x, jnp.array([2.0, 3.0, 0.5]))", "x.pow(Tensor::from([2.0, 3.0, 0.5]))", [[-2, -2, -2]]),
    ],
    "infinities": [
        ("logsumexp of -∞", "logsumexp(x)", "x.logsumexp()", [[-INF, 1, -INF, 2]]),
        ("logsumexp of nothing else", "logsumexp(x)", "x.logsumexp()", [[-INF, -INF]]),
        ("logsumexp of ∞", "logsumexp(x)", "x.logsumexp()", [[INF, 1]]),
        ("logsumexp of large", "logsumexp(x)", "x.logsumexp()", [[1000, 1000, -1000]]),
        ("logaddexp", "jnp.logaddexp(x, y)", "x.logaddexp(y)", [[1, -30, 30, -INF], [1, 30, 30, 2]]),
        ("logaddexp of ∞", "jnp.logaddexp(x, y)", "x.logaddexp(y)", [[INF], [INF]]),
        ("logaddexp of -∞", "jnp.logaddexp(x, y)", "x.logaddexp(y)", [[-INF], [-INF]], Differs(
            "as of ∞, where JAX agrees; of -∞ it has -∞ less -∞", [[0.5], [0.5]], [0])),
        ("softmax of -∞", "jax.nn.softmax(x)", "x.softmax(0)", [[-INF, 1, 2]]),
        ("log_softmax of -∞", "jax.nn.log_softmax(x)", "x.log_softmax(0)", [[-INF, 1, 2]]),
        ("sigmoid", "jax.nn.sigmoid(x)", "x.sigmoid()", [[-INF, -1000, 0, 1000, INF]]),
        ("tanh", "jnp.tanh(x)", "x.tanh()", [[-INF, -1000, 0, 1000, INF]]),
        ("softplus", "jax.nn.softplus(x)", "x.softplus()", [[-INF, -1000, 0, 1000]]),
        ("log_sigmoid", "jax.nn.log_sigmoid(x)", "x.log_sigmoid()", [[-1000, 0, 1000]]),
        ("erf", "lax.erf(x)", "x.erf()", [[-INF, 0, INF]]),
        ("exp", "jnp.exp(x)", "x.exp()", [[-INF, 0, 1000]]),
        ("silu", "jax.nn.silu(x)", "x.silu()", [[-1000, 0, 1000]]),
    ],
    "what_is_not_chosen_does_not_count_unless_it_is_not_finite": [
        # The derivative of the branch that is not selected is 0 times ∞.
        ("where", "jnp.where(x > 0, jnp.sqrt(x), 0)", "where_(x.gt(0.0), x.sqrt(), 0.0)", [[0, 4]]),
        ("where inside of where", "jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1)), 0)", "where_(x.gt(0.0), where_(x.gt(0.0), x, 1.0).sqrt(), 0.0)", [[0, 4, -1]]),
        ("where of log", "jnp.where(x > 0, jnp.log(x), 0)", "where_(x.gt(0.0), x.log(), 0.0)", [[0, 1]]),
        ("where of NaN", "jnp.where(jnp.isnan(x), 0, x * x)", "where_(x.isnan(), 0.0, x * x)", [[NAN, 3]]),
        ("nan_to_num", "jnp.nan_to_num(x)", "x.nan_to_num()", [[NAN, 3, INF]]),
        ("0 x", "jnp.where(x > 0, 0.0, 1.0) * x", "where_(x.gt(0.0), 0.0, Tensor::from([1.0, 1.0])) * x", [[INF, -INF]]),
    ],
    "places_out_of_range_and_twice": [
        ("the same place twice", "x[jnp.array([1, 1, 0])]", "x.take(&Tensor::from([1i32, 1, 0]), 0)", [[1, 2]]),
        ("add in one place", "x.at[jnp.array([1, 1])].add(y)", "x.at(Tensor::from([1i32, 1])).add(y)", [[1, 2], [3, 4]]),
        ("multiply in one place", "x.at[jnp.array([1])].multiply(y, unique_indices=True)", "x.at(Tensor::from([1i32])).mul(y)", [[1, 0], [3]]),
        ("a block that would begin too late", "lax.dynamic_slice(x, (3,), (2,))", "lax::dynamic_slice(x, &[Tensor::scalar(3i32)], &[2])", [[1, 2, 3, 4]]),
    ],
}


def derivatives(f, xs):
    xs = [jnp.array(x, jnp.float64) for x in xs]
    y, transposed = jax.vjp(f, *xs)
    w = ((np.arange(y.size) % 5 + 1) / 2.0).reshape(y.shape)
    vs = [((7 * (np.arange(x.size) + 3 * k) % 11 - 5) / 4.0).reshape(x.shape) for k, x in enumerate(xs)]
    return y, transposed(jnp.asarray(w)), jax.jvp(f, xs, vs)[1]


def number(v):
    v = float(v)
    if math.isnan(v):
        return "NAN"
    return ("-INF" if v < 0 else "INF") if math.isinf(v) else repr(v)


def numbers(x):
    return "&[" + ", ".join(map(number, np.asarray(x, np.float64).reshape(-1))) + "]"


def lists(xs):
    return "&[" + ", ".join(map(numbers, xs)) + "]"


def alike(a, b):
    return all(np.array_equal(np.asarray(x, float).reshape(-1), np.asarray(y, float).reshape(-1), equal_nan=True) for x, y in zip(a, b))


# The groups in each file, and the file's description.
FILES = {
    "extremes": ("Greatest and least elements, also running ones.", ["extremes_share_equally", "extremes_of_nan_are_nan", "running_functions"]),
    "order": ("Sorting, and positions.", ["order_keeps_equals_in_their_order", "places_out_of_range_and_twice"]),
    "kinks": ("Kinks, and choices.", ["kinks", "what_is_not_chosen_does_not_count_unless_it_is_not_finite"]),
    "poles": ("Poles, roots and infinities.", ["poles_and_roots", "infinities"]),
    "powers": ("Powers.", ["powers"]),
}


def imports(path, names, body):
    """Returns the line that imports those of `names` that `body` uses."""
    used = [name for name in names if re.search(rf"\b{name}\b", body)]
    return f"use {path}::{{{', '.join(used)}}};" if len(used) > 1 else "".join(f"use {path}::{name};" for name in used)


def test(group, rows, counts):
    """Returns the lines of a test."""
    scope = {"jax": jax, "jnp": jnp, "lax": lax, "logsumexp": logsumexp}
    out = ["", "#[test]", f"fn {group}() {{"]
    for name, py, rs, xs, *rest in rows:
        arguments = "xy"[: len(xs)]
        value, vjp, jvp = derivatives(eval(f"lambda {', '.join(arguments)}: {py}", scope), xs)
        for differs in rest:
            assert not alike([*vjp, jvp], [*differs.vjp, differs.jvp]), f"{name}: JAX does not differ"
            out += [f"    // JAX: {lists(vjp)}, {numbers(jvp)}; {differs.why}."]
            vjp, jvp = differs.vjp, differs.jvp
            counts["differ"] += 1
        bind = "".join(f"let {a} = &a[{k}]; " for k, a in enumerate(arguments))
        out += [f'    check("{name}", |a| {{ {bind}{rs} }}, {lists(xs)}, {numbers(value)}, {lists(vjp)}, {numbers(jvp)});']
        counts["all"] += 1
    return [*out, "}"]


def main():
    counts = {"all": 0, "differ": 0}
    folder = ROOT / "rune-trace" / "tests" / "edges"
    assert sorted(GROUPS) == sorted(group for _, groups in FILES.values() for group in groups), "each group has a file"
    for file, (about, groups) in FILES.items():
        body = "\n".join(line for group in groups for line in test(group, GROUPS[group], counts))
        uses = [imports("super", ["INF", "NAN", "check"], body)]
        uses += [imports("rune_trace", ["DType", "Tensor", "lax", "where_"], body)]
        head = [f"//! {about} Written by `scripts/vectors edges`.", "", *filter(None, uses)]
        write_rust(folder / f"{file}.rs", [*head, body])
    print(f"{counts['all']} functions, of which {counts['differ']} differ from JAX on purpose")
