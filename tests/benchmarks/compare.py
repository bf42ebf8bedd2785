"""The engine beside PyTorch, JAX and scikit-learn on the same works, in one sitting: epochs a second and ratios.

    pip install -e ".[bench]"
    python tests/benchmarks/compare.py [W1 W2 W3 W4] [--seconds 1] [--times 5] [--json]

All on one thread, in single precision. The contenders take turns, so that a noisy neighbour disturbs all of them;
figures are medians. Each does an epoch as the engine does: shuffle, every mini-batch forward, backward and update
(the last, shorter one too), then loss and accuracy over both sets in evaluation mode. JAX runs a whole epoch in one
jitted call, PyTorch eagerly with its fused optimizers, scikit-learn by ``partial_fit``, which knows no batch
normalization and no dropout.
"""

from __future__ import annotations

import os

for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import sklearn.metrics
import sklearn.neural_network
import torch

from playground.training import bench
from playground.training.run import Run

Epoch = Callable[[], None]


def torch_epoch(run: Run) -> Epoch:
    """PyTorch, eager."""
    torch.set_num_threads(1)
    knobs, samples = run.experiment.resolved, run.state.samples
    x, y, val_x, val_y = (torch.tensor(np.ascontiguousarray(a.T)) for a in samples[:4])
    is_softmax = y.shape[1] > 1
    if is_softmax:
        y, val_y = y.argmax(1), val_y.argmax(1)
    bend = torch.nn.Tanh if knobs.activation == "tanh" else torch.nn.ReLU
    parts: list[torch.nn.Module] = []
    width = x.shape[1]
    for units in knobs.layers:
        normalizes = knobs.normalization == "batch"
        parts.append(torch.nn.Linear(width, units, bias=not normalizes))
        if normalizes:
            parts.append(torch.nn.BatchNorm1d(units))
        parts.append(bend())
        if knobs.dropout:
            parts.append(torch.nn.Dropout(knobs.dropout))
        width = units
    model = torch.nn.Sequential(*parts, torch.nn.Linear(width, 10 if is_softmax else 1))
    criterion = torch.nn.CrossEntropyLoss() if is_softmax else torch.nn.BCEWithLogitsLoss()
    if knobs.optimizer == "adam":
        optimizer: Any = torch.optim.Adam(model.parameters(), lr=knobs.learning_rate, fused=True)
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=knobs.learning_rate, fused=True)

    def judge(inputs: torch.Tensor, targets: torch.Tensor) -> tuple[float, float]:
        logits = model(inputs)
        right = logits.argmax(1) == targets if is_softmax else (logits > 0) == (targets > 0.5)
        return float(criterion(logits, targets)), float(right.float().mean())

    def epoch() -> None:
        model.train()
        order = torch.randperm(len(x))
        for start in range(0, len(x), knobs.batch_size):
            batch = order[start : start + knobs.batch_size]
            optimizer.zero_grad()
            criterion(model(x[batch]), y[batch]).backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            judge(x, y)
            judge(val_x, val_y)

    return epoch


def jax_epoch(run: Run) -> Epoch:
    """JAX: an epoch is one jitted call, its batches a scan."""
    knobs, samples = run.experiment.resolved, run.state.samples
    x, y, val_x, val_y = (jnp.asarray(np.ascontiguousarray(a.T)) for a in samples[:4])
    size, count = knobs.batch_size, samples.inputs.shape[1]
    bend = jnp.tanh if knobs.activation == "tanh" else jax.nn.relu
    normalizes, drop, rate = knobs.normalization == "batch", knobs.dropout, knobs.learning_rate
    sizes = (x.shape[1], *knobs.layers, y.shape[1])
    draw = np.random.default_rng(0)
    weights = [
        {"w": jnp.asarray(draw.normal(size=(a, b)).astype("f4") / np.sqrt(a)), "b": jnp.zeros(b)}
        | ({"gamma": jnp.ones(b)} if normalizes and number < len(knobs.layers) else {})
        for number, (a, b) in enumerate(zip(sizes, sizes[1:]))
    ]
    moving = [(jnp.zeros(units), jnp.ones(units)) for units in knobs.layers] if normalizes else []

    def forward(weights: Any, moving: Any, inputs: Any, key: Any) -> Any:
        """Logits and the new moving statistics; in evaluation mode without a key."""
        fresh = []
        for number, layer in enumerate(weights[:-1]):
            inputs = inputs @ layer["w"]
            if normalizes:
                mean, variance = moving[number]
                if key is not None:
                    now = inputs.mean(0), inputs.var(0)
                    fresh.append((0.99 * mean + 0.01 * now[0], 0.99 * variance + 0.01 * now[1]))
                    mean, variance = now
                inputs = (inputs - mean) * jax.lax.rsqrt(variance + 1e-3) * layer["gamma"]
            inputs = bend(inputs + layer["b"])
            if drop and key is not None:
                kept = jax.random.bernoulli(jax.random.fold_in(key, number), 1 - drop, inputs.shape)
                inputs = jnp.where(kept, inputs / (1 - drop), 0.0)
        return inputs @ weights[-1]["w"] + weights[-1]["b"], fresh

    def loss_of(logits: Any, targets: Any) -> Any:
        if targets.shape[1] > 1:
            return -(targets * jax.nn.log_softmax(logits)).sum(1).mean()
        return (jnp.maximum(logits, 0) - logits * targets + jnp.log1p(jnp.exp(-jnp.abs(logits)))).mean()

    def judge(weights: Any, moving: Any, inputs: Any, targets: Any) -> Any:
        logits, _ = forward(weights, moving, inputs, None)
        right = logits.argmax(1) == targets.argmax(1) if targets.shape[1] > 1 else (logits > 0) == (targets > 0.5)
        return loss_of(logits, targets), right.mean()

    def update(carry: Any, batch: Any) -> Any:
        weights, moving, first, second, t, key = carry
        t, key = t + 1, jax.random.fold_in(key, t)

        def cost(weights: Any) -> Any:
            logits, fresh = forward(weights, moving, x[batch], key)
            return loss_of(logits, y[batch]), fresh

        slopes, fresh = jax.grad(cost, has_aux=True)(weights)
        if knobs.optimizer == "adam":
            first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slopes)
            second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slopes)
            pace, spread = rate / (1 - 0.9**t), 1 / (1 - 0.999**t)
            weights = jax.tree.map(lambda w, m, v: w - pace * m / (jnp.sqrt(v * spread) + 1e-8), weights, first, second)
        else:
            weights = jax.tree.map(lambda w, g: w - rate * g, weights, slopes)
        return (weights, fresh if normalizes else moving, first, second, t, key), None

    @jax.jit
    def step(carry: Any) -> Any:
        order = jax.random.permutation(carry[-1], count)
        whole = count // size * size
        carry, _ = jax.lax.scan(update, carry, order[:whole].reshape(-1, size))
        if whole < count:
            carry, _ = update(carry, order[whole:])
        return carry, judge(*carry[:2], x, y), judge(*carry[:2], val_x, val_y)

    zeros = jax.tree.map(jnp.zeros_like, weights)
    carry = weights, moving, zeros, zeros, jnp.zeros((), jnp.int32), jax.random.PRNGKey(0)

    def epoch() -> None:
        nonlocal carry
        carry, *judged = step(carry)
        jax.block_until_ready(judged)

    return epoch


