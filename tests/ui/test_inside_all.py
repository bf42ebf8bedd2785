"""Every view through a run's life: stepped, looked back at, branched, raced; and nobody looks at what is hidden."""

from __future__ import annotations

from collections import Counter

import pytest

from playground.model.experiment import Experiment
from playground.session import Session
from playground.training import views
from playground.ui.panels import FIRST, PANELS
from playground.ui.stage import STAGE

from .opening import LONG, open_window

KNOBS = {"samples": 60, "layers": (6, 4), "normalization": "batch", "dropout": 0.2, "augment": True, "epochs": 30}


@pytest.fixture
def looked(monkeypatch):
    """How often each view has looked."""
    counted = Counter()

    def counting(row):
        def look(run, request):
            counted[row.key] += 1
            return row.look(run, request)

        return row._replace(look=look)

    monkeypatch.setattr(views, "VIEWS", tuple(map(counting, views.VIEWS)))
    return counted


# Each panel once, and each of the stage's views several times.
TABS = [row.key for row in PANELS if row.key != FIRST]
PAIRS = [(tab, STAGE[number % len(STAGE)].key) for number, tab in enumerate(TABS)]


@pytest.mark.parametrize(("tab", "view"), PAIRS)
def test_a_view_follows_a_run_wherever_it_goes_and_hidden_ones_do_not_look(qtbot, looked, tab, view):
    session = Session(Experiment(**KNOBS, augment_jitter=0.1))
    window = open_window(qtbot, session, tab=tab)
    window.stage.choose_view(view)
    asked = set()

    def follow(is_done):
        def done():
            asked.update(window.looks)
            return is_done()

        qtbot.waitUntil(done, timeout=LONG)

    follow(lambda: session.engine_ready)
    session.step()
    follow(lambda: session.snapshot is not None and session.snapshot.epoch == 1)
    session.step_update()
    session.play()
    follow(lambda: not session.is_running)
    for epoch in (7, 3, 0):
        session.look_at(epoch)
        follow(lambda epoch=epoch: window._scene.snapshot.looked == epoch)
    session.look_at(7)
    follow(lambda: window._scene.snapshot.looked == 7)
    session.edit(learning_rate=0.02)
    session.play()
    follow(lambda: not session.is_running)
    session.race({"optimizer": ["sgd", "adam"]})
    session.play()
    follow(lambda: not session.is_running and session.has_ended)
    window.grab()
    assert looked["surface"] and set(looked) <= asked


@pytest.mark.parametrize(("tab", "look"), [("weights", "weights"), ("gradients", "gradients"), ("answers", "answers")])
def test_a_run_that_is_laid_over_is_looked_at_too(qtbot, tab, look):
    session = Session(Experiment(**{**KNOBS, "epochs": 5}))
    window = open_window(qtbot, session, tab="why")  # what a run showed while it was in hand stays
    qtbot.waitUntil(lambda: session.engine_ready, timeout=LONG)
    session.play()
    qtbot.waitUntil(lambda: not session.is_running, timeout=LONG)
    first = session.hand
    session.edit(layers=(3,))
    session.play()
    qtbot.waitUntil(lambda: not session.is_running, timeout=LONG)
    if first not in session.laid:
        session.lay_over(first)
    window.charts.choose_tab(tab)
    window.charts.complete()
    qtbot.waitUntil(lambda: any(look in other.snapshot.seen for other in window._scene.others), timeout=LONG)
