"""Draws, dropout and augmentation: what they do on average, by z-tests under fixed seeds, and against slow twins."""

import math

import numpy as np
import pytest

from playground.kernels import augment, dropout, images, random
from playground.kernels.augment import AUGMENTATIONS, Draws, Scales
from playground.model.experiment import Experiment
from playground.training.run import Run

MANY = 20_000


def z_of_mean(values, mean, deviation):
    """How many standard errors the mean of draws is away from what it should be."""
    return abs(np.mean(values) - mean) / (deviation / math.sqrt(len(values)))


def column(n, value=0.0, rows=2):
    return np.full((rows, n), value)


def rules_and_rates(data=None, **knobs):
    state = Run(Experiment(data=data, samples=20, augment=True, precision="float64", **knobs)).state
    return state.rules, state.rates


def changed(x, key, amount, centre=(0.0, 0.0), spread=(1.0, 1.0), y=None):
    """What one row of AUGMENTATIONS makes of inputs, in place."""
    row = next(row for row in AUGMENTATIONS if row.key == key)
    draws = Draws(*random.key(7, 0, 0, row.draw), 0)
    scales = Scales(np.array(centre), np.array(spread), np.zeros((2, 2)))
    y = np.zeros((1, x.shape[1])) if y is None else y
    row.function(x, y, x.shape[1], amount, draws, scales, rules_and_rates()[0])


def test_uniform_draws_fill_the_unit_interval():
    first, second = random.key(1, 2, 3, 4)
    draws = np.array([random.uniform(first, second, i) for i in range(MANY)])
    assert draws.min() >= 0 and draws.max() < 1
    assert z_of_mean(draws, 0.5, math.sqrt(1 / 12)) < 3
    assert z_of_mean((draws - 0.5) ** 2, 1 / 12, math.sqrt(1 / 180)) < 3


def test_normal_draws_have_mean_0_and_variance_1():
    first, second = random.key(1, 2, 3, 4)
    draws = np.array([random.normal(first, second, i) for i in range(MANY)])
    assert z_of_mean(draws, 0, 1) < 3
    assert z_of_mean(draws**2, 1, math.sqrt(2)) < 3


@pytest.mark.parametrize("other", [(2, 2, 3, 4), (1, 3, 3, 4), (1, 2, 4, 4), (1, 2, 3, 5)])
def test_draws_of_another_place_are_unrelated(other):
    one, two = random.key(1, 2, 3, 4), random.key(*other)
    a = np.array([random.uniform(*one, i) for i in range(MANY)])
    b = np.array([random.uniform(*two, i) for i in range(MANY)])
    assert abs(np.corrcoef(a, b)[0, 1]) < 3 / math.sqrt(MANY)


def test_a_permutation_has_every_sample_once():
    order = np.zeros(1000, np.int64)
    random.permute(*random.key(0, 0, 0, 0), order)
    assert sorted(order) == list(range(1000))


def test_every_sample_comes_anywhere_in_the_order_equally_often():
    order = np.zeros(5, np.int64)
    counts = np.zeros((5, 5))
    for epoch in range(4000):
        random.permute(*random.key(0, epoch, 0, random.SHUFFLE), order)
        counts[np.arange(5), order] += 1
    deviation = math.sqrt(4000 * 0.2 * 0.8)
    assert np.abs(counts - 800).max() / deviation < 4


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_drops_its_rate_and_keeps_the_mean(rate):
    x = np.ones((20, 1000))
    mask, y = np.empty_like(x), np.empty_like(x)
    dropout.drop(x, rate, *random.key(3, 1, 1, 0), 1000, 0, mask, y)
    assert z_of_mean((y == 0).ravel(), rate, math.sqrt(rate * (1 - rate))) < 3
    assert set(np.unique(y)) <= {0, 1 / (1 - rate)}


def test_dropout_of_everything_gives_zeros():
    x = np.ones((4, 16))
    mask, y = np.empty_like(x), np.empty_like(x)
    dropout.drop(x, 1.0, *random.key(3, 1, 1, 0), 16, 0, mask, y)
    assert (y == 0).all() and (mask == 0).all()


def test_jitter_has_its_deviation_in_each_features_spread():
    x = column(MANY)
    changed(x, "jitter", 0.3, spread=(1.0, 5.0))
    for row, deviation in zip(x, (0.3, 1.5), strict=True):
        assert z_of_mean(row, 0, deviation) < 3
        assert z_of_mean(row**2, deviation**2, deviation**2 * math.sqrt(2)) < 3


