"""A history that lies in a file is what one in memory is, bit for bit, to all who ask."""

import math
import os
import sys

import numpy as np
import pytest

from playground import cli
from playground.kernels.columns import COLUMNS, DATA_LOSS, PENALTY, VAL_LOSS
from playground.model import archive, file, spool
from playground.training import history, results, resuming
from playground.training.branching import branch
from playground.training.desk import take_snapshot
from playground.training.diagnosis import diagnose
from playground.training.history import History
from playground.training.remedies import _longest_wait
from playground.training.symptoms import look
from playground.training.trials import outcome
from tests.again import LIVE, bits, experiment, trained

EPOCHS = 300
PIECE = 32


@pytest.fixture
def short(monkeypatch):
    """A history is long from 70 epochs on."""
    monkeypatch.setattr(spool, "FIRST_ROWS", 70)
    for module in (spool, history, resuming):
        monkeypatch.setattr(module, "PIECE", PIECE)


@pytest.fixture(params=[{}, LIVE], ids=["plain", "changed"])
def both(request, monkeypatch):
    """A run whose history is in memory, and its like whose history is in a file."""
    for module in (spool, history, resuming):
        monkeypatch.setattr(module, "PIECE", PIECE)
    run = trained(experiment(epochs=EPOCHS, noise=0.5, layers=(16,)), changes=request.param)
    monkeypatch.setattr(spool, "FIRST_ROWS", 70)
    other = resuming.resume(run.experiment, *resuming.to_saved(run))
    assert other.history._spool.is_in_file and not run.history._spool.is_in_file
    pair = [run, other]
    yield pair
    pair.clear()  # which closes the file


def same(one, other):
    return np.array_equal(one, other, equal_nan=True)


def test_rows_verdicts_and_snapshots_are_the_same(both):
    run, other = both
    assert same(run.history.rows, other.history.rows) and run.best_epoch == other.best_epoch
    assert diagnose(run) == diagnose(other) and repr(look(run)[2:]) == repr(look(other)[2:])
    one, two = (take_snapshot(1, each, diagnose(each)) for each in both)
    assert same(one.history, two.history)
    assert one._replace(history=None, stages=()) == two._replace(history=None, stages=())


def test_any_past_epoch_is_the_same(both):
    run, other = both
    for epoch in (0, 1, 31, 32, 69, 70, 71, 128, 250, EPOCHS):
        one, two = run.at(epoch), other.at(epoch)
        assert bits(one) == bits(two) and one.seconds == two.seconds
        assert diagnose(one) == diagnose(two)


@pytest.mark.parametrize("epoch", [20, 69, 71, 160])
def test_a_branch_goes_on_in_a_place_of_its_own(both, epoch):
    children = [branch(run, epoch) for run in both]
    for child in children:
        child.adapt(child.experiment.change(learning_rate=0.05))
        while child.epoch < epoch + 100:
            child.finish_epoch()
    one, two = children
    assert bits(one) == bits(two) and diagnose(one) == diagnose(two) and one.best_epoch == two.best_epoch
    assert two.history._spool.is_in_file
    assert same(both[0].history.rows, both[1].history.rows)


def test_what_is_written_is_the_same_byte_for_byte(both, tmp_path):
    for run, name in zip(both, "ab"):
        results.write(run, tmp_path / name)
    written = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert "history.csv" in written and "experiment.playground" in written
    for name in written:
        one, two = ((tmp_path / folder / name).read_bytes() for folder in "ab")
        if name == "experiment.playground":
            one, two = (_members(tmp_path / folder / name) for folder in "ab")
        assert one == two, name
    assert len((tmp_path / "b" / "history.csv").read_text().splitlines()) == EPOCHS + 1


def _members(path):
    with archive.opened(path) as opened:
        # Copies of the past may be fewer in a run that was opened.
        return {name: opened.read(name) for name in opened.namelist() if "history" in name}


def test_a_project_that_is_opened_is_the_same_where_large_arrays_go_into_files(both, tmp_path, monkeypatch):
    run, other = both
    path = tmp_path / "a.playground"
    file.save(path, other.experiment, [file.alone(other.experiment, *resuming.to_saved(other))])
    monkeypatch.setattr(archive, "LARGE", 200)
    (saved,) = file.load(path).runs
    again = resuming.resume(saved.experiment, saved.arrays, saved.info)
    assert bits(again) == bits(run) and same(again.history.rows, run.history.rows)


def test_a_full_disk_opens_a_project_in_memory(both, tmp_path, monkeypatch):
    run, other = both
    path = tmp_path / "a.playground"
    file.save(path, other.experiment, [file.alone(other.experiment, *resuming.to_saved(other))])
    monkeypatch.setattr(archive, "LARGE", 200)
    monkeypatch.setattr(spool, "write", _refuse)
    (saved,) = file.load(path).runs
    again = resuming.resume(saved.experiment, saved.arrays, saved.info)
    assert same(again.history.rows, run.history.rows) and again.history.note


