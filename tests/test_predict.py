"""``playground predict`` and ``inspect``: a second file with the same columns, and what is read of one."""

import csv
import json
from pathlib import Path

import pytest

from playground import cli

CASES = Path(__file__).parent / "model" / "reading" / "cases"


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return status, out, err

    return call


@pytest.fixture
def project(run, tmp_path: Path) -> Path:
    """A network that learned birds of two islands, of one of which a length is unknown."""
    rows = [
        f"{'north' if n % 2 else 'south'},{30 + n},{'fm'[n % 2]},{'gull' if n < 10 else 'tern'}\n" for n in range(20)
    ]
    (tmp_path / "birds.csv").write_text("island,length,sex,kind\n,99,f,\n" + "".join(rows))
    status, _, _ = run("train", "--data", tmp_path / "birds.csv", "--epochs", 30, "--out", tmp_path)
    assert status == 0
    return tmp_path / "experiment.playground"


def predict(run, folder: Path, data: str = "a.csv", out: str = "o.csv") -> None:
    """Has the network in a folder answer a file in it."""
    project = folder / "experiment.playground"
    assert run("predict", project, "--data", folder / data, "--out", folder / out)[0] == 0


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def test_the_same_file_gets_the_same_answers_row_by_row(run, project: Path, tmp_path: Path) -> None:
    assert run("predict", project, "--data", tmp_path / "birds.csv", "--out", tmp_path / "new.csv")[0] == 0
    new = {row["row"]: row for row in rows_of(tmp_path / "new.csv")}
    old = rows_of(tmp_path / "predictions.csv")
    assert len(new) == 21
    assert [row["row"] for row in old] == [str(number) for number in range(2, 22)]  # the first row has no kind
    for row in old:
        assert new[row["row"]]["prediction"] == row["prediction"]
        assert float(new[row["row"]]["p_gull"]) == pytest.approx(float(row["p_gull"]), abs=1e-6)


def test_columns_are_found_by_name_in_any_order_without_the_target(run, project: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("island,length,sex\nnorth,31,m\nsouth,48,f\n")
    (tmp_path / "b.csv").write_text("more;Length;SEX;island\n7;31;M;North \n8;48;F;South\n")
    for name in "ab":
        predict(run, tmp_path, f"{name}.csv", f"{name}_out.csv")
    assert rows_of(tmp_path / "a_out.csv") == rows_of(tmp_path / "b_out.csv")
    assert list(rows_of(tmp_path / "a_out.csv")[0]) == ["row", "prediction", "p_gull", "p_tern"]


def test_a_new_level_and_missing_cells_are_told(run, project: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("island,length,sex\nwest,31,m\nsouth,,f\nsouth,40,\n")
    status, _, told = run("predict", project, "--data", tmp_path / "a.csv", "--out", tmp_path / "out.csv")
    assert status == 0
    assert "island has levels that were not learned, and count as none: west" in told
    assert "2 rows have missing cells" in told
    assert len(rows_of(tmp_path / "out.csv")) == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("island,sex\nnorth,m\n", "has no column 'length'"),
        ("island,length,sex\nnorth,long,m\n", "line 2, column 'length': found 'long'; expected a number"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(run, project: Path, tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    status, out, told = run("predict", project, "--data", tmp_path / "a.csv", "--out", tmp_path / "out.csv")
    assert (status, out) == (2, "")
    assert said in told and told.count("\n") == 1


def test_an_untrained_project_has_no_answers(run, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[knobs]\nepochs = 3\n")
    status, _, told = run("predict", tmp_path / "a.toml", "--data", tmp_path / "a.csv", "--out", tmp_path / "out.csv")
    assert status == 2
    assert "no trained network" in told


def test_a_regression_is_answered_in_its_own_units(run, tmp_path: Path) -> None:
    run(
        "train",
        "--data",
        CASES / "pay.csv",
        "--layers",
        "",
        "--learning-rate",
        0.05,
        "--epochs",
        300,
        "--out",
        tmp_path,
    )
    (tmp_path / "a.csv").write_text("years\n1\n10\n")
    predict(run, tmp_path)
    low, high = (float(row["prediction"]) for row in rows_of(tmp_path / "o.csv"))
    assert 20_000 < low < 50_000 < 100_000 < high < 140_000


def test_a_table_without_a_header_may_lack_its_target(run, tmp_path: Path) -> None:
    run("train", "--data", CASES / "flowers.csv", "--epochs", 5, "--out", tmp_path)
    (tmp_path / "a.csv").write_text("2.1,0.6\n3.9,2.1\n")
    predict(run, tmp_path)
    assert len(rows_of(tmp_path / "o.csv")) == 2


def test_a_pattern_answers_a_file_with_its_columns(run, tmp_path: Path) -> None:
    run("train", "--epochs", 5, "--out", tmp_path)
    run("data", "moons", "--out", tmp_path / "m.npz")
    run("data", "moons", "--out", tmp_path / "m.csv")
    for kind in ("npz", "csv"):
        predict(run, tmp_path, f"m.{kind}", f"{kind}.csv")
    assert rows_of(tmp_path / "npz.csv") == rows_of(tmp_path / "csv.csv")


# inspect


def test_inspect_tells_what_is_read(run) -> None:
    status, out, _ = run("inspect", CASES / "cars.csv")
    assert status == 0
    assert out.startswith("30 rows, 1 left out (power missing) · 2 numbers · target consumption: regression\n")


def test_inspect_with_json_prints_one_object(run) -> None:
    found = json.loads(run("inspect", CASES / "birds.csv", "--json")[1])
    assert list(found) == ["rows", "used", "left_out", "columns", "features", "target", "task", "classes", "notes"]
    assert found["classes"] == {"gull": 15, "tern": 15}
    assert list(found["columns"][0]) == ["name", "kind", "use", "reason", "missing", "levels"]
    assert found["columns"][0]["levels"] == ["north", "south"]


def test_inspect_takes_the_reading_flags(run) -> None:
    flags = ("--target", "length", "--drop", "sex", "--categorical", "island", "--missing", "median")
    found = json.loads(run("inspect", CASES / "birds.csv", *flags, "--json")[1])
    assert (found["target"], found["task"], found["classes"]) == ("length", "regression", None)
    assert [column["use"] for column in found["columns"]] == ["feature", "target", "left_out", "feature"]


def test_train_tells_what_it_read_beside_its_json(run) -> None:
    status, out, told = run("train", "--data", CASES / "sorted_ids.csv", "--epochs", 1, "--json")
    assert status == 0 and json.loads(out)["epochs"] == 1
    assert "Id left out (row numbers) · target kind: 3 classes" in told


def test_a_toml_may_say_how_to_read_its_data(run, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text((CASES / "birds.csv").read_text())
    (tmp_path / "a.toml").write_text('[data]\npath = "d.csv"\ndrop = ["sex", "island"]\n')
    assert run("train", tmp_path / "a.toml", "--epochs", 1, "--layers", "", "--json")[0] == 0
    (tmp_path / "a.toml").write_text('[data]\npath = "d.csv"\nmissing = "mean"\n')
    assert "missing 'mean' is unknown" in run("train", tmp_path / "a.toml")[2]
