"""The top bar: what is pressed is announced, and the run's news are shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from playground.model.experiment import Experiment
from playground.training.snapshot import Verdict
from playground.ui.theme import LIGHT
from playground.ui.transport import Transport
from playground.ui.verdict import VerdictCard, headline

OVERFIT = Verdict(
    "overfit",
    "overfitting",
    "The validation loss is 0.07 above its best.",
    310,
    (("Stop early", {"early_stopping": True}), ("Get more data", {})),
)


@pytest.fixture
def transport(qtbot):
    bar = Transport(LIGHT)
    qtbot.addWidget(bar)
    bar.show_experiment(Experiment(learning_rate=0.03, epochs=2000))
    bar.show()
    return bar


@pytest.mark.parametrize("name", ["play", "step", "reset", "seed"])
def test_each_button_announces_itself(transport, qtbot, name):
    with qtbot.waitSignal(getattr(transport, f"{name}_pressed")):
        qtbot.mouseClick(getattr(transport, name), Qt.MouseButton.LeftButton)


def test_play_becomes_pause_while_it_runs(transport, made_up_snapshot):
    transport.show_run(made_up_snapshot(3), is_running=True)
    assert transport.play.text() == "Pause"
    transport.show_run(made_up_snapshot(3), is_running=False)
    assert transport.play.text() == "Play"


def test_epochs_are_counted_with_separators(transport, made_up_snapshot):
    transport.show_run(made_up_snapshot(1240), is_running=True)
    texts = [label.text() for label in transport.findChildren(QLabel)]
    assert "1,240" in texts and "/ 2,000" in texts


def test_the_bar_stands_still_while_epochs_are_counted(transport, made_up_snapshot):
    transport.show_run(made_up_snapshot(9), is_running=True)
    before = transport.rate.mapTo(transport, transport.rate.rect().topLeft())
    transport.show_run(made_up_snapshot(1111), is_running=True)
    transport.layout().activate()
    assert transport.rate.mapTo(transport, transport.rate.rect().topLeft()) == before


def test_the_learning_rate_is_set_at_hand(transport, qtbot):
    transport.rate.setFocus()
    transport.rate.selectAll()
    with qtbot.waitSignal(transport.changed) as heard:
        qtbot.keyClicks(transport.rate, "0.5")
        qtbot.keyClick(transport.rate, Qt.Key.Key_Return)
    assert heard.args == ["learning_rate", 0.5]


def test_the_speed_is_chosen_from_slow_to_full(transport, qtbot):
    with qtbot.waitSignal(transport.speed_changed) as heard:
        transport.speed.setValue(0)
    assert heard.args == [1.0]
    transport.speed.setValue(transport.speed.maximum())
    assert transport.speed.accessibleDescription() == "full speed"


def test_showing_a_speed_is_silent(transport, qtbot):
    with qtbot.assertNotEmitted(transport.speed_changed):
        transport.show_speed(50.0)
    assert transport.speed.accessibleDescription() == "50 epochs/s"


def test_a_bad_learning_rate_is_refused_with_a_sentence(transport, qtbot):
    transport.rate.setFocus()
    transport.rate.selectAll()
    with qtbot.waitSignal(transport.refused) as heard:
        qtbot.keyClicks(transport.rate, "fast")
        qtbot.keyClick(transport.rate, Qt.Key.Key_Return)
    assert "'fast' is not accepted" in heard.args[1]


def test_the_verdict_is_told_in_words_with_its_epoch(transport, made_up_snapshot):
    transport.show_run(made_up_snapshot(400, verdict=OVERFIT), is_running=False)
    assert transport.chip.text().strip() == "Overfitting since epoch 310"
    assert transport.chip.accessibleDescription() == OVERFIT.evidence


def test_the_engine_being_prepared_is_told(transport, made_up_snapshot):
    transport.show_run(None, is_running=False, is_ready=False, share=0.5)
    assert "Preparing the engine, 50%" in transport.chip.text()


def test_a_headline_names_an_epoch_once():
    assert headline(Verdict("good", "best at epoch 7", since=7)) == "Best at epoch 7"


def test_a_remedy_is_applied_from_the_card(transport, qtbot, made_up_snapshot):
    transport.show_run(made_up_snapshot(400, verdict=OVERFIT), is_running=False)
    transport.chip.click()
    card = transport.findChild(VerdictCard)
    told = [label.text() for label in card.findChildren(QLabel)]
    assert OVERFIT.evidence in told and "Get more data" in told
    (button,) = card.findChildren(QPushButton)  # advice without a change has none
    with qtbot.waitSignal(transport.remedy_chosen) as heard:
        button.click()
    assert heard.args == [{"early_stopping": True}]
    assert not card.isVisible()


def test_every_button_is_named_and_reached_by_tab(transport):
    for button in (transport.play, transport.step, transport.reset, transport.seed, transport.chip):
        assert button.accessibleName() or button.text()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
