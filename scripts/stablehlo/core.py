"""Inputs from formulas, and the text of results.

Element i of input k is ((37 i + 101 k + 11) mod 201 - 100) / 100 times `scale`; for integers and truth values it is (37
i + 101 k + 11) mod `bound`. rune-stablehlo/tests/import/data.rs computes the same.
"""

import json
import re
from pathlib import Path

import jax
import numpy as np

from oracle.common import NAMES, ROOT

FOLDER = ROOT / "tests" / "data" / "stablehlo"
# The repository omits longer modules, because they are most of the text.
MAX_TEXT = 4000


class In:
    """An input: its shape and its numbers."""

    def __init__(self, *shape, scale=1.0, bound=None, dtype=np.float32):
        self.shape, self.scale, self.bound, self.dtype = shape, scale, bound, np.dtype(dtype)

    def array(self, k):
        i = np.arange(int(np.prod(self.shape)), dtype=np.int64)
        if self.bound is None:
            x = (((37 * i + 101 * k + 11) % 201) - 100) / 100 * self.scale
        else:
            x = (37 * i + 101 * k + 11) % self.bound
        return x.astype(self.dtype).reshape(self.shape)

    def described(self):
        ty = "[" + "".join(f"{d}, " for d in self.shape) + NAMES[self.dtype.name] + "]"
        described = {"type": ty}
        described |= {"scale": self.scale} if self.bound is None else {"bound": self.bound}
        return described


def i32(*shape, bound=5):
    return In(*shape, bound=bound, dtype=np.int32)


def number(x):
    """Returns the shortest number that equals `x` in its dtype. JSON has no infinities."""
    if x.dtype.kind in "biu":
        return int(x)
    wide = float(x)
    short = wide if x.dtype == np.float64 else float(str(np.float32(wide)))
    if not np.isfinite(wide):
        return str(wide)
    return int(short) if short == int(short) and abs(short) < 1e6 and not (short == 0 and np.signbit(short)) else short


def listed(y):
    y = np.asarray(y)
    return {"type": NAMES[y.dtype.name], "shape": list(y.shape), "data": [number(x) for x in y.ravel()]}


def results(tree):
    return [listed(y) for y in jax.tree.leaves(tree)]


def pretty(f, args):
    return jax.jit(f, keep_unused=True).lower(*args).as_text()


# JAX does not promise that later versions keep this call, and exports it only if asked.
PIVOTED = [jax.export.DisabledSafetyCheck.custom_call(f"lapack_{letter}geqp3_ffi") for letter in "sdcz"]


def exported(f, args):
    return jax.export.export(jax.jit(f, keep_unused=True), disabled_checks=PIVOTED)(*args).mlir_module()


def plain(text):
    """Returns the text without locations, which are most of it."""
    text = re.sub(r"^#loc.*\n", "", text, flags=re.M)
    while (shorter := re.sub(r" loc\((?:[^()\"]|\"[^\"]*\")*\)", "", text)) != text:
        text = shorter
    return text


def short(text, name="f"):
    """Returns the module under another name, without attributes that do not affect its results."""
    text = re.sub(r"module @\S+ attributes \{[^}]*\}", f"module @{name}", text)
    text = re.sub(r", sdy.sharding_rule = #sdy.op_sharding_rule<[^>]*->[^>]*>", "", text)
    return re.sub(r" \{jax\.result_info = \"[^\"]*\"\}", "", text)


def write_modules(folder, name, texts, cases):
    """Writes modules to one file, and JAX's results to another; by default into the data of the tests."""
    folder = Path(folder or FOLDER)
    (folder / f"{name}.mlir").write_text("// -----\n".join(texts))
    (folder / f"{name}.json").write_text("[" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "]\n")
