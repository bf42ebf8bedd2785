"""The command line as scripts know it: its words, numbers, files, exit statuses and one-line errors."""

import csv
import json
import math
import os
import re
import signal
import struct
import subprocess
import sys

import numpy as np
import pytest

from playground import cli
from playground.model import file
from playground.model.experiment import Experiment
from playground.model.knobs import accepted, declarations

TOLD = declarations()
NAMES = list(TOLD)
NUMBERS = [name for name in NAMES if TOLD[name].kind in (int, float, tuple)]
SMALL = ("--samples", "50", "--layers", "4", "--epochs", "6", "--batch-size", "8")
DIVERGING = ("--dataset", "sine", "--optimizer", "sgd", "--learning-rate", "1e6", "--epochs", "50")
JSON_KEYS = ["epochs", "stopped_early", "best_epoch", "train_loss", "val_loss", "test_loss"]
JSON_KEYS += ["train_metric", "val_metric", "test_metric", "metric", "seconds", "diagnosis", "parameters"]
JSON_KEYS += ["cause", "evidence", "remedies", "confusion"]


@pytest.fixture
def run(capsys):
    """Runs a command in this process: its exit status, standard output and standard error."""

    def call(*arguments):
        capsys.readouterr()
        try:
            status = cli.main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
        return status, *capsys.readouterr()

    return call


def flag(name):
    return "--" + name.replace("_", "-")


def history(folder):
    """A run's history without the time that it took, as text: every bit counts."""
    with open(folder / "history.csv", newline="") as opened:
        return [row[:-1] for row in csv.reader(opened)]


def weights(path):
    with np.load(path) as opened:
        return {name: opened[name] for name in opened.files}


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def refused(result, *words):
    """Whether a command ended with status 2 and one line on standard error that has these words."""
    status, out, err = result
    assert (status, out) == (2, ""), result
    assert err.startswith("playground: ") and err.count("\n") == 1 and err.endswith("\n"), err
    assert all(str(word) in err for word in words), (err, words)
    return True


def process(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "playground", *map(str, arguments)], capture_output=True, timeout=300, **options
    )


# train


def test_train_prints_one_closing_line_and_the_verdict(run):
    status, out, err = run("train", *SMALL)
    assert (status, err) == (0, "")
    assert out.startswith("6 epochs in ") and "training loss" in out and "validation loss" in out


def test_train_with_json_prints_one_object_with_its_keys(run):
    status, out, _ = run("train", *SMALL, "--json")
    assert status == 0 and list(json.loads(out)) == JSON_KEYS and out.count("\n") == 1


def test_what_does_not_exist_is_null(run):
    found = json.loads(run("train", *SMALL, "--train-fraction", "1", "--json")[1])
    absent = ("best_epoch", "val_loss", "test_loss", "val_metric", "test_metric")
    assert all(found[name] is None for name in absent) and found["train_loss"] is not None


def test_the_values_of_the_json_are_of_their_types(run):
    found = json.loads(run("train", *SMALL, "--test-fraction", ".1", "--json")[1])
    assert found["epochs"] == 6 and found["stopped_early"] is False and found["parameters"] == 17
    assert found["metric"] == "accuracy" and found["seconds"] > 0
    assert all(
        isinstance(found[f"{name}_{what}"], float) for name in ("train", "val", "test") for what in ("loss", "metric")
    )


def test_the_json_names_the_cause_and_what_to_change_best_first(run):
    found = json.loads(run("train", *SMALL, "--samples", "200", "--initializer", "zeros", "--json")[1])
    assert (found["diagnosis"], found["cause"]) == ("underfit", "equal_start")
    assert found["remedies"] == [{"initializer": "glorot_uniform"}] and "%" in found["evidence"]


def test_a_sound_run_has_no_cause(run):
    sound = ("--dataset", "blobs", "--learning-rate", ".01", "--epochs", "100", "--json")
    found = json.loads(run("train", *sound)[1])
    assert (found["diagnosis"], found["cause"], found["remedies"]) == ("good", None, [])


