"""Primitives on the bits of numbers, as JAX functions of simpler ones."""

import jax.numpy as jnp
import numpy as np
from jax import lax


def width(dtype):
    return 8 * np.dtype(dtype).itemsize


def integers(x, kind="uint"):
    """Returns the bits of numbers as integers."""
    dtype = np.dtype(f"{kind}{width(x.dtype)}")
    return x if x.dtype == dtype else lax.bitcast_convert_type(x, dtype)


def repeated(x, pattern):
    return np.frombuffer(bytes([pattern] * x.dtype.itemsize), x.dtype)[0]


def population_count(x, **_):
    """H. S. Warren, "Hacker's Delight", 5-1: counts the bits of pairs, then of groups of four, then of bytes."""
    dtype, x = x.dtype, integers(x)
    by = lambda n: np.array(n, x.dtype)
    pairs = x - (lax.shift_right_logical(x, jnp.full_like(x, 1)) & repeated(x, 0x55))
    fours = (pairs & repeated(x, 0x33)) + (lax.shift_right_logical(pairs, jnp.full_like(x, 2)) & repeated(x, 0x33))
    eights = (fours + lax.shift_right_logical(fours, jnp.full_like(x, 4))) & repeated(x, 0x0F)
    total = lax.shift_right_logical(eights * by(repeated(x, 1)), jnp.full_like(x, width(x.dtype) - 8))
    return total.astype(dtype)


def clz(x, **_):
    dtype, x = x.dtype, integers(x)
    shift = 1
    while shift < width(dtype):
        x = x | lax.shift_right_logical(x, jnp.full_like(x, shift))
        shift *= 2
    return population_count(~x).astype(dtype)


def mulhi(x, y, **_):
    """Multiplies halves. The upper halves keep the sign."""
    half = width(x.dtype) // 2
    low, signed = np.array((1 << half) - 1, x.dtype), np.issubdtype(x.dtype, np.signedinteger)
    by = jnp.full_like(x, half)
    up = lambda v: lax.shift_right_arithmetic(v, by) if signed else lax.shift_right_logical(v, by)
    x0, x1, y0, y1 = x & low, up(x), y & low, up(y)
    first = x1 * y0 + lax.shift_right_logical(x0 * y0, by)
    second = x0 * y1 + (first & low)
    return x1 * y1 + up(first) + up(second)


def nextafter(x, y, **_):
    bits = integers(x)
    one, top = np.array(1, bits.dtype), np.array(1 << (width(x.dtype) - 1), bits.dtype)
    outward = (jnp.abs(x) < jnp.abs(y)) & (bits & top == integers(y) & top)
    # The least number with the sign of y follows zero.
    moved = jnp.where(x == 0, (integers(y) & top) | one, jnp.where(outward, bits + one, bits - one))
    moved = jnp.where(x == y, y, lax.bitcast_convert_type(moved, x.dtype))
    return jnp.where(jnp.isnan(x) | jnp.isnan(y), np.array(np.nan, x.dtype), moved)


def reduce_precision(x, exponent_bits, mantissa_bits):
    """Rounds to even, without exceptions for small numbers: they become zero."""
    info = jnp.finfo(x.dtype)
    bits = integers(x)
    number = lambda n: np.array(n, bits.dtype)
    shifted = lambda v, n: lax.shift_right_logical(v, jnp.full_like(v, n))
    top = 1 << (info.bits - 1)
    magnitude, sign = bits & number(top - 1), bits & number(top)
    dropped = info.nmant - mantissa_bits
    if dropped > 0:
        # Adds half of the last kept place, or slightly less if that place is even. Then truncates.
        magnitude = magnitude + (shifted(magnitude, dropped) & number(1)) + number((1 << (dropped - 1)) - 1)
        magnitude = magnitude & number((top - 1) >> dropped << dropped)
    if exponent_bits < info.nexp:
        bias = lambda n: (1 << (n - 1)) - 1
        most = (bias(info.nexp) + bias(exponent_bits)) << info.nmant | (((1 << mantissa_bits) - 1) << max(dropped, 0))
        least = (bias(info.nexp) - bias(exponent_bits) + 1) << info.nmant
        magnitude = jnp.where(magnitude > number(most), number(((1 << info.nexp) - 1) << info.nmant), magnitude)
        magnitude = jnp.where(magnitude < number(least), number(0), magnitude)
    rounded = lax.bitcast_convert_type(magnitude | sign, x.dtype)
    return jnp.where(jnp.isnan(x), x, rounded)


def total_order(x):
    """Returns integers that sort as the total order of floats."""
    bits = integers(x, "int")
    top = np.array(width(x.dtype) - 1, bits.dtype)
    return bits ^ (lax.shift_right_arithmetic(bits, top) & np.array(np.iinfo(bits.dtype).max, bits.dtype))


def total(compare):
    def f(x, y, **_):
        x, y = (total_order(v) if jnp.issubdtype(v.dtype, jnp.floating) else v for v in (x, y))
        return compare(x, y)

    return f
