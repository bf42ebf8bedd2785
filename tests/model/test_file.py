"""The project file and its TOML twin: nothing is lost, and whatever is wrong is told in one line."""

import errno
import io
import json
import os
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest

from playground.model import archive, edits, file, saving
from playground.model.dataset import TRAIN, UNASSIGNED, VALIDATION, DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.model.progress import CancelledError

posix = pytest.mark.skipif(os.name != "posix", reason="permissions and links of POSIX")


def own_points() -> Dataset:
    return edits.add(edits.empty(), [(0.1, 0.2), (-1, 1e300), (3, 4)], [0, 1, 2])


def content(**changes) -> dict:
    return {"format": 3, "knobs": {}, "data": None, "datasets": [], "runs": []} | changes


def old(**changes) -> dict:
    return {"format": 1, "knobs": {}, "data": None, "run": {}} | changes


def listed(number: int = 1, **changes) -> dict:
    """What experiment.json says of a run."""
    told = {"number": number, "name": "run", "colour": 0, "parent": None, "branched": None}
    told |= {"is_pinned": False, "is_in_hand": False, "knobs": {}, "data": None, "info": {}}
    return told | changes


def saved_run(number: int = 1, experiment: Experiment | None = None, **changes) -> file.SavedRun:
    run = file.alone(experiment or Experiment(), {"W0": np.arange(6.0)}, {"epoch": number})
    return run._replace(number=number, is_in_hand=False, **changes)


def put(path: Path, description: object, **arrays: np.ndarray) -> Path:
    """A project file made by hand."""
    text = description if isinstance(description, bytes) else json.dumps(description).encode()
    members = {"experiment.json": text} | {f"{name}.npy": array for name, array in arrays.items()}
    buffer = io.BytesIO()
    archive.write(buffer, members)
    path.write_bytes(buffer.getvalue())
    return path


