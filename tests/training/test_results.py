"""What a run leaves in a folder: names, columns and numbers as they are promised to scripts."""

import csv

import numpy as np
import pytest

from playground.model import file
from playground.model.dataset import DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.reading.words import unshielded
from playground.training import results
from playground.training.resuming import resume
from playground.training.run import Run

FAST = {"samples": 50, "layers": (4,), "epochs": 5, "test_fraction": 0.1}


def written(folder, experiment=None, **knobs):
    """A trained run and the folder that it was written to."""
    run = Run(experiment or Experiment(**{**FAST, **knobs}))
    while not run.has_ended:
        run.finish_epoch()
    results.write(run, folder)
    return run


def table(path):
    with open(path, newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def test_the_folder_holds_five_files(tmp_path):
    written(tmp_path / "new" / "folder")
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "experiment.playground",
        "history.csv",
        "initial.npz",
        "predictions.csv",
        "weights.npz",
    ]


def test_the_history_has_its_columns(tmp_path):
    written(tmp_path)
    promised = "epoch train_loss val_loss data_loss penalty train_metric val_metric learning_rate seconds"
    assert table(tmp_path / "history.csv")[0] == promised.split()


def test_the_history_keeps_every_bit(tmp_path):
    run = written(tmp_path)
    rows = np.array(table(tmp_path / "history.csv")[1:], np.float64)
    assert np.array_equal(rows, run.history.rows)


def test_epochs_are_written_as_whole_numbers_from_1(tmp_path):
    written(tmp_path)
    assert [row[0] for row in table(tmp_path / "history.csv")[1:]] == ["1", "2", "3", "4", "5"]


def test_the_initial_weights_are_those_before_training(tmp_path):
    run = written(tmp_path)
    assert np.array_equal(np.load(tmp_path / "initial.npz")["W0"], Run(run.experiment).weights["W0"])


@pytest.mark.parametrize(
    "normalization, names",
    [
        ("none", {"W0", "b0", "W1", "b1"}),
        ("batch", {"W0", "gamma0", "beta0", "moving_mean0", "moving_var0", "W1", "b1"}),
        ("layer", {"W0", "b0", "gamma0", "beta0", "W1", "b1"}),
        ("weight", {"W0", "b0", "scale0", "W1", "b1"}),
    ],
)
def test_the_weights_have_the_promised_names(tmp_path, normalization, names):
    written(tmp_path, normalization=normalization)
    assert names <= set(np.load(tmp_path / "weights.npz").files)


def test_the_weights_are_shaped_inputs_by_units(tmp_path):
    written(tmp_path)
    assert np.load(tmp_path / "weights.npz")["W0"].shape == (2, 4)


def test_the_weights_are_the_restored_ones(tmp_path):
    run = written(tmp_path, noise=0.4, layers=(32,), learning_rate=0.05, early_stopping=True, epochs=500)
    again = Run(run.experiment, results.read_weights(tmp_path / "weights.npz"))
    assert again.scores().val_loss == run.history.rows[run.best_epoch - 1, 2]


def test_weights_are_read_as_they_were_written(tmp_path):
    run = written(tmp_path)
    found = results.read_weights(tmp_path / "weights.npz")
    assert all(np.array_equal(found[name], array) for name, array in run.weights.items())


def test_predictions_have_a_row_for_each_sample(tmp_path):
    written(tmp_path)
    rows = table(tmp_path / "predictions.csv")
    assert rows[0] == ["row", "split", "target", "prediction", "p_class 1", "p_class 2"] and len(rows) == 51


def test_predictions_are_numbered_from_1_in_the_order_of_the_data(tmp_path):
    run = written(tmp_path)
    rows, data = table(tmp_path / "predictions.csv")[1:], run.experiment.dataset
    assert [int(row[0]) for row in rows] == list(range(1, 51))
    assert [row[2] for row in rows] == [data.class_names[int(target)] for target in data.targets]


@pytest.mark.parametrize("classes", [2, 4])
def test_predictions_give_the_probability_of_each_class(tmp_path, classes):
    run = written(tmp_path, dataset="blobs", classes=classes)
    rows = table(tmp_path / "predictions.csv")
    shares = np.array([row[4:] for row in rows[1:]], float)
    assert np.array_equal(shares, run.predict(run.experiment.dataset.inputs)) and shares.shape[1] == classes
    assert [rows[0][4 + best] for best in shares.argmax(axis=1)] == [f"p_{row[3]}" for row in rows[1:]]


