"""Searches: what is tried, what is found, and that they leave others alone."""

import math
import time

import numpy as np
import pytest

from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, declarations
from playground.session import Session
from playground.training import searching
from playground.training.findings import (
    CANCELLED,
    DONE,
    FAILED,
    LOSSES,
    PAUSED,
    VARIANCE,
    Asked,
    Found,
    Spot,
    bends,
    coarse_first,
    coarse_pairs,
)
from playground.training.knob_axis import SIMPLER, can_vary, knob_axis
from playground.training.run import Run
from playground.training.searching import MOST_VALUES, Search

SMALL = Experiment(samples=40, layers=(4,), epochs=6, penalty="l2", penalty_strength=1.0)
LONG = 60.0  # seconds


@pytest.fixture
def begin():
    """Begins searches, and ends them."""
    made = []

    def one(asked, experiment=SMALL, own=None):
        made.append(Search(asked, experiment, own=own))
        return made[-1]

    yield one
    for search in made:
        search.close()


# the axis


@pytest.mark.parametrize(
    "experiment",
    [
        SMALL,
        Experiment(optimizer="momentum", early_stopping=True, dropout=0.2, normalization="batch", clip_norm=1.0),
        Experiment(dataset="diabetes", augment=True, schedule="step", shift=0.5, layers=()),
    ],
)
def test_every_value_of_an_axis_is_accepted_and_in_order(experiment):
    for name in can_vary(experiment):
        axis = knob_axis(experiment, name)
        places = [axis.place(value) for value in axis.values]
        assert places == sorted(places)
        assert len(set(places)) == len(places)
        for value in axis.values:
            assert getattr(experiment.change(**{name: value}).knobs, name) == value
        for low, high in zip(axis.values, axis.values[1:]):
            middle = axis.between(low, high)
            assert middle is None or axis.place(low) < axis.place(middle) < axis.place(high)


def test_the_present_value_is_among_those_that_are_tried():
    assert 1.0 in knob_axis(SMALL, "penalty_strength").values
    assert (4,) in knob_axis(SMALL, "layers").values
    assert SMALL.knobs.samples in knob_axis(SMALL, "samples").values


def test_a_knob_where_ratios_count_has_a_log_axis():
    assert knob_axis(SMALL, "penalty_strength").scale == "log"
    assert knob_axis(SMALL, "epochs").scale == "log"
    assert knob_axis(SMALL.change(dropout=0.1), "dropout").scale == "linear"
    assert knob_axis(SMALL, "optimizer").scale == "steps"


@pytest.mark.parametrize("name", ["seed", "features", "dropout_of_nobody", "elastic_mix"])
def test_a_knob_that_cannot_vary_is_refused(name):
    with pytest.raises(KnobError, match=name):
        knob_axis(SMALL, name)


def test_networks_stand_by_the_number_of_their_parameters():
    values = knob_axis(SMALL, "layers").values
    sizes = [Run(SMALL.change(layers=layers)).parameters for layers in values]
    assert sizes == sorted(sizes)


# the order


def test_both_ends_are_tried_first_and_then_the_middle_of_the_widest_gap():
    assert coarse_first(7) == [0, 6, 3, 1, 4, 2, 5]
    assert all(sorted(coarse_first(count)) == list(range(count)) for count in range(1, 20))


def test_a_map_is_coarse_before_it_is_fine():
    pairs = list(coarse_pairs(tuple("abc"), tuple("xyz")))
    assert set(pairs[:4]) == {("a", "x"), ("a", "z"), ("c", "x"), ("c", "z")}
    assert len(set(pairs)) == 9


def test_a_curve_is_refined_where_it_bends_and_not_where_it_is_straight():
    places = np.arange(7.0)
    worth = bends(places, np.array([3.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0]))
    assert worth.argmax() in (2, 3)
    assert worth[0] == pytest.approx(0)
    assert worth[-1] == pytest.approx(0)


def test_a_loss_that_explodes_does_not_hide_the_valley():
    worth = bends(np.arange(7.0), np.array([1.0, 0.6, 0.3, 0.5, 1.0, math.nan, 1e30]))
    assert worth.argmax() in (1, 2)


# what is found


def test_a_search_finds_what_runs_under_these_seeds_come_to(begin):
    search = begin(Asked(LOSSES, "penalty_strength", seeds=2))
    assert search.wait(LONG)
    found = search.found
    assert (found.status, found.done, found.whole) == (DONE, 2 * MOST_VALUES, 2 * MOST_VALUES)
    values = [spot.values[0] for spot in found.spots]
    assert values == sorted(values)
    spot = next(spot for spot in found.spots if spot.values == (1.0,))
    for number in range(2):
        run = Run(SMALL.change(seed=number))
        while not run.has_ended:
            run.finish_epoch()
        assert spot.found["val_data"][number] == pytest.approx(run.scores().val_loss - run.penalty, abs=1e-12)
        assert spot.found["train_loss"][number] == run.scores().train_loss


