"""Writes tests/data/stablehlo/real*: typical JAX programs as `jax.export` writes them, with the results and gradients
of JAX.

    .venv/bin/python scripts/vectors stablehlo-real               (needs jax 0.10.2)
    .venv/bin/python scripts/vectors stablehlo-real /tmp/real     all of them, for `RUNE_STABLEHLO=/tmp/real cargo test -p rune-stablehlo real`

The repository omits modules of more than 4,000 characters.
"""

import warnings

import jax
import numpy as np
from stablehlo.core import MAX_TEXT, exported, plain, results, short, write_modules
from stablehlo.real import GROUPS


def main(folder=None):
    warnings.simplefilter("ignore")
    cases, texts = [], []
    for group, programs in GROUPS.items():
        for name, (f, inputs) in programs.items():
            name = f"{group}.{name}"
            args = [x.array(k) for k, x in enumerate(inputs)]
            with jax.enable_x64(any(a.dtype == np.float64 for a in args)):
                try:
                    text = short(plain(exported(f, args)))
                    case = {"name": name, "inputs": [x.described() for x in inputs], "outputs": results(jax.jit(f)(*args))}
                    if group == "losses":
                        floats = tuple(k for k, a in enumerate(args) if a.dtype.kind in "fV")
                        case["gradient"] = results(jax.grad(f, floats)(*args))
                except Exception as error:
                    print(f"{name}: {type(error).__name__} {str(error).splitlines()[0][:150]}")
                    continue
            if folder or len(text) <= MAX_TEXT:
                texts.append(f"// {name}\n{text.strip()}\n")
                cases.append(case)
    write_modules(folder, "real", texts, cases)
    print(f"{len(cases)} programs, {sum(map(len, texts)) // 1024} KiB")
