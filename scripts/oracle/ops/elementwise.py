"""Elementwise operations."""

import math

import jax.numpy as jnp
import mpmath
import numpy as np
from jax import lax

from .core import *  # noqa: F403

SHAPES = [(), (0,), (7,), (2, 3), (3, 1, 5), (2, 0, 3)]
FEW = [(), (2, 0), (7,), (2, 3)]


def shapes(dtype):
    return SHAPES if dtype in ("f32", "f64", "i32") else FEW


# name: (JAX's function, dtypes, smooth domain)
UNARY = {
    "abs": (lax.abs, SIGNED + FLOATS, (0.2, 3.0)),
    "neg": (lax.neg, NUMBERS, (-3.0, 3.0)),
    "sign": (lax.sign, NUMBERS, (0.2, 3.0)),
    "floor": (lax.floor, FLOATS, (0.1, 0.9)),
    "ceil": (lax.ceil, FLOATS, (1.1, 1.9)),
    "round_afz": (lambda x: lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO), FLOATS, (-0.4, 0.4)),
    "round_even": (lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN), FLOATS, (2.6, 3.4)),
    "exp": (lax.exp, FLOATS, (-2.0, 2.0)),
    "exp2": (lax.exp2, FLOATS, (-2.0, 2.0)),
    "expm1": (lax.expm1, FLOATS, (-1.5, 1.5)),
    "log": (lax.log, FLOATS, (0.3, 3.0)),
    "log1p": (lax.log1p, FLOATS, (-0.5, 2.0)),
    "sqrt": (lax.sqrt, FLOATS, (0.2, 4.0)),
    "rsqrt": (lax.rsqrt, FLOATS, (0.2, 4.0)),
    "cbrt": (lax.cbrt, FLOATS, (0.2, 4.0)),
    "sin": (lax.sin, FLOATS, (-4.0, 4.0)),
    "cos": (lax.cos, FLOATS, (-4.0, 4.0)),
    "tan": (lax.tan, FLOATS, (-1.2, 1.2)),
    "tanh": (lax.tanh, FLOATS, (-2.0, 2.0)),
    "logistic": (lax.logistic, FLOATS, (-4.0, 4.0)),
    "erf": (lax.erf, FLOATS, (-2.0, 2.0)),
    "is_finite": (lax.is_finite, FLOATS, (-3.0, 3.0)),
    "not": (lax.bitwise_not, BITS, None),
}

mp = mpmath.mp.clone()
mp.prec = 200

TRUE = {
    "exp": mp.exp,
    "exp2": lambda x: mp.power(2, x),
    "expm1": mp.expm1,
    "log": mp.log,
    "log1p": mp.log1p,
    "sqrt": mp.sqrt,
    "rsqrt": lambda x: 1 / mp.sqrt(x),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "tanh": mp.tanh,
    "logistic": lambda x: 1 / (1 + mp.exp(-x)),
    "erf": mp.erf,
}


def true_value(name, x):
    """Returns the function of a finite number, computed in 200 bits, as the nearest f64; None at poles, zeros and
    outside the domain."""
    if not math.isfinite(x) or x == 0 or (name in ("exp", "exp2", "expm1", "logistic") and abs(x) > 2000):
        return None
    try:
        y = TRUE[name](mp.mpf(x))
    except (ZeroDivisionError, ValueError):
        return None
    return float(y) if isinstance(y, mpmath.mpf) or hasattr(y, "_mpf_") else None


def meant(name, f):
    """Returns JAX's numbers, or the true value where JAX is off by more than 2 ulps of f64."""

    def expect(x):
        got = np.asarray(jnp.asarray(f(x.astype(np.float64))))
        out = got.copy()
        for i, v in enumerate(x.astype(np.float64)):
            y = true_value(name, v)
            if y is not None and abs(y) > 2.3e-308 and not abs(got[i] - y) <= 2 * math.ulp(y):
                out[i] = y
        return narrow(out, x.dtype)

    return expect


