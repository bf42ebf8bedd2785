"""The whole network at a glance: every unit's response over the plane, the weights between them, the next update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playground.kernels.measure import padded, predict
from playground.kernels.optimizers import OPTIMIZERS
from playground.model.dataset import Dataset
from playground.model.features import Feature, choose
from playground.model.plane import Pair
from playground.training.looks.last_step import weights_before
from playground.training.past import Past
from playground.training.rehearsal import Rehearsal, Update
from playground.training.run import Run
from playground.training.standing import Standing
from playground.training.surface import Extent, Region, places

COARSEST, STEP = 12, 4  # resolutions of a response, and between two of them
MOST_UNITS = 256  # of a layer whose responses are looked at
MOST_WEIGHTS = 512  # along each side of a layer's matrix; of a larger one, blocks
ALIKE = 0.02  # of its largest |response|, by which a unit's differ that answers alike to all
MOST_REHEARSED = 300_000  # parameters: a twin of a larger network would take much memory
MOST_WORK = 3e8  # multiplications that a look may take, where the network is large


class Glance(NamedTuple):
    """What is asked for: responses over a part of the plane (x_low, x_high, y_low, y_high), of so many places a side.

    pair: the plane of two features, where it is not the dataset's own. has_update: whether the next update is
    rehearsed, of networks of up to MOST_REHEARSED parameters.
    """

    extent: Extent = (-1.5, 1.5, -1.5, 1.5)
    resolution: int = 40
    pair: Pair | None = None
    has_update: bool = False

    @property
    def points(self) -> int:
        """How many places there are."""
        return self.resolution**2

    def coarser(self, most: int) -> Glance:
        """The same part at about so many places, no more than were asked for."""
        side = int(most**0.5) // STEP * STEP
        return self._replace(resolution=min(max(side, COARSEST), self.resolution))


class LayerSeen(NamedTuple):
    """A layer at a glance.

    inputs, units: how many there are. weights: (inputs, units), as they act; of a large matrix, of each block the
    largest in size. block: inputs and units of a block. zeros: how many weights are exactly 0. bias: (units,), None
    where there is none. gamma, beta: likewise.
    responses: (units, rows, columns) over two features, row 0 lowest, or (units, columns) over one, of the first
    MOST_UNITS: what the next layer gets in evaluation mode, an output's sum. lows, highs: (units,) of each
    response. scales: (units,) what a picture's strongest colour stands for: the unit's largest |response|, the layer's
    where a unit answers nearly alike to all that is seen.
    dropped: (units,) whether dropout left it out for the first sample of the last batch, shares: for how many of the
    batch's samples, 0 … 1; None without dropout or batch. weight, offset: where W and b begin in the flat arrays.
    """

    inputs: int
    units: int
    weights: NDArray[Any]
    block: tuple[int, int]
    zeros: int
    bias: NDArray[Any] | None
    gamma: NDArray[Any] | None
    beta: NDArray[Any] | None
    responses: NDArray[np.float32]
    lows: NDArray[np.float32]
    highs: NDArray[np.float32]
    scales: NDArray[np.float32]
    dropped: NDArray[np.bool_] | None
    shares: NDArray[np.float64] | None
    weight: int
    offset: int


class Parameter(NamedTuple):
    """One weight or bias, and what the next update does to it.

    value: as it stands; acting: as it acts, where weight normalization scales it. gradient: with the penalty's share,
    clipped. slots: the optimizer's memory of it, each by its name. number: which update it is, counted from 1. Those
    four are None where no update was asked for. last_step: by how much the last update moved it, None where that is
    not known.
    """

    value: float
    acting: float
    gradient: float | None = None
    step: float | None = None
    slots: tuple[tuple[str, float], ...] | None = None
    number: int | None = None
    last_step: float | None = None


class NetworkSeen(NamedTuple):
    """A network at a glance, at the end of an epoch or within one.

    extent, pair: as they were asked for. names: of the inputs, as the network takes them. outputs: of the classes,
    of two the second, or of the targets. layers: the output layer last. update: the next one,
    rehearsed, if it was asked for; is_restored: whether it starts from other weights, those of the last epoch and not
    of the best, which stand. slots: the names of the optimizer's memory. before: the weights before the last update,
    if the next one was asked for and they are known.
    """

    epoch: int
    extent: Extent
    pair: Pair | None
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    layers: tuple[LayerSeen, ...]
    update: Update | None = None
    is_restored: bool = False
    slots: tuple[str, ...] = ()
    before: NDArray[Any] | None = None

    @property
    def weights(self) -> int:
        """How many weights there are, biases not counted."""
        return sum(layer.inputs * layer.units for layer in self.layers)

    @property
    def zeros(self) -> int:
        """How many weights are exactly 0."""
        return sum(layer.zeros for layer in self.layers)

    def parameter(self, number: int, unit: int, source: int | None) -> Parameter | None:
        """The weight from a source below to a unit, or with None its bias; None where there is no such thing."""
        layer = self.layers[number]
        if source is None:
            if layer.bias is None:
                return None
            value, place = float(layer.bias[unit]), layer.offset + unit
            acting = value
        else:
            acting = float(layer.weights[source // layer.block[0], unit // layer.block[1]])
            value, place = acting, layer.weight + unit * layer.inputs + source
        if self.update is None:
            return Parameter(value, acting)
        update = self.update
        memory = tuple(zip(self.slots, map(float, update.slots[:, place])))
        stood = float(update.weights[place])
        last = None if self.before is None else stood - float(self.before[place])
        gradient, step = float(update.gradients[place]), float(update.step[place])
        return Parameter(acting if self.is_restored else stood, acting, gradient, step, memory, update.number, last)


def network(run: Run | Past, glance: Glance) -> NetworkSeen:
    """Look at every layer. A large network is looked at at fewer places."""
    net = run.net
    fit = int(min(glance.resolution**2, MOST_WORK / max(run.parameters, 1)) ** 0.5)
    region = Region(glance.extent, max(fit, min(8, glance.resolution)), glance.pair)
    responses = _responses(run, region)  # with weight normalization this makes the weights that act
    masks, update = _rehearsed(run, glance.has_update)
    layers = []
    for number, layer in enumerate(net.layers.view(np.ndarray)):
        mask = masks[number] if number < len(masks) else None
        layers.append(_layer(net, layer, responses[number], mask))
    data = run.experiment.dataset
    chosen = choose(run.experiment.knobs.features, data.features)
    return NetworkSeen(
        run.restored_epoch or run.epoch,
        glance.extent,
        glance.pair,
        tuple(_named(feature, data.feature_names) for feature in chosen),
        _outputs(data),
        tuple(layers),
        update,
        run.restored_epoch is not None,
        OPTIMIZERS[int(run.state.rules.optimizer)].slots,
        None if update is None else weights_before(run),
    )


def _responses(run: Standing, region: Region) -> list[NDArray[np.float32]]:
    """Of each layer, what its first units hand on at the region's places."""
    given = places(run, region)
    shape = (region.resolution, region.resolution) if given.shape[1] == region.points else (-1,)
    wanted = [(number, slice(MOST_UNITS)) for number in range(len(run.net.layers))]
    return [found.reshape(len(found), *shape) for found in handed_on(run, given, wanted)]


