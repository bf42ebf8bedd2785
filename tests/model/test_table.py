"""Reading and writing CSV and NPZ: what good files mean, and what is said about bad ones."""

import csv
import io
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from playground.model import archive, table
from playground.model.dataset import TEST, TRAIN, UNASSIGNED, VALIDATION, DataError, Dataset
from playground.model.shapes import generate


@pytest.fixture
def put(tmp_path: Path):
    """Writes a file's content and returns its path."""

    def write(content: str | bytes, name: str = "points.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def npz(tmp_path: Path):
    """Writes arrays with NumPy itself and returns the file's path."""

    def write(**arrays) -> Path:
        path = tmp_path / "points.npz"
        np.savez_compressed(path, **arrays)
        return path

    return write


def refusal(path: Path, *options, **named) -> str:
    """What is said about a file: one line that names it."""
    with pytest.raises(DataError) as caught:
        table.read(path, *options, **named)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


# what good files mean


def test_the_last_column_is_the_target(put) -> None:
    data = table.read(put("a,b,y\n1,2,0\n3,4,1\n"))
    assert data.inputs.tolist() == [[1, 2], [3, 4]]
    assert data.feature_names == ("a", "b")
    assert data.targets.tolist() == [0, 1]
    assert data.source == "points.csv"
    assert (data.sets == UNASSIGNED).all()


def test_the_target_may_be_named(put) -> None:
    data = table.read(put("a,b,c\n1,2,3\n4,5,6\n"), target="a")
    assert data.feature_names == ("b", "c")
    assert data.class_names == ("1", "4")


def test_whole_numbers_are_classes_from_any_start_with_gaps(put) -> None:
    data = table.read(put("a,y\n1,10\n2,-3\n3,7\n4,10\n"))
    assert data.class_names == ("-3", "7", "10")
    assert data.targets.tolist() == [2, 0, 1, 2]


def test_text_is_classes_sorted_by_name(put) -> None:
    data = table.read(put("a,y\n1,setosa\n2,Iris\n3,setosa\n"))
    assert data.class_names == ("Iris", "setosa")
    assert data.targets.tolist() == [1, 0, 1]


@pytest.mark.parametrize("value", ["1.5", "-.5", "2e-3"])
def test_a_number_that_is_not_whole_makes_a_regression(put, value: str) -> None:
    data = table.read(put(f"a,y\n1,1\n2,{value}\n"))
    assert not data.is_classification
    assert data.targets.tolist() == [[1], [float(value)]]


@pytest.mark.parametrize("value", ["2", "2.0", "2e0"])
def test_few_whole_numbers_are_classes_however_they_are_written(put, value: str) -> None:
    assert table.read(put(f"a,y\n1,1\n2,{value}\n")).class_names == ("1", "2")


@pytest.mark.parametrize(("different", "is_classes"), [(10, True), (11, False)])
def test_up_to_ten_different_whole_numbers_are_classes(put, different: int, is_classes: bool) -> None:
    data = table.read(put("a,y\n" + "".join(f"{row},{row % different}\n" for row in range(60))))
    assert data.is_classification == is_classes


def test_the_task_overrides_what_the_target_looks_like(put) -> None:
    whole, fractions = "a,y\n1,0\n2,1\n", "a,y\n1,0.5\n2,1.0\n"
    assert table.read(put(whole), "regression").targets.tolist() == [[0], [1]]
    assert table.read(put(fractions), "classification").class_names == ("0.5", "1")


def test_a_split_column_decides_the_sets(put) -> None:
    data = table.read(put("a,split,y\n1,train,0\n2,val,1\n3,test,0\n"))
    assert data.sets.tolist() == [TRAIN, VALIDATION, TEST]
    assert data.feature_names == ("a",)


def test_an_empty_cell_in_a_split_column_leaves_the_set_to_the_knobs(put, tmp_path: Path) -> None:
    data = table.read(put("a,split,y\n1,train,0\n2,,1\n3,test,0\n"))
    assert data.sets.tolist() == [TRAIN, UNASSIGNED, TEST]
    table.write(data, tmp_path / "again.csv")
    assert table.read(tmp_path / "again.csv").sets.tolist() == data.sets.tolist()
    with pytest.raises(DataError, match="1 points are in no set, for which an NPZ has no place"):
        table.write(data, tmp_path / "again.npz")


def test_a_split_column_at_the_end_is_not_the_target(put) -> None:
    data = table.read(put("a,y,split\n1,0,train\n2,1,train\n"))
    assert data.class_names == ("0", "1")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiter_line_end_and_byte_order_mark_do_not_matter(put, delimiter: str, end: str, mark: str) -> None:
    text = end.join(["größe,b,y", "1,2,rot", "3,4,blau", ""]).replace(",", delimiter)
    data = table.read(put(mark + text))
    assert data.feature_names == ("größe", "b")
    assert data.inputs.tolist() == [[1, 2], [3, 4]]
    assert data.class_names == ("blau", "rot")


def test_quoted_cells_and_blank_lines_are_read(put) -> None:
    data = table.read(put('"length, cm","y"\n\n" 1.5 ","yes, it is"\n\n2,"no"\n\n'))
    assert data.feature_names == ("length, cm",)
    assert data.class_names == ("no", "yes, it is")


def test_huge_and_tiny_numbers_are_read_exactly(put) -> None:
    data = table.read(put("a,y\n1e300,-1e300\n5e-324,0.1\n"))
    assert data.inputs.tolist() == [[1e300], [5e-324]]
    assert data.targets.tolist() == [[-1e300], [0.1]]


def test_a_long_table_is_read_in_pieces_that_fit_together(put) -> None:
    count = 45_001
    data = table.read(put("a,y\n" + "".join(f"{row},{row % 3}\n" for row in range(count))))
    assert (data.inputs[:, 0] == np.arange(count)).all()
    assert (data.targets == np.arange(count) % 3).all()


@pytest.mark.parametrize("name", ["breast_cancer", "wine", "diabetes"])
def test_the_tables_of_scikit_learn_read_well(tmp_path: Path, name: str) -> None:
    bunch = getattr(pytest.importorskip("sklearn.datasets"), f"load_{name}")()
    path = tmp_path / f"{name}.csv"
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*bunch.feature_names, "target"])
        writer.writerows([*row, target] for row, target in zip(bunch.data.tolist(), bunch.target.tolist()))
    data = table.read(path)
    assert (data.inputs == bunch.data).all()
    assert data.targets.ravel().tolist() == bunch.target.tolist()
    assert len(data.class_names) == {"breast_cancer": 2, "wine": 3, "diabetes": 0}[name]


