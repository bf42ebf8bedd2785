"""The picture of a race."""

import numpy as np
import pytest
from PySide6.QtGui import QColor

from playground import Experiment, race
from playground.kernels.columns import COLUMNS
from playground.ui.plots.race import Lane, spread
from playground.ui.race import RacePicture
from playground.ui.theme import LIGHT, run_color

DATA = Experiment(samples=30).dataset


def history(train, validation=None, penalty=0.0):
    """A history of these losses."""
    found = np.zeros((len(train), len(COLUMNS)))
    found[:, COLUMNS.index("epoch")] = np.arange(1, len(train) + 1)
    for name, values in {"train_loss": train, "val_loss": train if validation is None else validation}.items():
        found[:, COLUMNS.index(name)] = values
    found[:, COLUMNS.index("data_loss")] = np.asarray(train) - penalty
    found[:, COLUMNS.index("penalty")] = penalty
    return found


def draw(qtbot, *lanes):
    picture = RacePicture("title", "subtitle", lanes, LIGHT)
    qtbot.addWidget(picture)
    picture.show()
    return picture


def lane(name, *histories, data=DATA, ending=""):
    return Lane(name, list(histories), data, len(histories[0]), ending)


FALLING = np.linspace(0.7, 0.1, 20)


def range_of(picture):
    return picture.chart.viewRange()[1]


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ([10, 50], [10, 50]),
        ([50, 10], [50, 10]),
        ([20, 20], [15, 25]),
        ([20, 21, 100], [15.5, 25.5, 100]),
        ([0, 1, 9], [0, 10, 20]),
        ([99, 100], [90, 100]),
        ([], []),
    ],
)
def test_names_that_would_overlap_are_moved_apart(heights, expected):
    assert spread(heights, 10, 0, 100) == pytest.approx(expected)


def test_each_lane_has_a_plane_with_its_points(qtbot):
    picture = draw(qtbot, lane("SGD", history(FALLING)), lane("Adam", history(FALLING)))
    assert [plane.dataset for plane in picture.planes] == [DATA, DATA]


def test_points_of_many_features_have_no_plane(qtbot):
    assert draw(qtbot, lane("SGD", history(FALLING), data=Experiment(dataset="digits").dataset)).planes == []


def test_a_loss_that_falls_far_is_seen_on_a_log_scale(qtbot):
    assert not draw(qtbot, lane("SGD", history(FALLING))).chart.getAxis("left").logMode
    assert draw(qtbot, lane("SGD", history(FALLING**4))).chart.getAxis("left").logMode


def test_losses_that_hardly_fall_are_seen_from_near(qtbot):
    low, high = range_of(draw(qtbot, lane("SGD", history(np.linspace(0.7, 0.6, 20)))))
    assert 0.5 < low <= 0.6 and 0.7 <= high < 0.8


def test_one_that_flies_away_does_not_flatten_the_others(qtbot):
    wild = history(np.geomspace(0.7, 1e30, 20))
    assert range_of(draw(qtbot, lane("SGD", history(FALLING)), lane("wild", wild)))[1] < 10


def test_a_penalty_is_in_no_loss_that_is_compared(qtbot):
    lanes = (lane("none", history(FALLING)), lane("L2", history(FALLING + 5, penalty=5.0)))
    picture = draw(qtbot, *lanes)
    assert range_of(picture)[1] <= 1 and picture.chart.getAxis("left").labelText == "loss, without the penalty"


def test_a_lane_without_an_epoch_is_named_over_its_plane_alone(qtbot):
    lanes = (lane("SGD", history(FALLING)), lane("wild", history([]), ending="diverged, epoch 1"))
    assert not draw(qtbot, *lanes).grab().isNull()


def grab_chart(qtbot, *lanes):
    picture = draw(qtbot, *lanes)
    return picture.chart.grab().toImage()


def share_of(image, color):
    """The share of an image that has a colour."""
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), -1)
    return (pixels == QColor(color).rgb()).mean()


def test_seeds_are_a_mean_within_a_wash(qtbot):
    one = grab_chart(qtbot, lane("SGD", history(np.full(20, 0.4))))
    washed = grab_chart(qtbot, lane("SGD", history(np.full(20, 0.3)), history(np.full(20, 0.5))))
    assert share_of(one, LIGHT.window) - share_of(washed, LIGHT.window) > 0.2


def test_a_real_race_shows_its_curves_in_their_colours(qtbot):
    contest = race(Experiment(samples=40, layers=(4,), epochs=30), {"optimizer": ["sgd", "adam"]}).train()
    lanes = [lane(one.name, run.history.rows) for one, run in zip(contest.contestants, contest.runs)]
    image = grab_chart(qtbot, *lanes)
    assert all(share_of(image, run_color(LIGHT, number)) > 1e-4 for number in range(2))
