"""Writes filters.jsonl of rune-trace: the filters of scipy.ndimage, with SciPy's results and their derivatives.

    .venv/bin/python scripts/vectors filters      (needs numpy, scipy)

Lines have the format of scripts/oracle/complex_cases.py. The derivatives are central differences of SciPy's results. The
filters are linear or piecewise linear, so they are exact up to rounding.
"""

import json

import numpy as np
from scipy import ndimage

from .common import NAMES, TRACE_DATA

MODES = ("reflect", "nearest", "mirror", "constant", "wrap")
rng = np.random.default_rng(11)
lines = []


def array(x):
    x = np.asarray(x)
    flat = x.ravel()
    if x.dtype.kind == "c":
        flat = np.stack([flat.real, flat.imag], -1).ravel()
    number = int if x.dtype.kind == "i" else float
    return [NAMES[x.dtype.name], list(x.shape), [number(e) for e in flat]]


def f64(*shape):
    return rng.standard_normal(shape)


def c128(*shape):
    return f64(*shape) + 1j * f64(*shape)


def slope(f, inputs, tangents, h):
    """Returns the derivative of `f` in a direction."""
    at = lambda s: f(*[x + s * t for x, t in zip(inputs, tangents)])
    return (at(h) - at(-h)) / (2 * h)


def case(name, f, *inputs, h=1.0, **arguments):
    """Writes a case. `h` is the step of differences; 0 leaves out the derivatives."""
    y = f(*inputs)
    line = {"fn": name, "args": arguments, "in": [array(x) for x in inputs], "value": array(y)}
    if h:
        tangents = [f64(*x.shape) for x in inputs]
        ct = f64(*y.shape)
        line |= {"tangents": [array(t) for t in tangents], "jvp": array(slope(f, inputs, tangents, h)), "ct": array(ct)}
        line["vjp"] = []
        for i, x in enumerate(inputs):
            gradient = np.zeros(x.shape)
            for place in np.ndindex(*x.shape):
                unit = [np.zeros(x.shape) for x in inputs]
                unit[i][place] = 1
                gradient[place] = np.sum(ct * slope(f, inputs, unit, h))
            line["vjp"].append(array(gradient))
    lines.append(json.dumps(line, separators=(",", ":")))


def main():
    for mode in MODES:
        o = dict(mode=mode, cval=1.5)
        # Windows of even sizes, and windows wider than the array.
        for size in (1, 2, 3, 4, 9):
            for name in ("uniform", "maximum", "minimum"):
                f = getattr(ndimage, f"{name}_filter1d")
                h = 1.0 if name == "uniform" else 1e-5
                case(f"{name}_filter1d", lambda x: f(x, size, -1, **o), f64(2, 4), h=h if size == 3 else 0, size=size, axis=-1, **o)
                case(f"{name}_filter1d", lambda x: f(x, size, 0, **o), f64(3, 1), h=0, size=size, axis=0, **o)
        for sizes in ([3, 2], [1, 7]):
            for name in ("uniform", "maximum", "minimum"):
                f = getattr(ndimage, f"{name}_filter")
                h = 1.0 if name == "uniform" else 1e-5
                case(f"{name}_filter", lambda x: f(x, sizes, **o), f64(3, 4), h=h if sizes[0] == 3 else 0, sizes=sizes, **o)
        case("uniform_filter", lambda x: ndimage.uniform_filter(x, [3, 2], **o), c128(3, 4), h=0, sizes=[3, 2], **o)
        for name in ("maximum", "minimum"):
            f = getattr(ndimage, f"{name}_filter")
            whole = dict(mode=mode, cval=4)
            case(f"{name}_filter", lambda x: f(x, [2, 3], **whole), rng.integers(-9, 9, (4, 5)).astype(np.int32), h=0, sizes=[2, 3], **whole)
        for name in ("correlate", "convolve"):
            f = getattr(ndimage, name)
            for shape in ((3, 3), (2, 4), (1, 6)):
                case(name, lambda x, w: f(x, w, **o), f64(3, 4), f64(*shape), h=1.0 if shape == (2, 4) else 0, **o)
            case(name, lambda x, w: f(x, w, **o), c128(3, 4), c128(2, 3), h=0, **o)
            f1 = getattr(ndimage, f"{name}1d")
            for n in (1, 2, 3, 6):
                for axis in (0, -1):
                    case(f"{name}1d", lambda x, w: f1(x, w, axis, **o), f64(2, 4, 3), f64(n), h=1.0 if n == 2 and axis else 0, axis=axis, **o)
            case(f"{name}1d", lambda x, w: f1(x, w, 0, **o), c128(4, 2), c128(2), h=0, axis=0, **o)
        for sigma, order in ((0.6, 0), (1.3, 1), (2.0, 2), (0.8, 3)):
            case("gaussian_filter1d", lambda x: ndimage.gaussian_filter1d(x, sigma, 0, order, **o), f64(5, 2), h=1.0 if order == 1 else 0,
                 sigma=sigma, order=order, axis=0, **o)
            case("gaussian_filter", lambda x: ndimage.gaussian_filter(x, sigma, order, truncate=2.5, **o), f64(5, 4), h=0,
                 sigma=sigma, order=order, truncate=2.5, **o)
        case("gaussian_filter", lambda x: ndimage.gaussian_filter(x, 1.5, radius=2, **o), c128(5, 4), h=0, sigma=1.5, order=0, radius=2, **o)
    (TRACE_DATA / "filters.jsonl").write_text("\n".join(lines) + "\n")
    print(len(lines), "cases")
