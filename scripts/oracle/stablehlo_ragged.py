"""Writes tests/data/stablehlo/ragged*: dot products of groups, as JAX writes them for TPUs, with the results of JAX.

    .venv/bin/python scripts/vectors stablehlo-ragged      (needs jax 0.10.2)

For CPUs, JAX expresses them by other operations. `as_text` has `chlo.ragged_dot`, and `jax.export` has composites.
"""

import jax
import numpy as np
from jax import lax
from stablehlo.core import In, i32, plain, results, short, write_modules

# The contracted axes and the batch axes of both operands, the ragged axis, the axis of groups, and the inputs.
CASES = {
    "rows": (([1], [1]), ([], []), 0, [0], [In(6, 3), In(3, 3, 2), i32(3, bound=4)]),
    "columns": (([0], [2]), ([], []), 1, [1], [In(3, 6), In(2, 2, 3), i32(2, bound=4)]),
    "batches": (([2], [2]), ([0], [1]), 1, [0], [In(2, 5, 3), In(3, 2, 3, 2), i32(2, 3, bound=3)]),
    "contracted": (([1], [0]), ([], []), 1, [], [In(3, 6), In(6, 2), i32(3, bound=4)]),
    "contracted_batches": (([1], [2]), ([2], [0]), 1, [], [In(3, 5, 2), In(2, 2, 5), i32(2, 2, bound=4)]),
    "batch_axis": (([2], [1]), ([0], [0]), 0, [], [In(5, 2, 3), In(5, 3, 2), i32(2, bound=4)]),
}


def main():
    cases, texts = [], []
    for name, (contract, batch, ragged, group, inputs) in CASES.items():
        dims = lax.RaggedDotDimensionNumbers((contract, batch), [ragged], group)
        f = jax.jit(lambda x, y, sizes: lax.ragged_dot_general(x, y, sizes, dims))
        args = [x.array(k) for k, x in enumerate(inputs)]
        forms = {"operation": f.trace(*args).lower(lowering_platforms=("tpu",)).as_text()}
        try:
            forms["composite"] = jax.export.export(f, platforms=["tpu"])(*args).mlir_module()
        except jax.errors.JaxRuntimeError as error:
            # StableHLO's own decomposition fails for some batches.
            print(f"{name}: {str(error).splitlines()[0]}")
        for form, text in forms.items():
            texts.append(f"// {name}.{form}\n{short(plain(text)).strip()}\n")
            cases.append({"name": f"{name}.{form}", "inputs": [x.described() for x in inputs], "outputs": results(f(*args))})
    write_modules(None, "ragged", texts, cases)
