"""The one writer: an old file is never lost or torn, links stay, and what an end leaves is swept or completed."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest

from playground.model import parts, saving
from playground.model.saving import ChangedError, replace_file, stamp, write_bytes

GONE = 2**22 + 1  # above what Linux gives to processes


def left_name(process=GONE):
    return f".{parts._HOST}-{process}-01234567.part"


def test_a_file_is_replaced_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    made = write_bytes(path, b"new")
    assert path.read_bytes() == b"new" and os.listdir(tmp_path) == ["a.txt"] and made == stamp(path)


def test_a_write_that_lies_is_noticed_and_the_old_file_kept(tmp_path, monkeypatch):
    path = tmp_path / "history.csv"
    path.write_text("old")

    def damage(file):
        original = saving._Steady.write
        # as many bytes as were given reach the disk, but others
        monkeypatch.setattr(saving._Steady, "write", lambda self, content: original(self, content))
        file.write(b"new content")
        file.flush()
        os.pwrite(file.fileno(), b"NEW", 0)

    with pytest.raises(OSError, match="cannot be read back"):
        replace_file(path, damage)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["history.csv"]


def test_a_rename_that_lies_is_noticed(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("old")
    monkeypatch.setattr(parts.os, "replace", lambda *_: None)
    with pytest.raises(OSError, match="did not take its place"):
        write_bytes(path, b"new content")
    assert path.read_text() == "old"


@pytest.mark.parametrize("name", ["fsync", "chmod", "replace", "open"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_whatever_fails_leaves_the_old_file_and_is_told(tmp_path, monkeypatch, name, number):
    path = tmp_path / "a.txt"
    path.write_text("old")
    usual, calls = getattr(os, name), []

    def fail(*arguments, **named):
        calls.append(arguments)
        if len(calls) == 1 and not (name == "open" and os.path.isdir(arguments[0])):
            raise OSError(number, os.strerror(number))
        return usual(*arguments, **named)

    monkeypatch.setattr(os, name, fail)
    try:
        write_bytes(path, b"new")
        told = ""
    except OSError as error:
        told = str(error)
    monkeypatch.undo()
    assert path.read_text() == ("old" if told else "new") and (name == "open" or "a.txt: cannot be saved" in told)
    assert os.listdir(tmp_path) == ["a.txt"]


def test_links_keep_pointing_to_the_file(tmp_path):
    path, hard, soft = tmp_path / "a.txt", tmp_path / "hard.txt", tmp_path / "soft.txt"
    path.write_text("old and long")
    os.link(path, hard)
    soft.symlink_to("a.txt")
    write_bytes(soft, b"new")
    assert soft.is_symlink() and [each.read_bytes() for each in (path, hard, soft)] == [b"new"] * 3
    assert hard.stat().st_ino == path.stat().st_ino and len(os.listdir(tmp_path)) == 3


def test_a_file_of_several_names_that_was_being_written_over_is_completed(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("half of the ne")
    os.link(path, tmp_path / "b.txt")
    (tmp_path / f"{left_name()}.a.txt.copy").write_text("whole")
    parts.sweep(tmp_path)
    assert path.read_text() == (tmp_path / "b.txt").read_text() == "whole" and len(os.listdir(tmp_path)) == 2


def test_parts_of_processes_that_are_gone_are_swept_and_no_others(tmp_path):
    for name in (left_name(), left_name(os.getpid()), ".0123456789ab.part", ".private", f"{left_name()}x"):
        (tmp_path / name).write_text("")
    parts.sweep(tmp_path)
    assert left_name() not in os.listdir(tmp_path) and len(os.listdir(tmp_path)) == 4
    os.utime(tmp_path / ".0123456789ab.part", (0, 0))
    parts.sweep(tmp_path)
    assert ".0123456789ab.part" not in os.listdir(tmp_path)


def test_writing_sweeps_the_folder_that_it_writes_to(tmp_path):
    (tmp_path / left_name()).write_text("")
    write_bytes(tmp_path / "a.txt", b"new")
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_last_look_before_replacing_may_refuse(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("theirs")

    def refuse(found):
        assert found == path
        raise ChangedError("changed")

    with pytest.raises(ChangedError, match="^changed$"):
        replace_file(path, lambda file: file.write(b"ours"), before=refuse)
    assert path.read_text() == "theirs" and os.listdir(tmp_path) == ["a.txt"]


def test_files_take_their_places_together(tmp_path):
    (tmp_path / "notes.md").write_text("mine")
    (tmp_path / "a.csv").write_text("old")
    with parts.together(tmp_path) as draft:
        write_bytes(draft / "a.csv", b"new")
        (draft / "1-sgd").mkdir()
        write_bytes(draft / "1-sgd" / "a.csv", b"run")
        assert (tmp_path / "a.csv").read_text() == "old"
    assert (tmp_path / "a.csv").read_text() == "new" and (tmp_path / "1-sgd" / "a.csv").read_text() == "run"
    assert sorted(os.listdir(tmp_path)) == ["1-sgd", "a.csv", "notes.md"]


def test_where_one_file_cannot_be_written_none_takes_its_place(tmp_path):
    (tmp_path / "a.csv").write_text("old")
    with pytest.raises(OSError, match="no room"), parts.together(tmp_path) as draft:
        write_bytes(draft / "a.csv", b"new")
        raise OSError("no room")
    assert (tmp_path / "a.csv").read_text() == "old" and os.listdir(tmp_path) == ["a.csv"]


def test_what_an_end_has_left_half_in_place_is_completed(tmp_path):
    (tmp_path / "a.csv").write_text("new")  # this one had taken its place
    (tmp_path / "b.csv").write_text("old")
    ready = tmp_path / parts.READY
    ready.mkdir()
    (ready / "b.csv").write_text("new")
    parts.sweep(tmp_path)
    assert (tmp_path / "b.csv").read_text() == "new" and sorted(os.listdir(tmp_path)) == ["a.csv", "b.csv"]


def test_a_strangers_folder_moves_nothing_by_way_of_links(tmp_path):
    """Whoever unpacks one finds files as a kill leaves them: they reach nothing outside."""
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    for folder in (mine, theirs / parts.READY / "keys"):
        folder.mkdir(parents=True)
    (mine / "a.txt").write_text("mine")
    (theirs / "keys").symlink_to(mine)
    (theirs / parts.READY / "keys" / "a.txt").write_text("theirs")
    (theirs / "b.txt").symlink_to(mine / "a.txt")
    (theirs / f"{left_name()}.b.txt.copy").write_text("theirs")
    (theirs / "more").mkdir()
    (theirs / "more" / parts.READY).symlink_to(mine)
    for folder in (theirs, theirs / "more"):
        parts.sweep(folder)
    assert (mine / "a.txt").read_text() == "mine" and os.listdir(mine) == ["a.txt"]


KILLED = """
import os, signal, sys, threading
from pathlib import Path
from playground.model import parts
from playground.model.saving import write_bytes
folder = Path(sys.argv[1])
threading.Timer(float(sys.argv[2]), os.kill, (os.getpid(), signal.SIGKILL)).start()
number = 0
while True:
    number += 1
    with parts.together(folder) as draft:
        for name in "abcde":
            write_bytes(draft / name, f"{number:09d}".encode() * 200)
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("wait", [0.02, 0.031, 0.047])
def test_a_kill_leaves_files_of_one_writing_after_the_next_start(tmp_path, wait):
    subprocess.run([sys.executable, "-c", KILLED, tmp_path, str(wait)], check=False)
    parts.sweep(tmp_path)
    found = {(tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
    assert len(found) <= 1 and all(len(content) == 1800 for content in found)
    assert os.listdir(tmp_path) == [] or sorted(os.listdir(tmp_path)) == list("abcde")


def test_a_file_that_cannot_be_written_is_told_by_the_name_that_it_was_to_have(tmp_path):
    with pytest.raises(OSError) as told, parts.together(tmp_path) as draft:
        write_bytes(draft / "none" / "a.csv", b"new")
    assert str(tmp_path / "none" / "a.csv") in str(told.value) and ".part" not in str(told.value)
    with pytest.raises(OSError) as told, parts.together(tmp_path) as draft:
        (draft / "none" / "deeper").mkdir()
    assert str(told.value).startswith(f"{tmp_path / 'none' / 'deeper'}: ") and os.listdir(tmp_path) == []
