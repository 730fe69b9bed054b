"""Writes tests/data/stablehlo/slopes*: functions to which JAX gives their own derivatives, with JAX's slopes at singular points.

    .venv/bin/python scripts/vectors stablehlo-slopes      (needs jax 0.10.2)

Import recognizes some of the functions, and warns of others, whose calls it finds by their names.
"""

import re
import warnings

import jax
import jax.numpy as jnp
import numpy as np
from jax import nn
from jax.scipy import special
from stablehlo.core import exported, plain, short, write_modules


def numbers(x):
    return [float(e) if np.isfinite(e) else str(e) for e in np.asarray(x, np.float64)]


def main():
    warnings.simplefilter("ignore")
    texts, cases = [], []
    kinks, far = [-4.0, -3.0, 0.0, 2.5, 3.0, 6.0, 7.0], [-19.0, -9.0, 0.0, 4.5, 9.0, 40.0, 200.0]
    SLOPES = {
        "relu6": (nn.relu6, kinks), "hard_sigmoid": (nn.hard_sigmoid, kinks), "hard_silu": (nn.hard_silu, kinks),
        "both": (lambda x: nn.relu6(2 * nn.relu(x) - nn.hard_swish(x)), kinks),
        "log_ndtr": (special.log_ndtr, far), "logcdf": (lambda x: jax.scipy.stats.norm.logcdf(x, 1.0, 2.0), far),
    }
    for name, (f, points) in SLOPES.items():
        for dtype in (np.float32, np.float64):
            with jax.enable_x64(dtype == np.float64):
                x = np.array(points, dtype)
                title = f"{name}.{np.dtype(dtype).name}"
                # `jax.export` writes erf as polynomials.
                text = exported(f, [x]) if title == "log_ndtr.float32" else jax.jit(f).lower(x).as_text()
                texts.append(f"// {title}\n{short(plain(text)).strip()}\n")
                slope = jax.vmap(jax.grad(f))(x)
                cases.append({"name": title, "at": numbers(x), "value": numbers(f(x)), "slope": numbers(slope)})

    # The calls of functions with their own derivatives.
    m = jnp.eye(5)
    CALLS = {
        "sinc": jnp.sinc, "i0": jnp.i0, "frexp": jnp.frexp, "log1mexp": nn.log1mexp, "expi": special.expi, "expn": special.exp1,
        "sici": special.sici, "hyp1f1": lambda x: special.hyp1f1(1.0, 2.0, x), "hyp2f1": lambda x: special.hyp2f1(1.0, 2.0, 3.0, x),
        "det": lambda x: jnp.linalg.det(x[0] * m[:2, :2]), "slogdet": lambda x: jnp.linalg.slogdet(x[0] * m),
        "_pinv": lambda x: jnp.linalg.pinv(x[0] * m), "_gamma": lambda x: jax.random.gamma(jax.random.key(0), x),
    }
    for name, f in CALLS.items():
        text = exported(f, [np.array([0.5, 1.5], np.float32)])
        assert re.search(rf"call @{name}\(", text), name
    cases.append({"calls": list(CALLS)})
    write_modules(None, "slopes", texts, cases)
    print(f"{len(texts)} programs, {sum(map(len, texts)) // 1024} KiB")
