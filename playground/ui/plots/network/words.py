"""What stands under the picture of a network: two lines about what the cursor is on."""

from __future__ import annotations

from collections.abc import Iterator

from playground.training.looks.network import MOST_REHEARSED, NetworkSeen
from playground.ui.plots.network.spots import INPUTS, Spot
from playground.ui.scales import figures

HINT = "Orange is above 0, blue below. Rest on a weight or unit for its numbers; click a unit to pin it."


def unit_name(seen: NetworkSeen, layer: int, unit: int) -> str:
    """A unit in words."""
    if layer == len(seen.layers) - 1:
        return f"output {seen.outputs[unit]}"
    return f"unit {unit + 1} of layer {layer + 1}"


def parameters(seen: NetworkSeen) -> Iterator[tuple[int, str, str, float]]:
    """Every weight and bias: its layer, counted from 1, where it comes from and goes to, and its value."""
    for number, layer in enumerate(seen.layers):
        for unit in range(0, layer.units, layer.block[1]):
            name = unit_name(seen, number, unit)
            for source in range(0, layer.inputs, layer.block[0]):
                below = seen.names[source] if not number else unit_name(seen, number - 1, source)
                found = seen.parameter(number, unit, source)
                if found is not None:
                    yield number + 1, below, name, found.acting
            if layer.bias is not None:
                yield number + 1, "bias", name, float(layer.bias[unit])


def told(seen: NetworkSeen, spot: Spot | None) -> tuple[str, str]:
    """What is under the cursor, and what the last and next updates do to it; of nothing, the network."""
    if spot is None or spot.layer >= len(seen.layers):
        return _whole(seen), HINT
    if spot.layer == INPUTS:
        return f"Input {seen.names[spot.unit]}", "As the network takes it, scaled by the training set."
    if spot.unit >= seen.layers[spot.layer].units:
        return _whole(seen), HINT
    return _weight(seen, spot) if spot.is_weight else _unit(seen, spot)


def _whole(seen: NetworkSeen) -> str:
    zeros = f", {seen.zeros:,} of them exactly 0" if seen.zeros else ""
    biases = sum(layer.units for layer in seen.layers if layer.bias is not None)
    shape = "-".join(str(size) for size in (len(seen.names), *(layer.units for layer in seen.layers)))
    return f"{shape}: {seen.weights:,} weights{zeros} · {biases:,} bias{'es' * (biases != 1)}"


def _weight(seen: NetworkSeen, spot: Spot) -> tuple[str, str]:
    unit = unit_name(seen, spot.layer, spot.unit)
    found = seen.parameter(spot.layer, spot.unit, spot.source)
    if found is None:
        return _scaled(seen, spot), ""
    if spot.source is None:
        first = f"Bias of {unit}: {figures(found.value)}"
    else:
        source = seen.names[spot.source] if not spot.layer else unit_name(seen, spot.layer - 1, spot.source)
        first = f"Weight {source} → {unit}: {figures(found.value)}"
    if found.acting != found.value and not seen.is_restored:
        first += f", acts as {figures(found.acting)}"
    if seen.layers[spot.layer].block != (1, 1) and spot.source is not None:
        first += " (the largest of its block)"
    return first, _update(seen, spot)


def _update(seen: NetworkSeen, spot: Spot) -> str:
    """What the last update did to a weight, and the next one will."""
    found = seen.parameter(spot.layer, spot.unit, spot.source)
    if found is None or found.gradient is None or found.step is None:
        return "Of so large a network no update is rehearsed." if seen.weights > MOST_REHEARSED else ""
    parts = [f"gradient {figures(found.gradient)}"]
    if found.last_step is not None:
        parts += [f"last step {figures(found.last_step)}"]
    parts += [f"next step {figures(found.step)}"]
    parts += [f"{name} {figures(value)}" for name, value in found.slots or ()]
    from_last = ", from the last epoch's weights" if seen.is_restored else ""
    return " · ".join(parts) + f" (update {found.number:,}{from_last})"


def _scaled(seen: NetworkSeen, spot: Spot) -> str:
    """γ and β of a unit that has no bias."""
    layer = seen.layers[spot.layer]
    if layer.gamma is None or layer.beta is None:
        return ""
    gamma, beta = float(layer.gamma[spot.unit]), float(layer.beta[spot.unit])
    return f"{_capital(unit_name(seen, spot.layer, spot.unit))}: γ {figures(gamma)}, β {figures(beta)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _unit(seen: NetworkSeen, spot: Spot) -> tuple[str, str]:
    layer = seen.layers[spot.layer]
    first = _capital(unit_name(seen, spot.layer, spot.unit))
    if layer.bias is not None:
        first += f" · bias {figures(float(layer.bias[spot.unit]))}"
    if layer.gamma is not None and layer.beta is not None:
        first += f" · γ {figures(float(layer.gamma[spot.unit]))}, β {figures(float(layer.beta[spot.unit]))}"
    parts = []
    if spot.unit < len(layer.lows):
        low, high = float(layer.lows[spot.unit]), float(layer.highs[spot.unit])
        parts.append(f"answers {figures(low)} everywhere" if low == high else f"from {figures(low)} to {figures(high)}")
    if layer.shares is not None:
        share = float(layer.shares[spot.unit])
        parts.append(f"left out for {100 * share:.0f} % of the last batch" + _first(layer.dropped, spot.unit))
    return first, " · ".join(parts)


def _first(dropped: object, unit: int) -> str:
    return ", its first sample among them" if dropped is not None and dropped[unit] else ""  # type: ignore[index]
