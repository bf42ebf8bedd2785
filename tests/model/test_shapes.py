"""The patterns: their geometry, and what is promised of all of them."""

import numpy as np
import pytest

from playground.model.dataset import UNASSIGNED, DataError, Dataset
from playground.model.paths import assets_folder
from playground.model.shapes import MOST_SAMPLES, SHAPES, generate

PATTERNS = [rule.key for rule in SHAPES if rule.reads]
REGRESSIONS = {rule.key for rule in SHAPES if rule.values}
CLASSIFICATIONS = [key for key in PATTERNS if key not in REGRESSIONS]
every = pytest.mark.parametrize("name", PATTERNS)


def draw(name: str, samples: int = 400, noise: float = 0.0, classes: int = 2, seed: int = 0) -> Dataset:
    return generate(name, samples, noise, classes, seed)


def test_your_own_points_are_the_last_row_and_read_no_knob() -> None:
    assert SHAPES[-1].key == "drawn"
    assert SHAPES[-1].reads == ()


@pytest.mark.parametrize("rule", SHAPES, ids=lambda rule: rule.key)
def test_a_pattern_tells_what_it_is_and_reads_only_knobs_of_its_own(rule) -> None:
    assert rule.title and rule.help
    assert set(rule.reads) <= {"samples", "noise", "classes"}


@every
@pytest.mark.parametrize("samples", [1, 2, 3, 7, 400])
def test_as_many_points_are_drawn_as_asked_for(name: str, samples: int) -> None:
    data = draw(name, samples, 0.1, 9)
    assert data.samples == samples
    assert (data.sets == UNASSIGNED).all()
    assert data.source == name


@every
def test_the_same_seed_draws_the_same_points_and_another_does_not(name: str) -> None:
    one, two, other = draw(name, 50, 0.1), draw(name, 50, 0.1), draw(name, 50, 0.1, seed=1)
    assert (one.inputs == two.inputs).all() and (one.targets == two.targets).all()
    assert not (one.inputs == other.inputs).all()


@every
def test_points_slide_when_noise_is_turned_up(name: str) -> None:
    still, little, more = (draw(name, 50, noise) for noise in (0.0, 0.1, 0.2))
    for field in ("inputs", "targets"):
        start = getattr(still, field)
        assert getattr(more, field) - start == pytest.approx(2 * (getattr(little, field) - start))


@every
def test_points_are_centred_and_of_order_one(name: str) -> None:
    inputs = draw(name, 2000).inputs
    assert abs(inputs).max() <= 1.5
    assert abs(inputs.mean(axis=0)).max() < 0.1


@pytest.mark.parametrize("name", CLASSIFICATIONS)
@pytest.mark.parametrize("classes", [2, 3, 9])
def test_classes_are_balanced_and_named(name: str, classes: int) -> None:
    data = draw(name, 401, classes=classes)
    count = np.bincount(data.targets.astype(int), minlength=len(data.class_names))
    assert count.max() - count.min() <= 1
    expected = classes if name in ("spiral", "blobs") else 2
    assert data.class_names == tuple(f"class {number}" for number in range(1, expected + 1))


@pytest.mark.parametrize("name", CLASSIFICATIONS)
def test_a_split_in_order_has_every_class_in_both_parts(name: str) -> None:
    data = draw(name, 100)
    for part in (data.targets[:70], data.targets[70:]):
        assert 0.25 < part.mean() < 0.75
    assert (np.ptp(data.inputs[70:], axis=0) > 0.8 * np.ptp(data.inputs, axis=0)).all()


@pytest.mark.parametrize("name", PATTERNS)
def test_noise_has_the_standard_deviation_asked_for(name: str) -> None:
    field = "targets" if name in REGRESSIONS else "inputs"
    still, noisy = getattr(draw(name, 5000), field), getattr(draw(name, 5000, 0.3), field)
    assert (noisy - still).std() == pytest.approx(0.3, rel=0.05)


def test_moons_are_those_of_scikit_learn() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    theirs, labels = datasets.make_moons(400, shuffle=False, noise=None)
    ours = draw("moons")
    for number in (0, 1):
        mine = ours.inputs[ours.targets == number] + (0.5, 0.25)
        yours = theirs[labels == number]
        assert mine[np.argsort(mine[:, 0])] == pytest.approx(yours[np.argsort(yours[:, 0])])


def test_circles_have_radius_one_half_and_one() -> None:
    data = draw("circles")
    radius = np.hypot(*data.inputs.T)
    assert radius[data.targets == 0] == pytest.approx(0.5)
    assert radius[data.targets == 1] == pytest.approx(1)


def test_xor_is_told_by_the_sign_of_the_product() -> None:
    data = draw("xor")
    assert ((data.inputs.prod(axis=1) < 0) == (data.targets == 1)).all()
    quadrants = (data.inputs > 0) @ (1, 2)
    assert np.bincount(quadrants).tolist() == [100] * 4


