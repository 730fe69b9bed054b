"""Writes docs/targets.md: which operations run, compile or are refused on each target.

    RUNE_COVERAGE=cuda.jsonl RUNE_TEST_DEVICE=cuda cargo test --test rune compiled:: complex::         (runs them)
    RUNE_COVERAGE=rocm.jsonl RUNE_TEST_TARGET=rocm:gfx942 cargo test --test rune compiled:: complex::  (only compiles them)
    scripts/vectors targets cuda.jsonl rocm.jsonl …                                              (writes the page)

The suite `compiled` records the target, the operations that the process computes, and failures: see `facts` in
tests/rune/compiled.rs. The text from the page's last heading on is written by hand, and kept.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

from .common import ROOT
from .coverage import DTYPES, families, named

PAGE = ROOT / "docs" / "targets.md"
BY_HAND = "## Devices"


class Run:
    """One run of the suite, on a device or only compiling for a target."""

    def __init__(self, file):
        self.cells, self.host, self.failures = defaultdict(lambda: [set(), set()]), set(), []
        for line in Path(file).read_text().splitlines():
            row = json.loads(line)
            if "target" in row:
                self.target, self.device = row["target"], row["device"]
            elif "host" in row:
                self.host.add(row["host"])
            elif "failure" in row:
                self.failures.append(row["failure"])
            elif "passed" in row and row["engine"] == "compiled" and row["transform"] == "none":
                passed, failed = self.cells[row["op"]]
                (failed if row["failed"] else passed).add(row["dtype"])

    def title(self):
        backend = self.target.split(":")[0]
        return f"{backend}: {self.device}" if self.device else f"{self.target}, compiled only"

    def cell(self, op):
        passed, failed = self.cells[op]
        if not passed and not failed:
            return "—"
        word = "runs" if self.device else "compiles"
        if op in self.host:
            word += ", host"
        if not failed:
            return word
        if not passed:
            return "fails"
        return f"{word} but {named(failed)}"


def main(*files):
    if not files:
        sys.exit(__doc__)
    runs = [Run(file) for file in files]
    lines = [
        "# Operations and targets",
        "",
        "`scripts/vectors targets` writes the first part of this page from runs of the suite of operations; do not edit it by hand.",
        "",
        "`runs`: the device computes what the reference interpreter does, on all cases. `compiles`: IREE compiles all cases; nothing was run.",
        "`host`: the process that runs the program computes it, and on a GPU its operands are copied to the host and the results back.",
        "`but`: all dtypes except these. `—`: the target has no case.",
        "",
    ]
    by_family = defaultdict(list)
    for op, family in sorted(families().items()):
        by_family[family].append(op)
    # Operations of complex numbers have no vectors: the suite `complex` tests them.
    by_family["~"] = sorted({op for run in runs for op in run.cells} - set(families()))
    head = "| operation | " + " | ".join(run.title() for run in runs) + " |"
    lines += [head, "|---" * (len(runs) + 1) + "|"]
    for family in sorted(by_family):
        for op in by_family[family]:
            cells = [run.cell(op) for run in runs]
            if any(cell != "—" for cell in cells):
                lines.append(f"| `{op}` | " + " | ".join(cells) + " |")
    for run in runs:
        if run.failures:
            lines += ["", f"Failures on {run.title()}:", ""]
            # Drops the name of the file that holds the program.
            said = [" ".join(failure.split("the program and IREE's messages")[0].split()) for failure in run.failures]
            lines += [f"- {failure[:220]}" for failure in said]
    old = PAGE.read_text() if PAGE.exists() else ""
    below = old[old.index(BY_HAND) :] if BY_HAND in old else f"{BY_HAND}\n"
    PAGE.write_text("\n".join(lines) + "\n\n" + below)
