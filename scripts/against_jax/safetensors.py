"""Arrays in safetensors files, named by their positions."""

import json

import numpy as np

DTYPES = {"F32": np.float32, "I32": np.int32}


def write(path, arrays):
    names = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
    header, at = {}, 0
    for i, array in enumerate(arrays):
        header[f"{i:02}"] = {"dtype": names[array.dtype], "shape": array.shape, "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    header = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for array in arrays:
            file.write(np.ascontiguousarray(array).data)


def read(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    header.pop("__metadata__", None)
    arrays = []
    for _, entry in sorted(header.items()):
        begin, end = entry["data_offsets"]
        arrays.append(np.frombuffer(data[begin:end], DTYPES[entry["dtype"]]).reshape(entry["shape"]))
    return arrays
