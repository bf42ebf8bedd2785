"""Many updates in one call: batches, gradients, updates, and what is due at the end of an epoch.

A call takes a budget of updates and goes on where the clock stands, so a run's numbers do not depend on how it is cut
into calls. Source: the lecture's algorithm box 8.1 around every optimizer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.augment import Scales, augment
from playground.kernels.columns import (
    DATA_LOSS,
    EPOCH,
    LEARNING_RATE,
    PENALTY,
    TRAIN_LOSS,
    TRAIN_METRIC,
    VAL_LOSS,
    VAL_METRIC,
)
from playground.kernels.dropout import drop
from playground.kernels.early_stopping import IMPROVED, STOP, judge
from playground.kernels.jit import Array, kernel, merged, part
from playground.kernels.keeping import Kept, copy, keep_epoch
from playground.kernels.losses import loss_and_gradient
from playground.kernels.measure import evaluate, pad, padded
from playground.kernels.network import (
    GIVEN_UP,
    GO_ON,
    Net,
    backward,
    forward,
    line,
    logits_gradient,
    logits_of,
    spare_rows,
    stage,
)
from playground.kernels.network import TRAINING as LEARN
from playground.kernels.normalization import rescale_back
from playground.kernels.optimizers import clip, decay, limit_rows, look_ahead, update
from playground.kernels.penalties import add_penalty_slope, cost, shrink
from playground.kernels.random import INPUT, NONE, SHUFFLE, key, permute
from playground.kernels.schedules import scheduled, watch
from playground.kernels.settings import Rates, Rules
from playground.kernels.views import matrix, piece

# How a run stands, and what became not finite.
TRAINING, FINISHED, STOPPED_EARLY, DIVERGED = range(4)
LOSS, GRADIENT, WEIGHT = range(3)

# Where a run stands: one record. epoch and batch are those to come, counted from 0; best_epoch counts from 1.
# learning_rate is that of this epoch, product Nadam's; wait and best are early stopping's. since: how many updates had
# been made when the optimizer's memory began, more than none where the optimizer was changed on the way.
CLOCK = np.dtype(
    [(name, np.int64) for name in ("epoch", "batch", "update", "status", "wait", "best_epoch", "has_best")]
    + [(name, np.int64) for name in ("failed_epoch", "failed_layer", "failed_quantity")]
    + [(name, np.int64) for name in ("plateau_wait", "since")]
    + [(name, np.float64) for name in ("best", "product", "plateau_best", "plateau_factor", "learning_rate")]
)


class Samples(NamedTuple):
    """Training and validation set, feature-major (features × samples), with what scales them.

    Variances are of the targets.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    val_inputs: NDArray[Any]
    val_targets: NDArray[Any]
    scales: Scales
    variance: float
    val_variance: float


class Store(NamedTuple):
    """What training keeps besides the network: optimizer state, order of samples, and copies to go back to.

    slots: (as many as the optimizer has, parameters). shares: (parameters,), 1 where the penalty applies.
    order: (samples,). last_weights, last_moving: (2, …), copies of weights and moving statistics: a row after an even
    number of updates, the other after an odd one. best_: copies at the best epoch.
    """

    slots: NDArray[Any]
    shares: NDArray[Any]
    order: NDArray[np.int64]
    last_weights: NDArray[Any]
    last_moving: NDArray[Any]
    best_weights: NDArray[Any]
    best_moving: NDArray[Any]


@kernel
def keep(source: Array, target: Array) -> bool:
    """target ← source, both flat; returns whether no element is NaN or infinite."""
    zero = source.dtype.type(0)
    total = zero
    for i in range(source.size):
        target[i] = source[i]
        total += source[i] * zero
    return total == zero


@kernel
def is_finite(array: Array) -> bool:
    """Whether no element is NaN or infinite; x·0 is 0 for all others."""
    zero = array.dtype.type(0)
    total = zero
    for i in range(array.size):
        total += array[i] * zero
    return total == zero


@kernel
def gather(source: Array, order: Array, begin: int, n: int, target: Array) -> None:
    """Copy the samples order[begin] … order[begin + n − 1] of (rows × samples) to the first columns of a target."""
    places = piece(order, begin, n)
    for f in range(target.shape[0]):
        to, row = target[f], source[f]
        for k in range(n):
            # Unsigned: no place counts from the end.
            to[k] = row[np.uint64(places[k])]


