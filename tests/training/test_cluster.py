"""Sweeps on a real Dask cluster on this machine: a scheduler and two workers, started by the dask command line."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from playground import cli, sweep
from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.training import cluster, drawing
from playground.training.cluster import Cluster, ClusterError, Lost, _Waiting
from playground.training.sweep import Threads, plan, run_all

BASE = Experiment(samples=40, epochs=20, layers=(4,))
RATES = [0.001 * (place + 1) for place in range(50)]
PACKAGE = Path(cluster.__file__).parents[2]


def dask(*arguments, **environment):
    path = os.pathsep.join(filter(None, [str(PACKAGE), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *arguments, "--no-dashboard"],
        env=os.environ | {"PYTHONPATH": path} | environment,
        cwd="/",  # the sources are found by their path alone
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def start():
    """Starts processes of a cluster; they end with the test."""
    started = []

    def begin(*arguments, **environment):
        started.append(dask(*arguments, **environment))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def start_scheduler(start, folder, *flags):
    """A scheduler's process and address."""
    file = folder / "scheduler.json"
    process = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file), *flags)
    deadline = time.monotonic() + 60
    while not file.exists() or not file.read_text():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    return process, json.loads(file.read_text())["address"]


@pytest.fixture
def scheduler(start, tmp_path):
    return start_scheduler(start, tmp_path)


def start_worker(start, address, *flags, **environment):
    arguments = ("--nthreads", "1", "--no-nanny", "--host", "127.0.0.1", "--local-directory", "/tmp")
    return start("worker", address, *arguments, *flags, **environment)


def wait_for_workers(address, count):
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=60)


