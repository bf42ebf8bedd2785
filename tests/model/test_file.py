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

posix = pytest.mark.skipif(os.name != "posix", reason="permissions and links of POSIX")


def own_points() -> Dataset:
    return edits.add(edits.empty(), [(0.1, 0.2), (-1, 1e300), (3, 4)], [0, 1, 2])


def content(**changes) -> dict:
    return {"format": 1, "knobs": {}, "data": None, "run": {}} | changes


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
    file.save(tmp_path / "a.playground", Experiment(), run, info)
    back = file.load(tmp_path / "a.playground")
    assert back.run_info == info
    assert list(back.run) == list(run)
    for name, array in run.items():
        assert back.run[name].dtype == array.dtype
        assert back.run[name].tobytes() == array.tobytes()
        assert back.run[name].shape == array.shape


def test_equal_experiments_make_equal_files(tmp_path: Path) -> None:
    for name in "ab":
        file.save(tmp_path / name, Experiment(data=own_points()), {"W0": np.ones(3)}, {"epoch": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_knob_that_an_older_file_lacks_takes_its_default(tmp_path: Path) -> None:
    assert file.load(put(tmp_path / "a.playground", content(format=file.FORMAT))).experiment == Experiment()


def test_format_1_scaled_no_target(tmp_path: Path) -> None:
    found = file.load(put(tmp_path / "a.playground", content(format=1))).experiment
    assert found.knobs == Experiment(standardize_target=False).knobs


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
        file.save(tmp_path / "a.playground", Experiment(), {"bad": np.array([None])})
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
    assert said == "was saved by a newer version (format 3); this one reads up to 2"


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
        (content(run=None), "'run' is missing"),
        (content(format="1"), "has format '1'; expected 1 to 2"),
        (content(format=True), "has format True"),
        ([], "has format None"),
        (b"{", "is damaged"),
        (b"\xff\xfe", "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (content(data={}), "array 'data/inputs' is missing"),
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
        ({}, {"inputs": np.array([["a"], ["b"]])}, "'data/inputs' is missing, or holds no numbers"),
        ({}, {"inputs": np.full((2, 1), np.nan)}, "every number must be finite"),
        ({}, {"targets": np.array([0, 2])}, "class numbers must be whole numbers from 0 to 1"),
        ({}, {"sets": np.array([0, 9])}, "numbers that are no set"),
    ],
)
def test_points_that_do_not_fit_are_told(tmp_path: Path, names: dict, arrays: dict, said: str) -> None:
    all_arrays = {f"data/{name}": array for name, array in (ARRAYS | arrays).items()}
    path = put(tmp_path / "a.playground", content(data=NAMES | names), **all_arrays)
    assert said in refusal(path)


def test_a_missing_file_a_folder_and_another_zip_are_told(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "none.playground")
    assert "irectory" in refusal(tmp_path)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        other.writestr("letter.txt", "hello")
    assert "experiment.json" in refusal(tmp_path / "other.zip")


def test_a_truncated_file_is_told_wherever_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.playground"
    file.save(path, Experiment(data=own_points()), {"W0": np.ones((4, 4))})
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        assert refusal(path)


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