def refusal(path: Path) -> str:
    """What is said when a file is opened: one line that names it."""
    with pytest.raises((DataError, KnobError)) as caught:
        (file.load_toml if path.suffix == ".toml" else file.load)(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


# what is saved comes back


def test_every_knob_comes_back(tmp_path: Path) -> None:
    experiment = Experiment(layers=(32, 4), learning_rate=0.03, early_stopping=True, baseline=-1.5, dataset="xor")
    file.save(tmp_path / "a.playground", experiment)
    assert file.load(tmp_path / "a.playground").experiment == experiment


def test_a_linear_model_comes_back(tmp_path: Path) -> None:
    file.save(tmp_path / "a.playground", Experiment(layers=()))
    assert file.load(tmp_path / "a.playground").experiment.knobs.layers == ()


@pytest.mark.parametrize("sets", [UNASSIGNED, [TRAIN, VALIDATION, TRAIN]])
def test_own_points_come_back_exactly(tmp_path: Path, sets) -> None:
    data = own_points().replace(sets=np.full(3, sets), source="größe.csv", class_names=("a", "b", "ü"))
    file.save(tmp_path / "a.playground", Experiment(data=data))
    back = file.load(tmp_path / "a.playground").experiment.data
    for name in ("inputs", "targets", "sets"):
        assert np.array_equal(getattr(back, name), getattr(data, name))
    for name in ("class_names", "feature_names", "source"):
        assert getattr(back, name) == getattr(data, name)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_no_points_at_all_come_back(tmp_path: Path, task: str) -> None:
    file.save(tmp_path / "a.playground", Experiment(data=edits.empty(task)))
    back = file.load(tmp_path / "a.playground").experiment.data
    assert (back.samples, back.is_classification) == (0, task == "classification")


def test_a_run_comes_back_bit_for_bit(tmp_path: Path) -> None:
    run = {"W0": np.float32([[1.5, np.nan]]), "step": np.int64(7), "empty": np.empty((0, 3))}
    info = {"epoch": 12, "history": [0.1 + 0.2, 1e-300]}
    file.save(tmp_path / "a.playground", Experiment(), [file.alone(Experiment(), run, info)])
    back = file.load(tmp_path / "a.playground").in_hand
    assert back.info == info
    assert list(back.arrays) == list(run)
    for name, array in run.items():
        assert back.arrays[name].dtype == array.dtype
        assert back.arrays[name].tobytes() == array.tobytes()
        assert back.arrays[name].shape == array.shape


def test_many_runs_come_back_each_with_its_own_points(tmp_path: Path) -> None:
    drawn, other = Experiment(data=own_points()), Experiment(data=edits.add(own_points(), [(5, 5)], [1]), seed=2)
    runs = (
        saved_run(3, other, name="λ 1", colour=2, is_pinned=True),
        saved_run(7, drawn, name="Adam → SGD", parent=3, branched=12)._replace(is_in_hand=True),
        saved_run(9, Experiment(dataset="xor"), parent=2),
    )
    file.save(tmp_path / "a.playground", drawn, runs)
    back = file.load(tmp_path / "a.playground")
    assert back.experiment == drawn and back.in_hand.number == 7
    for one, run in zip(back.runs, runs, strict=True):
        assert one._replace(arrays=None) == run._replace(arrays=None)
        assert np.array_equal(one.arrays["W0"], run.arrays["W0"])


def test_points_are_stored_once_however_many_runs_are_of_them(tmp_path: Path) -> None:
    runs = [saved_run(number, Experiment(data=own_points(), seed=number)) for number in range(1, 5)]
    file.save(tmp_path / "a.playground", Experiment(data=own_points()), runs)
    with zipfile.ZipFile(tmp_path / "a.playground") as found:
        assert sum(name.endswith("inputs.npy") for name in found.namelist()) == 1
    back = file.load(tmp_path / "a.playground")
    assert all(run.experiment.data is back.experiment.data for run in back.runs)


def test_arrays_of_any_layout_come_back(tmp_path: Path) -> None:
    table = np.arange(12.0).reshape(3, 4)
    arrays = {"column": table[:, 1], "turned": table.T, "every second": table[::2], "big": np.arange(400_000.0)}
    file.save(tmp_path / "a.playground", Experiment(), [file.alone(Experiment(), arrays, {})])
    back = file.load(tmp_path / "a.playground").in_hand.arrays
    for name, array in arrays.items():
        assert np.array_equal(back[name], array)
        assert not back[name].flags.writeable


def test_the_size_is_told_before_saving(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).random((9, 50_000))
    arrays = {f"history_{number}": row for number, row in enumerate(noise)} | {"flat": np.zeros(300_000)}
    run = file.alone(Experiment(), arrays, {})
    file.save(tmp_path / "a.playground", Experiment(data=own_points()), [run])
    size = (tmp_path / "a.playground").stat().st_size
    assert file.size_of(Experiment(data=own_points()), [run]) == pytest.approx(size, rel=0.05)


def test_progress_is_told_while_a_file_is_written_and_read(tmp_path: Path) -> None:
    run = file.alone(Experiment(), {"W0": np.random.default_rng(1).random(1_000_000)}, {})
    for work in (
        lambda told: file.save(tmp_path / "a.playground", Experiment(), [run], told.append),
        lambda told: file.load(tmp_path / "a.playground", told.append),
    ):
        told: list[float] = []
        work(told)
        assert len(told) > 5 and told == sorted(told) and told[0] >= 0 and told[-1] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.75, 0.85, 0.97])
def test_a_save_that_is_given_up_keeps_the_old_file_and_leaves_nothing_beside_it(tmp_path: Path, share) -> None:
    def give_up(done: float) -> None:
        if done >= share:
            raise CancelledError

    path, run = tmp_path / "a.playground", file.alone(Experiment(), {"W0": np.random.default_rng(1).random(10**6)}, {})
    file.save(path, Experiment(seed=1))
    before = path.read_bytes()
    with pytest.raises(CancelledError):
        file.save(path, Experiment(seed=2), [run], give_up)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.playground"]
    file.save(path, Experiment(seed=2), [run])
    if share < 0.9:
        with pytest.raises(CancelledError):
            file.load(path, give_up)


def test_more_than_can_be_read_back_is_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", 100_000)
    with pytest.raises(OSError, match=r"0.2 MB are to be saved; at most 0.1 MB can be read back"):
        file.save(tmp_path / "a.playground", Experiment(), [file.alone(Experiment(), {"W0": np.ones(20_000)}, {})])
    assert os.listdir(tmp_path) == []


