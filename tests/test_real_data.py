"""Real data as scikit-learn ships it: written to files, trained by the command line, judged on a test set."""

import csv
import json

import numpy as np
import pytest

from playground import cli

sklearn_datasets = pytest.importorskip("sklearn.datasets")

SHARES = ("--train-fraction", ".6", "--test-fraction", ".2")


def as_csv(path, bunch):
    with open(path, "w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow([*bunch.feature_names, "target"])
        writer.writerows([*map(float, row), bunch.target_names[kind]] for row, kind in zip(bunch.data, bunch.target))
    return str(path)


def accuracies(capsys, path, *knobs):
    """The test accuracy of five seeds."""
    found = []
    for seed in range(5):
        assert cli.main(["train", "--data", path, *SHARES, *knobs, "--seed", str(seed), "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out)["test_metric"])
    print(f"{path}: test accuracy {', '.join(f'{value:.4f}' for value in found)}, mean {np.mean(found):.4f}")
    return found


def test_breast_cancer_is_told_from_its_30_features(capsys, tmp_path):
    path = as_csv(tmp_path / "breast_cancer.csv", sklearn_datasets.load_breast_cancer())
    knobs = ("--layers", "16", "--learning-rate", ".01", "--epochs", "60", "--penalty", "l2", "--penalty-strength", "1")
    assert min(accuracies(capsys, path, *knobs)) >= 0.93


def test_wine_is_told_from_its_13_features(capsys, tmp_path):
    path = as_csv(tmp_path / "wine.csv", sklearn_datasets.load_wine())
    knobs = ("--layers", "16", "--learning-rate", ".01", "--epochs", "60", "--penalty", "l2", "--penalty-strength", "1")
    assert min(accuracies(capsys, path, *knobs)) >= 0.93


def test_digits_are_read_from_their_pixels(capsys, tmp_path):
    bunch = sklearn_datasets.load_digits()
    np.savez(tmp_path / "digits.npz", X=bunch.data, y=bunch.target)
    knobs = ("--layers", "64", "--learning-rate", ".005", "--epochs", "30")
    assert min(accuracies(capsys, str(tmp_path / "digits.npz"), *knobs)) >= 0.93


def test_a_table_of_three_wines_makes_three_classes(capsys, tmp_path):
    path = as_csv(tmp_path / "wine.csv", sklearn_datasets.load_wine())
    assert cli.main(["train", "--data", path, "--layers", "", "--epochs", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == 13 * 3 + 3