def test_the_confusion_of_the_json_counts_each_set(run):
    found = json.loads(run("train", *SMALL, "--json")[1])["confusion"]
    assert found["test"] is None and found["train"]["classes"] == ["class 1", "class 2"]
    assert [sum(map(sum, found[name]["counts"])) for name in ("train", "val")] == [35, 15]


def test_a_regression_has_no_confusion(run):
    assert json.loads(run("train", *SMALL, "--dataset", "sine", "--json")[1])["confusion"] is None


def test_the_closing_line_names_the_penalty(run):
    out = run("train", *SMALL, "--penalty", "l1", "--penalty-strength", "500", "--epochs", "1")[1]
    whole, data, penalty = map(
        float, re.search(r"training loss (\S+) \(data (\S+) \+ L1 penalty (\S+?),", out).groups()
    )
    assert penalty > 10 * data and whole == pytest.approx(data + penalty, rel=1e-3)


def test_the_closing_line_names_no_penalty_where_there_is_none(run):
    assert "penalty" not in run("train", *SMALL)[1]


def test_the_metric_of_a_regression_is_r2(run):
    assert json.loads(run("train", *SMALL, "--dataset", "plane", "--json")[1])["metric"] == "r2"


def test_a_regression_tells_its_errors_too(run):
    flags = (*SMALL, "--dataset", "plane", "--test-fraction", ".1")
    found = json.loads(run("train", *flags, "--json")[1])
    assert set(found) - set(JSON_KEYS) == {"train_rmse", "val_rmse", "test_rmse"}
    assert all(found[f"{name}_rmse"] > 0 for name in ("train", "val", "test"))
    assert f"RMSE {found['val_rmse']:.4g}" in run("train", *flags)[1]


def test_the_losses_of_the_json_are_those_of_the_written_weights(run, tmp_path):
    stopping = ("--samples", 40, "--noise", ".4", "--layers", "32", "--learning-rate", ".05", "--early-stopping", "on")
    first = json.loads(run("train", *stopping, "--json", "--out", tmp_path)[1])
    again = json.loads(
        run(
            "train", *stopping, "--json", "--init", tmp_path / "weights.npz", "--learning-rate", "1e-30", "--epochs", 1
        )[1]
    )
    assert first["stopped_early"] is True and first["best_epoch"] < first["epochs"]
    assert again["val_loss"] == pytest.approx(first["val_loss"], rel=1e-6)


def test_a_diverged_run_has_status_1_and_its_json_is_printed(run, tmp_path):
    status, out, _ = run("train", *DIVERGING, "--json", "--out", tmp_path)
    assert status == 1 and json.loads(out)["diagnosis"] == "diverged"
    assert all(np.isfinite(array).all() for array in weights(tmp_path / "weights.npz").values())


def test_a_diverged_run_says_what_became_infinite(run):
    assert re.search(r"(loss|gradient|weight) became infinite or NaN at epoch \d+, ", run("train", *DIVERGING)[1], re.I)


def test_out_receives_the_five_files(run, tmp_path):
    assert run("train", *SMALL, "--out", tmp_path / "new" / "run")[0] == 0
    assert sorted(path.name for path in (tmp_path / "new" / "run").iterdir()) == [
        "experiment.playground",
        "history.csv",
        "initial.npz",
        "predictions.csv",
        "weights.npz",
    ]


