"""Features made from columns."""

import numpy as np
import pytest

from playground.model.dataset import DataError
from playground.model.experiment import Experiment
from playground.model.features import choose, expand, tidy
from playground.model.knobs import KnobError
from playground.training.run import Run

POINTS = np.array([[2.0, 3.0], [-1.0, 0.5]])


def test_products_powers_and_sines_are_columns_of_their_own():
    made = expand(POINTS, tidy("x1, X2^2,x1*x2 , sin x1"))
    x1, x2 = POINTS.T
    assert made == pytest.approx(np.column_stack([x1, x2**2, x1 * x2, np.sin(x1)]))


def test_a_degree_is_all_products_up_to_it():
    assert len(choose("degree 3", 2)) == 2 + 3 + 4


def test_nothing_is_all_columns():
    assert (expand(POINTS, "") == POINTS).all()


@pytest.mark.parametrize("text", ["x0", "y1", "x1^", "sin x1^2", "degree 0", "x1,,x2", "x1*x1*x1*x1*x1*x1*x1*x1*x1*x1"])
def test_a_list_that_is_none_is_refused(text):
    with pytest.raises(KnobError, match="features"):
        Experiment(features=text)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(DataError, match="x3"):
        Run(Experiment(features="x3"))


def test_a_linear_model_tells_circles_apart_by_their_squares():
    run = Run(
        Experiment(dataset="circles", noise=0.05, layers=(), features="x1^2, x2^2", learning_rate=0.1, epochs=100)
    )
    while not run.has_ended:
        run.burst()
    assert run.scores().val_metric > 0.95


def test_a_covariate_shift_moves_validation_points_alone():
    plain, shifted = Experiment(), Experiment(shift=1.5, shift_angle=90)
    moved = shifted.dataset.inputs - plain.dataset.inputs
    training = plain.dataset.sets == 0
    assert not moved[training].any()
    deviation = plain.dataset.inputs[training].std(axis=0)[1]
    assert moved[~training] == pytest.approx(np.tile([0, 1.5 * deviation], (sum(~training), 1)), abs=1e-12)