# what is said about bad files


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert "no such file" in refusal(tmp_path / "nothing.csv")
    assert "no such file" in refusal(tmp_path / "nothing.npz")


def test_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder.npz").mkdir()
    assert "irectory" in refusal(tmp_path)
    assert "irectory" in refusal(tmp_path / "folder.npz")


def test_a_ragged_row_names_its_line(put) -> None:
    assert refusal(put("a,b,y\n1,2,0\n\n1,2\n")) == "line 4: found 2 cells; expected 3, as in the header"


def test_a_ragged_row_far_down_names_its_line(put) -> None:
    assert refusal(put("a,y\n" + "1,0\n" * 30_000 + "1,2,3\n")).startswith("line 30002: found 3 cells")


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "?", "null", "NULL", "-", ".", "nan", "NaN", " ", "inf", "1e400"])
def test_a_row_with_a_cell_that_says_nothing_is_left_out_where_few_have_one(put, cell: str) -> None:
    rows = "".join(f"{row}.5,{row % 2}\n" for row in range(20))
    data = table.read(put(f"b,y\n{rows}{cell},0\n"))
    assert data.samples == 20
    assert data.row_numbers.tolist() == list(range(1, 21))


def test_a_word_among_numbers_names_line_and_column(put) -> None:
    rows = "".join(f"{row}.5;0\n{row};1\n" for row in range(20))
    said = refusal(put(f"b;y\n{rows}abc;0\n"))
    assert said == "line 42, column 'b': found 'abc' among numbers; expected a number, or --categorical b, or --drop b"


def test_a_missing_target_leaves_its_row_out(put) -> None:
    assert table.read(put("a,y\n1,0\n2,\n3,1\n5,0\n")).row_numbers.tolist() == [1, 3, 4]


