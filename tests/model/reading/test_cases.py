"""Small files on which reading once failed; cases/README.md says what they mean."""

from pathlib import Path

import numpy as np
import pytest

from playground.model.coverage import missing_groups
from playground.model.experiment import Experiment, doubts
from playground.model.reading.flags import Flags
from playground.model.reading.reading import Reading, open_file

CASES = Path(__file__).parent / "cases"


def opened(name: str, **flags) -> Reading:
    return open_file(CASES / name, Flags(**flags))


@pytest.mark.parametrize(
    ("name", "target", "classes", "features", "rows"),
    [
        ("smoke.csv", "ill", ("no", "yes"), ("smoker", "sport"), 200),
        ("temp.csv", "temperature", (), ("hour",), 30),
        ("flowers.csv", "y", ("rose", "tulip"), ("x1", "x2"), 30),
        (
            "birds.csv",
            "kind",
            ("gull", "tern"),
            ("island=north", "island=south", "length", "sex=f", "sex=m"),
            30,
        ),
        ("cars.csv", "consumption", (), ("power", "weight"), 29),
        ("pay.csv", "pay", (), ("years",), 30),
        ("title.csv", "label", ("no", "yes"), ("a", "b"), 2),
        ("sep.csv", "label", ("no", "yes"), ("a", "b"), 2),
        ("excel.csv", "label", ("no", "yes"), ("a", "b"), 6),
        ("sorted_ids.csv", "kind", ("a", "b", "c"), ("x", "y"), 60),
        ("sorted.csv", "kind", ("a", "b", "c"), ("x", "y"), 90),
        ("first.csv", "kind", ("gull", "tern"), ("length", "width"), 6),
        ("hours.csv", "score", (), ("hours",), 36),
    ],
)
def test_a_file_is_read_as_its_owner_meant_it(name, target, classes, features, rows) -> None:
    found = opened(name)
    data = found.dataset
    assert (found.target, data.class_names, set(data.feature_names), data.samples) == (
        target,
        classes,
        set(features),
        rows,
    )


def test_a_comma_that_ends_the_header_is_no_column() -> None:
    found = opened("trailing.csv", target="kind")
    assert [column["name"] for column in found.columns] == ["id", "kind", "radius"]
    assert found.columns[0]["kind"] == "row_number"
    assert found.dataset.feature_names == ("radius",)


def test_a_decimal_comma_is_read() -> None:
    assert opened("temp.csv").dataset.targets[:3, 0].tolist() == [15.2, 15.9, 16.2]


def test_every_group_of_smokers_stands_in_both_sets() -> None:
    data = Experiment(data=opened("smoke.csv").dataset).dataset
    for part in (0, 1):
        assert len(np.unique(data.inputs[data.sets == part], axis=0)) == 4
    assert not missing_groups(data)


def test_a_row_with_an_empty_cell_is_told() -> None:
    found = opened("cars.csv")
    assert found.left_out == (("power missing", 1),)
    assert found.line == "30 rows, 1 left out (power missing) · 2 numbers · target consumption: regression"


def test_a_class_missing_from_the_training_set_is_told() -> None:
    data = opened("sorted.csv").dataset
    told = doubts(Experiment(data=data, split="sequential", train_fraction=0.6))
    assert any("class c" in doubt and "training set" in doubt for doubt in told)
