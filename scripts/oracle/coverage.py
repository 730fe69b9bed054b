"""Writes docs/coverage.md: the operations, transformations and dtypes that the test suites cover, and the gaps.

    scripts/vectors coverage                 (runs the suites; RUNE_TEST_ALL=1 compiles every case instead of a sample)
    scripts/vectors coverage run.jsonl …     (writes the page from earlier runs, made with RUNE_COVERAGE=run.jsonl)

The suites count their cases and report the dtypes that each operation's type rule accepts: see rune-testing/src/coverage.rs.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from .common import ROOT

SUITES = [
    ["cargo", "test", "-p", "rune-trace", "--test", "trace", "--", "oracle::", "vmap::", "complex::"],
    ["cargo", "test", "-p", "rune-jit", "--test", "rune", "--", "compiled::", "transformed::", "complex::"],
]
DTYPES = ["bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f8e4m3fn", "f8e5m2", "f16", "bf16", "f32", "f64", "c64", "c128"]
FLOATS = ["f8e4m3fn", "f8e5m2", "f16", "bf16", "f32", "f64"]
COMPLEX = ["c64", "c128"]
GROUPS = [("all", DTYPES), ("real", DTYPES[:15]), ("integers", DTYPES[1:9]), ("floats", FLOATS), ("wide floats", FLOATS[2:]), ("complex", COMPLEX)]
# The columns, and the transformations that each one covers.
COLUMNS = [
    ("the operation", ["none"]),
    ("jvp", ["jvp"]),
    ("transpose", ["vjp"]),
    ("vmap", ["vmap"]),
    ("two transformations", ["vmap_grad", "grad_vmap", "jvp_grad", "grad_grad"]),
]
ENGINES = ["interpreter", "compiled"]
DERIVATIVES = {"jvp", "transpose", "two transformations"}


def run_suites():
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "coverage.jsonl"
        failed = []
        for suite in SUITES:
            if subprocess.run(suite, cwd=ROOT, env={**os.environ, "RUNE_COVERAGE": str(file)}).returncode:
                failed.append(" ".join(suite))
        return read([file]), failed


def read(files):
    """Returns the facts about each operation, the counts by engine, transformation and dtype, and the suites' notes."""
    facts, counts, notes = {}, defaultdict(lambda: [0, 0]), []
    for file in files:
        for line in Path(file).read_text().splitlines():
            row = json.loads(line)
            if "takes" in row:
                facts[row["op"]] = row
            elif "note" in row:
                notes += [row["note"]] if row["note"] not in notes else []
            elif "engine" in row:
                cell = counts[row["op"], row["engine"], row["transform"], row["dtype"]]
                cell[0] += row["passed"]
                cell[1] += row["failed"]
    return facts, counts, notes


def families():
    """Returns the vector file of each operation."""
    found = {}
    for file in sorted((ROOT / "tests" / "vectors").glob("*.jsonl")):
        with file.open() as lines:
            for line in lines:
                found.setdefault(json.loads(line)["op"], file.stem)
    return found


def named(dtypes):
    """Returns a short text for a set of dtypes."""
    left, words = set(dtypes), []
    for name, group in GROUPS:
        if left.issuperset(group):
            words.append(name)
            left -= set(group)
    return " ".join(words + [d for d in DTYPES if d in left])


def cell(counts, op, engine, transforms):
    """Returns the dtypes with cases under all transformations, and the numbers of cases that pass and fail."""
    of = {(t, d): counts.get((op, engine, t, d), [0, 0]) for t in transforms for d in DTYPES}
    covered = {d for d in DTYPES if all(sum(of[t, d]) for t in transforms)}
    return covered, sum(c[0] for c in of.values()), sum(c[1] for c in of.values())


def reason(fact, transforms):
    """Returns why an operation has no cases under transformations, if that is on purpose."""
    reasons = {fact["without"].get(t) for t in transforms}
    return None if None in reasons else sorted(reasons)[0]


def table(operations, facts, counts):
    lines = ["| operation | " + " | ".join(f"{name}, {engine}" for name, _ in COLUMNS for engine in ENGINES) + " |"]
    lines.append("|---" * (1 + len(COLUMNS) * len(ENGINES)) + "|")
    for op in operations:
        cells = []
        for _, transforms in COLUMNS:
            for engine in ENGINES:
                dtypes, passed, failed = cell(counts, op, engine, transforms)
                # A program of complex numbers may hold operations without derivatives.
                left_out = reason(facts[op], transforms) and not dtypes and not failed
                if (passed or failed) and not left_out:
                    text = f"{named(dtypes)}: {passed}" if dtypes else f"—: {passed}"
                    cells.append(text + (f", **{failed} fail**" if failed else ""))
                elif reason(facts[op], transforms):
                    cells.append("·")
                else:
                    cells.append("—")
        lines.append(f"| `{op}` | " + " | ".join(cells) + " |")
    return lines


def wanted(fact, column):
    """Returns the dtypes that an operation takes; in a derivative's column, only those with a derivative."""
    return [d for d in fact["takes"] if column not in DERIVATIVES or d in FLOATS + COMPLEX]


def gaps(operations, facts, counts):
    """Returns, for each column and engine, the operations by the dtypes that no case covers."""
    missing = defaultdict(list)
    for op in operations:
        for column, transforms in COLUMNS:
            if reason(facts[op], transforms):
                continue
            for engine in ENGINES:
                dtypes, _, _ = cell(counts, op, engine, transforms)
                left = [d for d in wanted(facts[op], column) if d not in dtypes]
                if left:
                    missing[column, engine, named(left)].append(op)
    return missing


