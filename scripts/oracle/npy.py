"""Writes rune-cli/tests/data/arrays: arrays in files, as NumPy saves them.

    .venv/bin/python scripts/vectors npy      (needs numpy)
"""

import zipfile

import numpy as np

from .common import ROOT

DATA = ROOT / "rune-cli" / "tests" / "data" / "arrays"


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    x = np.array([1.5, -2.0, 0.0, 4.0], np.float32)
    # NumPy has no bf16: ml_dtypes, and so JAX, saves it as two raw bytes.
    bf16 = (x.view(np.uint32) >> 16).astype(np.uint16).view("V2")

    np.save(DATA / "plain.npy", x)
    np.save(DATA / "big_endian.npy", x.astype(">f4"))
    np.save(DATA / "columns.npy", np.asfortranarray(np.arange(24, dtype=np.int16).reshape(2, 3, 4)))
    np.save(DATA / "scalar.npy", np.float64(2.5))
    np.save(DATA / "empty.npy", np.zeros((0, 4), np.float32))
    np.save(DATA / "truths.npy", np.array([True, False]))
    np.save(DATA / "complex.npy", x.astype(np.complex64))
    np.save(DATA / "records.npy", np.zeros(2, [("a", "<f4"), ("b", "<i4")]))
    np.savez(DATA / "one.npz", x0=x)
    np.savez(DATA / "bf16.npz", x0=bf16)
    np.savez(DATA / "objects.npz", x0=np.array([None, 1], object))
    np.savez(DATA / "many.npz", *[x * 0] * 10, x)
    np.savez_compressed(DATA / "compressed.npz", **{"x": x, "b/2": x})
    # A `ZipInfo` has no date, so each run writes the same file.
    with zipfile.ZipFile(DATA / "text.npz", "w") as archive:
        archive.writestr(zipfile.ZipInfo("readme.txt"), "no array")
    with zipfile.ZipFile(DATA / "lzma.npz", "w") as archive:
        archive.writestr(zipfile.ZipInfo("x0.npy"), (DATA / "plain.npy").read_bytes(), zipfile.ZIP_LZMA)