@pytest.mark.parametrize("classes", [2, 3])
def test_the_spiral_has_one_arm_a_class_of_one_and_three_quarter_turns(classes: int) -> None:
    data = draw("spiral", 200 * classes, classes=classes)
    starts = []
    for number in range(classes):
        arm = data.inputs[data.targets == number]
        radius = np.hypot(*arm.T)
        order = np.argsort(radius)
        angle = np.unwrap(np.arctan2(*arm[order].T))
        assert len(arm) == 200
        assert radius[order] == pytest.approx(np.linspace(0.05, 1, 200))
        assert angle - angle[0] == pytest.approx(np.linspace(0, 1.75 * 2 * np.pi, 200))
        starts.append(angle[0] % (2 * np.pi))
    assert starts == pytest.approx(np.arange(classes) * 2 * np.pi / classes)


def test_nine_blobs_do_not_overlap_without_noise() -> None:
    data = draw("blobs", 900, classes=9)
    centres = np.array([data.inputs[data.targets == number].mean(axis=0) for number in range(9)])
    nearest = np.linalg.norm(data.inputs[:, np.newaxis] - centres, axis=2).argmin(axis=1)
    assert (nearest == data.targets).mean() > 0.99


def test_neighbouring_fields_of_a_checkerboard_have_different_classes() -> None:
    data = draw("checkerboard", 2000)
    column, row = np.floor(2 * (data.inputs + 1)).astype(int).T
    assert (data.targets == (row + column) % 2).all()
    assert len({*zip(column.tolist(), row.tolist())}) == 16


def test_sine_is_a_sine_and_plane_a_plane() -> None:
    curve, flat = draw("sine"), draw("plane")
    assert curve.targets == pytest.approx(np.sin(np.pi * curve.inputs))
    assert flat.targets[:, 0] == pytest.approx(flat.inputs.mean(axis=1))
    assert not curve.is_classification and not flat.is_classification


@pytest.mark.parametrize("name", ["drawn", "swiss_roll"])
def test_what_is_no_pattern_cannot_be_drawn(name: str) -> None:
    with pytest.raises(DataError, match=name):
        draw(name)


@pytest.mark.parametrize(
    "change",
    [
        {"samples": 0},
        {"samples": MOST_SAMPLES + 1},
        {"noise": -1},
        {"noise": float("nan")},
        {"classes": 1},
        {"seed": -1},
    ],
)
def test_numbers_that_make_no_pattern_are_refused(change: dict) -> None:
    with pytest.raises(DataError, match="cannot draw"):
        draw("moons", **change)


# real data, and the lecture's ratings


@pytest.mark.parametrize(
    ("name", "shape", "classes"),
    [
        ("iris", (150, 4), [50, 50, 50]),
        ("wine", (178, 13), [59, 71, 48]),
        ("breast_cancer", (569, 30), [212, 357]),
        ("penguins", (333, 9), [146, 68, 119]),
        ("diabetes", (442, 10), None),
    ],
)
def test_bundled_data_are_those_of_their_source(name: str, shape: tuple[int, int], classes: list[int] | None) -> None:
    data = draw(name)
    assert data.inputs.shape == shape
    assert data.source == name
    if classes is None:
        assert not data.is_classification and (data.targets.min(), data.targets.max()) == (25, 346)
    else:
        assert np.bincount(data.targets.astype(int)).tolist() == classes


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_bundled_data_are_equal_to_scikit_learns(name: str) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    bunch = getattr(datasets, f"load_{name}")(**({"scaled": False} if name == "diabetes" else {}))
    data = draw(name)
    assert (data.inputs == bunch.data).all()
    assert (data.targets.ravel() == bunch.target).all()


def test_every_bundled_file_has_its_source_and_licence() -> None:
    folder = assets_folder() / "datasets"
    told = (folder / "LICENCES.md").read_text(encoding="utf-8")
    for path in folder.glob("*.npz"):
        assert f"**{path.name}**" in told
        assert any(row.file == path.name for row in SHAPES)


def test_nine_ratings_are_the_lectures_table() -> None:
    data = draw("ratings", 9)
    assert data.inputs.shape == (9, 5 + 6)
    marked = {
        (*(data.feature_names[column] for column in np.flatnonzero(row)), int(rating))
        for row, rating in zip(data.inputs, data.targets[:, 0])
    }
    assert len(marked) == 9
    assert ("user=B", "film=Parasite", "film=The Great Beauty", 2) in marked
    assert ("user=D", "film=There Will Be Blood", 4) in marked


def test_more_ratings_are_sparser() -> None:
    data = draw("ratings", 4000)
    assert data.inputs.shape == (4000, 105 + 139)
    assert set(data.inputs.sum(axis=1)) == {2, 3}
    seen = data.inputs[:, 105:].mean(axis=0)
    assert seen[:20].mean() > 3 * seen[-20:].mean()
    with pytest.raises(DataError, match="cannot draw"):
        draw("ratings", 100_001)


def test_every_pattern_that_is_drawn_by_a_formula_tells_its_truth():
    """What is a file's, a person's, or a table of ratings has none."""
    without = {row.key for row in SHAPES if row.truth is None}
    assert without == {"ratings", "iris", "penguins", "wine", "breast_cancer", "diabetes", "digits", "drawn"}