def document(facts, counts, notes, failed, everything):
    of = families()
    with_vectors = [op for op in facts if not facts[op]["elsewhere"]]
    by_family = defaultdict(list)
    for op in with_vectors:
        by_family[of.get(op, "others")].append(op)
    total = sum(sum(c) for c in counts.values())
    wrong = sum(c[1] for c in counts.values())
    sample = (
        "every case is compiled (`RUNE_TEST_ALL=1`)"
        if everything
        else "a sample is compiled: per operation, one shape of each dtype and one case of each transformation"
    )
    lines = [
        "# Test coverage",
        "",
        "`scripts/vectors coverage` writes this page from a run of the test suites; do not edit it by hand.",
        f"In this run, {sample}.",
        f"The suites checked {total:,} cases of {len(with_vectors)} operations; {wrong:,} of them fail.",
        "",
        "A cell lists the dtypes that have non-empty cases under each transformation of its column, and the total number of cases.",
        "`—` means that no dtype has cases: a gap. `·` means that the cell is [left out](#left-out) for a reason. `all` means the 17",
        "dtypes, `real` the 15 that are not complex, `integers` eight of these, `floats` six, of which `wide floats` have at least 16",
        "bits, and `complex` the two others. [Gaps](#gaps) lists what an operation accepts and no case covers.",
        "",
        "The cases of `c64` and `c128` are functions, not single operations: `rune-trace/tests/complex` and `tests/rune/complex.rs`",
        "compare them with JAX and with the interpreter. Each counts for every operation of its program on complex numbers.",
        "`rune-trace/tests/array_fns/linalg.rs` compares the factorizations of complex matrices, which are not counted.",
        "",
        "| column | comparison |",
        "|---|---|",
        "| the operation, interpreter | results with JAX's (`oracle.rs`) |",
        "| jvp, transpose | tangents and cotangents with JAX's (`oracle.rs`) |",
        "| vmap | batches along each axis with JAX's (`oracle.rs`), and with the operation on each batch element (`vmap.rs`) |",
        "| two transformations | `vmap` of `grad`, `grad` of `vmap`, `jvp` of `grad`, `grad` of `grad`, with JAX's (`oracle.rs`) and with each batch element (`vmap.rs`) |",
        "| compiled | IREE's results with the interpreter's, for the same programs and inputs (`compiled.rs`, `transformed.rs`) |",
        "",
    ]
    if failed:
        lines += ["**Failed:** " + ", ".join(f"`{suite}`" for suite in failed), ""]
    for family in sorted(by_family):
        lines += [f"## {family.replace('_', ' ')}", "", *table(by_family[family], facts, counts), ""]
    elsewhere = [op for op in facts if facts[op]["elsewhere"]]
    lines += ["## Operations with their own suites", "", "| operation | why it has no vectors, and where it is tested |", "|---|---|"]
    lines += [f"| `{op}` | {facts[op]['elsewhere']} |" for op in elsewhere]
    lines += ["", "## Left out", "", "| operations | transformations | reason |", "|---|---|---|"]
    by_reason = defaultdict(list)
    for op in with_vectors:
        by_why = defaultdict(list)
        for transform, why in facts[op]["without"].items():
            by_why[why].append(transform)
        for why, transforms in by_why.items():
            by_reason[why, tuple(transforms)].append(op)
    for (why, transforms), operations in by_reason.items():
        lines.append(f"| {' '.join(f'`{op}`' for op in operations)} | {', '.join(transforms)} | {why} |")
    lines += ["", *notes] if notes else []
    lines += [
        "",
        "## Gaps",
        "",
        "Dtypes that an operation's type rule accepts and no case covers. For derivatives, only floats and complex numbers count.",
        "",
        "| column | dtypes | operations |",
        "|---|---|---|",
    ]
    missing = gaps(with_vectors, facts, counts)
    count = 0
    order = {(c, e): i for i, (c, e) in enumerate((c, e) for c, _ in COLUMNS for e in ENGINES)}
    for (column, engine, dtypes), operations in sorted(missing.items(), key=lambda m: (order[m[0][:2]], m[0][2])):
        lines.append(f"| {column}, {engine} | {dtypes} | {' '.join(f'`{op}`' for op in operations)} |")
        size = sum(len(dict(GROUPS).get(word, [word])) for word in dtypes.split())
        count += size * len(operations)
    cells = sum(
        len(wanted(facts[op], column)) * len(ENGINES)
        for op in with_vectors
        for column, transforms in COLUMNS
        if not reason(facts[op], transforms)
    )
    lines += ["", f"These are {count:,} of {cells:,} combinations of operation, column and dtype.", ""]
    failures = [(key, failed) for key, (_, failed) in counts.items() if failed]
    if failures:
        lines += ["## Failures", "", "| operation | engine | transformation | dtype | cases |", "|---|---|---|---|---|"]
        lines += [f"| `{op}` | {engine} | {t} | {d} | {n} |" for (op, engine, t, d), n in sorted(failures)]
        lines += [""]
    return "\n".join(lines)


def main(*files):
    if files:
        (facts, counts, notes), failed = read(files), []
    else:
        (facts, counts, notes), failed = run_suites()
    if not facts:
        sys.exit("scripts/vectors coverage: the suites reported nothing")
    text = document(facts, counts, notes, failed, bool(os.environ.get("RUNE_TEST_ALL")))
    (ROOT / "docs" / "coverage.md").write_text(text)
    if failed:
        sys.exit("scripts/vectors coverage: failed: " + ", ".join(failed))