def test_an_out_that_is_a_file_is_told_before_training(run, tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("")
    monkeypatch.setattr(cli, "_watch", lambda run: pytest.fail("it was trained"))
    assert refused(run("train", *SMALL, "--out", tmp_path / "taken"), tmp_path / "taken")


def test_layers_left_empty_are_a_linear_model(run):
    assert json.loads(run("train", *SMALL, "--layers", "", "--json")[1])["parameters"] == 3


@pytest.mark.parametrize("word, stops", [("on", True), ("true", True), ("off", False), ("false", False)])
def test_switches_are_on_or_off(run, tmp_path, word, stops):
    run("train", *SMALL, "--early-stopping", word, "--out", tmp_path)
    assert file.load(tmp_path / "experiment.playground").experiment.knobs.early_stopping is stops


def test_a_negative_number_with_an_exponent_is_a_value(run, tmp_path):
    run("train", *SMALL, "--baseline", "-1e-3", "--early-stopping", "on", "--out", tmp_path)
    assert file.load(tmp_path / "experiment.playground").experiment.knobs.baseline == -1e-3


def test_the_same_command_makes_the_same_numbers(run, tmp_path):
    for name in "ab":
        run("train", *SMALL, "--dropout", ".3", "--out", tmp_path / name)
    assert history(tmp_path / "a") == history(tmp_path / "b")
    assert same(weights(tmp_path / "a" / "weights.npz"), weights(tmp_path / "b" / "weights.npz"))


# from weights


def test_the_weights_of_one_run_start_another(run, tmp_path):
    run("train", *SMALL, "--normalization", "batch", "--out", tmp_path / "a")
    run("train", *SMALL, "--normalization", "batch", "--init", tmp_path / "a" / "weights.npz", "--out", tmp_path / "b")
    assert same(weights(tmp_path / "b" / "initial.npz"), weights(tmp_path / "a" / "weights.npz"))


def test_the_first_weights_of_a_run_make_it_again(run, tmp_path):
    run("train", *SMALL, "--out", tmp_path / "a")
    start = ("--init", tmp_path / "a" / "initial.npz", "--initializer", "he_normal")
    run("train", *SMALL, *start, "--out", tmp_path / "b")
    assert history(tmp_path / "a") == history(tmp_path / "b")


def test_weights_begin_a_saved_run_anew(run, tmp_path):
    run("train", *SMALL, "--out", tmp_path / "a")
    run(
        "train",
        tmp_path / "a" / "experiment.playground",
        "--init",
        tmp_path / "a" / "initial.npz",
        "--out",
        tmp_path / "b",
    )
    assert history(tmp_path / "a") == history(tmp_path / "b")


def test_a_bias_before_a_batch_normalization_is_accepted(run, tmp_path):
    run("train", *SMALL, "--normalization", "batch", "--out", tmp_path)
    np.savez(tmp_path / "more.npz", **weights(tmp_path / "initial.npz"), b0=np.zeros(4))
    result = run("train", *SMALL, "--normalization", "batch", "--init", tmp_path / "more.npz", "--out", tmp_path / "b")
    assert result[0] == 0 and history(tmp_path) == history(tmp_path / "b")


def test_weights_that_do_not_fit_are_refused(run, tmp_path):
    run("train", *SMALL, "--out", tmp_path)
    declared = run("train", *SMALL, "--layers", "5", "--init", tmp_path / "weights.npz")
    assert refused(declared, tmp_path / "weights.npz", "W0", "(2, 4)", "(2, 5)")


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"hello"], ids=["missing", "empty", "cut", "text"])
def test_a_file_that_holds_no_weights_is_refused(run, tmp_path, content):
    if content is not None:
        (tmp_path / "w.npz").write_bytes(content)
    assert refused(run("train", *SMALL, "--init", tmp_path / "w.npz"), tmp_path / "w.npz")


def test_what_cannot_be_trained_is_not_blamed_on_the_weights(run, tmp_path):
    run("train", *SMALL, "--out", tmp_path)
    _, _, err = run("train", *SMALL, "--train-fraction", "0", "--init", tmp_path / "weights.npz")
    assert "train_fraction" in err and "weights.npz" not in err


# a saved run


def test_a_saved_run_goes_on_to_its_epochs_in_all_exactly(run, tmp_path):
    knobs = (*SMALL, "--dropout", ".2", "--normalization", "batch", "--augment", "on", "--optimizer", "momentum")
    run("train", *knobs, "--epochs", 15, "--out", tmp_path / "whole")
    run("train", *knobs, "--epochs", 6, "--out", tmp_path / "part")
    run("train", tmp_path / "part" / "experiment.playground", "--epochs", 15, "--out", tmp_path / "more")
    assert history(tmp_path / "more") == history(tmp_path / "whole")
    for name in ("initial.npz", "weights.npz"):
        assert same(weights(tmp_path / "more" / name), weights(tmp_path / "whole" / name))