def certify(folder, name):
    """A certificate that is its own authority, and its key: the files' paths."""
    cert, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", f"/CN={name}")
    command = ["openssl", "req", "-x509", *kind, "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    return cert, key


def told(outcomes):
    """The rows by number, without what a clock has measured."""
    return {number: {name: value for name, value in row.items() if name != "seconds"} for number, row in outcomes}


def test_a_worker_that_is_killed_loses_no_run_and_rows_are_those_of_threads(start, scheduler):
    _, address = scheduler
    workers = [start_worker(start, address) for _ in range(2)]
    wait_for_workers(address, 2)
    jobs = plan(BASE, {"learning_rate": RATES}, seeds=5, folds=2)
    assert len(jobs) == 500
    found = []
    with Cluster(address) as place:
        for outcome in run_all(jobs, place):
            found.append(outcome)
            if len(found) == 100:
                workers[0].kill()
    assert workers[0].wait() and workers[1].poll() is None
    assert sorted(number for number, _ in found) == list(range(500))
    assert told(found) == told(run_all(jobs, Threads(2)))


def test_a_scheduler_that_goes_away_is_told_and_rows_are_kept(start, scheduler, tmp_path, capsys, monkeypatch):
    process, address = scheduler
    start_worker(start, address)
    wait_for_workers(address, 1)
    flags = ["--samples", "40", "--epochs", "20", "--seeds", "2000", "--out", str(tmp_path / "out")]
    add = cli._bar

    def bar(total, unit, done=0):
        made = add(total, unit, done)
        update = made.update
        counted = []

        def count(n=1):
            counted.append(n)
            if len(counted) == 20:
                process.kill()
            return update(n)

        made.update = count
        return made

    monkeypatch.setattr(cli, "_bar", bar)
    assert cli.main(["sweep", "--vary", "learning_rate=.01", *flags, "--scheduler", address]) == 2
    assert "the scheduler went away" in capsys.readouterr().err
    rows = (tmp_path / "out" / "results.csv").read_text().splitlines()
    assert 20 <= len(rows) - 1 < 2000


def test_a_worker_of_another_version_is_refused(start, scheduler, tmp_path):
    _, address = scheduler
    other = tmp_path / "playground"
    other.mkdir()
    (other / "__init__.py").write_text('__version__ = "9.9.9"\n')
    start_worker(start, address, PYTHONPATH=str(tmp_path))
    wait_for_workers(address, 1)
    with pytest.raises(ClusterError, match=r"worker tcp://.*playground 9\.9\.9 there, .* here"):
        Cluster(address).connect()


def test_an_address_where_nothing_listens_is_told_and_the_folder_stays(tmp_path, capsys):
    (tmp_path / "results.csv").write_text("rows of before\n")
    arguments = ["sweep", "--vary", "seed=1,2", "--scheduler", "tcp://127.0.0.1:9", "--out", str(tmp_path)]
    assert cli.main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("playground: tcp://127.0.0.1:9: no scheduler answers there")
    assert (tmp_path / "results.csv").read_text() == "rows of before\n"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
def test_a_sweep_runs_over_tls_and_another_authority_is_told_in_one_line(start, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(drawing, "draw_sweep", lambda folder: "")
    cert, key = certify(tmp_path, "ours")
    other, _ = certify(tmp_path, "theirs")
    files = ("--tls-ca-file", str(cert), "--tls-cert", str(cert), "--tls-key", str(key))
    _, address = start_scheduler(start, tmp_path, "--protocol", "tls", *files)
    assert address.startswith("tls://127.0.0.1:")
    start_worker(start, address, *files)
    out = tmp_path / "out"
    flags = ["--vary", "learning_rate=.01,.1", "--samples", "40", "--epochs", "2", "--scheduler", address]
    flags += ["--tls-cert", str(cert), "--tls-key", str(key), "--out", str(out)]
    assert cli.main(["sweep", *flags, "--tls-ca", str(other)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"playground: {address}: no scheduler answers there") and "certificate" in line.lower()
    assert not out.exists()
    assert cli.main(["sweep", *flags, "--tls-ca", str(cert)]) == 0
    assert capsys.readouterr().err == "" and (out / "results.csv").read_text().count(",finished,") == 2
    assert json.loads((out / "sweep.json").read_text())["sessions"][0]["place"] == f"Dask, {address}"


def test_a_machine_without_dask_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r"pip install 'training-playground\[cluster\]'"):
        Cluster("local")


@pytest.mark.parametrize("address", ["127.0.0.1:8786", "http://host:1", "tls://host:1", "tcp://host"])
def test_addresses_that_cannot_be_are_refused(address):
    with pytest.raises(DataError, match="takes|port is missing"):
        Cluster(address)


def test_batches_grow_to_a_second_and_shrink_towards_the_end():
    waiting = _Waiting(100_000)
    sizes = []
    while waiting:
        sizes.append(len(waiting.take(2)))
        waiting.note(sizes[-1], 0.002 * sizes[-1])
    assert sizes[:3] == [1, 8, 64]
    assert 450 < max(sizes) <= 500 and sizes[-1] == 1 and sum(sizes) == 100_000


class Broken:
    """A batch whose workers died."""

    status = "error"

    def result(self, timeout):
        raise RuntimeError("its worker died 4 times")


def test_runs_of_a_batch_that_failed_are_tried_one_by_one_and_one_that_fails_alone_says_why():
    place, waiting = Cluster.__new__(Cluster), _Waiting(2)
    place._client = SimpleNamespace(status="running")
    assert waiting.take(1) + waiting.take(1) == [0, 1] and not waiting
    assert place._told(Broken(), [0, 1], waiting, None) == []
    assert [waiting.take(1), waiting.take(1)] == [[0], [1]]
    assert place._told(Broken(), [1], waiting, None) == [(1, Lost("RuntimeError: its worker died 4 times"))]


def test_a_lost_run_of_a_sweep_has_a_row_that_says_why(monkeypatch):
    place = Cluster.__new__(Cluster)
    monkeypatch.setattr(Cluster, "connect", lambda self: None)
    monkeypatch.setattr(Cluster, "each", lambda *_: (pair for pair in [(1, Lost("RuntimeError: it died"))]))
    (outcome,) = place.outcomes(plan(BASE, {"learning_rate": [0.01, 0.1]}), lambda: True)
    assert outcome == (1, {"status": "lost", "diagnosis": "RuntimeError: it died"})


def test_many_workers_have_longer_batches():
    waiting = _Waiting(10**9)
    for _ in range(10):
        size = len(waiting.take(1000))
        waiting.note(size, 0.002 * size)
    assert 4500 < len(waiting.take(1000)) <= 5000


def test_python_trains_on_a_cluster_and_leaving_the_loop_frees_its_workers(start, scheduler):
    _, address = scheduler
    start_worker(start, address)
    wait_for_workers(address, 1)
    with Cluster(address) as place:
        rows = sweep(BASE, {"learning_rate": [0.01, 0.1]}, where=place)
        assert sorted(row["learning_rate"] for row in rows) == [0.01, 0.1]
        wanted = time.monotonic() + 1.5
        long = plan(BASE, {"epochs": [1_000_000, 1_000_001]})
        assert list(run_all(long, place, lambda: time.monotonic() < wanted)) == []
        begun = time.monotonic()
        assert len(list(run_all(plan(BASE, {"learning_rate": [0.01, 0.1]}), place))) == 2
        assert time.monotonic() - begun < 5  # what was given up would take minutes