def test_a_flip_mirrors_half_of_the_points():
    x = column(MANY, 3.0)
    changed(x, "flip_horizontal", 1.0, centre=(1.0, 1.0))
    assert set(np.unique(x[0])) == {-1.0, 3.0}
    assert (x[1] == 3).all()
    assert z_of_mean(x[0] == 3, 0.5, 0.5) < 3


def test_a_turn_keeps_the_distance_and_spreads_angles_evenly():
    x = np.tile([[2.0], [0.0]], MANY)
    changed(x, "rotate", 40.0)
    angles = np.degrees(np.arctan2(x[1], x[0]))
    assert np.hypot(*x) == pytest.approx(2)
    assert np.abs(angles).max() <= 40
    assert z_of_mean(angles, 0, 80 / math.sqrt(12)) < 3
    assert z_of_mean(angles**2, 40**2 / 3, 40**2 * math.sqrt(4 / 45)) < 3


def test_a_stretch_multiplies_by_even_factors():
    x = column(MANY, 3.0)
    changed(x, "scale", 0.2, centre=(1.0, 1.0))
    factors = (x[0] - 1) / 2
    assert (x[0] == x[1]).all()
    assert factors.min() >= 0.8 and factors.max() <= 1.2
    assert z_of_mean(factors, 1, 0.4 / math.sqrt(12)) < 3


def test_a_shift_moves_each_feature_on_its_own():
    x = column(MANY)
    changed(x, "shift", 0.5, spread=(1.0, 2.0))
    assert np.abs(x[1]).max() <= 1
    assert z_of_mean(x[1] ** 2, 1 / 3, math.sqrt(4 / 45)) < 3
    assert abs(np.corrcoef(x)[0, 1]) < 3 / math.sqrt(MANY)


def test_label_noise_draws_the_class_of_its_share_at_random():
    y = np.zeros((4, MANY))
    y[2] = 1
    changed(column(MANY), "label_noise", 0.4, y=y)
    assert (y.sum(axis=0) == 1).all()
    assert z_of_mean(y[2], 1 - 0.4 * 3 / 4, math.sqrt(0.3 * 0.7)) < 3
    assert z_of_mean(y[0], 0.1, math.sqrt(0.09)) < 3


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_mixups_shares_come_from_a_beta_distribution(alpha):
    first, second = random.key(5, 0, 0, 1)
    draws = np.array([augment.beta_draw(alpha, first, second, i) for i in range(MANY)])
    variance = 1 / (4 * (2 * alpha + 1))
    assert z_of_mean(draws, 0.5, math.sqrt(variance)) < 3
    # The deviation of (x − ½)² is at most ½ − …; half of the largest value is a safe bound.
    assert abs(np.mean((draws - 0.5) ** 2) - variance) < 4 * 0.125 / math.sqrt(MANY)


def test_mixup_blends_inputs_and_targets_alike():
    x, y = np.vstack([np.arange(8.0), np.arange(8.0)]), np.arange(8.0)[np.newaxis].copy()
    changed(x, "mixup", 0.5, y=y)
    assert x[0] == pytest.approx(y[0])
    assert (x[0] != np.arange(8)).any()
    # At least half of each stays itself: it never passes the middle between itself and its partner.
    middles = np.full(8, 3.5)
    assert (np.sign(x[0] - middles) * np.sign(np.arange(8) - middles) >= 0).all()


def image_rules(**knobs):
    """Rules and rates as they are for 5 × 4 images, whatever the data."""
    rules, rates = rules_and_rates(**knobs)
    return rules._replace(image_height=5, image_width=4), rates