def test_a_saved_run_that_is_over_stays_as_it_is(run, tmp_path):
    run("train", *SMALL, "--out", tmp_path / "a")
    run("train", tmp_path / "a" / "experiment.playground", "--out", tmp_path / "b")
    assert history(tmp_path / "a") == history(tmp_path / "b")


def test_restart_begins_a_saved_run_anew(run, tmp_path):
    run("train", *SMALL, "--out", tmp_path / "a")
    run("train", tmp_path / "a" / "experiment.playground", "--restart", "--epochs", 3, "--out", tmp_path / "b")
    assert history(tmp_path / "b") == history(tmp_path / "a")[:4]


def test_a_flag_that_needs_new_weights_begins_anew_and_says_so(run, tmp_path):
    run("train", *SMALL, "--out", tmp_path / "a")
    _, out, err = run("train", tmp_path / "a" / "experiment.playground", "--layers", 5, "--json")
    assert "begins anew" in err and json.loads(out)["parameters"] == 21


def test_a_learning_rate_given_to_a_saved_run_holds_from_there_on(run, tmp_path):
    run("train", *SMALL, "--out", tmp_path / "a")
    run(
        "train",
        tmp_path / "a" / "experiment.playground",
        "--learning-rate",
        ".5",
        "--epochs",
        8,
        "--out",
        tmp_path / "b",
    )
    assert [row[7] for row in history(tmp_path / "b")[1:]] == ["0.001"] * 6 + ["0.5"] * 2


def test_a_damaged_project_is_refused(run, tmp_path):
    run("train", *SMALL, "--out", tmp_path)
    path = tmp_path / "experiment.playground"
    path.write_bytes(path.read_bytes()[:-100])
    assert refused(run("train", path), path)


def test_a_run_that_does_not_fit_its_project_is_refused(run, tmp_path):
    run("train", *SMALL, "--out", tmp_path)
    saved = file.load(tmp_path / "experiment.playground")
    odd = saved.in_hand._replace(experiment=saved.experiment.change(layers=(5,)))
    file.save(tmp_path / "odd.playground", odd.experiment, [odd])
    assert refused(run("train", tmp_path / "odd.playground"), tmp_path / "odd.playground", "does not fit")


# knobs as flags and in a TOML


