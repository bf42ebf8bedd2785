"""Looking at a network without changing it: predictions, losses and metrics in evaluation mode."""

from __future__ import annotations

import numpy as np

from playground.kernels.jit import Array, inlined, kernel, part
from playground.kernels.losses import count_correct, loss_and_gradient, sum_squares
from playground.kernels.network import (
    EVALUATION,
    GIVEN_UP,
    GO_ON,
    LANE,
    Net,
    forward,
    logits_gradient,
    logits_of,
    spare_rows,
    stage,
)
from playground.kernels.settings import Rates, Rules
from playground.kernels.views import piece


@inlined
def padded(n: int) -> int:
    """The width that n samples take: whole lanes, but one sample goes alone."""
    if n == 1:
        return 1
    width = (n + LANE - 1) // LANE * LANE
    # Rows of whole kilobytes would fall on each other in the cache.
    return width + LANE if width % 256 == 0 else width


@kernel
def pad(x: Array, n: int) -> None:
    """Repeat the last sample in the padding: it behaves like a sample, and counts nowhere."""
    for row in range(x.shape[0]):
        for k in range(n, x.shape[1]):
            x[row, k] = x[row, n - 1]


@kernel
def load(source: Array, start: int, n: int, target: Array) -> None:
    """Copy samples start … start + n of (rows × samples) to a (rows × width) target, and pad it."""
    for f in range(target.shape[0]):
        to, row = target[f], piece(source, f * source.shape[1] + start, n)
        for k in range(n):
            to[k] = row[k]
    pad(target, n)


@kernel
def predict(net: Net, rules: Rules, rates: Rates, inputs: Array, outputs: Array) -> None:
    """outputs (units × samples) ← the logits, or values, of inputs (features × samples)."""
    samples = inputs.shape[1]
    for start in range(0, samples, rules.chunk):
        n = min(rules.chunk, samples - start)
        width = padded(n)
        load(inputs, start, n, stage(net, rules, 0, inputs.shape[0], width))
        forward(net, rules, rates, n, width, EVALUATION, EVALUATION, EVALUATION, EVALUATION)
        logits = logits_of(net, rules, width)
        for o in range(outputs.shape[0]):
            for k in range(n):
                outputs[o, start + k] = logits[o, k]


@part
def evaluate(
    net: Net, rules: Rules, rates: Rates, inputs: Array, targets: Array, variance: float
) -> tuple[float, float]:
    """The mean loss without penalty and the metric over all samples; NaN where there are none.

    The metric is the accuracy for classes, R² for a regression, for which ``variance`` is that of the targets. Where
    another thread wants it to stop, it says so in ``net.wish`` and returns NaN.
    """
    samples = inputs.shape[1]
    if samples == 0:
        return np.nan, np.nan
    outputs = targets.shape[0]
    loss, correct, squares = 0.0, 0, 0.0
    for start in range(0, samples, rules.chunk):
        if start > 0 and net.wish[0] != GO_ON:
            net.wish[0] = GIVEN_UP
            return np.nan, np.nan
        n = min(rules.chunk, samples - start)
        width = padded(n)
        load(inputs, start, n, stage(net, rules, 0, inputs.shape[0], width))
        forward(net, rules, rates, n, width, EVALUATION, EVALUATION, EVALUATION, EVALUATION)
        logits = logits_of(net, rules, width)
        wanted = stage(net, rules, inputs.shape[0], outputs, width)
        load(targets, start, n, wanted)
        gradient, spare = logits_gradient(net, rules, width), spare_rows(net, rules, width)
        loss += loss_and_gradient(rules.loss, logits, wanted, n, samples, gradient, spare)
        if rules.classes:
            correct += count_correct(rules.of_classes, logits, wanted, n)
        else:
            squares += sum_squares(logits, wanted, n)
    if rules.classes:
        return loss, correct / samples
    return loss, 1.0 - squares / (samples * outputs * variance) if variance > 0.0 else np.nan
