"""A run that goes on under other knobs: what it takes along, and what must begin anew.

Live knobs change numbers that kernels are told, nothing else. Others keep the weights, and give up what would make no
sense: the memory of another optimizer, the best of another loss. Other points or first weights are another run.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from playground.kernels import steps
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, Knobs, declarations
from playground.training.state import State, make_settings, prepare

# The knobs by which each part of a run's memory is what it is.
MEMORY = ("optimizer", "convention")
WATCH = ("early_stopping", "monitor", "mode", "loss", "convention", "start_from_epoch")
PLATEAU = ("schedule", "loss", "convention")
WATCH_FIELDS = ("wait", "best_epoch", "has_best", "best")
PENALTY = frozenset(("penalty", "penalty_strength", "elastic_mix"))  # losses with another are no measure
PLATEAU_FIELDS = ("plateau_wait", "plateau_factor", "plateau_best")


class Restarts(NamedTuple):
    """What must begin anew where one experiment becomes another.

    run: the knobs for whose sake no run goes on, "points" for the points. memory: the optimizer's; watch: early
    stopping's; plateau: that of the schedule that watches the loss.
    """

    run: tuple[str, ...] = ()
    memory: bool = False
    watch: bool = False
    plateau: bool = False

    @property
    def text(self) -> str:
        """In words, or nothing where all goes on."""
        if self.run:
            return f"a change of {', '.join(self.run)} needs a new run"
        named = {"the optimizer's memory": self.memory, "early stopping's watch": self.watch}
        named["the plateau's watch"] = self.plateau
        declared = [name for name, is_so in named.items() if is_so]
        return f"{' and '.join(declared)} will begin anew" if declared else ""


def restarts(old: Experiment, new: Experiment) -> Restarts:
    """What must begin anew where a run of the one goes on as the other."""
    changed = differing(old.resolved, new.resolved)
    declared = declarations()
    run = [name for name in changed if declared[name].knob.new_weights or declared[name].knob.group == "data"]
    # A default that follows another knob, as the first weights do the convention, is no matter once there are weights.
    run = [name for name in run if getattr(old.knobs, name) != getattr(new.knobs, name)]
    if old.data != new.data:
        run = [*(name for name in run if name != "dataset"), "points"]
    memory, watch, plateau = (any(name in changed for name in names) for names in (MEMORY, WATCH, PLATEAU))
    return Restarts(tuple(run), memory, watch and new.knobs.early_stopping, plateau and new.knobs.schedule == "plateau")


def needs_other_arrays(old: Experiment, new: Experiment) -> bool:
    """Whether the arrays of a run of the one do not serve a run of the other."""
    return old.needs_new_run(new) or old.knobs.batch_size != new.knobs.batch_size


def differing(old: Knobs, new: Knobs) -> list[str]:
    """The names of the knobs that are not the same."""
    return [name for name in Knobs._fields if getattr(old, name) != getattr(new, name)]


def adapt(state: State, experiment: Experiment) -> State:
    """A run that goes on as another experiment, from the end of an epoch on; arrays are shared where they may be.

    Raises DataError or KnobError where no run can go on so.
    """
    if needs_other_arrays(state.experiment, experiment):
        new = carry(state, experiment)
    else:
        rules, rates = make_settings(experiment, state.samples.inputs.shape[1])
        new = state._replace(experiment=experiment, rules=rules, rates=rates)
    changed = differing(state.experiment.resolved, experiment.resolved)
    if not PENALTY.isdisjoint(changed) and experiment.knobs.monitor != "val_metric" and int(new.clock["update"]):
        new.clock["has_best"] = new.clock["wait"] = 0
    settle(new)
    return new


def settle(state: State) -> None:
    """Say of a run that stands at the end of an epoch whether its epochs are over."""
    clock, rules = state.clock, state.rules
    if int(clock["status"]) in (steps.TRAINING, steps.FINISHED):
        is_over = int(clock["epoch"]) >= rules.epochs
        clock["status"] = steps.FINISHED if is_over else steps.TRAINING


def carry(old: State, experiment: Experiment) -> State:
    """A new state that takes along what fits."""
    begun_anew = restarts(old.experiment, experiment)
    if begun_anew.run:
        raise KnobError(begun_anew.text)
    new = prepare(experiment)
    first, clock = new.clocks[0].copy(), new.clocks
    clock[0] = old.clocks[0]
    pairs = [(getattr(old.net, name), getattr(new.net, name)) for name in ("weights", "moving", "batch")]
    if begun_anew.memory or not int(clock["update"][0]):
        clock["since"], clock["product"] = clock["update"], 1
    else:
        pairs.append((old.store.slots, new.store.slots))
    if begun_anew.watch:
        _begin_anew(clock, first, WATCH_FIELDS)
    elif old.rules.early_stopping:
        pairs += [(getattr(old.store, name), getattr(new.store, name)) for name in ("best_weights", "best_moving")]
    if begun_anew.plateau:
        _begin_anew(clock, first, PLATEAU_FIELDS)
    for source, target in pairs:
        target[...] = source
    # A run that was stopped goes on where its patience now reaches further.
    is_through = new.rules.early_stopping and clock["wait"][0] >= new.rules.patience
    if clock["status"][0] == steps.STOPPED_EARLY and not is_through:
        clock["status"] = steps.TRAINING
    return new


def _begin_anew(clocks: NDArray[Any], first: Any, names: tuple[str, ...]) -> None:
    for name in names:
        clocks[name] = first[name]
