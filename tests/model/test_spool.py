"""A table that outgrows the memory: its rows, what others see of it, and a disk that has no room."""

import errno
import gc
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from playground.model import spool
from playground.model.spool import Spool

ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A table is long from 50 rows on."""
    monkeypatch.setattr(spool, "FIRST_ROWS", 50)
    monkeypatch.setattr(spool, "PIECE", 16)


def numbers(first, last):
    return np.arange(3.0 * first, 3.0 * last).reshape(-1, 3)


def table(length, at_once=7):
    found = Spool(3)
    for start in range(0, length, at_once):
        found.append(numbers(start, min(length, start + at_once)))
    return found


def handles():
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("at_once", [1, 7, 16, 1000])
def test_rows_come_back_as_they_were_however_they_came(at_once):
    found = table(1000, at_once)
    assert found.is_in_file and not found.note and np.array_equal(found.rows, numbers(0, 1000))


def test_a_short_table_stays_in_memory():
    assert not table(50).is_in_file


def test_a_view_stays_as_it_was_while_the_table_moves_and_grows():
    found = table(40)
    views = [found.rows]
    for end in (60, 200, 3000):
        found.append(numbers(len(found), end))
        views.append(found.rows)
    for view in views:
        assert np.array_equal(view, numbers(0, len(view)))


def test_rows_of_the_file_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        table(100).rows[0] = 0


@pytest.mark.parametrize("length", [0, 20, 50, 51, 90])
def test_the_first_rows_go_on_apart(length):
    whole = table(100)
    part = whole.first(length)
    part.append(-numbers(0, 80))
    assert np.array_equal(part.rows, np.concatenate([numbers(0, length), -numbers(0, 80)]))
    assert np.array_equal(whole.rows, numbers(0, 100)) and part.is_in_file


def test_no_rows_are_taken_where_none_may_be_written():
    table = Spool(2)
    table.append(np.ones((5, 2)))
    part = table.first(3)
    part.append(np.empty((0, 2)))
    assert len(part) == 3 and np.array_equal(part.rows, np.ones((3, 2)))


@ON_LINUX
def test_the_file_has_no_name_and_is_closed_with_the_last_who_reads_it():
    before = handles()
    found = table(5000)
    assert os.fstat(found._file._file.fileno()).st_nlink == 0
    view = found.rows
    del found
    assert np.array_equal(view, numbers(0, 5000))
    del view
    gc.collect()
    assert handles() == before


KILLED = """
import sys, time
import numpy as np
from playground.model import spool
spool.FIRST_ROWS = 50
found = spool.Spool(3)
found.append(np.ones((100_000, 3)))
print(found.is_in_file, flush=True)
time.sleep(60)
"""


@ON_LINUX
def test_nothing_is_left_by_a_process_that_is_killed(tmp_path):
    folders = {"TMPDIR": str(tmp_path), "PLAYGROUND_CACHE_DIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", KILLED], env=os.environ | folders, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline().split() == [b"True"]
        while_it_lived = [path for path in tmp_path.rglob("*") if path.is_file()]
        process.send_signal(signal.SIGKILL)
    assert while_it_lived == [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_rows_that_nobody_has_asked_for_are_written_many_at_once(monkeypatch):
    write, sizes = spool.write, []
    monkeypatch.setattr(spool, "write", lambda *given: (write(*given), sizes.append(len(given[1]) // 24)))
    found = table(1000, at_once=1)
    assert len(found) == 1000 and set(sizes[4:]) == {16}
    assert np.array_equal(found.rows, numbers(0, 1000))


@pytest.mark.parametrize("writes", [0, 1, 2, 3, 4, 30])
@pytest.mark.parametrize("asks", [False, True])
def test_where_the_disk_is_full_all_rows_are_in_memory_and_it_is_told(monkeypatch, writes, asks):
    write, left = spool.write, [writes]

    def fail(file, content, place):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(file, content, place)

    monkeypatch.setattr(spool, "write", fail)
    found = Spool(3)
    for start in range(0, 1000, 5):
        found.append(numbers(start, start + 5))
        assert not asks or np.array_equal(found.rows, numbers(0, start + 5))
    assert np.array_equal(found.rows, numbers(0, 1000)) and not found.is_in_file
    assert found.note.endswith("takes memory: No space left on device")


@ON_LINUX
def test_a_file_that_may_not_grow_is_left_at_once_and_closed():
    resource = pytest.importorskip("resource")
    before, limits = handles(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
    try:
        found = table(1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert np.array_equal(found.rows, numbers(0, 1000)) and "File too large" in found.note
    gc.collect()
    assert handles() == before


def test_where_no_folder_takes_a_file_it_is_told(monkeypatch):
    def refuse(**_):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(spool.tempfile, "TemporaryFile", refuse)
    found = table(200)
    assert np.array_equal(found.rows, numbers(0, 200)) and "Read-only" in found.note


@ON_LINUX
def test_what_was_read_is_given_back():
    def resident():
        with open("/proc/self/status", encoding="ascii") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith(("RssFile", "RssShmem"))) / 1e3

    found = Spool(100)
    for _ in range(40):
        found.append(np.ones((1000, 100)))  # 32 MB
    before = resident()
    assert found.rows.sum() == 4e6
    assert resident() > before + 25
    spool.release(found.rows[3:, 2])
    assert resident() < before + 2
    for _, piece in spool.pieces(found.rows):
        assert piece.all()
    assert resident() < before + 2