@pytest.mark.parametrize(
    ("rows", "task", "said"),
    [
        ("1,a\n2,b\n", "regression", "line 2, column 'y': found 'a'; a regression needs numbers"),
        ("1,0.5\n2,oops\n", None, "line 3, column 'y': found 'oops' among numbers"),
        ("1,\n2,?\n", None, "the target 'y' is missing in every row"),
        ("1,2020-01-05\n2,2020-01-06\n", None, "the target 'y' is a date"),
    ],
)
def test_a_bad_target_is_told(put, rows: str, task: str | None, said: str) -> None:
    assert refusal(put("a,y\n" + rows), task).startswith(said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("a,y\n", "header row only"),
        ("y\n1\n", "has the column 'y' alone; expected one feature at least"),
        ("split,y\ntrain,1\n", "split is left out"),
        ("a,split,y\n1,train,0\n2,validation,0\n", "line 3, column 'split': found 'validation'"),
        ('a,y\n1,0\n"2,1\n', "line 3: a quote begins here that never ends"),
        (b"a,y\n1,0\n2,\0\n", "line 3: holds a NUL byte"),
    ],
)
def test_a_file_that_is_no_table_is_told_why(put, content: str | bytes, said: str) -> None:
    assert said in refusal(put(content))


def test_an_unknown_target_column_lists_the_columns(put) -> None:
    said = refusal(put("a,b,split,y\n1,2,train,0\n"), target="label")
    assert said == "has no target column 'label'; its columns are a, b, y"


def test_more_than_a_thousand_classes_are_refused_with_the_way_out(put) -> None:
    rows = [f"{row},c{row}\n" for row in range(1001)]
    assert table.read(put("a,y\n" + "".join(rows[:1000]))).outputs == 1000
    said = refusal(put("a,y\n" + "".join(rows)))
    assert "1,001 different values; at most 1000 classes" in said
    assert "--task regression" in said


def test_an_unknown_task_is_refused(put) -> None:
    with pytest.raises(DataError, match="'ranking' is unknown; it is classification or regression"):
        table.read(put("a,y\n1,0\n"), "ranking")


