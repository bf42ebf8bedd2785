"""What a frame of the loss chart costs: milliseconds of the window's thread for a new epoch, drawing and painting.

    python tests/benchmarks/chart_cost.py [--against FOLDER] [--rounds 5] [--ratio 2]

A smooth run and a noisy one, of a thousand and a hundred thousand epochs, alone, and with eight others of its length
laid over it that stand still or go on too. Of all frames the lower quartile is told, for neighbours disturb.
against: a checkout of another state of the program; both are measured in turns, and their ratio told. ratio: device
pixels to a pixel.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

BESIDE = ("alone", "8 others", "8 that go on")
CASES = [(epochs, noise, beside) for epochs in (1_000, 100_000) for noise in (0.0, 0.1) for beside in BESIDE]
FRAMES = 40


def measure() -> list[float]:
    """Milliseconds a frame, for each case."""
    import numpy as np
    from PySide6.QtWidgets import QApplication

    from playground.model.experiment import Experiment
    from playground.training.snapshot import TRAINING, Snapshot, Verdict
    from playground.ui.charts import ROWS
    from playground.ui.scene import Scene, Shown
    from playground.ui.theme import LIGHT

    application = QApplication([])

    def a_snapshot(epochs: int, noise: float, run: int) -> Snapshot:
        epoch = np.arange(1.0, epochs + 1)
        wobble = noise * np.abs(np.random.default_rng(run).standard_normal((2, epochs)))
        train = 0.7 * np.exp(-8 * epoch / epochs) + 0.02 * run + wobble[0]
        validation = 0.3 + 0.4 * np.exp(-8 * epoch / epochs) + 0.02 * run + wobble[1]
        none = np.zeros(epochs)
        history = np.column_stack([epoch, train, validation, train, none, 1 - train, 1 - validation, none, epoch / 1e3])
        return Snapshot(run, epochs, TRAINING, history, epochs // 2, None, None, Verdict("none", ""), 1.0, 33)

    def cost(epochs: int, noise: float, beside: str) -> float:
        plot = ROWS["loss"].make(LIGHT)
        plot.resize(460, 360)
        plot.show()
        count = 0 if beside == "alone" else 8
        wholes = [a_snapshot(epochs + FRAMES, noise, run) for run in range(count + 1)]
        stand = [whole.history[:epochs] for whole in wholes]
        others = [Shown(f"run {run}", run - 1, wholes[run]._replace(history=stand[run])) for run in range(1, count + 1)]
        spent = []
        for frame in range(FRAMES):
            now = [whole._replace(epoch=epochs + frame, history=whole.history[: epochs + frame]) for whole in wholes]
            if beside == "8 that go on":
                others = [run._replace(snapshot=moved) for run, moved in zip(others, now[1:])]
            began = time.thread_time()
            plot.show_scene(Scene(Experiment(), snapshot=now[0], others=tuple(others)))
            plot.chart.viewport().repaint()
            spent.append(time.thread_time() - began)
            application.processEvents()
        plot.close()
        return 1000 * statistics.quantiles(spent)[0]

    return [cost(*case) for case in CASES]


def in_turn(folder: Path, ratio: str) -> list[float]:
    """What a process of its own measures with the program of that folder."""
    surroundings = os.environ | {
        "PYTHONPATH": str(folder),
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": ratio,
    }
    command = [sys.executable, __file__, "--child"]
    done = subprocess.run(command, env=surroundings, cwd=folder, capture_output=True, text=True, check=True)
    found: list[float] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ratio", default="1")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(measure()))
        return
    folders = [Path(__file__).resolve().parents[2], *filter(None, [arguments.against])]
    turns = [[in_turn(folder.resolve(), arguments.ratio) for folder in folders] for _ in range(arguments.rounds)]
    for number, (epochs, noise, beside) in enumerate(CASES):
        found = [min(turn[place][number] for turn in turns) for place in range(len(folders))]
        name = f"{epochs:>7,} epochs, {'noisy' if noise else 'smooth'}, {beside}"
        compared = f", {found[1]:.2f} ms there ({found[0] / found[1]:.2f} ×)" if arguments.against else ""
        print(f"{name:36} {found[0]:.2f} ms{compared}")


if __name__ == "__main__":
    main()
