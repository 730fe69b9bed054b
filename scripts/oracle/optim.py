"""Writes optim.jsonl of rune-nn: optimisers, schedules and losses, with the results of Optax.

    .venv/bin/python scripts/vectors optim      (needs jax 0.10.2, optax 0.2.8)

All in f64. Each line of JSON is one case. An optimiser starts with the parameters `w` [4, 3] and `b` [3], and gets
gradients for `STEPS` steps; the formula `argument`, which the test repeats, gives all numbers. Its results are the
parameters after each step. A schedule takes counts. A loss takes predictions and targets, and its case includes the
gradient of its sum.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from .common import NN_DATA, argument, write_lines

STEPS = 12
COUNTS = list(range(0, 14)) + [19, 20, 21, 25, 50, 99, 100, 101, 1000]


def params():
    return {"w": argument(0, (4, 3), 4), "b": argument(1, (3,), 4)}


def gradient(step, params):
    # The gradients depend on the parameters, so that errors add up.
    return {
        "w": argument(2 + 2 * step, (4, 3), 4) + 0.3 * params["w"],
        "b": argument(3 + 2 * step, (3,), 4) - 0.2 * params["b"],
    }


def run(optimizer, steps=STEPS):
    p = jax.tree.map(jnp.asarray, params())
    state = optimizer.init(p)
    out = []
    for step in range(steps):
        updates, state = optimizer.update(gradient(step, p), state, p)
        p = optax.apply_updates(p, updates)
        out.append([float(x) for k in ("w", "b") for x in np.asarray(p[k]).ravel()])
    return out


def matrices(p):
    return jax.tree.map(lambda x: x.ndim >= 2, p)


cosine = optax.cosine_decay_schedule(0.1, 10, 0.1)
OPTIMIZERS = {
    "sgd": optax.sgd(0.1),
    "sgd_momentum": optax.sgd(0.1, momentum=0.9),
    "sgd_nesterov": optax.sgd(cosine, momentum=0.9, nesterov=True),
    "adam": optax.adam(0.1),
    "adam_settings": optax.adam(cosine, b1=0.8, b2=0.95, eps=1e-4, eps_root=1e-5),
    "nadam": optax.nadam(0.1),
    "adamw": optax.adamw(0.1, weight_decay=0.1),
    "adamw_masked": optax.adamw(cosine, b2=0.95, weight_decay=0.1, mask=matrices),
    "adagrad": optax.adagrad(0.1),
    "adagrad_from_zero": optax.adagrad(cosine, initial_accumulator_value=0.0, eps=1e-3),
    "rmsprop": optax.rmsprop(0.1),
    "rmsprop_momentum": optax.rmsprop(cosine, decay=0.8, momentum=0.9, nesterov=True, eps_in_sqrt=False, initial_scale=0.5),
    "rmsprop_centered": optax.rmsprop(0.01, centered=True, eps=1e-2, momentum=0.5, bias_correction=True),
    "adamax": optax.adamax(0.1),
    "radam": optax.radam(0.1, b2=0.9),
    "radam_long": optax.radam(0.1),
    "lamb": optax.lamb(0.1, weight_decay=0.1, mask=matrices),
    "lion": optax.lion(0.01, weight_decay=0.1),
    "adafactor": optax.adafactor(0.1, min_dim_size_to_factor=2),
    "adafactor_whole": optax.adafactor(cosine, factored=False, momentum=0.9, weight_decay_rate=0.01, clipping_threshold=None,
                                       multiply_by_parameter_scale=False),
    "ema": optax.chain(optax.ema(0.7), optax.sgd(0.1)),
    "multi_steps": optax.MultiSteps(optax.adam(0.1), every_k_schedule=3).gradient_transformation(),
    "masked": optax.chain(optax.masked(optax.clip_by_global_norm(0.5), matrices), optax.masked(optax.scale_by_adam(), matrices), optax.sgd(0.1)),
    "clip_by_block_rms": optax.chain(optax.clip_by_block_rms(0.5), optax.sgd(0.1)),
    "scale_by_schedule": optax.chain(optax.scale_by_schedule(cosine), optax.scale(-2.0)),
    "add_decayed_weights": optax.chain(optax.add_decayed_weights(0.2), optax.sgd(0.1)),
    "clip": optax.chain(optax.clip(0.5), optax.sgd(0.1)),
    "clip_by_global_norm": optax.chain(optax.clip_by_global_norm(1.5), optax.sgd(0.1)),
    "clip_by_large_norm": optax.chain(optax.clip_by_global_norm(4.0), optax.sgd(0.1)),
}

SCHEDULES = {
    "constant": optax.constant_schedule(0.3),
    "linear": optax.linear_schedule(0.1, 1.0, 10),
    "polynomial": optax.polynomial_schedule(1.0, 0.1, 2.5, 20),
    "polynomial_delayed": optax.polynomial_schedule(1.0, 0.1, 2.5, 20, transition_begin=5),
    "exponential": optax.exponential_decay(0.5, 10, 0.9),
    "exponential_staircase": optax.exponential_decay(0.5, 5, 0.7, transition_begin=3, staircase=True, end_value=0.01),
    "cosine": optax.cosine_decay_schedule(0.5, 20, 0.1),
    "warmup_cosine": optax.warmup_cosine_decay_schedule(0.01, 1.0, 8, 50, 0.1),
    "piecewise_constant": optax.piecewise_constant_schedule(1.0, {5: 0.5, 20: 0.1}),
    "join": optax.join_schedules([optax.linear_schedule(0.0, 1.0, 5), optax.exponential_decay(1.0, 10, 0.5)], [5]),
}

logits, other = argument(90, (5, 4), 4), argument(91, (5, 4), 4)
probabilities = np.asarray(jax.nn.softmax(other))
labels, signs = np.array([3, 0, 1, 2, 3]), np.sign(other)
LOSSES = {
    "softmax_cross_entropy": (optax.losses.softmax_cross_entropy, logits, probabilities),
    "softmax_cross_entropy_with_integer_labels": (optax.losses.softmax_cross_entropy_with_integer_labels, logits, labels),
    "sigmoid_binary_cross_entropy": (optax.losses.sigmoid_binary_cross_entropy, logits, probabilities),
    "sigmoid_focal_loss": (lambda x, y: optax.losses.sigmoid_focal_loss(x, y, gamma=1.5), logits, probabilities),
    "hinge_loss": (optax.losses.hinge_loss, logits, signs),
    "squared_error": (optax.losses.squared_error, logits, other),
    "l2_loss": (optax.losses.l2_loss, logits, other),
    "mse": (lambda x, y: optax.losses.squared_error(x, y).mean(), logits, other),
    "huber_loss": (lambda x, y: optax.losses.huber_loss(x, y, delta=0.7), logits, other),
    "log_cosh": (optax.losses.log_cosh, logits, other),
    "cosine_similarity": (lambda x, y: optax.losses.cosine_similarity(x, y, epsilon=1e-3), logits, other),
    "cosine_distance": (optax.losses.cosine_distance, logits, other),
    "kl_divergence": (optax.losses.kl_divergence, logits, np.where(probabilities < 0.1, 0.0, probabilities)),
    "smooth_labels": (lambda x, y: optax.losses.smooth_labels(x, 0.3), logits, other),
}


def numbers(x):
    return [float(e) for e in np.asarray(x).ravel()]


def main():
    lines = []
    for name, optimizer in OPTIMIZERS.items():
        lines.append({"optimizer": name, "out": run(optimizer)})
    for name, schedule in SCHEDULES.items():
        values = [float(schedule(jnp.asarray(c, jnp.float64))) for c in COUNTS]
        lines.append({"schedule": name, "counts": COUNTS, "out": values})
    for name, (loss, x, y) in LOSSES.items():
        x, y = jnp.asarray(x), jnp.asarray(y)
        case = {"loss": name, "shape": list(x.shape), "x": numbers(x), "y_shape": list(y.shape), "y": numbers(y)}
        lines.append(case | {"out": numbers(loss(x, y)), "gradient": numbers(jax.grad(lambda x: loss(x, y).sum())(x))})
    write_lines(NN_DATA / "optim.jsonl", lines)
