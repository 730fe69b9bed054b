"""Writes tests/vectors: every operation of the table on known inputs, with the results and derivatives of JAX.

    .venv/bin/python scripts/vectors ops [family …]      (needs jax 0.10.2, ml_dtypes, mpmath)

Each line of JSON is one case: `op`, `case` (its label), `attrs` (as in programs), `in`, `out`. Arrays are their type
and the base64 of their little-endian bytes. Cases with derivatives have `vjp` and `jvp`. `vjp` has the cotangents of
the inputs for the cotangents `((i + 2k) mod 5 + 1) / 2` of element `i` of output `k`. `jvp` has the tangents of the
outputs for the tangents `((7 (i + 3k) mod 11) - 5) / 4` of element `i` of input `k`. Both have `null` for arrays that
are not floats. For dtypes narrower than f64, JAX computes the expected numbers in f64 from the narrow inputs, and
rounds once.
"""

import time

from ..common import ROOT
from . import contraction, core, elementwise, index, linalg, order, reduction, shape


def main(*wanted):
    folder = ROOT / "tests" / "vectors"
    folder.mkdir(parents=True, exist_ok=True)
    families = {}
    for module in (elementwise, shape, index, reduction, order, contraction, linalg):
        families |= module.FAMILIES
    for family in wanted or families:
        start, rows = time.time(), []
        by_op = {}
        for case in families[family]():
            by_op.setdefault(case.op, []).append(case)
        for cases in by_op.values():
            rows += core.compute(cases)
            core.native_check(cases)
        path = folder / f"{family}.jsonl"
        core.write(path, rows)
        print(f"{family}: {len(rows)} cases, {path.stat().st_size // 1024} KB, {time.time() - start:.0f} s", flush=True)
