"""A race, planned: experiments that differ in some knobs' values alone, and the weights that they start from.

Whoever trains them makes a run of each: ``Run(contestant.experiment, contestant.initial)``.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from playground.model.dataset import DataError
from playground.model.experiment import Experiment, check_trainable, doubts
from playground.model.knobs import KnobError, parse, written
from playground.model.naming import values
from playground.model.relevance import check_varied
from playground.training.companions import companions
from playground.training.state import prepare
from playground.training.weights import Arrays, take

MOST_RUNS = 1000  # all of them are in memory
DRAWN = ("initializer", "init_scale")  # where first weights are what is compared, none are shared


class Contestant(NamedTuple):
    """One run of a race, before it is trained.

    name: what tells it from the others. number: which combination of values it has, from 0 on; its seeds share it.
    chosen: the varied knobs' values. initial: the weights that it starts from, by name (W0, b0, …). own: which of them
    it does not share with the first contestant of its seed.
    """

    experiment: Experiment
    name: str
    number: int
    chosen: dict[str, Any]
    seed: int
    initial: Arrays
    own: tuple[str, ...] = ()


def plan(
    experiment: Experiment,
    vary: Mapping[str, Sequence[Any]],
    seeds: int = 1,
    set_by_hand: Collection[str] | None = None,
) -> list[Contestant]:
    """A contestant for each combination of the knobs' values and each seed, combination by combination.

    They start from the same weights, wherever shapes agree, and see the same batches. Further seeds count up from the
    experiment's; they have weights and batches of their own, and the same points in the same sets. set_by_hand: knobs
    that stay, where others follow a choice (companions.py); None: none follows, and what was left out is the choice's
    own default. Raises KnobError, naming knob and value, where one is refused.
    """
    checked = {name: _distinct(name, found) for name, found in vary.items()}
    _check_count(checked, seeds)
    check_varied(experiment, checked)
    contestants: list[Contestant] = []
    shares = not any(name in checked for name in DRAWN)
    for number, combination in enumerate(itertools.product(*checked.values())):
        chosen = dict(zip(checked, combination))
        for one in _under_seeds(choose(experiment, chosen, set_by_hand), seeds):
            seed = one.knobs.seed
            leader = next((other for other in contestants if other.seed == seed), None)
            initial, own = _first_weights(one, leader.initial if leader and shares else {})
            name = values(one, chosen)
            contestants.append(Contestant(one, name, number, chosen, seed, initial, own if leader else ()))
    return contestants


def choose(experiment: Experiment, chosen: Mapping[str, Any], set_by_hand: Collection[str] | None = None) -> Experiment:
    """The experiment with these values, as a race would train it. Raises KnobError, naming knobs and values."""
    changes = {name: parse(name, value) for name, value in chosen.items()}
    try:
        if set_by_hand is not None:
            changes |= companions(experiment, changes, set_by_hand)
        found = experiment.change(**changes)
        check_trainable(found)
    except (KnobError, DataError) as error:
        told = ", ".join(f"{name} {written(value)}" for name, value in chosen.items())
        raise KnobError(f"{told}: {error}") from None
    return found


def _distinct(name: str, found: Sequence[Any]) -> list[Any]:
    """A knob's values, each checked, all different."""
    checked = [parse(name, value) for value in found]
    if not checked:
        raise KnobError(f"{name}: a race needs values to compare; give one or more")
    for place, value in enumerate(checked):
        if value in checked[:place]:
            raise KnobError(f"{name}: {written(value)} is there twice; each value is accepted once")
    return checked


def _check_count(vary: dict[str, list[Any]], seeds: int) -> None:
    count = seeds
    for found in vary.values():
        count *= len(found)
    if not vary:
        raise KnobError("a race needs a knob that varies, such as optimizer")
    if seeds < 1:
        raise KnobError(f"seeds: {seeds} is not accepted; it takes a whole number from 1 on")
    if seeds > 1 and "seed" in vary:
        raise KnobError(f"seeds: {seeds} is not accepted where seed itself varies; leave one of them out")
    if count > MOST_RUNS:
        raise KnobError(f"{count} runs are too many for a race; at most {MOST_RUNS} are accepted")


def _under_seeds(experiment: Experiment, seeds: int) -> Iterator[Experiment]:
    """The experiment, and on its very points under the seeds that follow."""
    yield experiment
    if seeds > 1:
        dealt = experiment.with_data(experiment.points.replace(sets=experiment.dataset.sets))
        for more in range(1, seeds):
            yield dealt.change(seed=experiment.knobs.seed + more)


def _first_weights(experiment: Experiment, shared: Arrays) -> tuple[Arrays, tuple[str, ...]]:
    """Weights and biases by name: the shared ones that fit, and which are its own."""
    net = prepare(experiment).net
    found = {
        name: array
        for name, array in take(net.layers, net.weights, net.moving).items()
        if name.rstrip("0123456789") in ("W", "b")
    }
    fitting = {name for name, array in found.items() if name in shared and shared[name].shape == array.shape}
    initial = {name: shared[name] if name in fitting else array for name, array in found.items()}
    return initial, tuple(name for name in found if name not in fitting)


def notes(contestants: Sequence[Contestant]) -> list[str]:
    """What to know before: who starts from weights of its own, and what is doubtful in the experiments, said once."""
    first = contestants[0]
    seen = [one for one in contestants if one.seed == first.seed]
    found = [f"{one.name} does not share {', '.join(one.own)} with {first.name}" for one in seen if one.own]
    return found + list(dict.fromkeys(doubt for one in seen for doubt in doubts(one.experiment)))
