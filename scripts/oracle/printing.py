"""Writes printing.jsonl of rune-trace: arrays, and the text that NumPy's `str` gives them.

    .venv/bin/python scripts/vectors printing      (needs numpy 2.4)

Each line holds a dtype, a shape, the bytes of some elements, which are repeated to fill the shape, the text, and perhaps a precision.
"""

import json

import numpy as np

from .common import ROOT

NAMES = {"float16": "f16", "float32": "f32", "float64": "f64", "complex64": "c64", "complex128": "c128", "bool": "bool"}
NAMES |= {f"{'u' * u}int{bits}": f"{'u' if u else 'i'}{bits}" for u in (0, 1) for bits in (8, 16, 32, 64)}
FLOATS = [np.float16, np.float32, np.float64]
COMPLEX = [np.complex64, np.complex128]
INTEGERS = [np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64]
LINES = []


def case(values, shape, precision=None):
    values = np.asarray(values)
    x = np.resize(values, shape)
    if precision is None:
        text = str(x)
    elif shape == ():
        text = f"{float(x):.{precision}f}"
    else:
        text = np.array2string(x, precision=precision, floatmode="fixed", suppress_small=True)
    line = {"dtype": NAMES[x.dtype.name], "shape": list(shape), "elements": values.tobytes().hex(), "text": text}
    LINES.append(line | ({"precision": precision} if precision is not None else {}))


