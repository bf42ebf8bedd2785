"""The next update of one weight, worked out: the optimizer's formula, line by line, with its numbers."""

from __future__ import annotations

from typing import Any, NamedTuple

from playground.model.features import choose, is_plain
from playground.training.looks.boxes import Box
from playground.training.looks.expressions import calculate, numbers, symbol, symbols
from playground.training.looks.formulas import DECAY, form_of, settings_of
from playground.training.rehearsal import Rehearsal
from playground.training.standing import Standing


class Weight(NamedTuple):
    """Which weight is asked for: as Pick in ui/scene.py."""

    layer: int = 0
    unit: int = 0
    source: int | None = 0


class Row(NamedTuple):
    """A line of the formula: symbol = formula = numbers = result. place: its line in the box."""

    symbol: str
    words: str
    formula: str
    numbers: str
    result: float
    place: int


class Worked(NamedTuple):
    """An update of one weight.

    weight: as it was found; one outside of the network is brought in. name: in words. units: how many each layer has;
    sources: what the units of its layer take in, by name; extra: what they have besides, "bias", "γ" or nothing.
    number: t; epoch, batch: of the batch that it is made from, counted from 1, of so many ``batches``. moved: the
    kernel's own step, all included.
    """

    weight: Weight
    name: str
    units: tuple[int, ...]
    sources: tuple[str, ...]
    extra: str
    optimizer: str
    convention: str
    number: int
    epoch: int
    batch: int
    batches: int
    rows: tuple[Row, ...]
    box: Box
    moved: float


def work_out(run: Standing, asked: Weight) -> Worked:
    """Rehearse the next update and follow one weight through it. Each answer says of which update it is."""
    weight = inside(run, asked)
    rehearsal = Rehearsal(run)
    product = float(rehearsal.state.clock["product"])
    update = rehearsal.update()
    state = rehearsal.state
    knobs = run.experiment.resolved
    form = form_of(knobs.optimizer, knobs.convention, decays=float(state.rates["weight_decay"]) > 0)
    place = place_of(run, weight)
    values: dict[str, Any] = settings_of(knobs) | {"eta": update.rate, "t": update.number, "product": product}
    values |= {name: float(update.slots[row][place]) for row, name in enumerate(form.slots)}
    values |= {"w": float(update.weights[place]), "g": float(update.gradients[place])}
    rows = []
    for line in form.lines:
        filled = ""
        if line.text:
            filled = numbers(line.text, values)
            values[line.name] = calculate(line.text, values)
        formula = symbols(line.text) if line.text else ""
        at = form.box.places.get("decay" if line is DECAY else line.name, form.box.places["w"])
        words = line.words if line.text else gradient_words(run)
        rows.append(Row(symbol(line.name), words, formula, filled, float(values[line.name]), at))
    after = float(update.new_weights[place])
    if limits(run):
        rows.append(Row("w", f"after {limits(run)}", "", "", after, form.box.places["w"]))
    return Worked(
        weight,
        name_of(run, weight),
        tuple(int(units) for units in run.state.net.layers["units"]),
        sources_of(run, weight.layer),
        _extra(run.state.net.layers[weight.layer]),
        knobs.optimizer,
        knobs.convention,
        update.number,
        update.epoch + 1,
        update.batch + 1,
        run.batches,
        tuple(rows),
        form.box,
        after - float(update.weights[place]),
    )


def gradient_words(run: Standing) -> str:
    """What the gradient is of, and what else is in it: the penalty's share, clipping.

    A run whose best weights were put back would go on from those of its last epoch.
    """
    knobs = run.experiment.resolved
    has_share = knobs.penalty != "none" and not (knobs.penalty == "l1" and knobs.l1_method == "proximal")
    parts = ["the penalty's share"] * has_share + ["clipping"] * bool(knobs.clip_norm)
    place = "" if run.restored_epoch in (None, run.epoch) else " at the last epoch's weights"
    return f"gradient{place}, with {' and '.join(parts)}" if parts else f"gradient{place}"


def limits(run: Standing) -> str:
    """What may change a weight after the optimizer's step; empty where nothing does."""
    knobs = run.experiment.resolved
    thresholds = knobs.penalty in ("l1", "elastic_net") and knobs.l1_method == "proximal"
    parts = ["L1's threshold"] * thresholds + ["max-norm"] * bool(knobs.max_norm)
    return " and ".join(parts)


def inside(run: Standing, asked: Weight) -> Weight:
    """The weight that is asked for, or the nearest that the network has."""
    layers = run.state.net.layers
    number = min(max(asked.layer, 0), len(layers) - 1)
    layer = layers[number]
    source = asked.source
    if source is None and _vector(layer) < 0:
        source = 0
    if source is not None:
        source = min(max(source, 0), int(layer["inputs"]) - 1)
    return Weight(number, min(max(asked.unit, 0), int(layer["units"]) - 1), source)


def _vector(layer: Any) -> int:
    """Where the biases of a layer start, or its γ; −1 where it has neither."""
    return int(layer["bias"]) if layer["bias"] >= 0 else int(layer["gamma"])


def place_of(run: Standing, weight: Weight) -> int:
    """Where it stands in the flat arrays."""
    layer = run.state.net.layers[weight.layer]
    if weight.source is None:
        return _vector(layer) + weight.unit
    return int(layer["weight"]) + weight.unit * int(layer["inputs"]) + weight.source


def _extra(layer: Any) -> str:
    """What ``_vector`` is called."""
    return "bias" if layer["bias"] >= 0 else "γ" if layer["gamma"] >= 0 else ""


def name_of(run: Standing, weight: Weight) -> str:
    """Which weight it is, in words: layer 1, unit 3, from x2."""
    layers = run.state.net.layers
    is_output = weight.layer == len(layers) - 1
    unit = f"output {weight.unit + 1}" if is_output else f"layer {weight.layer + 1}, unit {weight.unit + 1}"
    if weight.source is None:
        return f"{unit}, {_extra(layers[weight.layer])}"
    return f"{unit}, from {sources_of(run, weight.layer)[weight.source]}"


def sources_of(run: Standing, layer: int) -> tuple[str, ...]:
    """What the units of a layer take in: inputs by name, or the units below."""
    known: dict[int, tuple[str, ...]] = run.remembered.setdefault("sources", {})
    if layer not in known:
        count = int(run.state.net.layers[layer]["inputs"])
        known[layer] = tuple(f"unit {unit + 1}" for unit in range(count)) if layer else input_names(run)
    return known[layer]


def input_names(run: Standing) -> tuple[str, ...]:
    """What the network's inputs are called."""
    text, data = run.experiment.knobs.features, run.experiment.points
    chosen = choose(text, data.features)
    if is_plain(text, data.features):
        return tuple(data.feature_names[feature.columns[0]] for feature in chosen)
    return tuple(
        ("sin " if feature.is_sine else "") + "·".join(data.feature_names[column] for column in feature.columns)
        for feature in chosen
    )
