"""Runs the workloads in JAX on request from standard input, as `examples/workloads.rs` does in rune."""

import json
import sys
import time

import jax
import numpy as np

from . import safetensors
from .workloads import WORKLOADS


def main(folder):
    loaded = {}
    for line in sys.stdin:
        command, name, *rest = line.split()
        if command == "load":
            f, arguments = WORKLOADS[name]
            arguments = arguments()
            safetensors.write(folder / f"{name}.safetensors", arguments)
            arguments = jax.device_put(arguments)
            call = jax.jit(f)
            start = time.perf_counter()
            results = jax.block_until_ready(call(*arguments))
            reply = {"first_ms": (time.perf_counter() - start) * 1e3}
            safetensors.write(folder / f"{name}.jax.safetensors", [np.asarray(r) for r in jax.tree.leaves(results)])
            loaded = {name: (call, arguments)}
        else:
            call, arguments = loaded[name]
            times, begin, seconds = [], time.perf_counter(), float(rest[0])
            while not times or time.perf_counter() - begin < seconds:
                start = time.perf_counter()
                jax.block_until_ready(call(*arguments))
                times.append(time.perf_counter() - start)
            reply = {"min_us": min(times) * 1e6, "median_us": float(np.median(times)) * 1e6, "calls": len(times)}
        print(json.dumps(reply), flush=True)
