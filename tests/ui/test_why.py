"""The panel that tells why: a remedy is pressed, both runs are seen, and what was gained is written."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from playground.model.experiment import Experiment
from playground.session import Session, first_run
from playground.training.letters import Pace
from playground.training.runs import Listed
from playground.training.snapshot import Numbers, Verdict
from playground.ui.plots.evidence import EvidenceChart, told
from playground.ui.plots.export import export_of
from playground.ui.plots.why import WhyPanel
from playground.ui.scales import figures
from playground.ui.scene import Scene
from playground.ui.settings import Settings
from playground.ui.theme import DARK, LIGHT
from playground.ui.verdict import headline
from playground.ui.window import Window

from .opening import LONG, open_window

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot):
    """The window on a run that overfits, trained to its end."""
    session = Session(first_run())
    made = open_window(qtbot, session, (1440, 900), "why")
    session.play()
    wait_for_end(qtbot, made)
    return made


def wait_for_end(qtbot, window):
    qtbot.waitUntil(lambda: window.session.snapshot is not None and not window.session.is_running, timeout=LONG)


def buttons(window):
    return [button for button in window.charts.panel("why").remedies if button.isVisible()]


def press(button):
    QTest.mouseClick(button, LEFT)


def validation(snapshot, epoch):
    """The validation loss without the penalty, at an epoch."""
    return float(snapshot.column("val_loss")[epoch - 1] - snapshot.column("penalty")[epoch - 1])


# with the real session


def test_a_remedy_is_pressed_both_runs_are_seen_and_the_gain_is_written(qtbot, window):
    session, panel = window.session, window.charts.panel("why")
    first, before = session.hand, session.snapshot
    assert before.verdict.kind == "overfit" and panel.title.text() == headline(before.verdict)
    qtbot.waitUntil(lambda: len(buttons(window)) == len(before.verdict.remedies))
    place = next(n for n, (_, changes) in enumerate(before.verdict.remedies) if list(changes)[0] == "penalty")
    press(buttons(window)[place])
    assert session.is_running and session.ghost == first and session.hand != first
    wait_for_end(qtbot, window)
    child = next(row for row in session.runs if row.is_in_hand)
    assert (child.parent, child.branched) == (first, before.best_epoch)
    after = session.snapshot
    losses = validation(before, before.epoch), validation(after, after.epoch)
    expected = f"{figures(losses[0])} → {figures(losses[1])}, {figures(losses[1] - losses[0])}"
    assert losses[1] < losses[0]
    qtbot.waitUntil(lambda: panel.origin.isVisible() and panel.origin.offer.came.endswith(expected))
    assert expected in panel.origin.accessibleDescription()
    own = after.column("val_loss")[child.branched :] - after.column("penalty")[child.branched :]
    assert figures(float(own.min())) in panel.origin.offer.told

    press(panel.origin)  # back to the first run
    assert session.hand == first
    qtbot.waitUntil(lambda: buttons(window)[place].offer.came.endswith(expected), timeout=LONG)
    press(buttons(window)[place])  # which is a way to the run that it led to
    assert session.hand == child.number


def test_a_remedy_is_pressed_by_key_and_undone(qtbot, window):
    session = window.session
    first, count = session.hand, len(session.runs)
    qtbot.waitUntil(lambda: bool(buttons(window)))
    button = buttons(window)[0]
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert session.hand != first and session.experiment.knobs.early_stopping
    wait_for_end(qtbot, window)
    session.undo()
    assert session.hand == first and len(session.runs) == count + 1


def test_a_remedy_at_a_past_epoch_branches_there(qtbot, window):
    session = window.session
    session.look_at(300)
    qtbot.waitUntil(lambda: session.snapshot.looked == 300, timeout=LONG)
    panel = window.charts.panel("why")
    qtbot.waitUntil(lambda: "300" in panel.moment.text())
    qtbot.waitUntil(lambda: any("300" in button.offer.hint for button in buttons(window)))
    press(next(button for button in buttons(window) if "300" in button.offer.hint))
    assert next(row for row in session.runs if row.is_in_hand).branched == 300


def test_the_pill_opens_the_panel(qtbot, window):
    window.charts.choose_tab("runs")
    press(window.transport.chip)
    assert window.charts.tab == "why" and window.charts.panel("why").isVisible()


def test_a_run_that_broke_is_mended_from_the_start(qtbot):
    session = Session(Experiment(dataset="plane", layers=(), optimizer="sgd", learning_rate=1.0, epochs=60))
    window = Window(session, settings=Settings.none())
    session.set_pace(Pace())
    qtbot.addWidget(window, before_close_func=lambda w: w.give_up())
    window.show()
    window.charts.choose_tab("why")
    window.charts.complete()
    session.play()
    wait_for_end(qtbot, window)
    qtbot.waitUntil(lambda: bool(buttons(window)))
    assert "start" in buttons(window)[0].offer.hint
    press(buttons(window)[0])
    wait_for_end(qtbot, window)
    panel, after = window.charts.panel("why"), session.snapshot
    expected = f"validation loss diverged → {figures(validation(after, after.epoch))}"
    qtbot.waitUntil(lambda: panel.origin.offer.came == expected)
    assert panel.origin.offer.is_gain


# with made-up runs


@pytest.fixture
def panel(qtbot):
    widget = WhyPanel(LIGHT, "Why?")
    qtbot.addWidget(widget)
    widget.resize(470, 320)
    widget.show()
    return widget


def scene(snapshot, *others, experiment=None):
    hand = Listed(snapshot.run, "run 1", 0, is_in_hand=True, snapshot=snapshot)
    return Scene(experiment or Experiment(), snapshot=snapshot, runs=(hand, *others))


def visible(panel):
    return [button for button in panel.remedies if button.isVisibleTo(panel)]


def test_before_a_run_it_says_what_to_do(panel):
    panel.show_scene(Scene(Experiment()))
    assert "play" in panel.evidence.text() and not visible(panel) and not panel.origin.isVisible()


def test_advice_that_no_knob_follows_cannot_be_pressed(panel, made_up_snapshot, qtbot):
    panel.show_scene(scene(made_up_snapshot(200)))
    assert [button.isEnabled() for button in visible(panel)] == [True, True, False]
    with qtbot.assertNotEmitted(panel.asked):
        QTest.mouseClick(visible(panel)[2], LEFT)


@pytest.mark.parametrize(
    ("kind", "title", "changes"),
    [
        ("unfair", "the sets differ", {"split": "shuffled"}),
        ("diverged", "about to diverge", {"learning_rate": 0.001}),
        ("underfit", "stopped too early", {"patience": 40}),
    ],
)
def test_each_state_has_its_own_remedy(panel, qtbot, made_up_snapshot, kind, title, changes):
    verdict = Verdict(kind, title, "Because.", remedies=(("Do this", changes),))
    panel.show_scene(scene(made_up_snapshot(50, verdict=verdict)))
    assert panel.title.text().casefold() == title
    with qtbot.waitSignal(panel.asked) as heard:
        QTest.mouseClick(visible(panel)[0], LEFT)
    assert heard.args == ["try_remedy", (changes,)]


def test_a_run_on_other_points_is_told_by_its_verdict(panel, made_up_snapshot):
    experiment, changes = Experiment(), {"samples": 400}
    verdict = Verdict("unfair", "too few points", remedies=(("Draw 400 points", changes),))
    before = made_up_snapshot(50, verdict=verdict)._replace(experiment=experiment)
    after = made_up_snapshot(60)._replace(experiment=experiment.change(**changes), run=2)
    child = Listed(2, "samples 400", 1, parent=1, snapshot=after, remedy=changes)
    panel.show_scene(scene(before, child))
    offer = visible(panel)[0].offer
    assert offer.came == f"now: {after.verdict.title}" and offer.is_gain is None and offer.ask == ("take", (2,))


def test_a_remedy_that_is_no_longer_advised_is_still_told(panel, made_up_snapshot):
    child = Listed(2, "p .5", 1, parent=1, snapshot=None, remedy={"dropout": 0.3})
    panel.show_scene(scene(made_up_snapshot(200), child))
    assert [button.offer.advice for button in visible(panel)][-1] == "p .5" and len(visible(panel)) == 4


def test_what_is_pressed_stays_under_the_hand(panel, made_up_snapshot):
    panel.show_scene(scene(made_up_snapshot(200)))
    button = visible(panel)[0]
    advice = button.offer.advice
    QTest.mousePress(button, LEFT)
    other = Verdict("underfit", "underfitting", remedies=(("Widen", {"layers": (64,)}),))
    panel.show_scene(scene(made_up_snapshot(201, verdict=other)))
    assert button.offer.advice == advice
    QTest.mouseRelease(button, LEFT)


def test_hidden_it_draws_nothing(panel, made_up_snapshot):
    panel.show_scene(scene(made_up_snapshot(200)))
    panel.hide()
    panel.show_scene(scene(made_up_snapshot(50)))
    assert "Overfitting" in panel.title.text()
    panel.show()
    assert "Overfitting" not in panel.title.text()


# evidence

CHANGE = Numbers("Loss", ("best, epoch 7", "now"), ((0.4, 0.5), (0.01, 1.2)), is_change=True)
BARS = Numbers("Shares", ("one", "two"), ((0.2, 0.8), (0.8, 0.2)))
RATES = Numbers("Rate", ("today", "usual"), ((1e5,), (0.1,)), ("",), unit="number", is_log=True)
MOVED = Numbers("Means", ("x1", "x2"), ((0.0, -1.5), (0.0, 0.5)), unit="number")
COUNTS = Numbers("Points", ("training", "at least"), ((4.0,), (10.0,)), ("",), unit="count")


@pytest.mark.parametrize("numbers", [CHANGE, BARS, RATES, MOVED, COUNTS], ids=lambda numbers: numbers.title)
def test_evidence_is_painted_in_both_themes_and_told(qtbot, numbers):
    chart = EvidenceChart(LIGHT)
    qtbot.addWidget(chart)
    chart.show_numbers(numbers)
    chart.resize(240, chart.sizeHint().height())
    for colors in (LIGHT, DARK):
        chart.set_colors(colors)
        assert np.frombuffer(chart.grab().toImage().constBits(), np.uint8).std() > 0
    for value in np.ravel(numbers.values):
        assert told(float(value), numbers.unit) in chart.accessibleDescription()


def test_without_numbers_the_chart_takes_no_room(qtbot):
    chart = EvidenceChart(LIGHT)
    qtbot.addWidget(chart)
    chart.show_numbers(BARS)
    chart.show_numbers(None)
    assert chart.sizeHint().height() == 0 and not chart.isVisibleTo(None)


def test_the_numbers_of_the_small_chart_are_taken_along(panel, made_up_snapshot):
    verdict = Verdict("overfit", "overfitting", "Far apart.", numbers=CHANGE)
    panel.show_scene(scene(made_up_snapshot(50, verdict=verdict)))
    names, columns = export_of(panel, "why")._numbers()
    assert names == (CHANGE.title, "training", "validation")
    assert list(zip(*columns)) == [(row, *values) for row, values in zip(CHANGE.rows, CHANGE.values)]


def test_the_panel_shows_the_verdicts_numbers(panel, made_up_snapshot):
    verdict = Verdict("overfit", "overfitting", "Far apart.", numbers=CHANGE)
    panel.show_scene(scene(made_up_snapshot(50, verdict=verdict)))
    QApplication.processEvents()
    assert panel.chart.numbers == CHANGE and panel.chart.isVisible()