@part
def differentiate(net: Net, store: Store, samples: Samples, rules: Rules, rates: Rates, clock: Any) -> float:
    """The gradients of the mean loss over the next batch, without the penalty's; returns the loss.

    Where another thread wants it to stop, it leaves off between two pieces of the batch and says so in ``net.wish``.
    """
    features, outputs = samples.inputs.shape[0], samples.targets.shape[0]
    begin = clock.batch * rules.batch_size
    total = min(rules.batch_size, samples.inputs.shape[1] - begin)
    loss = 0.0
    for start in range(0, total, rules.chunk):
        # The first piece is never left undone: where there are batch statistics it is the whole batch, and moves them.
        if start > 0 and net.wish[0] != GO_ON:
            net.wish[0] = GIVEN_UP
            return loss
        n = min(rules.chunk, total - start)
        width = padded(n)
        x = stage(net, rules, 0, features, width)
        y = stage(net, rules, features, outputs, width)
        gather(samples.inputs, store.order, begin + start, n, x)
        gather(samples.targets, store.order, begin + start, n, y)
        # No gradients have been made yet: their places are free.
        aside = stage(net, rules, features + outputs, features, width)
        if rules.augment:
            augment(x, y, n, samples.scales, rules, rates, clock.epoch, clock.batch, start, aside)
        if rates.input_dropout > 0.0:
            first, second = key(rules.seed, clock.epoch, clock.batch, INPUT)
            drop(x, rates.input_dropout, first, second, rules.batch_size, start, aside, x)
        pad(x, n)
        forward(net, rules, rates, n, width, LEARN, clock.epoch, clock.batch, start)
        logits = logits_of(net, rules, width)
        gradient, spare = logits_gradient(net, rules, width), spare_rows(net, rules, width)
        loss += loss_and_gradient(rules.loss, logits, y, n, total, gradient, spare)
        backward(net, rules, rates, n, width, int(start > 0))
    for number in range(net.layers.size):
        layer = net.layers[number]
        if layer.scale >= 0:
            directions = matrix(net.weights, layer.weight, layer.units, layer.inputs)
            slopes = matrix(net.gradients, layer.weight, layer.units, layer.inputs)
            lengths = piece(net.weights, layer.scale, layer.units)
            rescale_back(directions, lengths, slopes, piece(net.gradients, layer.scale, layer.units))
    return loss


@merged
def penalize(net: Net, store: Store, rules: Rules, rates: Rates) -> None:
    """Add the penalty's gradient and clip; PyTorch's coupled decay comes after clipping, for its optimizers add it."""
    if not rules.coupled:
        add_penalty_slope(rules.penalty, net.weights, store.shares, net.gradients, rules, rates)
    if rates.clip_norm > 0.0:
        clip(net.gradients, rates.clip_norm, rules.convention)
    if rules.coupled:
        add_penalty_slope(rules.penalty, net.weights, store.shares, net.gradients, rules, rates)


@kernel
def fail(net: Net, store: Store, rules: Rules, clock: Any, quantity: int, updates: int) -> None:
    """End the run: note where it broke, and go back to the last finite weights, those after so many updates."""
    clock.status = DIVERGED
    clock.failed_epoch = clock.epoch + 1
    clock.failed_quantity = quantity
    depth = net.layers.size
    clock.failed_layer = depth
    flat = net.gradients if quantity == GRADIENT else net.weights
    for number in range(depth - 1, -1, -1):
        start = net.layers[number].weight
        end = net.layers[number + 1].weight if number + 1 < depth else flat.size
        if quantity == LOSS:
            layer = net.layers[number]
            broken = not is_finite(line(net, rules, layer.linear, layer.units, rules.capacity))
        else:
            broken = not is_finite(piece(flat, start, end - start))
        if broken:
            clock.failed_layer = number + 1
    copy(store.last_weights[updates % 2], net.weights)
    copy(store.last_moving[updates % 2], net.moving)


@merged
def step(net: Net, store: Store, samples: Samples, rules: Rules, rates: Rates, clock: Any) -> None:
    """One update from the next batch; none where that was given up on the way."""
    updates = clock.update
    if rules.looks_ahead:
        look_ahead(net.weights, store.slots[0], rates.momentum)
    loss = differentiate(net, store, samples, rules, rates, clock)
    penalize(net, store, rules, rates)
    if rules.looks_ahead:
        copy(store.last_weights[updates % 2], net.weights)
    if net.wish[0] == GIVEN_UP:
        return
    if not np.isfinite(loss):
        fail(net, store, rules, clock, LOSS, updates)
    else:
        clock.update += 1
        rate = clock.learning_rate
        if rates.weight_decay > 0.0:
            decay(net.weights, rate * rates.weight_decay)
        update(rules.optimizer, net.weights, net.gradients, store.slots, clock, rules, rates)
        shrink(rules.penalty, net.weights, store.shares, rate, rules, rates)
        if rates.max_norm > 0.0:
            for number in range(net.layers.size):
                layer = net.layers[number]
                limit_rows(matrix(net.weights, layer.weight, layer.units, layer.inputs), rates.max_norm)
        # What is not finite in a gradient comes to stand in the weights, but not where only its sign counts.
        is_sound = keep(net.weights, store.last_weights[clock.update % 2])
        copy(net.moving, store.last_moving[clock.update % 2])
        if not is_sound or (rules.by_sign and not is_finite(net.gradients)):
            fail(net, store, rules, clock, WEIGHT if is_finite(net.gradients) else GRADIENT, updates)


