"""Writes tests/data/stablehlo/loops*: loops that JAX exports, with JAX's results for them and their transformations.

    .venv/bin/python scripts/vectors stablehlo-loops      (needs jax 0.10.2)
"""

import json
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from stablehlo.core import FOLDER, exported, plain, pretty, results
from stablehlo.loops import LOOPS


def weights(k, y):
    """Returns tangents and cotangents from a formula."""
    i = np.arange(y.size)
    return jnp.asarray(((7 * i + 3 * k) % 5 - 1.5) / 2, y.dtype).reshape(y.shape)


def is_float(x):
    return jnp.issubdtype(x.dtype, jnp.floating)


def case(name, f, inputs, scans, whiles):
    args = [jnp.asarray(x.array(k)) for k, x in enumerate(inputs)]
    by = [k for k, x in enumerate(args) if is_float(x)]

    def of_floats(*floats, f=f):
        full = list(args)
        for k, x in zip(by, floats):
            full[k] = x
        return [y for y in map(jnp.asarray, jax.tree.leaves(f(*full))) if is_float(y)]

    floats = [args[k] for k in by]
    lanes = [jnp.stack([x, x / 2 if is_float(x) else x]) for x in args]
    described = {
        "name": name,
        "inputs": [x.described() for x in inputs],
        "scans": scans,
        "whiles": whiles,
        "outputs": results(f(*args)),
        "jvp": results(jax.jvp(of_floats, floats, [weights(k, x) for k, x in enumerate(floats)])[1]),
        "vmap": results(jax.vmap(f)(*lanes)),
    }
    if whiles == 0:
        ys, pull = jax.vjp(partial(of_floats, f=getattr(f, "reference", f)), *floats)
        described["vjp"] = results(pull([weights(k, y) for k, y in enumerate(ys)]))
    return described, plain(pretty(f, args)), plain(exported(f, args))


def main():
    cases, texts = [], ([], [])
    for name, (f, inputs, scans, whiles) in LOOPS.items():
        described, *forms = case(name, f, inputs, scans, whiles)
        cases.append(described)
        for all_of_form, text in zip(texts, forms):
            all_of_form.append(f"// {name}\n{text}")
    for ending, form in zip(("mlir", "export.mlir"), texts):
        (FOLDER / f"loops.{ending}").write_text("// -----\n".join(form))
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    (FOLDER / "loops.json").write_text(f"[{lines}]\n")
