"""The history: rows that are only appended, the best epoch, and normalization vectors at a bounded number of epochs."""

import numpy as np
import pytest

from playground.kernels.columns import COLUMNS, EPOCH, VAL_LOSS
from playground.model.experiment import Experiment
from playground.model.spool import FIRST_ROWS
from playground.training.history import MOST_NORM_ROWS, History, NormHistory
from playground.training.state import prepare


def measured(*val_losses, first=1):
    """What kernels measure in so many epochs from the first on."""
    rows = np.zeros((len(val_losses), len(COLUMNS)))
    rows[:, EPOCH], rows[:, VAL_LOSS] = np.arange(first, first + len(val_losses)), val_losses
    return rows


def history(*val_losses):
    found = History()
    found.extend(measured(*val_losses), 0.0, 1.0)
    return found


def norms():
    """The normalization history of a network whose one hidden layer has two units: rows of eight numbers."""
    return NormHistory(prepare(Experiment(normalization="batch", layers=(2,))).net.layers)


def kept(cuts, epochs):
    """The epochs kept when so many are appended in pieces of these lengths, over and over."""
    found, done = norms(), 0
    while done < epochs:
        for cut in cuts:
            count = min(cut, epochs - done)
            found.extend(done + 1, np.arange(done + 1, done + count + 1)[:, np.newaxis] * np.ones(8))
            done += count
    return found


def test_epochs_count_from_1():
    assert list(history(3, 2, 1).rows[:, COLUMNS.index("epoch")]) == [1, 2, 3]


def test_epochs_are_counted_on_over_several_calls():
    found = history(3, 2)
    found.extend(measured(1, first=3), 1.0, 2.0)
    assert list(found.rows[:, 0]) == [1, 2, 3]


def test_the_time_of_a_burst_is_spread_over_its_epochs():
    found = History()
    found.extend(measured(1, 1, 1, 1), 2.0, 4.0)
    assert list(found.rows[:, COLUMNS.index("seconds")]) == [2.5, 3.0, 3.5, 4.0]


def test_the_best_epoch_is_that_of_the_lowest_validation_loss():
    assert history(3, 1, 2).best_epoch == 2


def test_the_first_of_equally_good_epochs_is_the_best():
    assert history(3, 1, 1).best_epoch == 2


def test_the_best_epoch_may_come_in_a_later_call():
    found = history(3, 2)
    found.extend(measured(4, 1), 1.0, 2.0)
    assert found.best_epoch == 4


def test_nan_is_never_best():
    assert history(np.nan, 5, np.nan).best_epoch == 2


def test_there_is_no_best_epoch_without_validation():
    assert history(np.nan, np.nan).best_epoch is None


def test_a_view_stays_as_it_was_when_the_history_grows():
    found = history(1, 2)
    view = found.rows
    found.extend(measured(*range(FIRST_ROWS)), 1.0, 2.0)
    assert len(found) == FIRST_ROWS + 2 and found.rows.base is not view.base
    assert len(view) == 2 and list(view[:, COLUMNS.index("val_loss")]) == [1, 2]


def test_rows_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        history(1).rows[0] = 0


def test_rows_taken_up_are_the_rows_given():
    found = history(3, 1, 2)
    again = History(found.rows)
    assert np.array_equal(again.rows, found.rows) and again.best_epoch == 2


def test_normalization_vectors_are_kept_at_every_epoch_at_first():
    assert list(kept([5], 20).epochs) == list(range(1, 21))


def test_the_number_of_normalization_rows_is_bounded():
    assert len(kept([1000], 100_000).rows) <= MOST_NORM_ROWS


def test_the_kept_epochs_are_evenly_spaced():
    assert set(np.diff(kept([100], 5000).epochs)) == {8}


@pytest.mark.parametrize("cuts", [[1], [7, 1, 900], [1024], [1025]])
def test_which_epochs_are_kept_does_not_depend_on_how_training_is_cut(cuts):
    assert list(kept(cuts, 3000).epochs) == list(kept([64], 3000).epochs)


def test_each_kept_row_is_that_of_its_epoch():
    found = kept([100], 5000)
    assert list(found.rows[:, 0]) == list(found.epochs)


def test_a_restored_normalization_history_goes_on_as_if_never_saved():
    found = kept([50], 1500)
    again = norms()
    again.restore(np.array(found.epochs), np.array(found.rows))
    for one in (found, again):
        one.extend(1501, np.ones((1000, 8)))
    assert list(again.epochs) == list(found.epochs)


@pytest.mark.parametrize("epochs", [[1, 1], [3, 2], [1, 3, 4], [2, 3]])
def test_epochs_that_no_run_would_keep_are_refused(epochs):
    with pytest.raises(ValueError, match="evenly spaced"):
        norms().restore(np.array(epochs), np.zeros((len(epochs), 8)))


def test_a_restored_history_needs_a_row_for_each_epoch():
    with pytest.raises(ValueError, match="2 rows for 3 epochs"):
        norms().restore(np.array([1, 2, 3]), np.zeros((2, 8)))


def test_a_series_stays_as_it_was_when_rows_are_thinned_out():
    found = kept([100], MOST_NORM_ROWS)
    (series, *_), before = found.series(), found.rows.copy()
    found.extend(MOST_NORM_ROWS + 1, np.ones((5000, 8)))
    assert len(series.epochs) == MOST_NORM_ROWS
    assert np.array_equal(series.gamma, before[:, 4:6])


def test_a_series_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        kept([1], 3).series()[0].gamma[0] = 0