@kernel
def begin_epoch(store: Store, rules: Rules, rates: Rates, clock: Any) -> None:
    """The order in which this epoch takes the samples, and its learning rate."""
    clock.learning_rate = scheduled(rules.schedule, rates.learning_rate, clock.epoch, clock, rules, rates)
    if rules.shuffle:
        first, second = key(rules.seed, clock.epoch, NONE, SHUFFLE)
        permute(first, second, store.order)
    else:
        for i in range(store.order.size):
            store.order[i] = i


@kernel
def end_epoch(net: Net, store: Store, samples: Samples, rules: Rules, rates: Rates, clock: Any, row: Array) -> None:
    """Evaluate both sets into a row of the history, and let early stopping judge; nothing where that was given up."""
    data_loss, train_metric = evaluate(net, rules, rates, samples.inputs, samples.targets, samples.variance)
    val_loss, val_metric = evaluate(net, rules, rates, samples.val_inputs, samples.val_targets, samples.val_variance)
    if net.wish[0] == GIVEN_UP:
        return
    penalty = cost(net.weights, store.shares, rules, rates)
    row[EPOCH] = clock.epoch + 1
    row[TRAIN_LOSS] = data_loss + penalty
    row[VAL_LOSS] = val_loss + penalty
    row[DATA_LOSS] = data_loss
    row[PENALTY] = penalty
    row[TRAIN_METRIC] = train_metric
    row[VAL_METRIC] = val_metric
    row[LEARNING_RATE] = clock.learning_rate
    if not np.isfinite(data_loss):
        fail(net, store, rules, clock, LOSS, clock.update - 1)
        return
    clock.epoch += 1
    clock.batch = 0
    if clock.epoch >= rules.epochs:
        clock.status = FINISHED
    falling = row[VAL_LOSS] if samples.val_inputs.shape[1] else row[TRAIN_LOSS]
    watch(rules.schedule, falling, rates.learning_rate, clock, rules, rates)
    if rules.early_stopping:
        verdict = judge(row[rules.monitored], clock.epoch - 1, clock, rules, rates)
        if verdict == IMPROVED:
            copy(net.weights, store.best_weights)
            copy(net.moving, store.best_moving)
        elif verdict == STOP:
            clock.status = STOPPED_EARLY


@kernel
def note_norms(net: Net, row: Array) -> None:
    """Copy the moving statistics, then each layer's γ and β, or scale, one after the other (network.noted)."""
    place = net.moving.size
    copy(net.moving, row)
    for number in range(net.layers.size):
        layer = net.layers[number]
        start, length = layer.gamma, 2 * layer.units  # β follows γ
        if layer.scale >= 0:
            start, length = layer.scale, layer.units
        if start >= 0:
            copy(piece(net.weights, start, length), piece(row, place, length))
            place += length


@kernel
def advance(
    net: Net,
    store: Store,
    samples: Samples,
    rules: Rules,
    rates: Rates,
    clocks: Array,
    rows: Array,
    norms: Array,
    kept: Kept,
    budget: int,
) -> int:
    """Train for up to ``budget`` updates, or until the run ends or ``rows`` are full.

    clocks: (1,) of CLOCK. rows: (most epochs, COLUMNS) of the history; norms: (most epochs, network.noted). kept: room
    for the epochs to come that it is to keep. Returns how many epochs were completed, each of which has filled a row.
    Where another thread writes STOP to ``net.wish`` it leaves off, and what it has begun, a batch or the evaluation
    after the last one of an epoch, is done from its start by the next call.
    """
    clock = clocks[0]
    batches = (samples.inputs.shape[1] + rules.batch_size - 1) // rules.batch_size
    done = 0
    keep(net.weights, store.last_weights[clock.update % 2])
    copy(net.moving, store.last_moving[clock.update % 2])
    if clock.batch > 0:
        begin_epoch(store, rules, rates, clock)
    left = budget
    # The batches of an epoch may be through, and its end not: that takes no update.
    while left > 0 or clock.batch == batches:
        if clock.status != TRAINING or done == rows.shape[0] or net.wish[0] != GO_ON:
            break
        if clock.batch < batches:
            if clock.batch == 0:
                begin_epoch(store, rules, rates, clock)
            step(net, store, samples, rules, rates, clock)
            if clock.status != TRAINING or net.wish[0] == GIVEN_UP:
                break
            left -= 1
            clock.batch += 1
        if clock.batch == batches:
            end_epoch(net, store, samples, rules, rates, clock, rows[done])
            if clock.status == DIVERGED or net.wish[0] == GIVEN_UP:
                break
            if norms.shape[1]:
                note_norms(net, norms[done])
            keep_epoch(net, store, clock, kept)
            done += 1
    return done


__all__ = ["CLOCK", "Net", "Samples", "Store", "advance"]
