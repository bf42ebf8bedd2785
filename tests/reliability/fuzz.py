"""Damaged and hostile files by the thousand: each is read, or refused in one typed line, soon and within bounds.

    python tests/reliability/fuzz.py [--count N] [--seed S]

A case follows from its number: ``--seed S --count 1`` plays one again. Files are made of sound ones: bytes are changed,
members of a zip, leaves of its JSON, headers of its arrays, cells of tables, marks of a text.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import random
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from playground.model import file, npz, recipe, table
from playground.model.dataset import DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.training import projects, results
from playground.training.resuming import to_saved
from playground.training.run import Run

SECONDS, BYTES = 2.0, 512 << 20  # of one case
TYPED = (DataError, KnobError, OSError)
NUMBERS = (
    "0",
    "-1",
    "1e308",
    "nan",
    "inf",
    "1" * 400,
    "2147483648",
    "-0.0",
    "1e-320",
    "9223372036854775808",
    "0x10",
    "",
)
WORDS = (
    "",
    " ",
    "\0",
    "é" * 300,
    "=1+1",
    "'",
    '"',
    ",",
    ";",
    "\t",
    "\r",
    "\n",
    "\ufeff",
    "NaN",
    "null",
    "{",
    "[",
    "\\",
    "#",
)
LEAVES = (None, True, -1, 0, 2**63, 1.5, float("nan"), "", "x" * 5000, [], {}, [[]], [None], {"a": {}}, "adam", [1, 2])


def main(count: int = 10_000, seed: int = 0) -> int:
    """Play so many cases from a seed on, and print what came of them. Returns how many failed."""
    with tempfile.TemporaryDirectory() as folder:
        found = play(Path(folder), count, seed)
    for told in found.failures:
        print(told, file=sys.stderr)
    print(
        f"{count:,} damaged files: {dict(found.outcomes)}, longest {found.longest:.2f} s, {len(found.failures)} failed"
    )
    return len(found.failures)


COUNTS = {"files": 1_000_000}


def run(files: int) -> Iterator[str]:
    """Play so many cases for all.py."""
    with tempfile.TemporaryDirectory() as folder:
        found = play(Path(folder), files)
    assert not found.failures, found.failures[0]
    yield f"{files:,} damaged files: {dict(found.outcomes)}, longest {found.longest:.2f} s, 0 failed"


class Found:
    """What came of the cases."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.failures: list[str] = []
        self.longest = 0.0


def play(folder: Path, count: int, seed: int = 0) -> Found:
    """Read so many damaged files; a failure names the case's seed."""
    found, kinds = Found(), make_kinds(folder)
    for number in range(seed, seed + count):
        chance = random.Random(number)
        name = chance.choice(sorted(kinds))
        sound, damage, read = kinds[name]
        path = folder / f"case{Path(name).suffix}"
        path.write_bytes(damage(sound, chance))
        before, began = _peak(), time.perf_counter()
        try:
            read(path)
            outcome = "read"
        except TYPED as error:
            outcome = "refused"
            if len(str(error)) > 1500 or "\n" in str(error):
                found.failures.append(f"case {number}, {name}: not one line: {str(error)[:200]!r}")
        except Exception:
            outcome = "untyped"
            found.failures.append(f"case {number}, {name}: {traceback.format_exc()}")
        took = time.perf_counter() - began
        found.longest = max(found.longest, took)
        found.outcomes[outcome] += 1
        if took > SECONDS:
            found.failures.append(f"case {number}, {name}: took {took:.1f} s")
        if _peak() - before > BYTES:
            found.failures.append(f"case {number}, {name}: took {(_peak() - before) >> 20} MB")
    return found


