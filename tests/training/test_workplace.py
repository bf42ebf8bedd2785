"""Searches that train elsewhere: numbers are those of threads, and what goes wrong is told in one line."""

import contextlib
import socket
import sys
import threading
import time

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.training.findings import CANCELLED, DONE, FAILED, LOSSES, PAUSED, VARIANCE, Asked
from playground.training.searching import Search
from playground.training.where import Where
from playground.training.workplace import Workplace

from .test_cluster import scheduler, start, start_worker, wait_for_workers  # noqa: F401

SMALL = Experiment(samples=40, layers=(4,), epochs=6, penalty="l2", penalty_strength=1.0)
EXTENT = (-1.5, 1.5, -1.5, 1.5)
LONG = 60.0  # seconds


@pytest.fixture
def place():
    """Two processes of this computer."""
    chosen = Workplace(Where("local", 2))
    yield chosen
    chosen.leave(patience=LONG)


def found(asked, where=None, experiment=SMALL):
    search = Search(asked, experiment, place=where)
    assert search.wait(LONG)
    assert search.found.status == DONE, search.found.reason
    return search.found


def assert_same(one, other):
    """Bit for bit."""
    assert len(one.spots) == len(other.spots) and one.done == other.done
    for first, second in zip(one.spots, other.spots):
        assert first.values == second.values and first.diverged == second.diverged
        assert first.found.keys() == second.found.keys()
        for name in first.found:
            np.testing.assert_array_equal(first.found[name], second.found[name])
        assert (first.surface is None) == (second.surface is None)
        if first.surface is not None:
            np.testing.assert_array_equal(first.surface.values, second.surface.values)


def test_processes_find_what_threads_find_and_pause_and_end_at_once(place):
    for asked in (
        Asked(LOSSES, "penalty_strength", seeds=3, extent=EXTENT),  # refined where it bends
        Asked(LOSSES, "penalty_strength", "layers", seeds=1),
        Asked(VARIANCE, "standardize", seeds=4),
    ):
        assert_same(found(asked, place), found(asked))
    search = Search(Asked(LOSSES, "penalty_strength", seeds=2), SMALL.change(epochs=3000), place=place)
    search.pause()
    assert not search.wait(0.5)
    assert search.found.status == PAUSED
    rested = search.found.done
    assert not search.wait(0.5)
    assert search.found.done <= rested + 4  # of those that were under way
    search.pause(False)
    assert search.wait(LONG)
    assert search.found.status == DONE
    endless = Search(Asked(LOSSES, "penalty_strength", seeds=2), SMALL.change(epochs=1_000_000), place=place)
    assert not endless.wait(0.5)
    endless.cancel()
    assert endless.wait(2.0)
    assert endless.found.status == CANCELLED
    began = time.monotonic()
    found(Asked(LOSSES, "standardize", seeds=1), place)
    assert time.monotonic() - began < 10  # its workers are free again
    last = Search(Asked(LOSSES, "penalty_strength", seeds=2), SMALL.change(epochs=1000), place=place)
    place.leave(last)  # another place was chosen meanwhile
    assert last.wait(LONG)
    assert last.found.status == DONE


def test_a_scheduler_that_goes_away_is_told_and_what_was_found_stays(start, scheduler):  # noqa: F811
    process, address = scheduler
    far = Workplace(Where(address))
    waits = Search(Asked(LOSSES, "penalty_strength"), SMALL.change(epochs=2000), place=far)
    while "no worker is there yet" not in waits.found.reason:
        assert not waits.wait(0.05), waits.found.reason
    start_worker(start, address)
    wait_for_workers(address, 1)
    while waits.found.done < 3:
        assert not waits.wait(0.05), waits.found.reason
    process.kill()
    assert waits.wait(LONG)
    assert waits.found.status == FAILED
    assert waits.found.reason == f"{address}: the scheduler went away; what is there is kept"
    assert any(spot.found for spot in waits.found.spots)
    far.leave(waits, LONG)


@pytest.mark.parametrize(
    "where, told",
    [
        (Where("tcp://127.0.0.1:9"), "no scheduler answers there"),
        (Where("tls://127.0.0.1:9"), "a file each"),
        (Where("tls://127.0.0.1:9", 0, "a.pem", "b.pem", "c.pem"), "a.pem: there is no such file"),
    ],
)
def test_a_place_that_cannot_be_reached_is_told_and_the_last_chart_stays(where, told):
    before = found(Asked(LOSSES, "standardize", seeds=1))
    search = Search(Asked(LOSSES, "standardize"), SMALL, place=Workplace(where), before=before)
    assert search.wait(LONG)
    assert search.found.status == FAILED and told in search.found.reason
    assert search.found.spots == before.spots and search.found.done == before.done


def test_what_listens_and_is_no_scheduler_is_told():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            for _ in range(2):  # the knock, and Dask's greeting
                connection, _ = server.accept()
                with connection, contextlib.suppress(OSError):
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        search = Search(Asked(LOSSES, "standardize"), SMALL, place=Workplace(Where(address)))
        assert search.wait(LONG)
    assert search.found.status == FAILED and "does not speak Dask" in search.found.reason


def test_without_dask_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    search = Search(Asked(LOSSES, "standardize"), SMALL, place=Workplace(Where("local")))
    assert search.wait(LONG)
    assert search.found.status == FAILED and search.found.reason.startswith("Dask is not installed; ")