def unary():
    for name, (f, dtypes, domain) in UNARY.items():
        for dtype in dtypes:
            for shape in shapes(dtype):
                if dtype in FLOATS:
                    x = uniform(dtype, shape, *domain, name)
                    if domain[0] > 0 and name in ("abs", "sign", "cbrt"):  # both signs, away from 0
                        x = np.where(np.arange(x.size).reshape(shape) % 2 == 0, x, -x).astype(x.dtype)
                else:
                    x = numbers(dtype, shape, name)
                yield Case(name, str(list(shape)), [x], f, grad=name != "is_finite")
            yield Case(name, "edge", [edges(dtype)], f, expect=meant(name, f) if name in TRUE else None)
            if dtype in FLOATS and domain is not None:
                wide = narrow(rng(name, dtype).uniform(-30, 30, 24), DTYPES[dtype])
                yield Case(name, "edge wide", [wide], f, expect=meant(name, f) if name in TRUE else None)
            if dtype in FLOATS and name in ("expm1", "log1p", "sin", "tanh", "erf", "tan"):
                tiny = narrow(rng(name, dtype, "tiny").uniform(-1, 1, 8) * 1e-4, DTYPES[dtype])
                yield Case(name, "edge near 0", [tiny], f, expect=meant(name, f))
        if name in ("abs", "sign"):
            for dtype in FLOATS:  # the derivative of `abs` at 0 is 1, on both sides of it
                yield Case(name, "at 0", [np.array([0.0, -0.0, 1.0, -2.0], DTYPES[dtype])], f, grad=True)


def whole(dtype, n):
    """Wraps a whole number to an integer dtype."""
    info = np.iinfo(DTYPES[dtype])
    n &= (1 << info.bits) - 1
    return n - (1 << info.bits) if n > info.max else n


def by_element(dtype, f):
    def expect(x, y):
        out = [whole(dtype, f(int(a), int(b))) for a, b in zip(x.reshape(-1), y.reshape(-1))]
        return np.array(out, DTYPES[dtype]).reshape(x.shape)

    return expect