def test_predictions_of_a_regression_have_no_probabilities(tmp_path):
    written(tmp_path, dataset="sine")
    assert table(tmp_path / "predictions.csv")[0] == ["row", "split", "target", "prediction"]


def test_the_confusion_is_what_the_predictions_say(tmp_path):
    run = written(tmp_path, dataset="blobs", classes=3, noise=0.5)
    rows = table(tmp_path / "predictions.csv")[1:]
    for name, found in results.confusion(run).items():
        counts = [
            [sum(row[1:4] == [name, true, told] for row in rows) for told in found["classes"]]
            for true in found["classes"]
        ]
        assert found["counts"] == counts and np.trace(counts) < np.sum(counts) == sum(row[1] == name for row in rows)


def test_predictions_say_which_set_a_sample_is_in(tmp_path):
    written(tmp_path)
    sets = [row[1] for row in table(tmp_path / "predictions.csv")[1:]]
    assert (sets.count("train"), sets.count("val"), sets.count("test")) == (35, 10, 5)


def test_right_predictions_are_as_many_as_the_accuracy_says(tmp_path):
    run = written(tmp_path)
    right = [row[2] == row[3] for row in table(tmp_path / "predictions.csv")[1:] if row[1] == "train"]
    assert sum(right) / len(right) == run.scores().train_metric


def test_predictions_name_the_classes(tmp_path):
    data = Dataset([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1], [0, 0, 1, 1], ("cat, small", "λ-dog"))
    written(tmp_path, Experiment(None, data, epochs=2))
    assert table(tmp_path / "predictions.csv")[0][4:] == ["p_cat, small", "p_λ-dog"]
    assert [row[2] for row in table(tmp_path / "predictions.csv")[1:]] == ["cat, small", "λ-dog"] * 2


def test_predictions_of_several_outputs_stand_side_by_side(tmp_path):
    targets = np.array([[0.5, 1.0], [1.5, 2.0], [2.5, 3.0]])
    written(tmp_path, Experiment(None, Dataset(np.eye(3), targets, [0, 0, 1]), epochs=2))
    row = table(tmp_path / "predictions.csv")[1]
    assert row[2] == "0.5 1.0" and len(row[3].split()) == 2


def test_the_project_goes_on_where_the_run_ended(tmp_path):
    run = written(tmp_path)
    saved = file.load(tmp_path / "experiment.playground")
    again = resume(saved.experiment, saved.in_hand.arrays, saved.in_hand.info)
    assert np.array_equal(again.history.rows, run.history.rows, equal_nan=True) and again.has_ended


def test_a_diverged_run_leaves_its_last_finite_weights(tmp_path):
    written(tmp_path, dataset="sine", optimizer="sgd", learning_rate=1e6, epochs=100)
    found = np.load(tmp_path / "weights.npz")
    assert all(np.isfinite(found[name]).all() for name in found.files)


def test_writing_again_replaces_the_old_files(tmp_path):
    written(tmp_path)
    written(tmp_path, epochs=3)
    assert len(table(tmp_path / "history.csv")) == 4


def test_weights_with_pickled_objects_are_refused(tmp_path):
    np.savez(tmp_path / "bad.npz", W0=np.array([{"a": 1}], object))
    with pytest.raises(DataError, match="bad.npz.*pickled"):
        results.read_weights(tmp_path / "bad.npz")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OSError, match="taken"):
        written(tmp_path / "taken")


def test_no_name_is_a_formula_to_a_spreadsheet_and_each_comes_back_as_it_was(tmp_path):
    names = ("=1+1", "@cmd", "-kind", "+", "-5", "plain", "'=x", "\tx")
    inputs = np.random.default_rng(0).random((80, 2))
    labels = np.arange(80) % len(names)
    run = Run(Experiment(data=Dataset(inputs, labels.astype(float), class_names=names), epochs=1))
    run.finish_epoch()
    results.write(run, tmp_path)
    with open(tmp_path / "predictions.csv", encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file))
    cells = [cell for row in [head, *rows] for cell in row]
    dangerous = [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and not is_number(cell)]
    assert not dangerous
    assert head[4:] == [f"p_{name}" for name in names]
    told = [unshielded(row[2]) if row[2] != "-5" else row[2] for row in rows]
    assert told == [names[label] for label in labels]


def is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True
