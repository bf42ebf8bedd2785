"""The bar at the bottom: the epochs of a run can be looked back at, and the runs there are be taken, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip

from playground.model.experiment import Experiment
from playground.training.runs import Listed
from playground.ui.milestones import Course, events, outcomes
from playground.ui.plots.loss import LossPlot
from playground.ui.scales import axis_end
from playground.ui.scene import Scene
from playground.ui.theme import DARK, LIGHT
from playground.ui.timeline import Timeline

LEFT = Qt.MouseButton.LeftButton
ALT = Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CHANGES = ((40, {"learning_rate": 0.1}), (110, {"dropout": 0.5}), (110, {"batch_size": 5}))


@pytest.fixture
def bar(qtbot):
    widget = Timeline(LIGHT)
    qtbot.addWidget(widget)
    widget.resize(1280, 44)
    widget.show()
    return widget


@pytest.fixture
def run(bar, made_up_snapshot):
    """Show a run of 200 epochs that has ended, with live changes."""

    def show(**fields):
        snapshot = made_up_snapshot(200, status="finished")._replace(**{"changes": CHANGES, "best_epoch": 72, **fields})
        bar.show_run(snapshot, [(150, 3, "λ 1")], Experiment(learning_rate=0.03))
        return snapshot

    show()
    return show


def looked(bar):
    """The epochs that are announced from now on."""
    found = []
    bar.looked_at.connect(found.append)
    return found


def place(bar, epoch, off=0):
    return QPoint(round(bar.scrubber.x_of(epoch)) + off, bar.scrubber.height() // 2)


def listed(count, hand=1, **fields):
    return [Listed(n, f"run {n}", n % 8, is_in_hand=n == hand, **fields) for n in range(1, count + 1)]


# milestones


def test_ways_lead_to_the_ends_at_most():
    course = Course(5, 200, (72, 110))
    assert [course.by_epochs(way) for way in (-9, 1, 500)] == [0, 6, 200]
    assert [course.by_tenths(way) for way in (-1, 1)] == [0, 25]


def test_a_tenth_of_a_short_run_is_an_epoch():
    assert Course(1, 3).by_tenths(1) == 2


def test_marks_are_gone_to_in_their_order_from_wherever_it_is():
    course = Course(72, 200, (110, 72, 40, 110, 150))
    assert [course.to_milestone(way) for way in (-1, 1, 2)] == [40, 110, 150]
    assert course.to_milestone(3) == 72  # there are not as many


def test_changes_at_one_epoch_are_one_mark_that_tells_what_was():
    first, second = events(CHANGES, (), Experiment(learning_rate=0.03))
    assert (first.epoch, first.label) == (40, "η .1")
    assert first.told == "after epoch 40: learning rate η 0.03 → 0.1"
    assert second.epoch == 110 and "p .5" in second.label and "batch size" in second.told


def test_what_was_changed_back_at_the_same_epoch_is_no_mark():
    changes = ((40, {"learning_rate": 0.1}), (40, {"learning_rate": 0.03}))
    assert events(changes, (), Experiment(learning_rate=0.03)) == []


def test_a_change_of_what_was_changed_tells_the_changed_value():
    changes = ((40, {"learning_rate": 0.1}), (50, {"learning_rate": 0.2}))
    assert events(changes, ())[1].told.endswith("0.1 → 0.2")


def test_an_optimizer_is_told_by_its_title_and_points_by_that_word():
    one, other = events(((3, {"optimizer": "sgd"}), (4, {})), ())
    assert one.label == "SGD" and other.label == "points"


def test_the_best_epoch_comes_with_its_loss(made_up_snapshot):
    (best,) = outcomes(made_up_snapshot(100))
    loss = made_up_snapshot(100).column("val_loss").min()
    assert best.kind == "best" and f"{loss:.4f}" in best.told


# the track


def test_marks_stand_at_the_loss_charts_places(bar, run, qtbot, made_up_snapshot):
    snapshot = made_up_snapshot(130)
    bar.show_run(snapshot)
    plot = LossPlot(LIGHT, "?")
    qtbot.addWidget(plot)
    plot.show()
    plot.show_scene(Scene(Experiment(), snapshot=snapshot))
    (low, high), _ = plot.chart.getViewBox().viewRange()
    left, right = bar.scrubber.x_of(0), bar.scrubber.x_of(high)
    assert low == 0 and axis_end(snapshot) == pytest.approx(high)
    assert (bar.scrubber.x_of(65) - left) / (right - left) == pytest.approx(65 / high)


def test_another_run_that_is_longer_gives_the_axis_its_end(bar, run, made_up_snapshot):
    before = bar.scrubber.x_of(100)
    bar.show_run(run(), others=[made_up_snapshot(400)])
    assert bar.scrubber.x_of(100) < before


def test_a_press_looks_at_the_epoch_under_it(bar, run, qtbot):
    with qtbot.waitSignal(bar.looked_at) as heard:
        qtbot.mouseClick(bar.scrubber, LEFT, pos=place(bar, 130))
    assert abs(heard.args[0] - 130) <= 1


def test_a_press_near_a_mark_means_the_mark(bar, run, qtbot):
    found = looked(bar)
    qtbot.mouseClick(bar.scrubber, LEFT, pos=place(bar, 72, 4))
    qtbot.mouseClick(bar.scrubber, LEFT, pos=place(bar, 72, 12))
    assert found[0] == 72 and found[1] > 73


def test_dragging_tells_each_epoch_once_and_the_last_beyond_the_end(bar, run, qtbot):
    found = looked(bar)
    track = bar.scrubber
    QTest.mousePress(track, LEFT, Qt.KeyboardModifier.NoModifier, place(bar, 100))
    for epoch in (100, 120, 130):
        QTest.mouseMove(track, place(bar, epoch))
    QTest.mouseMove(track, place(bar, 200, 60))
    assert bar.scrubber.at == 200
    QTest.mouseRelease(track, LEFT, Qt.KeyboardModifier.NoModifier, place(bar, 200, 60))
    assert len(found) == len(set(found)) == 4 and found[-1] == 200


def test_the_handle_stays_where_the_hand_left_it_until_that_epoch_is_seen(bar, run, qtbot):
    qtbot.mouseClick(bar.scrubber, LEFT, pos=place(bar, 72))
    run(looked=64)  # the nearest that was kept
    assert bar.scrubber.at == 72
    run(looked=72)
    run(looked=90)  # play goes on
    assert bar.scrubber.at == 90


def test_an_epoch_that_never_comes_is_forgotten(bar, run, qtbot):
    bar.to_start()
    qtbot.waitUntil(lambda: bar.scrubber.at == 200, timeout=3000)


def test_another_run_forgets_what_was_wished_of_the_last(bar, run):
    bar.to_start()
    run(run=2)
    assert bar.scrubber.at == 200


@pytest.mark.parametrize(
    ("key", "modifier", "expected"),
    [
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 119),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 121),
        (Qt.Key.Key_Left, SHIFT, 100),
        (Qt.Key.Key_Right, SHIFT, 140),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier, 150),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier, 110),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, 200),
    ],
)
def test_keys_move_along_the_run(bar, run, qtbot, key, modifier, expected):
    run(looked=120)
    with qtbot.waitSignal(bar.looked_at) as heard:
        qtbot.keyClick(bar.scrubber, key, modifier)
    assert heard.args == [expected]


def test_keys_that_are_faster_than_the_answers_add_up(bar, run, qtbot):
    found = looked(bar)
    for _ in range(3):
        qtbot.keyClick(bar.scrubber, Qt.Key.Key_Left)
    assert found == [199, 198, 197]


def test_an_epoch_on_from_the_last_is_one_more(bar, run, qtbot):
    with qtbot.waitSignal(bar.step_wanted), qtbot.assertNotEmitted(bar.looked_at):
        qtbot.keyClick(bar.scrubber, Qt.Key.Key_Right)


def test_the_windows_keys_do_the_same(bar, run):
    found = looked(bar)
    for act in (lambda: bar.by_tenth(-1), lambda: bar.to_mark(-1), bar.to_end, bar.to_start, lambda: bar.by_epoch(2)):
        act()
    assert found == [180, 150, 200, 0, 2]


def test_assistive_tools_find_a_slider_that_says_what_is_there(bar, run):
    run(looked=72)
    told = QAccessible.queryAccessibleInterface(bar.scrubber)
    assert told.role() == QAccessible.Role.Slider
    assert told.text(QAccessible.Text.Description) == "epoch 72 of 200, best"
    assert [told.valueInterface().maximumValue(), told.valueInterface().currentValue()] == [200, 72]
    found = looked(bar)
    told.valueInterface().setCurrentValue(30)
    assert found == [30]


def test_what_is_near_is_told_as_such_with_the_reason(bar, run):
    run(looked=120, is_exact=False)
    right = QPoint(bar.scrubber.width() - 20, 20)
    assert "another kind of processor" in bar.scrubber.told_at(right)
    assert bar.scrubber.accessibleDescription().endswith("near")


def test_a_note_about_the_past_is_told_at_the_right(bar, run):
    run(note="too little room for one checkpoint")
    assert "one checkpoint" in bar.scrubber.told_at(QPoint(bar.scrubber.width() - 20, 20))


def test_a_marks_tooltip_is_no_html(bar, run, qtbot, made_up_snapshot):
    bar.show_run(made_up_snapshot(200), [(150, 3, "<img src=x>")])
    at = place(bar, 150)
    event = QHelpEvent(QHelpEvent.Type.ToolTip, at, bar.scrubber.mapToGlobal(at))
    bar.scrubber.event(event)
    assert "&lt;img src=x&gt;" in QToolTip.text()
    QToolTip.hideText()


def test_labels_do_not_collide(bar, run):
    dense = tuple((epoch, {"learning_rate": epoch / 1000}) for epoch in range(80, 190, 7))
    run(changes=dense, stopped_epoch=200, restored_epoch=72)
    labels = [item for item in bar.scrubber._items.values() if item.kind == "label"]
    texts = [item.looks[0] for item in labels]
    assert "best, restored" in texts and "stop" in texts
    assert not any(one.box.intersects(two.box) for one in labels for two in labels if one is not two)


def test_only_what_moved_is_painted_anew(bar, made_up_snapshot, qtbot):
    bar.show_run(made_up_snapshot(110)._replace(best_epoch=60))
    qtbot.wait(50)
    painted = []
    bar.scrubber.paintEvent = lambda event: painted.append(event.region())
    bar.show_run(made_up_snapshot(111)._replace(best_epoch=60))
    qtbot.waitUntil(lambda: bool(painted))
    area = sum(rect.width() * rect.height() for rect in painted[0])
    assert 0 < area < bar.scrubber.width() * bar.scrubber.height() / 4
    assert not painted[0].contains(place(bar, 60))


def test_before_the_first_run_it_is_quiet_and_hears_no_press(bar, qtbot, made_up_snapshot):
    for nothing in (None, made_up_snapshot(0)):
        bar.show_run(nothing)
        with qtbot.assertNotEmitted(bar.looked_at):
            qtbot.mouseClick(bar.scrubber, LEFT, pos=QPoint(100, 20))
            bar.to_mark(1)


def test_it_is_lower_in_a_low_window(bar):
    bar.fit_window(720)
    assert bar.height() == 36
    bar.fit_window(900)
    assert bar.height() == 44


def test_every_theme_and_state_paints(bar, run):
    for colors in (DARK, LIGHT):
        bar.set_colors(colors)
        run(looked=10, is_exact=False, stopped_epoch=200)
        ink = np.frombuffer(bar.grab().toImage().constBits(), np.uint8)
        assert ink.std() > 0


# the chips


def test_a_click_takes_a_run_and_alt_lays_it_over(bar, qtbot):
    bar.show_runs(listed(3, hand=3))
    with qtbot.waitSignal(bar.taken) as heard, qtbot.assertNotEmitted(bar.laid_over):
        qtbot.mouseClick(bar.chips.chip(1), LEFT)
    assert heard.args == [1]
    with qtbot.waitSignal(bar.laid_over) as heard, qtbot.assertNotEmitted(bar.taken):
        qtbot.mouseClick(bar.chips.chip(2), LEFT, ALT)
    assert heard.args == [2]


def test_chips_are_reached_and_taken_by_keys(bar, qtbot):
    bar.show_runs(listed(2, hand=2))
    chip = bar.chips.chip(1)
    assert chip.focusPolicy() & Qt.FocusPolicy.TabFocus
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space):
        with qtbot.waitSignal(bar.taken):
            qtbot.keyClick(chip, key)
    with qtbot.waitSignal(bar.laid_over):
        qtbot.keyClick(chip, Qt.Key.Key_Return, ALT)
    with qtbot.waitSignal(bar.removed):
        qtbot.keyClick(chip, Qt.Key.Key_Delete)


def test_the_run_in_hand_is_never_removed_or_laid_over_itself(bar, qtbot):
    bar.show_runs(listed(2, hand=2))
    with qtbot.assertNotEmitted(bar.removed), qtbot.assertNotEmitted(bar.laid_over):
        qtbot.keyClick(bar.chips.chip(2), Qt.Key.Key_Delete)
        qtbot.mouseClick(bar.chips.chip(2), LEFT, ALT)


def test_a_chip_says_what_it_is(bar, made_up_snapshot):
    snapshot = made_up_snapshot(200)._replace(best_epoch=72)
    bar.show_runs(listed(2, is_pinned=True, snapshot=snapshot), ghost=2)
    one, two = bar.chips.chip(1), bar.chips.chip(2)
    assert one.accessibleName() == "Run: run 1"
    said = one.accessibleDescription()
    assert all(word in said for word in ("200 epochs", "best at epoch 72", "validation loss", "in hand", "pinned"))
    assert "ghost" in two.accessibleDescription() and "in hand" not in two.accessibleDescription()


@pytest.mark.parametrize(
    ("entry", "signal", "args"),
    [
        ("Unpin", "pinned", [1, False]),
        ("Hide the ghost", "ghost_wanted", [False]),
        ("Take off", "laid_over", [1]),
        ("Delete", "removed", [1]),
    ],
)
def test_the_menu_of_a_chip(bar, qtbot, entry, signal, args):
    bar.show_runs(listed(2, hand=2, is_pinned=True), ghost=1, laid=(1,))
    menu = bar.chips.menu_of(1)
    with qtbot.waitSignal(getattr(bar, signal)) as heard:
        next(action for action in menu.actions() if action.text().replace("&", "") == entry).trigger()
    assert heard.args == args


def test_many_runs_leave_the_newest_the_one_in_hand_and_a_menu(bar, qtbot):
    bar.show_runs(listed(33, hand=2))
    shown = bar.chips.shown
    assert shown[0] == 2 and shown[-1] == 33 and shown[1:] == list(range(shown[1], 34))
    assert bar.chips.more.isVisible() and f"{33 - len(shown)} more" in bar.chips.more.text()
    menu = bar.chips.more.menu()
    menu.aboutToShow.emit()
    assert len(menu.actions()) == 33 - len(shown)
    with qtbot.waitSignal(bar.taken) as heard:
        menu.actions()[-1].trigger()
    assert heard.args == [1]


def test_no_chip_moves_when_another_is_taken(bar):
    bar.show_runs(listed(3, hand=3))
    before = bar.chips.chip(1).x()
    bar.show_runs(listed(3, hand=2))
    assert bar.chips.shown == [1, 2, 3] and bar.chips.chip(1).x() == before


@pytest.mark.parametrize("width", [1024, 1280, 1440])
def test_no_number_of_runs_widens_the_bar_or_moves_the_track(bar, run, width):
    bar.resize(width, 44)
    before, least = bar.scrubber.x(), bar.minimumSizeHint().width()
    names = [Listed(n, "a name that came out of a file and goes on and on", 0, is_in_hand=n == 1) for n in range(1, 40)]
    bar.show_runs(names)
    assert bar.minimumSizeHint().width() == least <= width and bar.scrubber.x() == before
    right = max(bar.chips.chip(number).geometry().right() for number in bar.chips.shown)
    assert right <= bar.chips.width()


def test_a_name_with_tags_and_ampersands_is_shown_as_it_is(bar):
    bar.chips.resize(90, 44)
    bar.show_runs([Listed(1, "<b>a & b</b>", 0), Listed(2, "two", 1, is_in_hand=True), *listed(30)[2:]])
    chip = bar.chips.chip(1)
    at = QPoint(5, 5)
    chip.event(QHelpEvent(QHelpEvent.Type.ToolTip, at, bar.chips.mapToGlobal(at)))
    assert "&lt;b&gt;a &amp; b&lt;/b&gt;" in QToolTip.text()
    bar.chips.more.menu().aboutToShow.emit()
    assert bar.chips.more.menu().actions()[-1].text() == "<b>a && b</b>"
    QToolTip.hideText()


def seeded(hand):
    """Two values of a race, of three seeds each: runs 2 to 4 and 5 to 7, after a run of its own."""
    lanes = [(number, 1 + (number - 2) // 3, (number - 2) % 3) for number in range(2, 8)]
    raced = [
        Listed(
            number, f"η {lane}, seed {seed}", lane, None, None, False, number == hand, 1, lane, lane_name=f"η {lane}"
        )._replace(seed=seed)
        for number, lane, seed in lanes
    ]
    return [Listed(1, "run 1", 0), *raced]


def test_seeds_have_one_chip_and_a_click_takes_the_seed_in_hand(bar, qtbot):
    bar.show_runs(seeded(hand=3))
    assert [bar.chips.chip(number).row.name for number in bar.chips.shown] == ["run 1", "η 1 × 3", "η 2 × 3"]
    assert bar.chips.chip(2).row.is_in_hand and not bar.chips.chip(5).row.is_in_hand
    with qtbot.waitSignal(bar.taken, check_params_cb=lambda number: number == 6):
        qtbot.mouseClick(bar.chips.chip(5), LEFT)
    bar.show_runs(seeded(hand=1))
    with qtbot.waitSignal(bar.taken, check_params_cb=lambda number: number == 5):
        qtbot.mouseClick(bar.chips.chip(5), LEFT)


def test_what_the_chip_of_a_lane_is_told_holds_for_all_its_seeds(bar):
    bar.show_runs(seeded(hand=3))
    heard = []
    bar.pinned.connect(lambda number, is_pinned: heard.append(number))
    bar.removed.connect(heard.append)
    for text in ("Pin", "Delete"):
        action = next(action for action in bar.chips.menu_of(5).actions() if action.text().replace("&", "") == text)
        action.trigger()
    assert heard == [5, 6, 7, 5, 6, 7]