def main():
    rng = np.random.default_rng(13)
    np.seterr(all="ignore")

    # ---- arrays without axes ------------------------------------------------------------------------------------------------------------
    tens = [float(f"{m}e{e}") for e in range(-9, 19) for m in ("1", "1.5", "9.999999")]
    special = [0.0, -0.0, np.nan, np.inf, -np.inf, 1 / 3, -2.5, 123456.789, 1e22, 1e100, 5e-324, 1e-45, 6e-8, 65504, 3.4e38, 999.5, 1e6 - 1, 1e7 + 1, 2.0**53]
    for dtype in FLOATS:
        for x in [*tens, *special]:
            case(dtype(x), ())
        for x in (0.0, -1.23456, 1e6, 0.00049, np.nan, -np.inf):
            for precision in (0, 2, 4):
                case(dtype(x), (), precision)
    for dtype in COMPLEX:
        parts = [0.0, -0.0, 1.0, -2.5, 1e-5, 1e10, np.nan, np.inf, -np.inf]
        for re in parts:
            for im in parts:
                case(dtype(complex(re, im)), ())
    for dtype in INTEGERS:
        case(dtype(np.iinfo(dtype).max), ())
        case(dtype(np.iinfo(dtype).min), ())
    case(np.bool_(True), ())
    case(np.bool_(False), ())

    # ---- lists of floats ----------------------------------------------------------------------------------------------------------------
    lists = [
        [1, 2, 3], [1, 2.5, -3], [0.1, 0.25], [1 / 3, 2 / 3, 1], [0, -0.0], [-0.0], [1e10, 1], [1e8, 1], [99999999, 1], [1e6, 1e5], [999999, 5e3], [1e3, 999], [1000, 1],
        [1001, 1], [0.0001, 0.1], [0.00009, 0.1], [1e-4], [1e-5], [123456.78, 0.5], [1e-10, 1e10], [1e100, 1e-100], [1.5e300, -2.25e-300, 0], [5e-324], [np.nan],
        [np.inf], [-np.inf], [np.nan, 1], [np.inf, -1.5], [-np.inf, 1], [np.nan, np.inf, -np.inf, 0], [np.nan, 1e10, -np.inf], [-1e-8, np.inf], [np.nan, np.nan], [1, np.nan, 22.25],
        [0, 0, 0], [1e16, 1], [12345678.9, -1], [1.123456789, 1.1], [0.123456785, 0.5], [2.000000004, 1], [1.99999999999, 1], [0.1 + 0.2, 1], [1e-7, 2e-7], [-1, 10, -100],
        [3.14159265358979, 2.71828182845905, 1.4142135623731], [1.000000001e10, 2e10], [6.02214076e23, 1.602176634e-19], [65504, 1, -1], [6e-8, 0.5], [np.inf, 1e-300],
    ]
    for dtype in FLOATS:
        for values in lists:
            case(np.array(values, dtype), (len(values),))
    for dtype in FLOATS:
        for scale in (1e-6, 1e-3, 1, 50, 1e4, 1e7, 1e12):
            for n in (3, 12, 30):
                case((rng.normal(size=n) * scale).astype(dtype), (n,))
        case((10.0 ** rng.uniform(-3.9, 3, 40)).astype(dtype), (40,))
        case(np.ldexp(rng.normal(size=30), rng.integers(-20, 20, 30)).astype(dtype), (5, 6))
        case(rng.integers(0, 2**16, 60).astype(np.uint16).view(np.float16) if dtype == np.float16 else rng.normal(size=60).astype(dtype) ** 9, (60,))

    # ---- lists of complex numbers -------------------------------------------------------------------------------------------------------
    numbers = [1 + 2j, -0.0j, 1.5 - 2.25j, 1e10 + 1j, complex(np.nan, 1), complex(1, -np.inf), complex(-np.inf, np.nan), 0.001j, complex(-0.0, -0.0)]
    for dtype in COMPLEX:
        for i, z in enumerate(numbers):
            case(np.array([z, numbers[i - 1]], dtype), (2,))
        case(np.array(numbers, dtype), (len(numbers),))
        case((rng.normal(size=24) + 1j * rng.normal(size=24)).astype(dtype), (4, 6))
        case((rng.normal(size=24) * 1e5 + 1j).astype(dtype), (2, 3, 4))

    # ---- integers and truth values ------------------------------------------------------------------------------------------------------
    for dtype in INTEGERS:
        info = np.iinfo(dtype)
        case(np.array([info.min, 0, 7, info.max], dtype), (4,))
        case(np.arange(100).astype(dtype), (100,))
        case(np.arange(24).astype(dtype), (2, 3, 4))
        case(rng.integers(info.min, info.max, 40, dtype), (5, 8))
    for shape in ((1,), (2,), (30,), (3, 4), (2, 2, 3), (1500,)):
        case(rng.integers(0, 2, 7).astype(bool), shape)

    # ---- shapes -------------------------------------------------------------------------------------------------------------------------
    for shape in ((0,), (2, 0), (0, 3), (1, 1), (1, 1, 1, 1), (2, 2, 2, 2), (3, 1, 2), (1, 30), (2, 40), (2, 3, 30), (40, 2), (7, 1, 1)):
        case(np.arange(13).astype(np.float32) / 4, shape)
        case(np.arange(13).astype(np.int32) - 6, shape)
    for shape in ((1000,), (1001,), (2000,), (50, 50), (6, 200), (7, 200), (200, 6), (200, 7), (3, 4, 100), (10, 10, 11), (8, 8, 8, 8), (1, 1001), (1001, 1), (2, 501, 1), (5, 201)):
        case(np.arange(37).astype(np.int32) * 11 - 100, shape)
        case((np.arange(37) - 7).astype(np.float32) / 8, shape)
        case(rng.normal(size=23), shape)
    # Only the elements that are shown determine the format.
    hidden = np.ones(1200)
    hidden[600] = 1e30
    case(hidden, (1200,))

    # ---- a precision --------------------------------------------------------------------------------------------------------------------
    for dtype in FLOATS:
        for precision in (0, 1, 3, 6):
            for values in ([1, 2.25, -3.5], [0.5, 1.5, 2.5], [1e-9, 0.001, 100], [np.nan, 1], [-np.inf, 0.1]):
                case(np.array(values, dtype), (len(values),), precision)
    case(rng.normal(size=24), (4, 6), 3)
    case((rng.normal(size=6) + 1j * rng.normal(size=6)).astype(np.complex64), (2, 3), 2)
    case(np.arange(5), (5,), 2)

    path = ROOT / "rune-trace" / "tests" / "data" / "printing.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    print(f"{path}: {len(LINES)} arrays")
