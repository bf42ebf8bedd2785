"""How much memory an experiment needs, told before any of it is taken."""

from __future__ import annotations

import os

from playground.kernels.network import Plan
from playground.model.experiment import Experiment
from playground.model.features import choose
from playground.model.knobs import KnobError

# Copies of the weights: they, their gradients, penalty's shares, two to go back to, the best, the first, and what draws
# them; besides the optimizer's slots.
COPIES = 10
SHARE = 0.9  # of the memory that is there
LITTLE = 1_000_000  # bytes that are always there: to ask takes a short run of a sweep as long as to prepare it


def check(experiment: Experiment, plan: Plan, capacity: int, slots: int) -> None:
    """Raise KnobError where the arrays of a run need more memory than there is; it says what takes most of it.

    capacity: samples that a row of scratch holds. slots: that the optimizer keeps of each weight.
    """
    parts = needed(experiment, plan, capacity, slots)
    total = sum(parts.values())
    if total < LITTLE or (there := available()) is None:
        return
    if total > SHARE * there:
        most = max(parts, key=lambda name: parts[name])
        told = f"{_told(total)} of memory are needed, most of it for {most}; {_told(there)} are there"
        raise KnobError(f"{told}. {CURES[most]}")


WEIGHTS, BATCH, SAMPLES = "the weights", "the batch in hand", "the samples"
CURES = {
    WEIGHTS: "Fewer units, or layers, need less",
    BATCH: "Smaller batches need less",
    SAMPLES: "Fewer samples, or features, need less",
}


def needed(experiment: Experiment, plan: Plan, capacity: int, slots: int) -> dict[str, int]:
    """Bytes by what they are for, about: at the time when most are taken at once."""
    data, knobs = experiment.dataset, experiment.resolved
    size = 4 if knobs.precision == "float32" else 8
    width = len(choose(knobs.features, data.features))
    return {
        WEIGHTS: plan.parameters * size * (COPIES + slots) + 3 * 8 * plan.widest,
        BATCH: plan.rows * capacity * size,
        # What features are made of, made, and standardised: in double precision before the kernels have them.
        SAMPLES: data.samples * (width * (3 * 8 + size) + data.outputs * (8 + size)),
    }


def available() -> int | None:
    """Bytes that this process may still take; None where the system does not tell."""
    found = [limit for limit in (_free(), _allowed()) if limit is not None]
    return min(found, default=None)


def _free() -> int | None:
    """What the system has left: what it would give back counts, where it tells."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            told = dict(line.split(":", 1) for line in file)
        return int(told["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError, IndexError):
        pass
    try:
        return int(os.sysconf("SC_PAGE_SIZE")) * int(os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return None


def _allowed() -> int | None:
    """What a limit on the process's addresses leaves."""
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        with open("/proc/self/statm", encoding="ascii") as file:
            taken = int(file.read().split()[0]) * resource.getpagesize()
    except (ImportError, OSError, ValueError, IndexError):
        return None
    return None if limit == resource.RLIM_INFINITY else max(0, limit - taken)


def _told(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
