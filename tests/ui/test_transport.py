"""The top bar: what is pressed is announced, and the run's news are shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from playground.model.experiment import Experiment
from playground.training.letters import Pace
from playground.training.snapshot import Verdict
from playground.ui.pace import PACES, a_second, kept, nearest, read
from playground.ui.theme import LIGHT
from playground.ui.transport import Transport
from playground.ui.verdict import headline

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
    bar.resize(1280, 48)
    bar.show()
    return bar


@pytest.mark.parametrize(
    ("name", "signal"),
    [("play", "play"), ("step", "step"), ("update_step", "update"), ("reset", "reset"), ("seed", "seed")],
)
def test_each_button_announces_itself(transport, qtbot, name, signal):
    with qtbot.waitSignal(getattr(transport, f"{signal}_pressed")):
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


def test_the_pace_goes_from_one_update_a_second_to_full(transport, qtbot):
    told = []
    transport.pace_changed.connect(lambda pace: told.append((pace, transport.speed.accessibleDescription())))
    transport.speed.setFocus()
    qtbot.keyClick(transport.speed, Qt.Key.Key_Home)
    for _ in range(5):
        qtbot.keyClick(transport.speed, Qt.Key.Key_Right)
    qtbot.keyClick(transport.speed, Qt.Key.Key_End)
    assert told[0] == (Pace(1, "update"), "1 update/s")
    assert told[-2] == (Pace(1, "epoch"), "1 epoch/s")
    assert told[-1] == (Pace(0), "full speed")


def test_showing_a_pace_is_silent(transport, qtbot):
    with qtbot.assertNotEmitted(transport.pace_changed):
        transport.show_pace(Pace(50.0))
    assert transport.speed.accessibleDescription() == "50 epochs/s"
    assert transport.pace == Pace(50.0)


@pytest.mark.parametrize("pace", PACES)
def test_a_pace_is_kept_and_read_again(pace):
    assert read(kept(pace), Pace(7)) == pace
    assert PACES[nearest(pace)] == pace


@pytest.mark.parametrize(
    ("text", "expected"),
    [("100.0", Pace(100)), ("0.0", Pace(0)), ("", Pace(7)), ("nan epoch", Pace(7)), ("5 miles", Pace(7))],
)
def test_what_was_kept_before_is_read_and_nonsense_is_not(text, expected):
    assert read(text, Pace(7)) == expected


@pytest.mark.parametrize(
    ("number", "words"), [(1, "1 epoch/s"), (0.96, "1 epoch/s"), (2.5, "2.5 epochs/s"), (1240.4, "1,240 epochs/s")]
)
def test_one_is_singular(number, words):
    assert a_second(number, "epoch") == words


@pytest.mark.parametrize("status", ["finished", "stopped_early", "diverged"])
def test_at_the_end_play_says_again(transport, made_up_snapshot, status):
    transport.show_run(made_up_snapshot(200, status=status), is_running=False)
    assert transport.play.text() == "Again"
    transport.show_run(made_up_snapshot(200, status=status)._replace(looked=3), is_running=False)
    assert transport.play.text() == "Play"  # it goes on from there


def test_a_run_that_has_ended_can_be_trained_half_as_long_again(transport, qtbot, made_up_snapshot):
    transport.show_run(made_up_snapshot(120, status="finished"), is_running=False)
    assert transport.more.text() == "+ 60 epochs"
    with qtbot.waitSignal(transport.more_wanted) as heard:
        qtbot.mouseClick(transport.more, Qt.MouseButton.LeftButton)
    assert heard.args == [60]


@pytest.mark.parametrize("fields", [{"status": "training"}, {"status": "diverged"}, {"looked": 3}])
def test_where_a_run_cannot_go_on_after_its_end_nothing_offers_it(transport, made_up_snapshot, fields):
    transport.show_run(made_up_snapshot(120, status="finished")._replace(**fields), is_running=False)
    assert not transport.more.isVisible()


def count(transport):
    return transport._caption.text(), transport._epoch.text(), transport._goal.text()


def test_the_count_is_of_what_is_seen(transport, made_up_snapshot):
    snapshot = made_up_snapshot(200)
    transport.show_run(snapshot._replace(looked=120), is_running=False)
    assert count(transport) == ("epoch, looked back at", "120", "/ 200")
    transport.show_run(snapshot._replace(restored_epoch=72), is_running=False)
    assert count(transport) == ("epoch, restored", "72", "/ 200")
    transport.show_run(snapshot, is_running=False)
    assert count(transport) == ("epoch", "200", "/ 2,000")


def test_updates_within_an_epoch_are_counted_where_they_can_be_followed(transport, made_up_snapshot):
    snapshot = made_up_snapshot(12)._replace(batch=3, batches=7)
    transport.show_run(snapshot, is_running=False)
    assert count(transport) == ("epoch + updates", "12", "+ 3/7")
    transport.show_run(snapshot, is_running=True)  # at full speed they would flicker
    assert count(transport) == ("epoch", "12", "/ 2,000")
    transport.show_pace(Pace(2, "update"))
    transport.show_run(snapshot, is_running=True)
    assert count(transport) == ("epoch + updates", "12", "+ 3/7")


@pytest.mark.parametrize("width", [1024, 1280, 1440])
def test_no_news_moves_or_widens_anything(transport, made_up_snapshot, width):
    transport.resize(width, 48)
    parts = [transport.update_step, transport.speed, transport.rate, transport.chip]

    def places():
        transport.layout().activate()
        return [(part.mapTo(transport, part.rect().topLeft()), part.size()) for part in parts]

    transport.show_run(made_up_snapshot(1), is_running=False)
    before, least = places(), transport.layout().minimumSize().width()
    long = Verdict("overfit", "a verdict that goes on and on about what it has to say", since=1234567)
    for snapshot in (
        made_up_snapshot(200, status="finished", verdict=long),
        made_up_snapshot(9, verdict=long)._replace(epoch=9_999_999, status="finished"),
        made_up_snapshot(12)._replace(batch=777, batches=888),
        made_up_snapshot(200)._replace(looked=120),
    ):
        transport.show_run(snapshot, is_running=False)
        assert places() == before
        assert transport.layout().minimumSize().width() == least <= width
    assert transport.chip.geometry().right() < width


def test_a_verdict_that_has_no_room_is_told_in_full_to_who_asks(transport, made_up_snapshot):
    transport.resize(1024, 48)
    verdict = Verdict("unfair", "the validation set is not like the training set", "It lies elsewhere.")
    transport.show_run(made_up_snapshot(9, verdict=verdict), is_running=False)
    assert transport.chip.text().endswith("…")
    assert headline(verdict) in transport.chip.accessibleName() and headline(verdict) in transport.chip.toolTip()


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
    assert "Preparing the engine, 50 %" in transport.chip.text()


def test_a_headline_names_an_epoch_once():
    assert headline(Verdict("good", "best at epoch 7", since=7)) == "Best at epoch 7"


def test_the_verdict_asks_why(transport, qtbot):
    with qtbot.waitSignal(transport.why_wanted):
        qtbot.mouseClick(transport.chip, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(transport.why_wanted):
        qtbot.keyClick(transport.chip, Qt.Key.Key_Space)


def test_every_button_is_named_and_reached_by_tab(transport):
    for button in (transport.play, transport.step, transport.reset, transport.seed, transport.chip):
        assert button.accessibleName() or button.text()
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
