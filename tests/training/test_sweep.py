"""A grid of runs: what is planned, what is written as they end, and what is left when something ends the sweep."""

import csv
import errno
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from playground import cli, sweep
from playground.model import file
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training import drawing, sweep_results, sweep_spots
from playground.training.grid import plan, read_values
from playground.training.run import Run
from playground.training.seats import Seats
from playground.training.standing import Standing
from playground.training.sweep import Outcome, Threads, run_all, train_one
from playground.training.sweep_results import SweepFolder

draw_sweep = drawing.draw_sweep


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Pictures take a process each: only the tests of theirs draw them."""
    monkeypatch.setattr(drawing, "draw_sweep", lambda folder: "")


def rows_of(folder):
    with open(folder / "results.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_values_that_hold_commas_are_separated_by_semicolons():
    assert read_values("layers=8,8;16") == ("layers", [(8, 8), (16,)])


def test_a_value_that_a_knob_refuses_is_refused():
    with pytest.raises(KnobError, match="learning_rate"):
        read_values("learning-rate=.1,-1")


def test_every_combination_runs_under_every_seed():
    grid = plan(Experiment(seed=5), {"layers": [(4,), (8,)], "noise": [0.1, 0.2, 0.3]}, 2)
    found = {(job.experiment.knobs.layers, job.experiment.knobs.noise, job.experiment.knobs.seed) for job in grid}
    assert len(grid) == len(found) == 12
    assert {seed for _, _, seed in found} == {5, 6}


def test_a_sweep_writes_a_row_a_run_with_what_a_run_alone_gives(tmp_path):
    flags = ["--epochs", "5", "--samples", "40", "--seeds", "2", "--jobs", "2"]
    status = cli.main(["sweep", "--vary", "learning_rate=.01,.1", *flags, "--out", str(tmp_path)])
    rows = rows_of(tmp_path)
    assert status == 0
    assert [(row["learning_rate"], row["seed"]) for row in rows] == [
        ("0.01", "0"),
        ("0.01", "1"),
        ("0.1", "0"),
        ("0.1", "1"),
    ]
    assert "cause" in rows[0] and not {"remedies", "confusion"} & rows[0].keys()
    alone = train_one(Experiment(epochs=5, samples=40, learning_rate=0.1, seed=1))
    assert float(rows[3]["val_loss"]) == alone["val_loss"]


def test_a_run_that_cannot_be_trained_does_not_end_the_sweep_and_is_counted(tmp_path, capsys):
    flags = ["--early-stopping", "on", "--epochs", "3", "--out", str(tmp_path)]
    for resumed in ([], ["--resume"]):
        assert cli.main(["sweep", "--vary", "train_fraction=.5,1", *flags, *resumed]) == 0
        (line,) = capsys.readouterr().err.splitlines()
        assert "1 of 2 runs could not be trained; the first: early stopping watches val_loss" in line
    assert [row["status"] for row in rows_of(tmp_path)] == ["finished", "refused"]


@pytest.mark.parametrize(
    ("flags", "status", "told", "rows"),
    [
        (
            ["--train-fraction", "1", "--early-stopping", "on"],
            2,
            "none of 2 runs could be trained; the first: early",
            "refused",
        ),
        (["--dataset", "sine", "--optimizer", "sgd"], 1, "all of 2 runs diverged", "diverged"),
    ],
)
def test_a_sweep_none_of_whose_runs_ends_well_says_so_and_keeps_its_rows(flags, status, told, rows, tmp_path, capsys):
    assert cli.main(["sweep", "--vary", "learning_rate=1e6,1e7", *flags, "--out", str(tmp_path)]) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line and [row["status"] for row in rows_of(tmp_path)] == [rows] * 2


SMALL = ["--samples", "40", "--epochs", "5", "--layers", "4"]
GRID = ["sweep", "--vary", "learning_rate=.01,.1", *SMALL, "--seeds", "3"]


def without_seconds(rows):
    return [{name: cell for name, cell in row.items() if name != "seconds"} for row in rows]


def test_every_job_is_found_again_by_its_cells():
    jobs = plan(Experiment(seed=3), {"layers": [(4,), (8, 8), ()], "augment": [True, False]}, seeds=2, folds=3)
    assert [jobs.number_of(jobs.cells(job)) for job in jobs] == list(range(36))


def test_rows_do_not_depend_on_threads(tmp_path):
    jobs = plan(Experiment(samples=40, epochs=5), {"learning_rate": [0.01, 0.1]}, seeds=4, folds=3)

    def told(threads):
        return {n: {k: v for k, v in row.items() if k != "seconds"} for n, row in run_all(jobs, Threads(threads))}

    assert told(1) == told(3)


def test_a_row_is_on_the_disk_as_soon_as_its_run_ends(tmp_path, monkeypatch):
    seen = []
    add = SweepFolder.add
    monkeypatch.setattr(SweepFolder, "add", lambda self, outcome: (add(self, outcome), seen.append(rows_of(tmp_path))))
    assert cli.main([*GRID, "--out", str(tmp_path)]) == 0
    assert [len(rows) for rows in seen] == [1, 2, 3, 4, 5, 6]


def test_folds_have_a_column_and_each_combination_a_row_for_each(tmp_path):
    assert cli.main(["sweep", "--vary", "learning_rate=.01,.1", *SMALL, "--folds", "3", "--out", str(tmp_path)]) == 0
    assert [(row["learning_rate"], row["fold"]) for row in rows_of(tmp_path)] == [
        (rate, fold) for rate in ("0.01", "0.1") for fold in "123"
    ]


def test_the_best_is_a_toml_that_trains_and_says_why(tmp_path, capsys):
    vary = ["--penalty", "l2", "--vary", "penalty_strength=.001,1000"]
    assert cli.main(["sweep", *vary, *SMALL[:-4], "--epochs", "40", "--seeds", "3", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "best.toml").read_text()
    rows = rows_of(tmp_path)
    losses = [float(row["val_loss"]) - float(row["penalty_term"]) for row in rows[:3]]
    assert f"{sum(losses) / 3:.6g} ±" in text
    best = file.load_toml(tmp_path / "best.toml")
    assert (best.knobs.penalty_strength, best.knobs.penalty, best.knobs.epochs) == (0.001, "l2", 40)
    assert "best: penalty_strength 0.001" in capsys.readouterr().out


def test_the_best_of_a_file_of_data_names_the_file_and_how_it_is_read(tmp_path):
    table = tmp_path / 'a "table".csv'
    table.write_text("a,b,c\n" + "".join(f"{n},{n % 7},{n * n % 11}.5\n" for n in range(40)))
    flags = ["--data", str(table), "--target", "b", "--drop", "c", "--task", "regression", "--epochs", "3"]
    assert cli.main(["sweep", "--vary", "learning_rate=.01,.1", *flags, "--out", str(tmp_path / "out")]) == 0
    best = file.load_toml(tmp_path / "out" / "best.toml")
    assert (best.data.feature_names, best.data.is_classification) == (("a",), False)
    assert "val_rmse" in rows_of(tmp_path / "out")[0]


def test_the_sweep_tells_what_its_numbers_depend_on(tmp_path):
    assert cli.main([*GRID, "--out", str(tmp_path)]) == 0
    told = json.loads((tmp_path / "sweep.json").read_text())
    assert (told["runs"], told["finished"], told["seeds"]) == (6, 6, [0, 1, 2])
    assert told["vary"] == {"learning_rate": [0.01, 0.1]} and told["knobs"]["samples"] == 40
    assert {"playground", "python", "numpy", "numba", "kernels", "level"} <= told["sessions"][0].keys()
    assert rows_of(tmp_path)[0]["level"] == told["level"]


# going on


# Starts sweeps from a process that has loaded what they need: told their arguments, it tells number and exit status.
STARTER = """
import os, sys
from playground import cli
from playground.model.experiment import Experiment
from playground.training import drawing, sweep_results
from playground.training.sweep import train_one

