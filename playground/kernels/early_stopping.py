"""Early stopping, decided at the end of each epoch exactly as Keras' callback does, and in the same order."""

from __future__ import annotations

from playground.kernels.jit import kernel

NOTHING, IMPROVED, STOP = range(3)


@kernel
def judge(value, epoch, clock, rules, rates):
    """Watch one value; epoch counts from 0. Returns NOTHING, IMPROVED (keep these weights) or STOP.

    Each epoch adds 1 to the wait. A value improves iff there is no best yet, or value + δ < best (value − δ > best
    when larger is better), strictly; it then becomes the best, and the wait starts again unless a baseline is set and
    not beaten. Otherwise the run stops when the wait has reached the patience, but never at epoch 0.
    """
    if epoch < rules.start_from_epoch:
        return NOTHING
    clock.wait += 1
    margin = abs(rates.min_delta)
    if rules.maximize:
        improved = value - margin > clock.best if clock.has_best else value == value
        beats_baseline = value - margin > rates.baseline
    else:
        improved = value + margin < clock.best if clock.has_best else value == value
        beats_baseline = value + margin < rates.baseline
    if improved:
        clock.best = value
        clock.best_epoch = epoch + 1
        clock.has_best = 1
        if not rules.has_baseline or beats_baseline:
            clock.wait = 0
        return IMPROVED
    if clock.wait >= rules.patience and epoch > 0:
        return STOP
    return NOTHING