def handed_on(run: Standing, given: NDArray[Any], wanted: Sequence[tuple[int, slice]]) -> list[NDArray[np.float32]]:
    """What some units of some layers hand to the next layer in evaluation mode, (units, samples); an output's sum.

    given: (features × samples), prepared. wanted: of which layers which units.
    """
    net, state = run.net, run.state
    layers, chunk, samples = net.layers.view(np.ndarray), int(state.rules.chunk), given.shape[1]
    look = predict.bind(net, state.rules, state.rates)
    stages = [_stage(state.rules, layers, number) for number, _ in wanted]
    units = [int(layers[number]["units"]) for number, _ in wanted]
    found = [np.empty((len(range(count)[part]), samples), np.float32) for count, (_, part) in zip(units, wanted)]
    for start in range(0, samples, chunk):
        part = np.ascontiguousarray(given[:, start : start + chunk])
        n = part.shape[1]
        look(part, np.empty((int(layers[-1]["units"]), n), part.dtype))
        width = int(padded.function(n))
        for stage, count, array, (_, chosen) in zip(stages, units, found, wanted):
            begin = stage * int(state.rules.capacity)
            rows = net.scratch[begin : begin + count * width].reshape(count, width)
            array[:, start : start + n] = rows[chosen, :n]
    return found