drawing.draw_sweep = lambda folder: ""
train_one(Experiment(samples=40, epochs=1))
for line in sys.stdin:
    if not (process := os.fork()):
        os.dup2(2, 1)  # what is read from here are the numbers
        os._exit(cli.main(line.split()))
    print(process, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_sweep_that_is_killed_ten_times_and_resumed_has_every_run_once(tmp_path):
    chance, path = random.Random(), tmp_path / "results.csv"
    arguments = [*GRID, "--vary", "batch_size=4,8,16,32", "--seeds", "40", "--resume", "--out", str(tmp_path)]
    with subprocess.Popen(
        [sys.executable, "-c", STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:

        def tell(answer=""):
            if not answer:
                print(*arguments, file=starter.stdin, flush=True)
            return int(starter.stdout.readline())

        sizes = [0]
        for _ in range(10):
            process, more = tell(), sizes[-1] + chance.randrange(1, 6000)
            while not path.exists() or path.stat().st_size < more:
                time.sleep(0.001)
            os.kill(process, signal.SIGKILL)
            assert tell("its status") == -signal.SIGKILL
            sizes.append(path.stat().st_size)
        before = without_seconds(rows_of(tmp_path))
        tell()
        assert tell("its status") == 0
        starter.stdin.close()
    assert 10 < len(before) < 320
    rows = without_seconds(rows_of(tmp_path))
    assert len({(row["learning_rate"], row["batch_size"], row["seed"]) for row in rows}) == len(rows) == 320
    assert all(row in rows for row in before[:-1])
    alone = train_one(Experiment(samples=40, epochs=5, layers=(4,), learning_rate=0.1, batch_size=16, seed=39))
    assert float(rows[-41]["val_loss"]) == alone["val_loss"]


def test_a_row_that_was_cut_off_and_what_is_no_row_are_trained_again(tmp_path):
    assert cli.main([*GRID, "--out", str(tmp_path)]) == 0
    path, whole = tmp_path / "results.csv", rows_of(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[2], b"nonsense\n", lines[2], b'0.5,0,"\n', lines[4], lines[1][:-9]]))
    assert cli.main([*GRID, "--resume", "--out", str(tmp_path)]) == 0
    again = rows_of(tmp_path)
    assert without_seconds(again) == without_seconds(whole)
    assert again[1] == whole[1] and again[3] == whole[3]  # with its seconds: it was not trained again


def test_a_lost_run_is_tried_again(tmp_path):
    jobs = plan(Experiment(samples=40, epochs=2), {"learning_rate": [0.01, 0.1]})
    folder = SweepFolder(tmp_path, jobs)
    folder.add(Outcome(1, {"status": "lost", "diagnosis": "its worker died"}))
    folder.add(Outcome(0, {"status": "refused", "diagnosis": "no point, in no set"}))
    folder.close()
    again = SweepFolder(tmp_path, jobs, resumes=True)
    assert again.done == {0}
    again.close()


def test_another_sweep_is_not_resumed(tmp_path, capsys):
    assert cli.main([*GRID, "--out", str(tmp_path)]) == 0
    before = (tmp_path / "results.csv").read_bytes()
    assert cli.main([*GRID, "--noise", ".3", "--folds", "3", "--resume", "--out", str(tmp_path)]) == 2
    assert "tells of a sweep with other knobs and folds" in capsys.readouterr().err
    assert (tmp_path / "results.csv").read_bytes() == before


def test_rows_of_a_sweep_that_was_not_finished_are_put_aside(tmp_path, capsys):
    folder = SweepFolder(tmp_path, plan(Experiment(samples=40, epochs=2), {"learning_rate": [0.01, 0.1]}))
    folder.add(Outcome(0, {"status": "finished"}))
    folder.close()
    assert cli.main([*GRID, "--out", str(tmp_path)]) == 0
    assert "--resume goes on" in capsys.readouterr().err
    assert len((tmp_path / "results-before.csv").read_text().splitlines()) == 2 and len(rows_of(tmp_path)) == 6


def test_an_interrupted_sweep_keeps_its_rows_and_says_so(tmp_path, monkeypatch):
    add = SweepFolder.add

    def add_and_interrupt(self, outcome):
        add(self, outcome)
        if len(self.done) == 2:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(SweepFolder, "add", add_and_interrupt)
    assert cli.main([*GRID, "--seeds", "1000", "--out", str(tmp_path)]) == 130
    assert 2 <= len(rows_of(tmp_path)) < 2000 and (tmp_path / "best.toml").exists()


# bad input, bad luck


def test_a_full_disk_is_one_line_and_whole_rows_are_kept(tmp_path, monkeypatch, capsys):
    write, count = os.write, []

    def fill_up(descriptor, content):
        if not os.lseek(descriptor, 0, os.SEEK_CUR):
            return write(descriptor, content)  # the head of a file: a row follows on others
        count.append(1)
        if len(count) < 4:
            return write(descriptor, content)
        if len(count) == 4:
            return write(descriptor, bytes(content)[:20])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(sweep_results.os, "write", fill_up)
    assert cli.main([*GRID, "--out", str(tmp_path)]) == 2
    monkeypatch.undo()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("No space left on device; 3 of 6 rows are kept, --resume goes on")
    assert len(rows_of(tmp_path)) == 3
    assert cli.main([*GRID, "--resume", "--out", str(tmp_path)]) == 0
    assert len(rows_of(tmp_path)) == 6


# in Python, and in threads


def test_python_has_a_row_as_each_run_ends():
    rows = sweep(Experiment(samples=40, epochs=3), {"penalty_strength": [0.1, 1.0]}, seeds=2, penalty="l2")
    first = next(rows)
    assert first["penalty_strength"] in (0.1, 1.0) and first["epochs"] == 3
    assert len(list(rows)) == 3


@pytest.mark.parametrize("vary", ["penalty=none,l1,l2", "epochs=40,50"])
def test_a_varied_knob_keeps_its_values_where_a_result_has_its_name(tmp_path, monkeypatch, vary):
    flags = ["--vary", vary, "--samples", "40", "--early-stopping", "on", "--patience", "1", "--learning-rate", ".5"]
    assert cli.main(["sweep", *flags, "--epochs", "40", "--out", str(tmp_path)]) == 0
    with open(tmp_path / "results.csv", newline="") as opened:
        header, *rows = csv.reader(opened)
    name, values = read_values(vary)
    assert sorted(row[0] for row in rows) == sorted(map(str, values)) and len(set(header)) == len(header)
    assert all(row[header.index("epochs")] != row[0] for row in rows)
    before = (tmp_path / "results.csv").read_bytes()
    assert cli.main(["sweep", *flags, "--epochs", "40", "--resume", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "results.csv").read_bytes() == before
    assert sweep_spots.read(tmp_path).runs == len(values)
    found = sweep(Experiment(samples=40, epochs=5), {name: values})
    assert {row["knob_epochs" if name == "epochs" else name] for row in found} == set(values)


def test_python_is_told_of_a_bad_knob_before_the_first_row():
    with pytest.raises(KnobError, match="learning_rate"):
        sweep(Experiment(), {"learning_rate": [-1]})


LONG = Experiment(samples=400, layers=(32, 32), epochs=100_000)


def test_leaving_the_loop_ends_running_runs_at_once():
    jobs = plan(LONG, {"learning_rate": [0.01, 0.02]})
    wanted, took = [True], []

    def change_mind():
        time.sleep(0.3)
        wanted[0] = False
        took.append(time.monotonic())

    thread = threading.Thread(target=change_mind)
    thread.start()
    assert list(run_all(jobs, Threads(2), lambda: wanted[0])) == []
    assert time.monotonic() - took[0] < 0.3  # .1 where the machine is idle
    thread.join()


def test_a_sweep_leaves_seats_to_who_else_trains():
    seats, held = Seats(2), []
    jobs = plan(LONG, {"learning_rate": [0.01, 0.02, 0.03, 0.04]})
    until = time.monotonic() + 0.5

    def take_seats():
        while time.monotonic() < until:
            with seats.taken():
                held.append(1)

    other = threading.Thread(target=take_seats)
    other.start()
    assert list(run_all(jobs, Threads(4, seats), lambda: time.monotonic() < until)) == []
    other.join()
    assert len(held) > 3


# its picture


def test_a_sweep_over_three_knobs_is_seen_over_the_two_with_most_values_at_the_best_of_the_third(tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "draw_sweep", draw_sweep)
    vary = ["--penalty", "l2", "--vary", "penalty_strength=.001,.1,1000", "--vary", "layers=4;;8"]
    flags = [*SMALL[:-2], "--vary", "optimizer=sgd,adam", "--seeds", "2", "--out", str(tmp_path)]
    assert cli.main(["sweep", *vary, *flags]) == 0
    assert (tmp_path / "sweep.png").read_bytes()[1:4] == b"PNG"
    seen = sweep_spots.read(tmp_path)
    best = file.load_toml(tmp_path / "best.toml").knobs
    assert seen.others == {"optimizer": best.optimizer} and seen.runs == 36
    assert [axis.values for axis in seen.found.axes] == [(0.001, 0.1, 1000.0), ((), (4,), (8,))]
    found = seen.found.spots[seen.found.best("val_data")]
    assert found.values == (best.penalty_strength, best.layers) and len(seen.found.spots) == 9
    rows = [row for row in rows_of(tmp_path) if row["optimizer"] == best.optimizer]
    losses = [
        float(row["val_loss"]) - float(row["penalty_term"])
        for row in rows
        if (float(row["penalty_strength"]), row["layers"]) == (0.1, "8")
    ]
    assert next(s for s in seen.found.spots if s.values == (0.1, (8,))).mean("val_data") == pytest.approx(
        np.mean(losses)
    )


def test_where_nothing_can_be_drawn_the_sweep_says_so_and_is_done(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(drawing, "draw_sweep", draw_sweep)
    monkeypatch.setattr(drawing, "program", lambda: [sys.executable, "-c", "raise SystemExit('no Qt here')"])
    assert cli.main([*GRID, "--out", str(tmp_path)]) == 0
    assert "sweep.png could not be drawn: no Qt here" in capsys.readouterr().err


@pytest.mark.parametrize(
    "flags", [{}, {"penalty": "l2", "penalty_strength": 3.0}, {"early_stopping": True, "patience": 1}]
)
def test_what_the_kernel_has_measured_is_what_the_network_is_asked_for(flags):
    run = Run(Experiment(samples=60, epochs=9, learning_rate=0.3, **flags), budget=0)
    while not run.has_ended:
        run.burst(1)
    told = run.scores()
    assert np.array_equal(told, Standing.scores(run), equal_nan=True) and run.penalty == Standing.penalty.fget(run)
