"""Files that promise more than they are, or are no files: refused in one line, at once, before memory is taken.

The long form, with many more of each kind, is tests/reliability.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import tracemalloc
import zipfile

import numpy as np
import pytest

from playground.model import file, npz, recipe, table
from playground.model.dataset import DataError, Dataset
from playground.training.results import read_weights

SECONDS, BYTES = 20.0, 100_000_000  # a hang is caught; what it takes stands in tests/reliability
READERS = {
    ".toml": recipe.load_toml,
    ".playground": file.load,
    ".npz": npz.read,
    ".csv": table.read,
    "w.npz": read_weights,
}


def refused(reader, path):
    """Why a file is not read: one line, soon, and without the memory that it promises."""
    tracemalloc.start()
    began = time.monotonic()
    try:
        with pytest.raises(DataError) as caught:
            reader(path)
        assert time.monotonic() - began < SECONDS
        assert tracemalloc.get_traced_memory()[1] < BYTES
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)
    return str(caught.value)


def packed(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def array(values):
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


@pytest.mark.skipif(os.name != "posix", reason="devices and pipes have names on POSIX systems")
@pytest.mark.parametrize("ending", READERS)
@pytest.mark.parametrize("kind", ["device", "link to a device", "pipe", "directory"])
def test_only_files_are_read(tmp_path, ending, kind):
    path = tmp_path / f"data{ending}"
    if kind == "device":
        if ending != ".toml":
            pytest.skip("a device has no such ending")
        path = "/dev/zero"
    elif kind == "link to a device":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    found = "directory" if kind == "directory" else "a pipe or a device"
    assert found in refused(READERS[ending], path)


def test_an_array_of_nothing_but_zeros_is_a_bomb(tmp_path):
    path = packed(tmp_path / "x.npz", [("X.npy", array(np.zeros((500_000, 10)))), ("y.npy", array(np.zeros(500_000)))])
    assert "unpacks from 0.0 MB to 44 MB" in refused(npz.read, path)


def test_weights_that_unpack_to_a_thousand_times_their_size_are_refused(tmp_path):
    path = packed(tmp_path / "w.npz", [(f"W{number}.npy", array(np.zeros((1000, 2000)))) for number in range(4)])
    assert "unpacks" in refused(read_weights, path)


def test_a_project_of_many_members_or_much_text_is_refused(tmp_path):
    path = packed(tmp_path / "j.playground", [("experiment.json", b'{"format": 3' + b" " * 20_000_000 + b"}")])
    assert "experiment.json is larger" in refused(file.load, path)
    path = packed(tmp_path / "j2.playground", [("experiment.json", b'{"format": 3' + b" " * 50_000_000 + b"}")])
    assert "unpacks" in refused(file.load, path)
    path = packed(tmp_path / "m.playground", [(f"a{number}", b"") for number in range(25_000)])
    assert "25,000 members" in refused(file.load, path)
    deep = packed(tmp_path / "d.playground", [("experiment.json", b"[" * 7_000_000)])
    assert "is damaged" in refused(file.load, deep)


def test_a_directory_that_says_it_is_long_is_not_read(tmp_path):
    path = packed(tmp_path / "x.npz", [("X.npy", b"")])
    content = bytearray(path.read_bytes())
    place = content.rfind(b"PK\5\6")
    content[place + 12 : place + 16] = (1 << 30).to_bytes(4, "little")
    path.write_bytes(content)
    assert "its directory has more than 4 MB" in refused(npz.read, path)


@pytest.mark.parametrize(
    "text",
    [
        "a." * 450_000 + "a = 1",
        "\n".join(f"{'a.' * 2400}b{number} = 1" for number in range(20)),
        "[knobs]\nseed = " + "9" * 5000,
        "a = " + "[" * 40_000,
        "a = {" + "b = {" * 5000,
        "[[a]]\n" * 16_000,
        "a = 9999-99-99",
    ],
    ids=["long key", "long keys", "digits", "arrays", "tables", "list of tables", "date"],
)
def test_no_toml_takes_long(tmp_path, text):
    path = tmp_path / "knobs.toml"
    path.write_text(text)
    refused(recipe.load_toml, path)


def test_a_million_column_names_are_refused_soon(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"c{number}" for number in range(1_000_000)) + "\n1,2\n")
    assert "columns" in refused(table.read, path)


@pytest.mark.skipif(sys.platform != "linux", reason="a limit on addresses is one on Linux")
def test_memory_that_is_not_there_is_one_line_and_status_2():
    command = "ulimit -v 3000000; exec " + sys.executable
    command += " -m playground train --layers " + ",".join(["4096"] * 32)
    told = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert told.returncode == 2
    assert "of memory are needed, most of it for the weights" in told.stderr and told.stderr.count("\n") == 1


def test_sets_and_targets_of_more_dimensions_are_refused():
    with pytest.raises(DataError, match="sets of shape"):
        Dataset(np.zeros((4, 2)), np.zeros(4), np.zeros((4, 1)), class_names=("a", "b"))
    with pytest.raises(DataError, match="targets of shape"):
        Dataset(np.zeros((4, 2)), np.zeros((4, 1)), class_names=("a", "b"))