def _peak() -> int:
    """The most memory that this process has taken; 0 where the system does not tell."""
    try:
        with open("/proc/self/status", encoding="ascii") as told:
            return next(int(line.split()[1]) * 1024 for line in told if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0


# what is read


def make_kinds(folder: Path) -> dict[str, tuple[bytes, Callable[[bytes, random.Random], bytes], Callable[[Path], Any]]]:
    """For each kind of file: a sound one, what damages it, and what reads it."""
    data = Dataset(np.random.default_rng(0).normal(size=(24, 3)), np.arange(24.0) % 3, class_names=("a", "=b", "ü"))
    run = Run(Experiment(data=data, layers=(3,), epochs=4, normalization="batch", early_stopping=True))
    for _ in range(3):
        run.finish_epoch()
    file.save(folder / "a.playground", run.experiment, [file.alone(run.experiment, *to_saved(run))])
    npz.write(data, folder / "a.npz")
    results.write(run, folder / "out")
    for ending in (".csv", ".xlsx"):
        table.write(data, folder / f"a{ending}")
    toml = '[knobs]\nlayers = [8, 8]\nlearning_rate = 0.01\noptimizer = "adam"\n[data]\nname = "spiral"\n'
    arff = "@relation r\n@attribute a numeric\n@attribute c {x,y}\n@data\n" + "1,x\n2,y\n" * 9
    records = json.dumps([{"a": 1.5, "b": "x", "c": None}, {"a": 2, "b": "y", "c": 3}] * 9)
    return {
        "a.playground": ((folder / "a.playground").read_bytes(), damage_zip, projects.open_project),
        "a.npz": ((folder / "a.npz").read_bytes(), damage_zip, npz.read),
        "weights.npz": ((folder / "out" / "weights.npz").read_bytes(), damage_zip, results.read_weights),
        "a.xlsx": ((folder / "a.xlsx").read_bytes(), damage_zip, table.read),
        "a.csv": ((folder / "a.csv").read_bytes(), damage_text, table.read),
        "a.arff": (arff.encode(), damage_text, table.read),
        "a.json": (records.encode(), damage_json, table.read),
        "a.toml": (toml.encode(), damage_text, recipe.load_toml),
    }


# what is done to it


def damage_bytes(content: bytes, chance: random.Random) -> bytes:
    """Change, cut, double or move some bytes."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        place = chance.randrange(len(changed) + 1)
        what = chance.randrange(5)
        if what == 0 and place < len(changed):
            changed[place] ^= 1 << chance.randrange(8)
        elif what == 1:
            del changed[place : place + chance.choice((1, 4, 100, len(changed)))]
        elif what == 2:
            changed[place:place] = bytes(chance.randrange(256) for _ in range(chance.choice((1, 4, 40))))
        elif what == 3:
            changed[place:place] = changed[max(0, place - 50) : place]
        elif place + 4 <= len(changed):
            changed[place : place + 4] = chance.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\1\0\0\0")
            )
    return bytes(changed)


def damage_text(content: bytes, chance: random.Random) -> bytes:
    """Put other numbers and words in the place of some, or damage the bytes."""
    if chance.random() < 0.3:
        return damage_bytes(content, chance)
    lines = content.decode("utf-8", "replace").split("\n")
    for _ in range(chance.choice((1, 1, 3, 20))):
        place = chance.randrange(len(lines))
        cells = lines[place].split(",")
        what = chance.randrange(5)
        if what == 0:
            cells[chance.randrange(len(cells))] = chance.choice(NUMBERS + WORDS)
        elif what == 1:
            cells = cells * chance.choice((2, 50))
        elif what == 2:
            lines.insert(place, chance.choice(lines))
        elif what == 3:
            cells = cells[: chance.randrange(len(cells) + 1)]
        else:
            cells = list(lines[place])
            chance.shuffle(cells)
            cells = ["".join(cells)]
        lines[place] = ",".join(cells)
    encoding = chance.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"))
    return chance.choice(("\n", "\n", "\r\n", "\r")).join(lines).encode(encoding, "replace")


def damage_json(content: bytes, chance: random.Random) -> bytes:
    """Put something else in the place of a leaf or branch, leave one out, or damage the bytes."""
    if chance.random() < 0.2:
        return damage_bytes(content, chance)
    try:
        told = json.loads(content)
    except ValueError:
        return damage_bytes(content, chance)
    for _ in range(chance.choice((1, 1, 2, 5))):
        _damage_value(told, chance)
    return json.dumps(told).encode()


def _damage_value(told: Any, chance: random.Random) -> None:
    while True:
        places: list[Any] = list(told) if isinstance(told, dict) else list(range(len(told)))
        if not places:
            return
        place = chance.choice(places)
        inner = told[place]
        if isinstance(inner, (dict, list)) and inner and chance.random() < 0.8:
            told = inner
            continue
        if isinstance(told, dict) and chance.random() < 0.2:
            del told[place]
        else:
            told[place] = copy.deepcopy(chance.choice(LEAVES))
        return


def damage_zip(content: bytes, chance: random.Random) -> bytes:
    """Damage what the members of a zip hold and pack them anew, soundly; or damage the bytes of the zip."""
    if chance.random() < 0.3:
        return damage_bytes(content, chance)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    for _ in range(chance.choice((1, 1, 2, 4))):
        place = chance.randrange(len(members))
        name, inner = members[place]
        what = chance.randrange(8)
        if what == 0:
            del members[place]
        elif what == 1:
            members.append((chance.choice(("x.npy", "../x", "runs/9/weights.npy", name)), inner))
        elif what == 2:
            members[place] = (chance.choice((name + "x", name.upper(), "W0.npy", "y.npy")), inner)
        elif name.endswith(".npy") and what < 6:
            members[place] = (name, _damage_array(inner, chance))
        elif name.endswith(".json"):
            members[place] = (name, damage_json(inner, chance))
        else:
            members[place] = (name, damage_bytes(inner, chance))
        if not members:
            break
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
        for name, inner in dict(members).items():
            archive.writestr(name, inner)
    return made.getvalue()


def _damage_array(content: bytes, chance: random.Random) -> bytes:
    """Another array in an array's place, or its header with other words."""
    try:
        array = np.load(io.BytesIO(content))
    except Exception:  # it was damaged before
        return damage_bytes(content, chance)
    what = chance.randrange(6)
    if what == 0 and array.dtype.kind in "fiub":
        array = array.astype(chance.choice(("f2", "f8", "i1", "u8", "c16", "U3", "?", "M8[s]", "S2")), casting="unsafe")
    elif what == 1:
        array = array.reshape(chance.choice(((-1,), (1, -1), (-1, 1), (1, 1, -1))))
    elif what == 2:
        array = array[: chance.randrange(len(array) + 1)] if array.ndim else array
    elif what == 3 and array.size and array.dtype.kind == "f":
        array = array.copy()
        array.reshape(-1)[chance.randrange(array.size)] = chance.choice((np.nan, np.inf, 1e38, -1e38))
    elif what == 4:
        array = np.zeros(chance.choice(((0,), (0, 3), (5,), (100, 100), (1 << 20,))), array.dtype)
    made = io.BytesIO()
    np.save(made, array)
    told = made.getvalue()
    if what == 5:
        shape = f"({chance.choice((10**12, -1, 2**63, 7))},)".encode()
        begin = told.index(b"'shape': ") + 9
        end = told.index(b")", begin) + 1
        told = told[:begin] + shape + told[end:]
    return told


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sys.exit(min(1, main(options.count, options.seed)))