def test_equal_experiments_make_equal_files(tmp_path: Path) -> None:
    for name in "ab":
        file.save(tmp_path / name, Experiment(data=own_points()), [saved_run(4), saved_run(2)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_knob_that_an_older_file_lacks_takes_its_default(tmp_path: Path) -> None:
    assert file.load(put(tmp_path / "a.playground", content(format=file.FORMAT))).experiment == Experiment()


def test_format_1_scaled_no_target(tmp_path: Path) -> None:
    found = file.load(put(tmp_path / "a.playground", old())).experiment
    assert found.knobs == Experiment(standardize_target=False).knobs


@pytest.mark.parametrize("version", [1, 2])
def test_a_run_of_an_older_file_is_the_one_in_hand(tmp_path: Path, version: int) -> None:
    description = old(format=version, run={"epoch": 3}, data=NAMES)
    points = {f"data/{name}": array for name, array in ARRAYS.items()}
    weights = {"run/W0": np.ones(3)}
    found = file.load(put(tmp_path / "a.playground", description, **points, **weights))
    assert found.in_hand == found.runs[0] and found.in_hand.info == {"epoch": 3}
    assert found.in_hand.experiment == found.experiment and found.experiment.data.samples == 2
    assert found.in_hand.arrays["W0"].tolist() == [1, 1, 1]
    assert file.load(put(tmp_path / "a.playground", description, **points)).in_hand is None


def test_a_run_of_a_file_that_knows_no_races_is_in_none(tmp_path: Path) -> None:
    (found,) = file.load(put(tmp_path / "a.playground", content(runs=[listed(1, is_in_hand=True)]))).runs
    assert (found.race, found.lane) == (None, None)


def test_the_race_of_the_run_in_hand_is_its_company(tmp_path: Path) -> None:
    lanes = [(1, None, None), (2, 1, 0), (3, 1, 1), (4, 2, 0)]
    runs = [saved_run(number, race=race, lane=lane) for number, race, lane in lanes]
    runs[2] = runs[2]._replace(is_in_hand=True)
    file.save(tmp_path / "a.playground", Experiment(), runs)
    found = file.load(tmp_path / "a.playground")
    assert [(run.number, run.race, run.lane) for run in found.runs] == lanes
    assert [run.number for run in found.company] == [2, 3]
    assert file.Saved(Experiment(), tuple(runs[:2])).company == ()


# saving never loses the old file


def disk_full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def cut_short(descriptor: int) -> None:
    if os.path.isfile(f"/proc/self/fd/{descriptor}") or os.name != "posix":
        os.ftruncate(descriptor, 10)


def corrupt(descriptor: int) -> None:
    os.pwrite(descriptor, b"\xff" * 40, 50)


@pytest.mark.parametrize(
    ("target", "failure"),
    [
        ("playground.model.archive.write", disk_full),
        ("os.fsync", disk_full),
        ("os.replace", disk_full),
        pytest.param("os.fsync", cut_short, marks=posix),
        pytest.param("os.fsync", corrupt, marks=posix),
    ],
)
def test_a_failed_save_keeps_the_old_file_and_leaves_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, failure
) -> None:
    path = tmp_path / "a.playground"
    file.save(path, Experiment(seed=1))
    before = path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(target, failure)
        with pytest.raises(OSError, match="cannot be saved") as caught:
            file.save(path, Experiment(seed=2))
    assert str(caught.value).startswith(f"{path}: ")
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.playground"]


def test_a_full_disk_is_told_in_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.model.archive.write", disk_full)
    with pytest.raises(OSError, match="No space left on device"):
        file.save(tmp_path / "a.playground", Experiment())
    assert os.listdir(tmp_path) == []


def test_an_error_of_the_writer_itself_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Object arrays"):
        file.save(tmp_path / "a.playground", Experiment(), [file.alone(Experiment(), {"bad": np.array([None])}, {})])
    assert os.listdir(tmp_path) == []


@posix
def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    path, link = tmp_path / "real.playground", tmp_path / "link.playground"
    file.save(path, Experiment(seed=1))
    path.chmod(0o640)
    link.symlink_to("real.playground")
    file.save(link, Experiment(seed=2))
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert file.load(path).experiment.knobs.seed == 2


@posix
def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    file.save(tmp_path / "a", Experiment())
    (tmp_path / "b").write_bytes(b"")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode


def test_a_locked_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_bytes(b"mine")
    monkeypatch.setattr(saving.os, "access", lambda *_: False)
    with pytest.raises(OSError, match="read-only"):
        file.save(tmp_path / "a", Experiment())
    assert (tmp_path / "a").read_bytes() == b"mine"


@pytest.mark.parametrize("place", ["", "missing/a.playground"])
def test_what_is_no_place_for_a_file_is_told(tmp_path: Path, place: str) -> None:
    with pytest.raises(OSError, match="cannot be saved"):
        file.save(tmp_path / place, Experiment())


# bad files


def test_a_file_of_a_newer_version_is_told(tmp_path: Path) -> None:
    said = refusal(put(tmp_path / "a.playground", content(format=file.FORMAT + 1)))
    assert said == "was saved by a newer version (format 4); this one reads up to 3"


@pytest.mark.parametrize(
    ("description", "said"),
    [
        (content(knobs={"lerning_rate": 1}), "unknown knob 'lerning_rate'"),
        (content(knobs={"data": 1}), "unknown knob 'data'"),
        (content(knobs={"knobs": 1}), "unknown knob 'knobs'"),
        (content(knobs={"self": 1}), "unknown knob 'self'"),
        (content(knobs={"dropout": 1.5}), "dropout: 1.5 is not accepted; it takes a number from 0 to"),
        (content(knobs={"optimizer": "best"}), "optimizer: 'best' is not accepted; it takes one of sgd"),
        (content(knobs={"dataset": "drawn"}), "dataset: 'drawn' needs points"),
        (content(knobs=[]), "'knobs' is missing or not what it should be"),
        (content(knobs={"dropout": 1.5}), "dropout: 1.5 is not accepted"),
        (content(runs=None), "'runs' is missing"),
        (content(runs=[1]), "'runs' is missing or not what"),
        (content(datasets={}), "'datasets' is missing"),
        (content(data=0), "'data' is missing or not the number of a dataset"),
        (content(data=True, datasets=[{}, {}]), "'data' is missing or not the number"),
        (content(runs=[listed(), listed()]), "two runs have one number"),
        (content(runs=[listed(1, is_in_hand=True), listed(2, is_in_hand=True)]), "more than one run is in hand"),
        (content(runs=[{}]), "a run's 'number' is missing"),
        (content(runs=[listed(0)]), "a run's 'number' is missing or not what"),
        (content(runs=[listed(2**31)]), "a run's 'number'"),
        (content(runs=[listed(True)]), "a run's 'number'"),
        (content(runs=[listed(name=None)]), "a run's 'name'"),
        (content(runs=[listed(name="x" * 1001)]), "a run's 'name'"),
        (content(runs=[listed(colour=-1)]), "a run's 'colour'"),
        (content(runs=[listed(parent="2")]), "a run's 'parent'"),
        (content(runs=[listed(branched=-1)]), "a run's 'branched'"),
        (content(runs=[listed(is_pinned=1)]), "a run's 'is_pinned'"),
        (content(runs=[listed(race=0)]), "a run's 'race'"),
        (content(runs=[listed(lane="1")]), "a run's 'lane'"),
        (content(runs=[listed(2, parent=2)]), "run 2 has run 2 for its parent"),
        (content(runs=[listed(2, info=[])]), "run 2: 'info' is missing"),
        (content(runs=[listed(2, knobs=None)]), "run 2: 'knobs' is missing"),
        (content(runs=[listed(2, data=1)]), "run 2: 'data' is missing or not"),
        (content(runs=[listed(2, knobs={"sede": 1})]), "run 2: unknown knob 'sede'"),
        (old(run=None), "'run' is missing"),
        (old(format=2, data=1), "'data' is missing"),
        (content(format="1"), "has format '1'; expected 1 to 3"),
        (content(format=True), "has format True"),
        ([], "has format None"),
        (b"{", "is damaged"),
        (b"\xff\xfe", "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (content(data=0, datasets=[{}]), "array 'data/0/inputs' is missing"),
        (old(data={}), "array 'data/0/inputs' is missing"),
    ],
)
def test_a_description_that_cannot_be_is_told(tmp_path: Path, description: object, said: str) -> None:
    assert said in refusal(put(tmp_path / "a.playground", description))


NAMES = {"class_names": ["a", "b"], "feature_names": ["x"], "source": "drawn"}
ARRAYS = {"inputs": np.zeros((2, 1)), "targets": np.array([0, 1.0]), "sets": np.zeros(2, np.int8)}


@pytest.mark.parametrize(
    ("names", "arrays", "said"),
    [
        ({"class_names": "ab"}, {}, "'class_names' must be a list of names"),
        ({"feature_names": [1]}, {}, "'feature_names' must be a list of names"),
        ({}, {"inputs": np.zeros((3, 1))}, "3 inputs, 2 targets"),
        ({}, {"inputs": np.zeros(2)}, "inputs of shape (2,)"),
        ({}, {"inputs": np.array([["a"], ["b"]])}, "'data/0/inputs' is missing, or holds no numbers"),
        ({}, {"inputs": np.full((2, 1), np.nan)}, "every number must be finite"),
        ({}, {"targets": np.array([0, 2])}, "class numbers must be whole numbers from 0 to 1"),
        ({}, {"sets": np.array([0, 9])}, "numbers that are no set"),
    ],
)
def test_points_that_do_not_fit_are_told(tmp_path: Path, names: dict, arrays: dict, said: str) -> None:
    all_arrays = {f"data/0/{name}": array for name, array in (ARRAYS | arrays).items()}
    path = put(tmp_path / "a.playground", content(data=0, datasets=[NAMES | names]), **all_arrays)
    assert said in refusal(path)


def test_a_missing_file_a_folder_and_another_zip_are_told(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "none.playground")
    assert "irectory" in refusal(tmp_path)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("letter.txt", "hello")
    assert "experiment.json" in refusal(tmp_path / "other.zip")


def test_a_truncated_file_is_told_wherever_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.playground"
    file.save(path, Experiment(data=own_points()), [saved_run()])
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        assert refusal(path)


@pytest.mark.parametrize("name", ["runs/2/W0", "runs/01/W0", "runs/1/deeper/W0", "data/0/inputs", "W0", "../W0"])
def test_arrays_that_belong_to_nothing_are_told(tmp_path: Path, name: str) -> None:
    path = put(tmp_path / "a.playground", content(runs=[listed(1)]), **{name: np.ones(3)})
    assert refusal(path) == f"array '{name}' belongs to no run and no points that experiment.json knows"


def test_two_members_of_one_name_are_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.playground", "w") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr("experiment.json", json.dumps(content()))
        made.writestr("experiment.json", json.dumps(content(knobs={"seed": 3})))
    assert "two members of one name" in refusal(tmp_path / "a.playground")


def test_what_promises_more_than_it_holds_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    path = put(
        tmp_path / "a.playground", content(runs=[listed(1)]), **{"runs/1/W0": np.random.default_rng(1).random(1000)}
    )
    whole = bytearray(path.read_bytes())
    place = whole.rindex(b"PK\x01\x02")  # the entry of the array in the directory
    whole[place + 24 : place + 28] = (1_500_000_000).to_bytes(4, "little")
    path.write_bytes(whole)
    assert "promises 1,500,000,000 bytes" in refusal(path)


def test_no_damage_does_more_than_be_told(tmp_path: Path) -> None:
    """Flipped bytes, and descriptions with a value exchanged, are read as they are or refused in one line."""
    path, rng = tmp_path / "a.playground", np.random.default_rng(5)
    drawn = Experiment(data=own_points())
    file.save(path, drawn, [saved_run(1, drawn), saved_run(2, is_pinned=True)])
    whole = path.read_bytes()
    with archive.opened(path) as found:
        description = json.loads(found.read("experiment.json"))
        arrays = archive.read_arrays(found, archive.array_names(found))
    for _ in range(300):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), rng.integers(1, 4)):
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged)
        _read_or_refuse(path)
    odd = [None, True, -1, 10**30, 1.5, "", "x" * 2000, [], {}, [[]], {"a": 1}]
    for holder in (description, description["datasets"][0], *description["runs"]):
        for name in list(holder):
            before = holder[name]
            for value in odd:
                holder[name] = value
                _read_or_refuse(put(path, description, **arrays))
            holder[name] = before