def test_a_value_is_tried_with_what_follows_it_when_it_is_chosen(begin):
    """λ begins with its penalty, η with its optimizer, unless they were set by hand: what a click takes is what ran."""
    plain = SMALL.change(penalty="none", penalty_strength=0.5, learning_rate=0.05)
    for knob, value, follows in (
        ("penalty", "elastic_net", "penalty_strength"),
        ("optimizer", "rmsprop", "learning_rate"),
    ):
        session = Session(plain)
        session._own = set()
        search = begin(Asked(LOSSES, knob, seeds=1), plain, own=())
        stays = begin(Asked(LOSSES, knob, seeds=1), plain, own=(follows,))
        session.edit(**{knob: value})
        assert search.wait(LONG) and stays.wait(LONG)
        place = [spot.values for spot in search.found.spots].index((value,))
        assert plain.change(**search.found.changes(place)) == session.experiment
        assert search.found.chosen(place) == {knob: value}
        run = Run(session.experiment)
        while not run.has_ended:
            run.finish_epoch()
        assert search.found.spots[place].found["val_loss"][0] == run.scores().val_loss
        assert follows not in stays.found.changes(place)
        session.close()


def test_a_search_finds_the_same_again(begin):
    first, again = (begin(Asked(LOSSES, "penalty_strength", seeds=2)) for _ in range(2))
    assert first.wait(LONG)
    assert again.wait(LONG)
    for one, other in zip(first.found.spots, again.found.spots, strict=True):
        assert one.values == other.values
        np.testing.assert_array_equal(one.found["val_loss"], other.found["val_loss"])


def test_a_map_has_every_pair_and_what_the_network_made_of_the_plane(begin):
    search = begin(Asked(LOSSES, "penalty_strength", "learning_rate", 1, (-2, 2, -2, 2)))
    assert search.wait(LONG)
    assert len({spot.values for spot in search.found.spots}) == 49
    assert all(spot.surface is not None for spot in search.found.spots if not spot.diverged)


def test_bias_and_variance_along_a_knob(begin):
    search = begin(
        Asked(VARIANCE, "layers", seeds=3, extent=(-1.5, 1.5, -2, 2)), Experiment(dataset="sine", samples=20, epochs=4)
    )
    assert search.wait(LONG)
    assert search.found.status == DONE
    for spot in search.found.spots:
        assert spot.mean("bias2") + spot.mean("variance") + spot.mean("noise") == pytest.approx(spot.mean("error"))
        picture = spot.measurement.picture
        np.testing.assert_allclose(picture.mean, np.mean(picture.fits, axis=0), rtol=1e-6, atol=1e-6)
        assert len(picture.truth) == len(picture.spread)


def test_the_simplest_within_one_standard_error_of_the_best_is_marked():
    def found(knob, means):
        axis = knob_axis(SMALL, knob)
        values = axis.values[: len(means)]
        spots = tuple(Spot((v,), {"val_data": np.array([m - 0.1, m + 0.1])}) for v, m in zip(values, means))
        return Found(Asked(LOSSES, knob), SMALL, (axis,), spots)

    assert found("penalty_strength", [0.5, 0.3, 0.35, 0.39, 0.8]).simplest("val_data") == 3
    assert found("layers", [0.5, 0.45, 0.35, 0.3, 0.31]).simplest("val_data") == 2
    assert found("learning_rate", [0.5, 0.3, 0.35]).simplest("val_data") is None


def test_runs_that_diverge_are_counted_and_in_no_mean(begin):
    search = begin(Asked(LOSSES, "learning_rate", seeds=1), SMALL.change(optimizer="sgd", learning_rate=1e4))
    assert search.wait(LONG)
    bad = [spot for spot in search.found.spots if spot.diverged]
    assert bad
    assert all(math.isnan(spot.mean("val_data")) for spot in bad)
    assert search.found.best("val_data") is not None


def test_two_values_that_do_not_go_together_leave_a_gap_in_the_map(begin):
    """In PyTorch's convention a batch of one, here the last of 28 points, cannot be normalized."""
    experiment = SMALL.change(convention="pytorch", batch_size=54)
    search = begin(Asked(LOSSES, "normalization", "batch_size", 1), experiment)
    assert search.wait(LONG)
    assert search.found.status == DONE
    assert {spot.values for spot in search.found.spots if spot.diverged} == {("batch", 27)}


# the hand


def test_a_search_is_given_up_at_once_and_what_is_there_is_kept(begin, monkeypatch):
    monkeypatch.setattr(searching, "NEWS", 0.0)
    search = begin(Asked(LOSSES, "epochs", seeds=1), SMALL.change(epochs=100_000))
    until = time.monotonic() + LONG
    while not search.found.spots and time.monotonic() < until:
        time.sleep(0.005)
    began = time.perf_counter()
    search.cancel()
    assert search.wait(1.0)
    assert time.perf_counter() - began < 0.5
    assert search.found.status == CANCELLED
    assert search.found.spots


def test_a_search_rests_and_goes_on(begin):
    search = begin(Asked(LOSSES, "penalty_strength", seeds=1))
    search.pause()
    assert search.found.status == PAUSED
    assert not search.wait(0.3)
    done = search.found.done
    assert not search.wait(0.2)
    assert search.found.done == done
    search.pause(False)
    assert search.wait(LONG)
    assert search.found.status == DONE


def test_a_search_that_is_paused_is_given_up_at_once(begin):
    search = begin(Asked(LOSSES, "penalty_strength", seeds=1), SMALL.change(epochs=100_000))
    search.pause()
    search.cancel()
    assert search.wait(1.0)
    assert search.found.status == CANCELLED


def test_what_goes_wrong_is_told(begin, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(searching, "Run", fail)
    search = begin(Asked(LOSSES, "penalty_strength", seeds=1))
    assert search.wait(LONG)
    assert (search.found.status, search.found.reason) == (FAILED, "not enough memory")


def test_every_knob_that_says_which_end_is_simpler_is_one():
    assert set(SIMPLER) <= set(declarations())
