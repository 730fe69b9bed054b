"""Writes tests/data/stablehlo/wide*: many functions as JAX exports them, with the results of JAX.

    .venv/bin/python scripts/vectors stablehlo-wide                (needs jax 0.10.2)
    .venv/bin/python scripts/vectors stablehlo-wide /tmp/wide      all of them, for `RUNE_STABLEHLO=/tmp/wide cargo test -p rune-stablehlo wide`

The repository omits modules of more than 4,000 characters, because they are most of the text. If `jax.export` and
`as_text` write a function with different operations, both forms are included.
"""

import re
import warnings

import jax
from stablehlo.core import MAX_TEXT, exported, plain, pretty, results, short, write_modules
from stablehlo.wide import WIDE


def operations(text):
    return set(re.findall(r"(?:stablehlo|chlo)\.[a-z_0-9]+|@[A-Za-z_.]+", text))


def main(folder=None):
    warnings.simplefilter("ignore")
    cases, texts = [], []
    for name, (f, inputs) in WIDE.items():
        args = [x.array(k) for k, x in enumerate(inputs)]
        try:
            by_export = short(plain(exported(f, args)))
        except Exception as error:  # complex numbers in old versions of StableHLO, or custom calls that cannot be saved
            print(f"{name}: {str(error).splitlines()[0][:150]}")
            by_export = None
        try:
            described = {"name": name, "inputs": [x.described() for x in inputs], "outputs": results(jax.jit(f)(*args))}
        except Exception as error:
            print(f"{name}: {type(error).__name__} {str(error).splitlines()[0][:150]}")
            continue
        by_text = short(plain(pretty(f, args)))
        forms = [by_text] + [by_export] * (by_export is not None and operations(by_export) != operations(by_text))
        forms = [text for text in forms if folder or len(text) <= MAX_TEXT]
        for text in forms:
            texts.append(f"// {name}\n{text.strip()}\n")
        cases += [described] * (forms != [])
    write_modules(folder, "wide", texts, cases)
    print(f"{len(cases)} functions, {len(texts)} modules, {sum(map(len, texts)) // 1024} KiB")