def _read_or_refuse(path: Path) -> None:
    try:
        file.load(path)
    except (DataError, KnobError) as error:
        assert str(error).startswith(f"{path}: ") and "\n" not in str(error)


# TOML


def toml(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "a.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_toml_of_knobs_is_read(tmp_path: Path) -> None:
    text = '[knobs]\nlayers = [4, 2]\nearly_stopping = "on"\nshuffle = false\nlearning_rate = 1\n'
    text += '[data]\nname = "xor"\n'
    expected = Experiment(layers=(4, 2), early_stopping=True, shuffle=False, learning_rate=1.0, dataset="xor")
    assert file.load_toml(toml(tmp_path, text)) == expected


@pytest.mark.parametrize("text", ["", "[knobs]\n", "[data]\n"])
def test_a_toml_of_nothing_is_the_default(tmp_path: Path, text: str) -> None:
    assert file.load_toml(toml(tmp_path, text)) == Experiment()


def test_data_of_a_toml_lie_in_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    (tmp_path / "points.csv").write_text("a,b,c\n1,2,3\n4,5,6\n")
    text = '[data]\npath = "points.csv"\ntarget = "a"\ntask = "regression"\n'
    data = file.load_toml(toml(tmp_path, text)).data
    assert data is not None
    assert data.targets.tolist() == [[1], [4]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[knobs]\nlayers = \n", "is not valid TOML: Invalid value (at line 2"),
        ("[knobs]\nseed = 1\nseed = 2\n", "line 3"),
        ("[knobs]\nsede = 1\n", "unknown knob 'sede'"),
        ("[knobs]\ndata = 1\n", "unknown knob 'data'"),
        ("[knobs]\ndropout = 2\n", "dropout: 2 is not accepted; it takes a number from 0"),
        ("[knobs]\nshuffle = 1\n", "shuffle: 1 is not accepted; it takes on or off"),
        ("[knobs]\nlayers = 8.5\n", "layers: 8.5 is not accepted"),
        ("[knobs]\nseed = 1979-05-27\n", "seed: "),
        ("[knobs.seed]\n", "seed: {} is not accepted"),
        ("seed = 1\n", "unknown entry 'seed'; knobs stand below [knobs]"),
        ("knobs = 1\n", "'knobs' is a value; expected a table, [knobs]"),
        ("[run]\n", "unknown entry 'run'"),
        ("[data]\nfile = 'a'\n", "[data] has unknown 'file'; it takes name, path, target, task"),
        ("[data]\nname = 1\n", "[data] name: found 1; expected text"),
        ("[data]\nname = 'cat'\n", "[data] found name = 'cat'; expected name alone, one of moons"),
        ("[data]\nname = 'drawn'\n", "expected name alone, one of moons"),
        ("[data]\nname = 'xor'\ntask = 'regression'\n", "expected name alone"),
        ("[data]\nname = 'xor'\npath = 'a.csv'\n", "takes either name"),
        ("[data]\ntask = 'regression'\n", "takes either name"),
        ("[data]\npath = 'no.csv'\n", "no.csv: there is no such file"),
        ("[knobs]\ndataset = 'xor'\n[data]\nname = 'moons'\n", "dataset: [data] decides"),
        ("[knobs]\nseed = " + "[" * 5000 + "\n", "is not valid TOML"),
    ],
)
def test_a_bad_toml_is_told(tmp_path: Path, text: str, said: str) -> None:
    assert said in refusal(toml(tmp_path, text))


def test_a_toml_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "none.toml")
    (tmp_path / "a.toml").write_bytes(b"[knobs]\n# \xff\n")
    assert "line 2: is not UTF-8 text" in refusal(tmp_path / "a.toml")
    (tmp_path / "folder.toml").mkdir()
    assert "irectory" in refusal(tmp_path / "folder.toml")


def test_what_a_toml_is_given_it_gives_back(tmp_path: Path) -> None:
    experiment = Experiment(
        layers=(),
        learning_rate=1e-5,
        shuffle=False,
        early_stopping=True,
        dataset="spiral",
        samples=400,
        baseline=-1,
    )
    assert file.load_toml(toml(tmp_path, file.dump_toml(experiment))) == experiment


def test_a_toml_holds_only_what_was_changed() -> None:
    assert file.dump_toml(Experiment(seed=3)) == "[knobs]\nseed = 3\n"


def test_own_points_do_not_fit_into_a_toml() -> None:
    with pytest.raises(DataError, match=r"save a \.playground"):
        file.dump_toml(Experiment(data=own_points()))