@pytest.mark.parametrize("name", NAMES)
def test_a_flag_of_the_wrong_type_is_refused(run, name):
    assert refused(run("train", flag(name), "?banana"), name, "?banana", accepted(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_toml_value_of_the_wrong_type_is_refused(run, tmp_path, name):
    (tmp_path / "a.toml").write_text(f"[knobs]\n{name} = 1979-05-27\n")
    assert refused(run("train", tmp_path / "a.toml"), tmp_path / "a.toml", name, accepted(name))


def outside():
    """Each number that a knob's bounds leave out: (knob, text)."""
    for name in NUMBERS:
        knob = TOLD[name].knob
        if math.isfinite(knob.low):
            yield name, repr(knob.low - 1)
        if math.isfinite(knob.high):
            yield name, repr(knob.high + max(1, abs(knob.high)))
        if knob.open_low:
            yield name, repr(knob.low)
        if knob.open_high:
            yield name, repr(knob.high)
        yield name, "nan"
        yield name, "-inf"


@pytest.mark.parametrize("name, text", list(outside()))
def test_a_flag_out_of_range_is_refused(run, name, text):
    assert refused(run("train", flag(name), text), name, accepted(name))


@pytest.mark.parametrize("name, text", list(outside()))
def test_a_toml_value_out_of_range_is_refused(run, tmp_path, name, text):
    text = f"[{text}]" if TOLD[name].kind is tuple else text
    (tmp_path / "a.toml").write_text(f"[knobs]\n{name} = {text}\n")
    assert refused(run("train", tmp_path / "a.toml"), tmp_path / "a.toml", name, accepted(name))


@pytest.mark.parametrize("name", [name for name in NAMES if TOLD[name].kind in (int, tuple)])
def test_a_fraction_where_a_whole_number_belongs_is_refused(run, name):
    assert refused(run("train", flag(name), "2.5"), name, accepted(name))


def test_an_unknown_flag_is_refused(run):
    assert refused(run("train", "--learning-rat", "3"), "--learning-rat", "playground knobs")


def test_an_unknown_knob_in_a_toml_is_refused(run, tmp_path):
    (tmp_path / "a.toml").write_text("[knobs]\nlearning_rat = 3\n")
    assert refused(run("train", tmp_path / "a.toml"), tmp_path / "a.toml", "learning_rat", "playground knobs")


def test_a_flag_without_its_value_is_refused(run):
    assert refused(run("train", "--noise"), "--noise")


def test_a_broken_toml_is_refused_with_its_line(run, tmp_path):
    (tmp_path / "a.toml").write_text("[knobs]\nnoise = \n")
    assert refused(run("train", tmp_path / "a.toml"), tmp_path / "a.toml", "line 2")


def test_a_toml_trains_what_it_describes(run, tmp_path):
    (tmp_path / "a.toml").write_text('[knobs]\nlayers = []\nepochs = 3\nearly_stopping = true\n[data]\nname = "xor"\n')
    found = json.loads(run("train", tmp_path / "a.toml", "--json")[1])
    assert (found["epochs"], found["parameters"]) == (3, 3)


def test_a_flag_has_the_last_word_over_a_toml(run, tmp_path):
    (tmp_path / "a.toml").write_text("[knobs]\nepochs = 3\n")
    assert json.loads(run("train", tmp_path / "a.toml", "--epochs", 5, "--json")[1])["epochs"] == 5


def test_a_toml_finds_its_data_beside_it(run, tmp_path):
    (tmp_path / "d.csv").write_text("x,y\n" + "1,a\n2,b\n" * 10)
    (tmp_path / "a.toml").write_text('[knobs]\nepochs = 2\nlayers = [2]\n[data]\npath = "d.csv"\n')
    assert json.loads(run("train", tmp_path / "a.toml", "--json")[1])["parameters"] == 7


@pytest.mark.parametrize("name", ["missing.toml", "missing.playground", "letter.docx", "folder.playground"])
def test_a_file_that_is_no_experiment_is_refused(run, tmp_path, name):
    (tmp_path / "letter.docx").write_text("Dear")
    (tmp_path / "folder.playground").mkdir()
    assert refused(run("train", tmp_path / name), tmp_path / name)


# data


def table(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text, words",
    [
        ("", ()),
        ("x,y\n", ()),
        ("x,y\n1,a\n2\n", ("line 3",)),
        ("x,y\n1,a\nabc,b\n", ("line 3", "'abc'")),
        ("x,y\nnan,a\nnan,b\n", ("x is left out",)),
        ("x,y\n1,\n2,\n", ("the target 'y' is missing",)),
        ("x,y,split\n1,a,train\n2,b,tset\n", ("line 3", "tset", "train, val, test")),
        ("x,y\n1,a\n2,a\n3,a\n4,a\n", ("one class",)),
        ("x,y\n1,a\n", ("one point",)),
    ],
    ids=["empty", "header only", "ragged", "text", "nan", "missing", "split", "one class", "one point"],
)
def test_a_bad_table_is_refused(run, tmp_path, text, words):
    path = table(tmp_path / "d.csv", text)
    assert refused(run("train", "--data", path), path, *words)


def test_a_missing_table_is_refused(run, tmp_path):
    assert refused(run("train", "--data", tmp_path / "d.csv"), tmp_path / "d.csv", "no such file")


@pytest.mark.parametrize(
    "arrays",
    [
        {"X": np.array([{}], object), "y": np.zeros(1)},
        {"X": np.zeros((4, 2)), "y": np.zeros(3)},
        {"X": np.zeros(4), "y": np.zeros(4)},
        {"X": np.full((4, 2), np.nan), "y": np.arange(4) % 2},
        {"y": np.zeros(3)},
    ],
    ids=["objects", "lengths", "shape", "nan", "no X"],
)
def test_a_bad_npz_is_refused(run, tmp_path, arrays):
    np.savez(tmp_path / "d.npz", **arrays)
    assert refused(run("train", "--data", tmp_path / "d.npz"), tmp_path / "d.npz")


def test_a_named_target_is_predicted(run, tmp_path):
    path = table(tmp_path / "d.csv", "animal,size\n" + "cat,1\ndog,5\n" * 10)
    run("train", "--data", path, "--target", "animal", "--epochs", 2, "--out", tmp_path)
    with open(tmp_path / "predictions.csv", newline="") as opened:
        assert {row["target"] for row in csv.DictReader(opened)} == {"cat", "dog"}


def test_a_task_overrides_what_the_targets_look_like(run, tmp_path):
    path = table(tmp_path / "d.csv", "x,y\n" + "1,1\n2,2\n3,3\n" * 5)
    assert (
        json.loads(run("train", "--data", path, "--task", "regression", "--epochs", 2, "--json")[1])["metric"] == "r2"
    )


def test_an_unknown_task_is_refused(run, tmp_path):
    path = table(tmp_path / "d.csv", "x,y\n1,1\n2,2\n")
    assert refused(run("train", "--data", path, "--task", "cooking"), "cooking", "classification", "regression")


def test_a_task_without_data_is_refused(run):
    assert refused(run("train", "--task", "regression"), "--data")


def test_two_datasets_are_one_too_many(run, tmp_path):
    path = table(tmp_path / "d.csv", "x,y\n1,a\n2,b\n")
    assert refused(run("train", "--data", path, "--dataset", "moons"), "dataset", path)


def test_sets_given_by_a_file_are_not_dealt_again(run, tmp_path):
    rows = "".join(f"{number},{'ab'[number % 2]},{part}\n" for part in ("train", "val", "test") for number in range(4))
    path = table(tmp_path / "d.csv", "x,y,split\n" + rows)
    run("train", "--data", path, "--train-fraction", ".1", "--epochs", 2, "--out", tmp_path)
    with open(tmp_path / "predictions.csv", newline="") as opened:
        assert [row["split"] for row in csv.DictReader(opened)] == ["train"] * 4 + ["val"] * 4 + ["test"] * 4


@pytest.mark.parametrize("name", ["d.csv", "d.npz"])
def test_a_built_in_dataset_written_to_a_file_trains_as_itself(run, tmp_path, name):
    assert run("data", "spiral", "--samples", 60, "--noise", ".1", "--seed", 5, "--out", tmp_path / name)[0] == 0
    knobs = ("--epochs", 3, "--layers", 4, "--seed", 5)
    run("train", *knobs, "--data", tmp_path / name, "--out", tmp_path / "a")
    run("train", *knobs, "--dataset", "spiral", "--samples", 60, "--noise", ".1", "--out", tmp_path / "b")
    assert history(tmp_path / "a") == history(tmp_path / "b")


@pytest.mark.parametrize("name", ["drawn", "mooons"])
def test_data_of_an_unknown_name_is_refused(run, tmp_path, name):
    assert refused(run("data", name, "--out", tmp_path / "d.csv"), name)


def test_data_to_another_kind_of_file_is_refused(run, tmp_path):
    assert refused(run("data", "moons", "--out", tmp_path / "d.xls"), tmp_path / "d.xls", ".csv", ".npz")


# knobs


def test_knobs_tells_every_knob(run):
    status, out, _ = run("knobs")
    assert status == 0 and all(f"{flag(name)}  (" in out for name in NAMES)


def test_knobs_with_json_tells_every_knob(run):
    assert [knob["name"] for knob in json.loads(run("knobs", "--json")[1])] == NAMES


def test_knobs_with_json_tells_what_is_promised_of_each(run):
    for knob in json.loads(run("knobs", "--json")[1]):
        assert {"name", "type", "default", "low", "high", "choices", "help", "formula"} <= set(knob)
        assert list(knob["default"]) == ["lecture", "keras", "pytorch"]


def test_knobs_nests_defaults_by_optimizer_where_they_differ(run):
    rate = next(knob for knob in json.loads(run("knobs", "--json")[1]) if knob["name"] == "learning_rate")
    assert rate["default"]["lecture"]["sgd"] == 0.01 and rate["default"]["pytorch"]["sgd"] == 0.001


def test_each_default_that_is_told_is_accepted(run):
    for knob in json.loads(run("knobs", "--json")[1]):
        for default in knob["default"].values():
            for value in default.values() if isinstance(default, dict) else (default,):
                assert value is None or knob["name"] == "dataset" or Experiment(**{knob["name"]: value})


def test_help_is_no_error(run):
    assert run("train", "--help")[0] == run("--help")[0] == 0


# real processes


def test_a_process_ends_with_the_status():
    assert process("train", *SMALL).returncode == 0
    assert process("train", *DIVERGING).returncode == 1
    assert process("train", "--noise", "x").returncode == 2


def test_a_reader_that_has_seen_enough_is_no_error():
    with subprocess.Popen(
        [sys.executable, "-m", "playground", "knobs"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as started:
        started.stdout.close()
        assert started.stderr.read() == b""
    assert started.returncode == 0


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("arguments", [("knobs",), ("knobs", "--json"), ("train", "--help"), ("train", *DIVERGING)])
def test_output_can_be_read_in_any_encoding(encoding, arguments):
    found = process(*arguments, env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    assert found.stderr == b"" and found.stdout.decode(encoding)


def interrupted(*arguments):
    """A command that hears Ctrl-C once its progress bar shows epochs: its status, output, and what the terminal had."""
    import termios

    ours, theirs = os.openpty()
    termios.tcsetwinsize(ours, (24, 120))
    command = [sys.executable, "-m", "playground", *map(str, arguments)]
    # a shell that starts us in the background has us ignore Ctrl-C, and a child inherits that
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs)
    signal.signal(signal.SIGINT, usual)
    with started:
        os.close(theirs)
        shown = b""
        while not re.search(rb"[1-9][0-9]*/[0-9]+ ", shown):
            shown += os.read(ours, 1000)
        started.send_signal(signal.SIGINT)
        while True:
            try:
                piece = os.read(ours, 1000)
            except OSError:  # the other end is closed
                break
            if not piece:
                break
            shown += piece
        out = started.stdout.read()
    os.close(ours)
    return started.returncode, out.decode(), shown.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_ctrl_c_writes_what_was_trained(tmp_path):
    status, out, shown = interrupted("train", *SMALL, "--epochs", "10000000", "--json", "--out", tmp_path)
    assert status == 130 and "Traceback" not in shown
    epochs = json.loads(out)["epochs"]
    saved = file.load(tmp_path / "experiment.playground")
    assert 0 < epochs == len(history(tmp_path)) - 1 == len(saved.in_hand.arrays["history_epoch"])
    assert "epoch" in shown and "validation" in shown


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_ctrl_c_writes_what_every_run_of_a_race_has_trained(tmp_path):
    flags = (*SMALL, "--epochs", "10000000", "--vary", "optimizer=sgd,adam,lion")
    status, out, shown = interrupted("race", *flags, "--out", tmp_path)
    assert status == 130 and "Traceback" not in shown and "epoch" in shown
    with open(tmp_path / "runs.csv", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert rows and {row["run"] for row in rows} <= {"1-sgd", "2-adam", "3-lion"} and out.count("\n") == len(rows)
    assert all(0 < int(row["epochs"]) == len(history(tmp_path / row["run"])) - 1 for row in rows)
    assert (tmp_path / "race.png").exists()


def test_an_interrupted_run_goes_on_exactly(run, tmp_path, monkeypatch):
    def interrupted(run):
        run.advance(25)
        return True

    with monkeypatch.context() as patched:
        patched.setattr(cli, "_watch", interrupted)
        assert run("train", *SMALL, "--out", tmp_path / "a")[0] == 130
    run("train", tmp_path / "a" / "experiment.playground", "--out", tmp_path / "b")
    run("train", *SMALL, "--out", tmp_path / "c")
    assert history(tmp_path / "b") == history(tmp_path / "c")


def size_of(png):
    content = png.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", content[16:24])


def test_shot_writes_a_picture_of_its_size(tmp_path):
    made = process("shot", *SMALL, "--size", "1280x720", "--theme", "dark", "--out", tmp_path / "a.png")
    assert made.returncode == 0 and size_of(tmp_path / "a.png") == (1280, 720)


def test_shot_with_a_bad_size_is_refused(run, tmp_path):
    assert refused(run("shot", "--size", "big", "--out", tmp_path / "a.png"), "--size", "big", "1440x900")


def test_shot_to_another_kind_of_file_is_refused(run, tmp_path):
    assert refused(run("shot", "--out", tmp_path / "a.gif"), tmp_path / "a.gif", ".png")


def test_shot_to_a_folder_that_is_not_there_is_refused(run, tmp_path):
    assert refused(run("shot", "--out", tmp_path / "no" / "a.png"), tmp_path / "no")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is always a display")
def test_the_window_without_a_display_trains_and_writes_its_picture(tmp_path):
    (tmp_path / "a.toml").write_text("[knobs]\nepochs = 5\nlayers = [4]\n")
    blind = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    made = process("a.toml", "--out", "run", cwd=tmp_path, env=blind)
    assert made.returncode == 0 and b"there is no display" in made.stderr and b"5 epochs" in made.stdout
    assert size_of(tmp_path / "run" / "window.png") == (1440, 900) and len(history(tmp_path / "run")) == 6


def test_the_window_of_a_file_that_is_not_there_is_refused(run, tmp_path):
    assert refused(run(tmp_path / "no.toml"), tmp_path / "no.toml")


def test_variance_writes_parts_that_add_up_and_a_picture(run, tmp_path):
    out = tmp_path / "parts"
    knobs = ("--dataset", "sine", "--samples", 30, "--epochs", 20)
    status, printed, _ = run("variance", *knobs, "--vary", "layers=;8", "--resamples", 4, "--out", out)
    assert status == 0
    header, *rows = (out / "variance.csv").read_text().splitlines()
    assert header.startswith("layers,bias2,variance,noise,error")
    for row in rows:
        bias2, variance, noise, error = map(float, row.split(",")[1:5])
        assert bias2 + variance + noise == pytest.approx(error, rel=1e-9)
    assert len(rows) == 2
    assert "no hidden layers: bias² " in printed
    assert (out / "variance.png").read_bytes().startswith(b"\x89PNG")


def test_a_varied_knob_never_shares_its_columns_name_with_a_result(run, tmp_path):
    flags = ("--dataset", "sine", "--samples", 30, "--epochs", 5, "--resamples", 2)
    assert run("variance", *flags, "--vary", "noise=0,.5", "--vary", "loss=squared,absolute", "--out", tmp_path)[0] == 0
    with open(tmp_path / "variance.csv", newline="") as opened:
        header, *rows = csv.reader(opened)
    assert header[:6] == ["knob_noise", "loss", "bias2", "variance", "noise", "error"]
    assert len(set(header)) == len(header)
    assert [(row[0], row[1], float(row[4])) for row in rows] == [
        ("0.0", "squared", 0),
        ("0.0", "absolute", 0),
        ("0.5", "squared", 0.25),
        ("0.5", "absolute", 0.25),
    ]


def test_variance_of_fits_that_diverge_is_told(run, tmp_path):
    knobs = ("--dataset", "sine", "--samples", 20, "--epochs", 20, "--optimizer", "sgd", "--learning-rate", 1e9)
    status, printed, _ = run("variance", *knobs, "--resamples", 3, "--out", tmp_path)
    assert status == 1
    assert "not measured; 3 of 3 fits diverged" in printed
    assert (tmp_path / "variance.csv").read_text().splitlines()[1] == ",,,,,,3,3"


@pytest.mark.parametrize("arguments", [("frain",), ("frain", "--epochs", 5), ("export", "a.toml", "--to", "keras")])
def test_a_command_that_there_is_not_is_told_with_those_that_there_are(run, arguments):
    status, _, errors = run(*arguments)
    assert status == 2
    assert errors.startswith(f"playground: '{arguments[0]}' is neither a command nor a file; commands are shot, train,")
    assert len(errors.splitlines()) == 1


def test_with_standard_error_closed_a_run_is_trained_and_told_all_the_same(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert cli.main(["train", "--epochs", "2", "--json"]) == 0
