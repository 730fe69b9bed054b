"""Writes rune-stablehlo/src/convert/chlo/*.mlir: CHLO functions in StableHLO operations, as JAX exports them.

    .venv/bin/python scripts/vectors chlo      (needs jax 0.10.2)
"""

import numpy as np
from jax import lax
from stablehlo.core import exported, plain, short

from .common import ROOT

FOLDER = ROOT / "rune-stablehlo/src/convert/chlo"
FUNCTIONS = {"lgamma": (lax.lgamma, 1), "digamma": (lax.digamma, 1), "erfc": (lax.erfc, 1), "next_after": (lax.nextafter, 2), "zeta": (lax.zeta, 2)}


def main():
    FOLDER.mkdir(exist_ok=True)
    for name, (f, count) in FUNCTIONS.items():
        for ending, dtype in (("f32", np.float32), ("f64", np.float64)):
            text = short(plain(exported(f, [np.ones((), dtype)] * count)), name)
            (FOLDER / f"{name}.{ending}.mlir").write_text(text)