def _stage(rules: Any, layers: NDArray[Any], number: int) -> int:
    """The row of scratch that a layer hands on in evaluation mode: where normalization comes last, the normed one."""
    layer = layers[number]
    if number == len(layers) - 1:
        return int(layer["linear"])
    return int(layer["normed"] if layer["gamma"] >= 0 and rules.after_activation else layer["active"])


def _rehearsed(run: Standing, has_update: bool) -> tuple[list[NDArray[Any] | None], Update | None]:
    """Dropout's masks of the last batch, and the next update, if it is asked for; neither of a large network."""
    if run.parameters > MOST_REHEARSED:
        return [], None
    has_masks = bool(run.state.rates.dropout) and run.updates > 0
    if not has_masks and not has_update:
        return [], None
    rehearsal = _rehearsal(run)
    masks: list[NDArray[Any] | None] = []
    if has_masks:
        # Draws are keyed by epoch and batch: the last batch made again has its masks.
        epoch, batch = int(run.state.clock["epoch"]), int(run.state.clock["batch"])
        rehearsal.seek(*((epoch, batch - 1) if batch else (epoch - 1, run.batches - 1)))
        rehearsal.update()
        masks = rehearsal.masks()
        rehearsal.stand()
    return masks, rehearsal.update() if has_update else None


def _rehearsal(run: Standing) -> Rehearsal:
    """A twin that stands where the run stands; the last one again, where it is of the same arrays."""
    known = run.remembered.get("network")
    if known is None or known[0] is not run.state:
        known = run.remembered["network"] = run.state, Rehearsal(run)
    else:
        known[1].stand()
    rehearsal: Rehearsal = known[1]
    return rehearsal


def _layer(net: Any, layer: Any, responses: NDArray[np.float32], mask: NDArray[Any] | None) -> LayerSeen:
    inputs, units, start = int(layer["inputs"]), int(layer["units"]), int(layer["weight"])
    flat = net.weights if layer["scale"] < 0 else net.scaled
    weights = flat[start : start + inputs * units].reshape(units, inputs).T

    def vector(name: str) -> NDArray[Any] | None:
        begin = int(layer[name])
        return net.weights[begin : begin + units].copy() if begin >= 0 else None

    blocks, block = _in_blocks(weights)
    flat_responses = responses.reshape(len(responses), -1)
    lows, highs = flat_responses.min(axis=1), flat_responses.max(axis=1)
    scales = np.maximum(highs, -lows)
    with np.errstate(invalid="ignore"):
        scales = np.where(highs - lows > ALIKE * scales, scales, scales.max())
    return LayerSeen(
        inputs,
        units,
        blocks,
        block,
        weights.size - int(np.count_nonzero(weights)),
        vector("bias"),
        vector("gamma"),
        vector("beta"),
        responses,
        lows,
        highs,
        scales,
        None if mask is None else mask[:, 0] == 0,
        None if mask is None else (mask == 0).mean(axis=1),
        start,
        int(layer["bias"]),
    )


def _in_blocks(weights: NDArray[Any]) -> tuple[NDArray[Any], tuple[int, int]]:
    """A copy of a matrix, or of each block the weight that is largest in size, where it has more than is drawn."""
    tall, wide = (-(-side // MOST_WEIGHTS) for side in weights.shape)
    if tall == wide == 1:
        return weights.copy(), (1, 1)
    rows = np.arange(0, weights.shape[0], tall)
    columns = np.arange(0, weights.shape[1], wide)
    high = np.maximum.reduceat(np.maximum.reduceat(weights, rows, axis=0), columns, axis=1)
    low = np.minimum.reduceat(np.minimum.reduceat(weights, rows, axis=0), columns, axis=1)
    return np.where(high >= -low, high, low), (tall, wide)


def _outputs(data: Dataset) -> tuple[str, ...]:
    if data.is_classification:
        return data.class_names if data.outputs > 1 else data.class_names[1:2]
    target = data.encoding.target if data.encoding is not None else "y"
    return (target,) if data.outputs == 1 else tuple(f"{target}{number + 1}" for number in range(data.outputs))


def _named(feature: Feature, names: tuple[str, ...]) -> str:
    """A feature as it is written: x1, x1², x1·x2, sin x1."""
    if feature.is_sine:
        return f"sin {names[feature.columns[0]]}"
    powers = {column: feature.columns.count(column) for column in feature.columns}
    raised = "  ²³⁴⁵⁶⁷⁸⁹"
    return "·".join(names[column] + (raised[power] if power > 1 else "") for column, power in powers.items())