def sklearn_epoch(run: Run) -> Epoch | None:
    """scikit-learn's MLPClassifier; None where it lacks what the work needs."""
    knobs, samples = run.experiment.resolved, run.state.samples
    if knobs.normalization != "none" or knobs.dropout:
        return None
    x, y, val_x, val_y = (np.ascontiguousarray(a.T) for a in samples[:4])
    y, val_y = (a.argmax(1) if a.shape[1] > 1 else a[:, 0].astype(int) for a in (y, val_y))
    model = sklearn.neural_network.MLPClassifier(
        knobs.layers,
        activation=knobs.activation,
        solver=knobs.optimizer,
        alpha=0.0,
        batch_size=knobs.batch_size,
        learning_rate_init=knobs.learning_rate,
        momentum=0.0,
    )
    classes = np.unique(y)

    def epoch() -> None:
        model.partial_fit(x, y, classes=classes)
        for inputs, targets in ((x, y), (val_x, val_y)):
            shares = model.predict_proba(inputs)
            sklearn.metrics.log_loss(targets, shares, labels=classes)
            (shares.argmax(1) == targets).mean()

    return epoch


def rate(epoch: Epoch, seconds: float) -> float:
    """Epochs a second over about that many seconds, at least one epoch."""
    start, done = time.perf_counter(), 0
    while not done or time.perf_counter() - start < seconds:
        epoch()
        done += 1
    return done / (time.perf_counter() - start)


def compare(name: str, seconds: float, times: int) -> dict[str, float]:
    """Median epochs a second of each contender, and ``share_of_sgemm`` of the engine."""
    run = Run(bench.prepare(name))
    makers = {"jax": jax_epoch, "pytorch": torch_epoch, "scikit-learn": sklearn_epoch}
    others = {library: epoch for library, make in makers.items() if (epoch := make(run)) is not None}
    bench.rate(run, 0.3)
    for epoch in others.values():
        rate(epoch, 0.3)
    found: dict[str, list[float]] = {library: [] for library in ("playground", *others, "share_of_sgemm")}
    for _ in range(times):
        product = bench.sgemm()
        found["playground"].append(bench.rate(run, seconds))
        found["share_of_sgemm"].append(found["playground"][-1] * bench.operations(run) / product)
        for library, epoch in others.items():
            found[library].append(rate(epoch, seconds))
    return {library: statistics.median(values) for library, values in found.items()}


def main() -> None:
    """Compare on the named works, or on all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(bench.WORKS))
    parser.add_argument("--seconds", type=float, default=1.0, help="per measurement")
    parser.add_argument("--times", type=int, default=5, help="measurements of each")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    results = {}
    for name in given.names:
        results[name] = found = compare(name, given.seconds, given.times)
        if not given.json:
            print(f"{name}  {bench.WORKS[name][0]}")
            print(f"    playground    {found['playground']:10,.1f} epochs/s, {found['share_of_sgemm']:.0%} of sgemm")
            for library in ("jax", "pytorch", "scikit-learn"):
                if library in found:
                    speed, ratio = found[library], found["playground"] / found[library]
                    print(f"    {library:13} {speed:10,.1f} epochs/s, the playground is {ratio:,.1f} ×", flush=True)
    if given.json:
        print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
