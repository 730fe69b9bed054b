"""What the subcommands share: folders, the text of arrays, numbers by formula, and the writing of cases."""

import json
import subprocess
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
TRACE_DATA = ROOT / "rune-trace" / "tests" / "data"
NN_DATA = ROOT / "rune-nn" / "tests" / "data"
NAMES = {
    "bool": "bool", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64", "uint8": "u8", "uint16": "u16", "uint32": "u32",
    "uint64": "u64", "float8_e4m3fn": "f8e4m3fn", "float8_e5m2": "f8e5m2", "float16": "f16", "bfloat16": "bf16",
    "float32": "f32", "float64": "f64", "complex64": "c64", "complex128": "c128",
}  # fmt: skip


def array(x):
    """Returns [dtype, shape, elements]. A float is the shortest text that parses to it. A complex number is a pair of
    floats."""
    x = np.asarray(x)
    name, shape = NAMES[x.dtype.name], list(x.shape)
    if x.dtype.kind == "c":
        x = np.stack([x.real, x.imag], -1)
    if x.dtype.kind in "biu":
        element = bool if name == "bool" else int
    else:
        element = (lambda e: str(np.float64(e))) if x.dtype == np.float64 else (lambda e: str(np.float32(e)))
    return [name, shape, [element(e) for e in x.ravel()]]


def write_lines(path, rows):
    """Writes rows as lines of JSON, and prints their number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows))
    print(f"{path.name}: {len(rows)} cases, {path.stat().st_size} bytes")


class Cases:
    """Cases of array functions. Each is one line of JSON: `fn`, `args`, `in`, `out` or a part of the `error`, and `tol`."""

    def __init__(self):
        self.rows = []

    def add(self, fn, args, inputs, outputs=None, tol=None, error=None):
        case = {"fn": fn, "args": args, "in": [array(x) for x in inputs]}
        if error is not None:
            case["error"] = error
        else:
            outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
            case["out"] = [array(x) for x in outputs]
        if tol is not None:
            case["tol"] = tol
        self.rows.append(case)

    def write(self, name):
        write_lines(TRACE_DATA / name, self.rows)


def argument(seed, shape, width):
    """Returns numbers around 0, within an interval of this width, by a formula that the tests repeat."""
    i = np.arange(np.prod(shape, dtype=np.int64), dtype=np.int64)
    return (((i * 7919 + seed * 104729) % 10007) / 10007 * width - width / 2).reshape(shape)


def tangent(k, shape, dtype):
    """Returns the tangent of input k: element i is ((7 (i + 3k) mod 11) - 5) / 4, which is exact in every float dtype."""
    i = np.arange(int(np.prod(shape))).reshape(shape) + 3 * k
    return ((7 * i % 11 - 5) / 4.0).astype(dtype)


def cotangent(k, shape, dtype):
    """Returns the cotangent of output k: element i is ((i + 2k) mod 5 + 1) / 2, which is exact in every float dtype."""
    i = np.arange(int(np.prod(shape))).reshape(shape) + 2 * k
    return ((i % 5 + 1) / 2.0).astype(dtype)


def write_rust(path, lines):
    """Writes lines of Rust, formatted."""
    path.write_text("\n".join(lines) + "\n")
    subprocess.run(["rustfmt", "--edition", "2024", "--config-path", str(ROOT), str(path)], check=True)