def test_too_many_cells_are_refused(put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.model.reading.table.MOST_VALUES", 10)
    assert "more than 10 cells" in refusal(put("a,y\n" + "1,0\n" * 6))


# NPZ


def test_arrays_are_read_as_they_are(npz) -> None:
    data = table.read(npz(X=np.float32([[1, 2], [3, 4]]), y=[5, 7]))
    assert data.inputs.tolist() == [[1, 2], [3, 4]]
    assert data.class_names == ("5", "7")
    assert (data.sets == UNASSIGNED).all()


@pytest.mark.parametrize(
    ("y", "names"),
    [
        ([0.0, 1.0], ()),
        ([[0], [1]], ("0", "1")),
        (["b", "a"], ("a", "b")),
        (np.array([b"b", b"a"]), ("a", "b")),
        ([True, False], ("False", "True")),
        (np.uint8([3, 4]), ("3", "4")),
    ],
)
def test_the_type_of_y_tells_classes_from_values(npz, y, names: tuple[str, ...]) -> None:
    assert table.read(npz(X=[[1], [2]], y=y)).class_names == names


def test_several_targets_are_a_regression(npz) -> None:
    data = table.read(npz(X=np.zeros((3, 2)), y=np.arange(6.0).reshape(3, 2)))
    assert (data.outputs, data.targets.tolist()) == (2, [[0, 1], [2, 3], [4, 5]])


def test_images_become_one_feature_a_pixel(npz) -> None:
    images = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    data = table.read(npz(X=images, y=[0, 1, 0, 1]))
    assert data.feature_names == ("p0_0", "p0_1", "p0_2", "p1_0", "p1_1", "p1_2")
    assert data.inputs[1].tolist() == [6, 7, 8, 9, 10, 11]


def test_sets_brought_by_an_npz_are_kept_whole(npz) -> None:
    data = table.read(npz(X=[[1], [2]], y=[0, 1], X_test=[[3]], y_test=[2]))
    assert data.sets.tolist() == [TRAIN, TRAIN, TEST]
    assert data.targets.tolist() == [0, 1, 2]
    assert data.class_names == ("0", "1", "2")


def test_validation_and_test_sets_are_told_apart(npz) -> None:
    data = table.read(npz(X=[[1]], y=[0], X_val=[[2]], y_val=[1], X_test=[[3]], y_test=[0]))
    assert data.sets.tolist() == [TRAIN, VALIDATION, TEST]
    assert data.inputs.ravel().tolist() == [1, 2, 3]


X = [[1.0, 2.0], [3.0, 4.0]]


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": X, "y": [0, 1]}, "needs the arrays X and y; found x, y"),
        ({"X": X}, "needs the arrays X and y; found X"),
        ({"X": X, "y": [0, 1, 0]}, "X has 2 samples, but y has shape (3,)"),
        ({"X": X, "y": 1}, "X has 2 samples, but y has shape ()"),
        ({"X": [1, 2], "y": [0, 1]}, "X has shape (2,); expected (samples, features)"),
        ({"X": np.zeros((2, 2, 2, 3)), "y": [0, 1]}, "X has shape (2, 2, 2, 3)"),
        ({"X": np.zeros((2, 0)), "y": [0, 1]}, "X has shape (2, 0)"),
        ({"X": np.zeros((0, 2)), "y": np.zeros(0)}, "X holds no samples"),
        ({"X": [["a"], ["b"]], "y": [0, 1]}, "X is of type <U1; numbers are accepted"),
        ({"X": [[1j], [2]], "y": [0, 1]}, "X is of type complex128"),
        ({"X": [[1, np.nan], [3, 4]], "y": [0, 1]}, "X[0, 1] is nan; expected a finite number"),
        ({"X": [[1, 2], [np.inf, 4]], "y": [0, 1]}, "X[1, 0] is inf"),
        ({"X": X, "y": [0.0, np.nan]}, "y holds NaN or infinity"),
        ({"X": X, "y": np.array([None, {}])}, "array 'y' holds pickled objects"),
        ({"X": np.array([[None], [3]]), "y": [0, 1]}, "array 'X' holds pickled objects"),
        ({"X": X, "y": np.zeros((2, 2), int)}, "y has shape (2, 2); classes need one class a sample"),
        ({"X": X, "y": np.zeros((2, 1, 1))}, "y has shape (2, 1, 1)"),
        ({"X": X, "y": [0, 1], "X_val": X}, "has X_val but no y_val"),
        ({"X": X, "y": [0, 1], "y_test": [1]}, "has y_test but no X_test"),
        (
            {"X": X, "y": [0, 1], "X_val": [[1]], "y_val": [1]},
            "X_val has samples of shape (1,), X of shape (2,)",
        ),
        ({"X": X, "y": [0, 1], "X_val": X, "y_val": ["a", "b"]}, "y_val is of type <U1, y of type int64"),
        ({"X": X, "y": np.array([0, 1], "datetime64[s]")}, "y is of type datetime64[s]"),
    ],
)
def test_arrays_that_do_not_fit_are_named(npz, arrays: dict, said: str) -> None:
    assert refusal(npz(**arrays)).startswith(said)


def test_text_for_a_regression_is_refused(npz) -> None:
    assert "y holds text" in refusal(npz(X=X, y=["a", "b"]), "regression")


def test_a_target_column_of_an_npz_is_refused(npz) -> None:
    assert "--target" in refusal(npz(X=X, y=[0, 1]), target="y")


