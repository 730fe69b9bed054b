"""Writes the modules of rune-trace/tests/nested: derivatives inside derivatives, with captures, and JAX's values.

    .venv/bin/python scripts/vectors nested      (needs jax 0.10.2, and rustfmt)

A small grammar generates random functions: sums, products and smooth functions of the variables in scope, and gradients
of inline functions that capture these variables. Each function is written in Python and in Rust.
"""

import random
import re

import jax
import jax.numpy as jnp
import numpy as np

from .common import ROOT, write_rust

UNARY = {  # name: (Python, Rust)
    "sin": ("jnp.sin({})", "{}.sin()"),
    "cos": ("jnp.cos({})", "{}.cos()"),
    "tanh": ("jnp.tanh({})", "{}.tanh()"),
    "exp": ("jnp.exp(0.5 * {})", "({} * 0.5).exp()"),
    "square": ("({} ** 2)", "{}.powi(2)"),
    "cube": ("({} ** 3)", "{}.powi(3)"),
    "logistic": ("jax.nn.sigmoid({})", "{}.sigmoid()"),
    "log": ("jnp.log(2.0 + {} ** 2)", "({}.powi(2) + 2.0).log()"),
}


class Grammar:
    """Expressions as pairs of Python and Rust; `s` are scalars, `v` vectors of three."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.names = 0

    def fresh(self, kind):
        self.names += 1
        return f"{kind}{self.names}"

    def leaf(self, kind, scope):
        fitting = [n for n in scope if n[0] == kind]
        if fitting:
            name = self.r.choice(fitting)
            return name, f"{name}.clone()"
        if kind == "v":
            py, rs = self.leaf("s", scope)
            return f"({py} * jnp.array([0.5, -1.0, 2.0]))", f"(weights() * {rs})"
        py, rs = self.leaf("v", scope)
        return f"jnp.sum({py})", f"{rs}.sum()"

    def expr(self, kind, scope, size, depth):
        """Returns a random expression. `depth` is how many more derivatives may nest in it."""
        if size <= 0:
            return self.leaf(kind, scope)
        choices = ["add", "mul", "sub", "unary", "unary"]
        choices += ["scale"] + (["sum"] if kind == "s" and any(n[0] == "v" for n in scope) else [])
        choices += ["grad"] * 2 + ["value_and_grad"] if depth > 0 else []
        what = self.r.choice(choices)
        if what in ("add", "mul", "sub"):
            symbol = {"add": "+", "mul": "*", "sub": "-"}[what]
            a, b = self.expr(kind, scope, size - 1, depth), self.expr(kind, scope, size - 2, depth)
            return f"({a[0]} {symbol} {b[0]})", f"({a[1]} {symbol} {b[1]})"
        if what == "unary":
            py, rs = UNARY[self.r.choice(list(UNARY))]
            a = self.expr(kind, scope, size - 1, depth)
            return py.format(a[0]), rs.format(a[1])
        if what == "scale":
            a, c = self.expr(kind, scope, size - 1, depth), self.r.choice([0.5, -1.5, 0.25])
            return f"({a[0]} * {c})", f"({a[1]} * {c})"
        if what == "sum":
            a = self.expr("v", scope, size - 1, depth)
            return f"jnp.sum({a[0]})", f"{a[1]}.sum()"
        return self.derivative(kind, scope, size, depth, what)

    def derivative(self, kind, scope, size, depth, what):
        """Returns a derivative of a function that captures variables in scope, at a point that depends on them."""
        if kind == "s" and self.r.random() < 0.25:
            inside = self.derivative("v", scope, size, depth, what)
            return f"jnp.sum({inside[0]})", f"{{ let d = {inside[1]}; d.sum() }}"
        name = self.fresh(kind)
        at = self.expr(kind, scope, self.r.choice([0, 0, 1]), 0)
        body = self.expr("s", [*scope, name], size - 1, depth - 1)
        # At least one product of the function's own variable and a captured one: confused perturbations get it wrong.
        own = self.leaf("s", [name])
        around = self.leaf("s", scope)
        body = f"({body[0]} * jnp.sin({own[0]}) * {around[0]})", f"({body[1]} * {own[1]}.sin() * {around[1]})"
        if what == "grad":
            return f"jax.grad(lambda {name}: {body[0]})({at[0]})", f"grad(|{name}: &Tensor| {body[1]})(&{at[1]})"
        py = f"(lambda yd: yd[0] + yd[1])(jax.value_and_grad(lambda {name}: {body[0]})({at[0]}))"
        rs = f"{{ let (y, d) = value_and_grad(|{name}: &Tensor| {body[1]})(&{at[1]}); y + d }}"
        return py, rs


def nested(order, py, rs, name):
    """Returns the gradient of the gradient of …; for a vector, each level sums the sines of the gradient inside it."""
    for level in range(order):
        inner_py, inner_rs = py, rs
        if level == 0 or name[0] == "s":
            py, rs = f"jax.grad({inner_py})", f"grad({inner_rs})"
        else:
            py = f"jax.grad(lambda {name}: jnp.sum(jnp.sin({inner_py}({name}))))"
            rs = f"grad(|{name}: &Tensor| {inner_rs}({name}).sin().sum())"
    return py, rs


def main():
    cases, counts = [], {}
    seed = 0
    while len(cases) < 72:
        seed += 1
        g = Grammar(seed)
        kind, order, depth = ("s", "s", "v")[seed % 3], 1 + seed // 3 % 3, seed // 9 % 4
        if counts.get((kind, order, depth), 0) >= 3:
            continue
        body = g.derivative("s", [f"{kind}0"], 3, depth, "grad") if depth else g.expr("s", [f"{kind}0"], 4, 0)
        if depth and g.r.random() < 0.5:
            more = g.expr("s", [f"{kind}0"], 3, 0)
            body = f"({body[0]} * {more[0]})", f"({body[1]} * {more[1]})"
        py = f"(lambda {kind}0: {body[0]})"
        rs = f"|{kind}0: &Tensor| {body[1]}"
        nested_py, nested_rs = nested(order, py, rs, f"{kind}0")
        if len(rs) > 900:
            continue
        x = 0.7 if kind == "s" else np.array([0.7, -0.4, 1.1])
        f = jax.jit(eval(nested_py, {"jax": jax, "jnp": jnp}))
        expected = np.asarray(f(jnp.asarray(x))).reshape(-1)
        size = np.abs(expected)
        if not np.isfinite(expected).all() or (size > 1e5).any() or (size < 1e-3).any():
            continue
        counts[(kind, order, depth)] = counts.get((kind, order, depth), 0) + 1
        cases.append((kind, order, depth, nested_rs, expected))
    write(cases)
    print(f"{len(cases)} cases: {counts}")


def write(cases):
    for order, which in (1, "First"), (2, "Second"), (3, "Third"):
        out = []
        for number, (kind, own, depth, rs, expected) in enumerate(cases):
            if own != order:
                continue
            of = "scalar" if kind == "s" else "vector"
            values = ", ".join(repr(float(v)) for v in expected)
            out += [
                "",
                "#[test]",
                f"fn order_{order}_of_a_{of}_with_{depth}_inside_{number}() {{",
                f"    let f = {rs};",
                f"    check(f(&{of}()), &[{values}]);",
                "}",
            ]
        body = "\n".join(out)
        used = lambda names: ", ".join(name for name in names if re.search(rf"\b{name}\b", body))  # noqa: E731
        head = [
            f"//! {which} derivatives, with derivatives inside. Written by `scripts/vectors nested`.",
            "",
            f"use super::{{{used(['check', 'scalar', 'vector', 'weights'])}}};",
            f"use rune_trace::{{{used(['Tensor', 'grad', 'value_and_grad'])}}};",
        ]
        write_rust(ROOT / "rune-trace" / "tests" / "nested" / f"order_{order}.rs", [*head, body])