def _refuse(*_):
    raise OSError(28, "No space left on device")


def test_a_full_disk_in_the_midst_of_training_is_told_and_nothing_is_lost(both, monkeypatch):
    run, other = both
    for each in both:
        each.adapt(each.experiment.change(epochs=EPOCHS + 50))
    monkeypatch.setattr(spool, "write", _refuse)
    for each in both:
        while not each.has_ended:
            each.finish_epoch()
    assert bits(run) == bits(other) and diagnose(run) == diagnose(other)
    assert "No space left" in take_snapshot(1, other, diagnose(other)).note


def test_an_outcome_is_the_same_whenever_it_was_asked(both):
    run, other = both
    before = take_snapshot(1, run, diagnose(run))
    children = [branch(each, 100, each.at(100).experiment.change(learning_rate=0.05)) for each in both]
    found = []
    for number, child in enumerate(children, 2):
        for _ in range(3 - number % 2):
            child.advance(10 * child.batches)
            outcome(before, take_snapshot(number, child, diagnose(child)), 100)
        while child.epoch < 200:
            child.finish_epoch()
        found.append(outcome(before, take_snapshot(number, child, diagnose(child)), 100))
    assert found[0] == found[1]
    rows = run.history.rows
    assert found[0].best.before == (rows[:, VAL_LOSS] - rows[:, PENALTY]).min()


def grown(rows, *cuts):
    """A history that came in pieces, and was asked after each."""
    found = History()
    for start, end in zip((0, *cuts), (*cuts, len(rows))):
        found.append(rows[start:end])
        assert found.best_epoch == _best(rows[:end])
    return found


def _best(rows):
    losses = rows[:, VAL_LOSS]
    return None if np.isnan(losses).all() else int(np.nanargmin(losses)) + 1


@pytest.fixture
def rows():
    draw = np.random.default_rng(3)
    found = draw.uniform(1, 2, (500, len(COLUMNS)))
    found[:, VAL_LOSS] = np.round(found[:, VAL_LOSS] - np.arange(500) / 600, 2)  # some are equal
    found[draw.integers(0, 500, 60), VAL_LOSS] = np.nan
    found[:40, VAL_LOSS] = np.nan
    return found


@pytest.mark.parametrize("cuts", [(), (1, 2, 3), (31, 32, 33, 64, 300), tuple(range(7, 500, 13))])
def test_the_best_epoch_is_found_however_the_history_grew(short, rows, cuts):
    found = grown(rows, *cuts)
    for epochs in (0, 39, 41, 64, 200, 499):
        assert found.first(epochs).best_epoch == (_best(rows[:epochs]) if epochs else None)
    found.compare_from(100)
    assert found.best_epoch == 100 + _best(rows[100:])
    assert found.first(250).best_epoch == 100 + _best(rows[100:250])


def test_nothing_is_looked_at_twice(short, rows):
    found, seen = History(), []

    def step(before, piece, first):
        seen.append((first, len(piece)))
        return (before or 0) + len(piece)

    for start in range(0, 500, 10):
        found.append(rows[start : start + 10])
        assert found.fold(step) == start + 10
    whole = [first for first, length in seen if length == PIECE]
    assert whole == list(range(0, 500 - PIECE + 1, PIECE))
    assert found.fold(step, end=100) == found.first(100).fold(step) == 100


def test_a_patience_outlasts_every_wait_in_pieces_too(short, rows):
    class Seen:
        class run:  # noqa: N801
            history = grown(rows, 100, 300)

    for best in (41, 64, 65, 300, 500):
        column = rows[:best, VAL_LOSS]
        gains = np.flatnonzero(column <= np.fmin.accumulate(column))
        longest = int(np.diff(gains).max(initial=0))
        assert _longest_wait(Seen, best) == max(int(math.ceil(1.2 * longest)), 10)


def test_a_training_loss_that_was_nan_once_has_no_lowest(short):
    run = trained(experiment(epochs=100))
    rows = run.history.rows.copy()
    run.history = History(rows)
    assert look(run).lowest == rows[:, DATA_LOSS].min() / look(run).reference
    rows[5, DATA_LOSS] = np.nan
    run.history = History(rows)
    assert math.isnan(look(run).lowest)


def test_the_command_tells_that_a_history_takes_memory(short, monkeypatch, capsys):
    monkeypatch.setattr(spool, "write", _refuse)
    assert cli.main(["train", "--epochs", "100", "--samples", "20", "--layers", ""]) == 0
    assert "note: A long history cannot be kept on the disk" in capsys.readouterr().err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")
def test_half_a_million_epochs_take_no_more_memory_than_the_first(rows):
    def resident():
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    found, grown = History(), []
    for number in range(600):
        found.append(np.tile(rows, (2, 1)))
        assert found.best_epoch
        if number in (140, 599):  # epochs 140,000 and 600,000: 33 MB lie between
            grown.append(resident())
    assert len(found) == 600_000 and grown[1] - grown[0] < 5