def naive_warp(image, rules, rates, place):
    """One image, changed pixel by pixel as images.warp is told to, with NumPy's own numbers."""
    first, second = random.key(rules.seed, 0, 0, random.IMAGE)
    draws = [2 * float(random.uniform(first, second, 4 * place + i)) - 1 for i in range(4)]
    coins = int(random.word(*random.key(rules.seed, 0, 0, random.FLIP), place))
    angle, zoom = math.radians(rates.augment_rotate) * draws[0], 1 + rates.augment_scale * draws[1]
    height, breadth = image.shape
    offset = np.array([rates.augment_shift * height * draws[2], rates.augment_shift * breadth * draws[3]])
    middle = np.array([(height - 1) / 2, (breadth - 1) / 2])
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]) / zoom
    mirror = np.array(
        [
            -1 if rules.augment_flip_vertical and coins & 2 else 1,
            -1 if rules.augment_flip_horizontal and coins & 1 else 1,
        ]
    )
    padded = np.pad(image, 40)
    made = np.zeros_like(image)
    for pixel in np.ndindex(image.shape):
        source = middle + mirror * (turn @ (np.array(pixel) - middle - offset)) + 40
        i, j = np.floor(source).astype(int)
        a, b = source - (i, j)
        corners = padded[i : i + 2, j : j + 2]
        made[pixel] = np.array([1 - a, a]) @ corners @ np.array([1 - b, b])
    return made


def test_images_are_warped_as_the_slow_twin_does():
    rules, rates = image_rules(
        augment_rotate=30,
        augment_scale=0.2,
        augment_shift=0.3,
        augment_flip_horizontal=True,
        augment_flip_vertical=True,
    )
    draws = np.random.default_rng(0)
    grey = draws.uniform(0, 16, (6, 5, 4))
    moments = np.vstack([draws.uniform(1, 5, 20), draws.uniform(1, 3, 20)])
    x = ((grey.reshape(6, 20) - moments[0]) / moments[1]).T.copy()
    images.warp(x, 6, moments, rules, rates, 0, 0, 0, np.empty_like(x))
    found = (x.T * moments[1] + moments[0]).reshape(6, 5, 4)
    for place in range(6):
        assert found[place] == pytest.approx(naive_warp(grey[place], rules, rates, place), abs=1e-9)


def test_a_warp_that_changes_nothing_gives_the_image_back():
    rules, rates = image_rules()
    x = np.random.default_rng(0).normal(size=(20, 3))
    before = x.copy()
    images.warp(x, 3, np.vstack([np.zeros(20), np.ones(20)]), rules, rates, 0, 0, 0, np.empty_like(x))
    assert x == pytest.approx(before)


def test_cutout_blanks_a_square_of_its_size_anywhere():
    rules, _ = image_rules()
    x = np.ones((20, MANY // 4))
    images.cut_out(x, MANY // 4, np.vstack([np.zeros(20), np.ones(20)]), 0.5, *random.key(7, 0, 0, 1), 0, rules)
    # A side of half of 4 pixels: two by two, fewer where the square hangs over the edge.
    blanked = (x == 0).reshape(5, 4, -1)
    assert blanked.sum(axis=(0, 1)).max() == 4
    assert blanked.any(axis=2).all()


def test_validation_points_are_never_augmented():
    plain = Run(Experiment(samples=40, layers=(), learning_rate=1e-9, epochs=1))
    moved = Run(Experiment(samples=40, layers=(), learning_rate=1e-9, epochs=1, augment=True, augment_jitter=5.0))
    plain.finish_epoch()
    moved.finish_epoch()
    assert moved.history.rows[0, 1:3] == pytest.approx(plain.history.rows[0, 1:3], rel=1e-4)


@pytest.mark.parametrize("row", AUGMENTATIONS, ids=lambda row: row.key)
def test_augmentation_does_the_same_compiled_and_not(row):
    rules, _ = image_rules()
    draws = Draws(*random.key(7, 1, 2, row.draw), 3)
    scales = Scales(np.linspace(0.2, 0.4, 20), np.linspace(1.0, 2.0, 20), np.vstack([np.zeros(20), np.ones(20)]))
    results = []
    for version in (row.function, row.function.function):
        x = np.random.default_rng(0).normal(size=(20, 9))
        y = np.eye(3)[np.arange(9) % 3].T.copy()
        version(x, y, 9, 0.6, draws, scales, rules)
        results.append((x, y))
    assert results[0][0] == pytest.approx(results[1][0], abs=1e-12)
    assert results[0][1] == pytest.approx(results[1][1], abs=1e-12)
    untouched = results[0][0] == np.random.default_rng(0).normal(size=(20, 9))
    assert not untouched.all() or (results[0][1] != np.eye(3)[np.arange(9) % 3].T).any()


def test_no_two_augmentations_share_their_draws():
    taken = [random.SHUFFLE, random.INPUT, random.IMAGE, *(row.draw for row in AUGMENTATIONS)]
    assert len(set(map(int, taken))) == len(taken)
