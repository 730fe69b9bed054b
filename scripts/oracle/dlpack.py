"""Writes dlpack.jsonl of rune-ir: the structures of DLPack that NumPy and JAX make of their arrays.

    .venv/bin/python scripts/vectors dlpack      (needs jax 0.10.2, numpy 2.4)

Each line has the fields of a structure as the producer wrote them, the memory that it describes, the position of the first element in this
memory, and the bytes of the elements in row-major order.
"""

import ctypes
import json

import jax.numpy as jnp
import numpy as np

from .common import NAMES, ROOT


class Device(ctypes.Structure):
    _fields_ = [("device_type", ctypes.c_int32), ("device_id", ctypes.c_int32)]


class DataType(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16)]


class Tensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p), ("device", Device), ("ndim", ctypes.c_int32), ("dtype", DataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)), ("strides", ctypes.POINTER(ctypes.c_int64)), ("byte_offset", ctypes.c_uint64),
    ]


class Versioned(ctypes.Structure):
    _fields_ = [
        ("major", ctypes.c_uint32), ("minor", ctypes.c_uint32), ("manager_ctx", ctypes.c_void_p), ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64), ("tensor", Tensor),
    ]


def pointer(capsule, name):
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return get(capsule, name)


def structure(label, x, versioned):
    """Returns the fields of the structure that an array makes of itself."""
    capsule = x.__dlpack__(max_version=(1, 1)) if versioned else x.__dlpack__()
    is_named = ctypes.pythonapi.PyCapsule_IsValid
    is_named.restype, is_named.argtypes = ctypes.c_int, [ctypes.py_object, ctypes.c_char_p]
    line = {"label": label}
    if is_named(capsule, b"dltensor_versioned"):
        whole = Versioned.from_address(pointer(capsule, b"dltensor_versioned"))
        line |= {"version": [whole.major, whole.minor], "flags": whole.flags}
        t = whole.tensor
    else:
        t = Tensor.from_address(pointer(capsule, b"dltensor"))
    n = t.ndim
    shape = [t.shape[i] for i in range(n)]
    strides = [t.strides[i] for i in range(n)] if n and t.strides else None
    size = t.dtype.bits // 8
    first = (t.data or 0) + t.byte_offset
    low = high = 0
    steps = strides or [int(np.prod(shape[i + 1:])) for i in range(n)]
    for m, step in zip(shape, steps):
        low, high = low + min(0, (m - 1) * step), high + max(0, (m - 1) * step)
    empty = 0 in shape
    memory = b"" if empty else ctypes.string_at(first + low * size, (high - low + 1) * size)
    values = np.asarray(x)
    line |= {
        "dtype": NAMES[values.dtype.name], "code": t.dtype.code, "bits": t.dtype.bits, "lanes": t.dtype.lanes,
        "device": [t.device.device_type, t.device.device_id], "shape": shape, "strides": strides, "byte_offset": t.byte_offset,
        "memory": memory.hex(), "first": 0 if empty else -low * size, "elements": np.ascontiguousarray(values).tobytes().hex(),
    }
    return line


def main():
    six = np.arange(6, dtype=np.float32)
    fixed = np.arange(4.0)
    fixed.flags.writeable = False
    named = {
        "rows": six.reshape(2, 3), "columns": np.asfortranarray(six.reshape(2, 3)), "transposed": six.reshape(2, 3).T, "backward": six[::-1],
        "every second": six[::2], "from the middle": six[2:], "inner part": np.arange(20.0).reshape(4, 5)[1:3, 1:4], "both backward": six.reshape(2, 3)[::-1, ::-1],
        "one number": np.array(2.5, np.float32), "nothing": np.zeros((0, 3)), "ones": six.reshape(1, 6, 1), "repeated": np.broadcast_to(six[:3], (2, 3)),
        "permuted": np.arange(24, dtype=np.int16).reshape(2, 3, 4).transpose(2, 0, 1), "read-only": fixed,
    }
    for dtype in ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "complex64", "complex128"):
        named[dtype] = (np.arange(6).reshape(2, 3) % 4).astype(dtype)
    lines = []
    for label, x in named.items():
        for versioned in (True, False):
            # Without a version, NumPy refuses to pass arrays that nobody may write to.
            if versioned or x.flags.writeable:
                lines.append(structure(f"NumPy, {label}", x, versioned))
    for dtype in ("bool", "int8", "int32", "uint16", "float16", "bfloat16", "float32", "float64", "complex64", "complex128", "float8_e4m3fn", "float8_e5m2"):
        x = (jnp.arange(6).reshape(2, 3) % 4).astype(dtype)
        for versioned in (True, False):
            try:
                lines.append(structure(f"JAX, {dtype}", x, versioned))
            except Exception as e:  # noqa: BLE001
                print(f"JAX, {dtype}, {'with' if versioned else 'without'} a version: {type(e).__name__}: {str(e).splitlines()[0]}")
    path = ROOT / "rune-ir" / "tests" / "dlpack.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    print(f"{path}: {len(lines)} structures")