def int_div(dtype):
    def f(a, b):
        return -1 if b == 0 else (abs(a) // abs(b)) * (1 if (a < 0) == (b < 0) else -1)

    return f


def int_rem(dtype):
    def f(a, b):
        return a if b == 0 else (abs(a) % abs(b)) * (-1 if a < 0 else 1)

    return f


def int_pow(dtype):
    bits = np.iinfo(DTYPES[dtype]).bits

    def f(a, b):
        if b >= 0:
            return pow(a, b, 1 << bits)
        return 1 if a == 1 else (1 if b % 2 == 0 else -1) if a == -1 else 0

    return f


def int_shift(dtype, kind):
    bits = np.iinfo(DTYPES[dtype]).bits

    def f(a, b):
        b &= (1 << bits) - 1
        if kind == "left":
            return a << b if b < bits else 0
        if kind == "logical":
            return (a & ((1 << bits) - 1)) >> b if b < bits else 0
        signed = whole({"u": "i"}.get(dtype[0], dtype[0]) + dtype[1:], a)
        return signed >> min(b, bits - 1)

    return f


def float_pow(x, y):
    with np.errstate(all="ignore"):
        return narrow(np.power(x.astype(np.float64), y.astype(np.float64)), x.dtype)


# name: (JAX's function, dtypes, smooth domains of x and of y)
BINARY = {
    "add": (lax.add, NUMBERS, (-3, 3), (-3, 3)),
    "sub": (lax.sub, NUMBERS, (-3, 3), (-3, 3)),
    "mul": (lax.mul, NUMBERS, (-3, 3), (-3, 3)),
    "div": (lax.div, NUMBERS, (-3, 3), (0.3, 3)),
    "rem": (lax.rem, NUMBERS, (3.1, 3.9), (0.9, 1.0)),
    "pow": (lax.pow, NUMBERS, (0.3, 3), (-2, 2)),
    "max": (lax.max, ALL, None, None),
    "min": (lax.min, ALL, None, None),
    "atan2": (lax.atan2, FLOATS, (-3, 3), (0.3, 3)),
    "and": (lax.bitwise_and, BITS, None, None),
    "or": (lax.bitwise_or, BITS, None, None),
    "xor": (lax.bitwise_xor, BITS, None, None),
    "shift_left": (lax.shift_left, INTS, None, None),
    "shift_right_arithmetic": (lax.shift_right_arithmetic, INTS, None, None),
    "shift_right_logical": (lax.shift_right_logical, INTS, None, None),
}

INT_MEANING = {
    "div": int_div,
    "rem": int_rem,
    "pow": int_pow,
    "shift_left": lambda d: int_shift(d, "left"),
    "shift_right_arithmetic": lambda d: int_shift(d, "arithmetic"),
    "shift_right_logical": lambda d: int_shift(d, "logical"),
}


def binary():
    for name, (f, dtypes, first, second) in BINARY.items():
        for dtype in dtypes:
            meaning = by_element(dtype, INT_MEANING[name](dtype)) if name in INT_MEANING and dtype in INTS else None
            jax_f = None if name == "pow" and dtype in INTS else f  # JAX has no power of integers to integers
            for shape in shapes(dtype):
                if first is not None and dtype in FLOATS:
                    x, y = uniform(dtype, shape, *first, name), uniform(dtype, shape, *second, name, 2)
                    if name in ("div", "atan2"):
                        y = np.where(np.arange(y.size).reshape(shape) % 3 == 0, -y, y).astype(y.dtype)
                elif name in ("max", "min"):
                    both = distinct(dtype, (2, *shape), name)
                    x, y = both[0], both[1]
                elif name.startswith("shift"):
                    x, y = numbers(dtype, shape, name), uniform(dtype, shape, 0, np.iinfo(DTYPES[dtype]).bits - 1, name)
                elif name == "pow":
                    x, y = numbers(dtype, shape, name), uniform(dtype, shape, 0, 9, name)
                else:
                    x, y = numbers(dtype, shape, name), numbers(dtype, shape, name, 2)
                # The divisor must vary over lanes: XLA replaces division by a shared divisor with multiplication by its
                # reciprocal, which rounds once more.
                lanes = (lambda x, y: lax.div(x, y + 0 * x)) if name == "div" and dtype in FLOATS else None
                yield Case(name, str(list(shape)), [x, y], jax_f, grad=True, expect=meaning, lanes=lanes)
            special = edges(dtype)
            if dtype in FLOATS and dtype != "f32":
                special = special[:13]
            if name == "rem" and dtype in FLOATS:
                special = special[np.abs(special.astype(np.float64)) < 1e4] if dtype != "f16" else special
            x, y = pairs(special)
            if name == "pow" and dtype in FLOATS:
                meaning = float_pow
            yield Case(name, "edge", [x, y], jax_f, expect=meaning)
        if name in ("max", "min"):
            for dtype in FLOATS:  # equals share the cotangent
                x, y = np.array([1, 2, 3, -1], DTYPES[dtype]), np.array([1, 3, 2, -1], DTYPES[dtype])
                yield Case(name, "ties", [x, y], f, grad=True)


def compare_ops():
    fs = {"eq": lax.eq, "ne": lax.ne, "lt": lax.lt, "le": lax.le, "gt": lax.gt, "ge": lax.ge}
    for name, f in fs.items():
        for dtype in ALL:
            for shape in FEW:
                x, y = uniform(dtype, shape, -2 if dtype[0] in "if" else 0, 2, name), uniform(dtype, shape, 0, 2, name, 2)
                yield Case(name, str(list(shape)), [x, y], f)
            yield Case(name, "edge", list(pairs(edges(dtype))), f)


def others():
    for dtype in ALL:
        for shape in shapes(dtype):
            pred = uniform("bool", shape, 0, 1, "pred")
            x, y = numbers(dtype, shape, "x"), numbers(dtype, shape, "y")
            yield Case("select", str(list(shape)), [pred, x, y], lax.select, grad=True)
        e = edges(dtype)
        yield Case("select", "edge", [np.arange(e.size) % 2 == 0, e, e[::-1].copy()], lax.select)

    def clamp(low, x, high):
        return lax.min(lax.max(x, low), high)

    for dtype in NUMBERS:
        for shape in shapes(dtype):
            low, high = uniform(dtype, shape, 1, 2, "low"), uniform(dtype, shape, 4, 5, "high")
            x = uniform(dtype, shape, 0, 7, "x")
            if dtype in FLOATS:
                x = narrow(np.round(x.astype(np.float64) * 4) / 4 + 0.125, DTYPES[dtype])
                low, high = narrow(np.round(low.astype(float)), x.dtype), narrow(np.round(high.astype(float)), x.dtype)
            yield Case("clamp", str(list(shape)), [low, x, high], clamp, grad=True)
        e = edges(dtype)[:6]
        low, x, high = (a.reshape(-1) for a in np.meshgrid(e, e, e, indexing="ij"))
        yield Case("clamp", "edge", [low, x, high], clamp)

    for dtype in NUMBERS:
        powers = [-3, -2, -1, 0, 1, 2, 3, 7] if dtype in FLOATS else [0, 1, 2, 5, 33]
        for y in powers:
            for shape in [(), (0,), (2, 3)] if y == 3 or y == 5 else [(5,)]:
                x = uniform(dtype, shape, 0.4, 2.0, "ipow") if dtype in FLOATS else numbers(dtype, shape, "ipow")
                if dtype in FLOATS:
                    x = np.where(np.arange(x.size).reshape(shape) % 2 == 0, x, -x).astype(x.dtype)
                f = lambda x, y=y: lax.integer_pow(x, y)  # noqa: E731
                yield Case("integer_pow", f"{y} {list(shape)}", [x], f, {"y": y}, grad=True)
            if dtype in FLOATS and y in (-1, 0, 3):
                yield Case("integer_pow", f"edge {y}", [edges(dtype)[:17]], f, {"y": y})


def saturate(v, info):
    if math.isnan(v):
        return 0
    return info.max if v >= info.max else info.min if v <= info.min else int(v)


def converted(to):
    d = DTYPES[to]

    def expect(x):
        if to == "bool":
            return x.astype(np.float64) != 0 if is_float(x.dtype) else x != 0
        if is_float(x.dtype):
            if is_float(d):
                return narrow(x.astype(np.float64), d)
            out = [saturate(float(v), np.iinfo(d)) for v in x.astype(np.float64).reshape(-1)]
            return np.array(out, d).reshape(x.shape)
        if is_float(d):
            return np.array([round_int(int(v), d) for v in x.reshape(-1)], d).reshape(x.shape)
        return np.array([whole(to, int(v)) for v in x.reshape(-1)], d).reshape(x.shape)

    return expect


def convert():
    for source in ALL:
        for to in ALL:
            floats = source in FLOATS and to in FLOATS
            f = lambda x, to=to: x if to in FLOATS and x.dtype == np.float64 else lax.convert_element_type(x, DTYPES[to])  # noqa: E731
            for shape in [(), (2, 3)] if source in ("f32", "i32") or to == "f32" else [(5,)]:
                x = uniform(source, shape, 0 if to[0] == "u" else -100, 100, "convert", to)
                yield Case("convert", f"{source} to {to} {list(shape)}", [x], f, {"dtype": to}, grad=floats, out=to if to in FLOATS else None)
            x = edges(source)
            if source in FLOATS:
                more = [1e3, 300.7, -300.7, 7e4, -4e4, 3e9, -3e9, 1e19, 2e19, -1e19, 1.9, -1.9, 1 + 2**-8, 1 + 3 * 2**-9, 2049, 2051]
                more += [1 + 2**-11 + 2**-40, 1 + 2**-8 + 2**-40, 65519.99, 65520, 1e-7, 3e-8, 2.98023e-8]
                x = np.concatenate([x, narrow(np.array(more), x.dtype)])
            elif source not in ("bool", "i8", "u8"):
                info = np.iinfo(x.dtype)
                more = [n for n in [257, 2049, 2051, 4097, 65519, 65520, 16777217, 2**53 + 1, 2**53 + 3, 2**62 + 2**38 + 1] if n <= info.max]
                x = np.concatenate([x, np.array(more, x.dtype)])
            yield Case("convert", f"edge {source} to {to}", [x], f, {"dtype": to}, out=to if to in FLOATS else None, expect=converted(to))
    yield Case("convert", "empty", [np.zeros((2, 0), np.float32)], lambda x: lax.convert_element_type(x, np.int32), {"dtype": "i32"})


def bitcast():
    for source in NUMBERS:
        for to in NUMBERS:
            a, b = DTYPES[source].itemsize, DTYPES[to].itemsize
            shapes = [(2, 3)] if a >= b else [(3, b // a)]
            if source == "f32" or to == "f32":
                shapes += [()] if a >= b else [(b // a,)]
                shapes += [(0, 3)] if a >= b else [(0, b // a)]
            for shape in shapes:
                count = int(np.prod(shape)) * a
                raw = rng("bitcast", source, to, shape).integers(0, 256, count).astype(np.uint8)
                x = raw.view(DTYPES[source]).reshape(shape)
                if source in FLOATS:  # NaN bits do not survive every copy
                    x = np.where(np.isnan(x), np.ones((), x.dtype), x)

                def expect(x, to=to, a=a, b=b):
                    y = np.ascontiguousarray(x).reshape(-1).view(DTYPES[to])
                    shape = x.shape + (a // b,) if a > b else x.shape[:-1] if a < b else x.shape
                    return y.reshape(shape)

                label = f"{source} to {to} {list(shape)}"
                yield Case("bitcast_convert", label, [x], None, {"dtype": to}, expect=expect)


def literal(v, dtype):
    if dtype == "bool":
        return ("true" if v else "false") + ":bool"
    if dtype in FLOATS:
        v = float(v)
        return ("NaN" if math.isnan(v) else repr(v)) + ":" + dtype
    return f"{int(v)}:{dtype}"


def constant():
    for dtype in ALL:
        for v in edges(dtype):
            yield Case("constant", literal(v, dtype), [], None, {"value": literal(v, dtype)}, expect=lambda v=v: np.asarray(v))


def threefry():
    from jax.extend.random import threefry2x32_p

    def f(*xs):
        return threefry2x32_p.bind(*xs)

    def lanes(*xs):  # JAX's rule needs all operands mapped, or none
        zero = 0 * sum(xs)
        return f(*[x + zero for x in xs])

    for shape in [(), (0,), (5,), (2, 3)]:
        yield Case("threefry2x32", str(list(shape)), [numbers("u32", shape, "threefry", k) for k in range(4)], f, lanes=lanes)
    known = [[0, 0, 0, 0], [2**32 - 1] * 4, [0x13198A2E, 0x03707344, 0x243F6A88, 0x85A308D3]]  # the Random123 paper
    yield Case("threefry2x32", "known answers", [np.array([row[k] for row in known], np.uint32) for k in range(4)], f, lanes=lanes)


def structure():
    for dtype in ALL:
        for shape in [(), (2, 0), (2, 3)]:
            x = numbers(dtype, shape, "structure")
            yield Case("stop_gradient", str(list(shape)), [x], lax.stop_gradient, grad=True)
            yield Case("optimization_barrier", str(list(shape)), [x], lambda x: lax.optimization_barrier((x,)), grad=True)
        e = edges(dtype)
        yield Case("stop_gradient", "edge", [e], lambda x: x)
        both = [e, numbers("f32", (2, 2), "barrier"), np.int32(3)]
        yield Case("optimization_barrier", f"edge {dtype}, f32, i32", both, None, expect=lambda *xs: xs)
    xs = [numbers("f64", (3,), 1), numbers("f64", (), 2)]
    yield Case("optimization_barrier", "two", xs, lambda *xs: lax.optimization_barrier(xs), grad=True)


FAMILIES = {
    "unary": unary,
    "binary": binary,
    "compare": compare_ops,
    "elementwise": others,
    "convert": convert,
    "bitcast": bitcast,
    "constant": constant,
    "random": threefry,
    "structure": structure,
}