def member(content: bytes, name: str = "X.npy") -> bytes:
    """A zip with one member."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
        file.writestr("y.npy", npy(np.zeros(2)))
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def lying(shape: str) -> bytes:
    """An NPY whose header promises another shape than (2, 2)."""
    honest = npy(np.zeros((2, 2)))
    # the header is padded with blanks, which make room for a longer shape
    return honest.replace(b"(2, 2), }" + b" " * (len(shape) - 6), shape.encode() + b", }")


GOOD = member(npy(np.zeros((2, 2))))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no zip at all",
        GOOD[: len(GOOD) // 2],
        GOOD[:-10],
        member(b""),
        member(b"\x93NUMPY"),
        member(b"\x93NUMPY\x09\x09" + b"\0" * 100),
        member(npy(np.zeros((2, 2)))[:-1]),
        member(npy(np.zeros((2, 2))).replace(b"<f8", b"<q9")),
        member(npy(np.zeros((2, 2))).replace(b"{", b"[")),
        member(lying("(9, 9)")),
        member(lying("(-2,-2)")),
        member(lying("(99999999999999,)")),
        member(pickle.dumps({"X": 1})),
        GOOD[:60] + b"\xff" * 20 + GOOD[80:],
    ],
)
def test_a_damaged_npz_is_told_in_one_line(put, content: bytes) -> None:
    refusal(put(content, "bad.npz"))


@pytest.mark.parametrize("shape", ["(9, 9)", "(1, 2)", "(40000000,)"])
def test_a_header_that_lies_about_the_size_is_told_before_anything_is_allocated(put, shape: str) -> None:
    assert refusal(put(member(lying(shape)), "lying.npz")).startswith("array 'X' is cut short")


def test_arrays_in_fortran_order_are_read_as_they_are(npz) -> None:
    values = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    assert table.read(npz(X=values, y=[0, 1])).inputs.tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("start", range(0, len(GOOD), 7))
def test_no_flipped_byte_escapes_as_another_error(put, start: int) -> None:
    for place in range(start, min(start + 7, len(GOOD))):
        content = bytearray(GOOD)
        content[place] ^= 0xFF
        path = put(bytes(content), "flipped.npz")
        try:
            table.read(path)
        except DataError as error:
            assert str(error).startswith(f"{path}: ")


def test_an_array_of_too_many_values_is_refused_before_it_is_read(put, monkeypatch) -> None:
    monkeypatch.setattr(archive, "MOST_VALUES", 3)
    assert "has 4 values; at most 3 are read" in refusal(put(GOOD, "big.npz"))


def test_a_file_that_inflates_beyond_the_limit_is_refused_before_it_is_read(put, monkeypatch) -> None:
    bomb = member(npy(np.zeros((1000, 1000))))
    assert len(bomb) < 10_000
    monkeypatch.setattr(archive, "MOST_BYTES", 1_000_000)
    assert "and 0.0 GB are read" in refusal(put(bomb, "bomb.npz"))


# writing


def same(one: Dataset, two: Dataset) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in ("inputs", "targets", "sets"))


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
@pytest.mark.parametrize("name", ["moons", "blobs", "sine", "plane"])
def test_what_is_written_is_read_back_exactly(tmp_path: Path, name: str, suffix: str) -> None:
    data = generate(name, 50, 0.3, 3, 1)
    table.write(data, tmp_path / f"a{suffix}")
    back = table.read(tmp_path / f"a{suffix}")
    assert same(back, data)
    assert back.feature_names == data.feature_names
    assert len(back.class_names) == len(data.class_names)


@pytest.mark.parametrize("suffix", [".csv", ".npz"])
def test_names_and_sets_are_written_too(tmp_path: Path, suffix: str) -> None:
    data = Dataset([[1], [2], [3]], [1, 0, 1], [TRAIN, VALIDATION, TEST], ("no", "yes"), ("y",))
    table.write(data, tmp_path / f"a{suffix}")
    back = table.read(tmp_path / f"a{suffix}")
    assert same(back, data)
    assert (back.class_names, back.feature_names) == (("no", "yes"), ("y",))


def test_an_npz_is_plain_numpy(tmp_path: Path) -> None:
    data = generate("moons", 20, 0.1, 2, 0)
    table.write(data, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as arrays:
        assert (arrays["X"] == data.inputs).all()
        assert arrays["y"].dtype.kind == "i"


def test_equal_datasets_make_equal_files(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        table.write(generate("xor", 20, 0.1, 2, 0), tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="cuts an open file short")
def test_a_csv_that_the_disk_cut_short_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: os.ftruncate(descriptor, 10))
    file = tmp_path / "a.csv"
    with pytest.raises(OSError, match="bytes reached the disk"):
        table.write(generate("xor", 20, 0.1, 2, 0), file)
    assert os.listdir(tmp_path) == []


def test_another_kind_of_file_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"\.csv, \.npz and \.xlsx can be written"):
        table.write(generate("xor", 20, 0.1, 2, 0), tmp_path / "a.ods")


def test_several_targets_do_not_fit_a_csv(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one target column"):
        table.write(Dataset([[1.0]], [[1.0, 2.0]]), tmp_path / "a.csv")
