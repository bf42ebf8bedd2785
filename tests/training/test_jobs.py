"""Work in a thread of its own: its progress, its end, its errors, and that it is given up at once."""

import threading
import time

import numpy as np
import pytest

from playground.model import file
from playground.model.experiment import Experiment
from playground.model.progress import CancelledError
from playground.training.jobs import PATIENCE, Job


def test_a_result_is_taken_when_it_is_there():
    gate = threading.Event()
    job = Job(lambda progress: gate.wait(5) and threading.current_thread().name, "saver")
    assert not job.is_done and job.share is None
    gate.set()
    assert job.result() == "saver" and job.is_done


def test_progress_is_seen_while_it_works():
    gate, halfway = threading.Event(), threading.Event()

    def work(progress):
        progress(0.5)
        halfway.set()
        gate.wait(5)

    job = Job(work)
    assert halfway.wait(5)
    assert job.share == 0.5 and not job.is_done
    gate.set()
    assert job.result() is None


def test_an_error_travels_to_whoever_takes_the_result():
    job = Job(lambda progress: 1 / 0)
    assert job.wait(5) and job.is_done
    with pytest.raises(ZeroDivisionError):
        job.result()


def test_a_job_that_is_closed_ends_between_two_pieces():
    begun = threading.Event()

    def work(progress):
        while True:
            progress(0.1)
            begun.set()
            time.sleep(0.001)

    job = Job(work)
    assert begun.wait(5)
    before = time.perf_counter()
    assert job.close()
    assert time.perf_counter() - before < PATIENCE
    with pytest.raises(CancelledError):
        job.result()


def test_closing_does_not_wait_for_what_does_not_listen():
    gate = threading.Event()
    job = Job(lambda progress: gate.wait(10))
    before = time.perf_counter()
    assert not job.close()
    assert time.perf_counter() - before < PATIENCE + 0.2
    gate.set()
    assert job.result()


def test_a_save_that_is_closed_leaves_the_old_file_alone(tmp_path):
    path, begun = tmp_path / "a.playground", threading.Event()
    file.save(path, Experiment(seed=1))
    before = path.read_bytes()
    noise = np.random.default_rng(1).random((4, 1_000_000))
    run = file.alone(Experiment(), {f"history_{number}": row for number, row in enumerate(noise)}, {})

    def work(progress):
        file.save(path, Experiment(seed=2), [run], lambda share: (begun.set(), progress(share)))

    job = Job(work)
    assert begun.wait(5)
    job.close()
    assert job.wait(10)  # a slow disk may take longer than closing waits
    with pytest.raises(CancelledError):
        job.result()
    assert path.read_bytes() == before and [found.name for found in tmp_path.iterdir()] == [path.name]
