"""Augmentation as it is seen: the kernel's own samples, and flips that change what points mean."""

from __future__ import annotations

import math

import numpy as np
import pytest

from playground.kernels.augment import augment
from playground.kernels.random import key, uniform
from playground.model.dataset import TRAIN, Dataset
from playground.model.experiment import Experiment
from playground.training.looks.augmented import BATCH, Draw, augmented, mirrored, strayed
from playground.training.run import Run

JITTERED = Experiment(augment=True, augment_jitter=0.3, augment_rotate=30.0, layers=())


@pytest.fixture(scope="module")
def run():
    return Run(JITTERED)


def by_the_kernel(run, draw):
    """What training's kernel makes of all training points, with the keys of that draw."""
    state = run.state
    x, y = state.samples.inputs.copy(), state.samples.targets.copy()
    augment(x, y, x.shape[1], state.samples.scales, state.rules, state.rates, 0, BATCH + draw, 0, x.copy())
    return x, y


@pytest.mark.parametrize("draw", [0, 1, 77])
def test_augmented_samples_are_the_kernels_with_the_same_keys(run, draw):
    found = augmented(run, Draw(draw))
    x, y = by_the_kernel(run, draw)
    moments = run.state.moments
    np.testing.assert_allclose(found.after, x.T * moments[1] + moments[0], rtol=1e-6)
    data = run.experiment.dataset
    assert np.array_equal(found.before, data.inputs[data.sets == TRAIN])
    assert np.array_equal(found.targets[:, 1], y[0]) and not np.allclose(found.before, found.after)
    assert found.chosen == (("Rotate", 30.0), ("Jitter", 0.3))


def test_a_rotation_is_the_one_by_hand():
    run = Run(Experiment(augment=True, augment_jitter=0.0, augment_rotate=40.0, layers=(), standardize=False))
    found = augmented(run, Draw(3))
    inputs = run.state.samples.inputs.astype(np.float64)
    centre, spread = inputs.mean(axis=1), inputs.std(axis=1)
    first, second = key.function(run.state.rules.seed, 0, BATCH + 3, 1_000_003)
    for k in (0, 1, 17):
        angle = math.radians(40) * (2 * float(uniform.function(first, second, k)) - 1)
        a, b = (inputs[:, k] - centre) / spread
        turned = np.array([math.cos(angle) * a - math.sin(angle) * b, math.sin(angle) * a + math.cos(angle) * b])
        np.testing.assert_allclose(found.after[k], centre + spread * turned, atol=1e-5)


def test_another_number_is_another_draw_and_the_same_is_found_out_once(run):
    first = augmented(run, Draw(5))
    assert augmented(run, Draw(5)) is first
    assert not np.array_equal(augmented(run, Draw(6)).after, first.after)
    assert np.array_equal(augmented(run, Draw(5)).after, first.after)


def test_seeing_it_changes_no_training(run):
    seen, plain = Run(JITTERED), Run(JITTERED)
    for _ in range(3):
        augmented(seen, Draw(seen.epoch))
        seen.finish_epoch()
        plain.finish_epoch()
    assert np.array_equal(seen.state.net.weights, plain.state.net.weights)


def test_without_augmentation_there_is_nothing_to_be_seen():
    assert augmented(Run(Experiment(layers=())), Draw()) is None


def test_a_mirrored_two_is_said_to_be_no_two():
    run = Run(Experiment(dataset="digits", layers=(), augment=True, augment_flip_horizontal=True))
    (flip,) = augmented(run, Draw()).flips
    assert flip.title == "Flip left–right" and flip.strayed > 0.3 and flip.before < 0.1
    symmetric = np.array([[1.0, 0.1], [-1.0, 0.1], [0.9, -0.1], [-0.9, -0.1]])
    data = Dataset(symmetric, [0, 0, 1, 1], [TRAIN] * 4, ("up", "down"))
    run = Run(Experiment(data=data, layers=(), augment=True, augment_flip_horizontal=True))
    assert augmented(run, Draw()).flips[0].strayed <= augmented(run, Draw()).flips[0].before


def test_images_are_mirrored_as_images_and_points_at_their_centre():
    images = np.arange(12.0).reshape(2, 6)
    assert mirrored(images, True, (2, 3), images.mean(axis=0))[0].tolist() == [2, 1, 0, 5, 4, 3]
    assert mirrored(images, False, (2, 3), images.mean(axis=0))[0].tolist() == [3, 4, 5, 0, 1, 2]
    points = np.array([[1.0, 5.0], [3.0, 7.0]])
    assert mirrored(points, True, (), points.mean(axis=0)).tolist() == [[3.0, 5.0], [1.0, 7.0]]


def test_a_point_has_strayed_whose_nearest_other_is_of_another_class():
    among, classes = np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([0, 0, 1, 1])
    own = np.arange(4)
    assert strayed(among, classes, among, classes, own) == 0
    assert strayed(among + 10, classes, among, classes, own) == 0.5
    two = among[:2]
    assert strayed(two, np.array([0, 1]), two, np.array([0, 1]), np.arange(2)) == 1  # itself does not count
