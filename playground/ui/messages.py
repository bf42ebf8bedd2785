"""What the window says in the bar over the plane: what is wrong, what is under way, and the button that helps."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playground.training.snapshot import DIVERGED, Snapshot
from playground.ui.describe import in_words
from playground.ui.door import Door
from playground.ui.notice import Notice
from playground.ui.scales import written

NOTICED = 0.3  # seconds after which a file that is being read or written is told of


class Messages:
    """Says things by the notice, and takes them back once what they spoke of is gone."""

    def __init__(self, notice: Notice, session: Door, try_remedy: Callable[[dict[str, Any]], None]) -> None:
        self._notice, self._session, self._try_remedy = notice, session, try_remedy
        self._task_since: float | None = None
        self._failed: int | None = None  # the run whose divergence was told

    def refuse(self, text: str) -> None:
        """Say why something was not accepted."""
        self._notice.say(in_words(text), "error", "refused")

    def show_task(self) -> None:
        """The file that is being read or written, once it takes long enough to be noticed."""
        task = self._session.task
        if task is None:
            self._task_since = None
            self._notice.take_back("task")
            return
        now = time.monotonic()
        self._task_since = self._task_since or now
        if now - self._task_since >= NOTICED:
            share = f", {100 * task.share:.0f} %" if task.share is not None else ""
            self._notice.say(f"{task.title}{share}", "hint", "task", ("Cancel", self._session.cancel))

    def show_failure(self, snapshot: Snapshot | None) -> None:
        """Where training diverged: say it, with the button that lowers the learning rate."""
        if (
            snapshot is None
            or snapshot.looked is not None
            or (snapshot.status != DIVERGED and snapshot.verdict.kind != "diverged")
        ):
            self._notice.take_back("diverged")
            self._failed = None
        elif self._failed != snapshot.run:  # once for each run: it may be dismissed
            self._failed = snapshot.run
            text = snapshot.failure or snapshot.verdict.evidence or "training diverged"
            remedies = [remedy for remedy in snapshot.verdict.remedies if remedy[1]]
            advice, wish = remedies[0] if remedies else self._smaller_step()
            self._notice.say(text, "error", "diverged", (advice, lambda: self._try_remedy(wish)))

    def _smaller_step(self) -> tuple[str, dict[str, Any]]:
        rate = float(f"{(self._session.experiment.resolved.learning_rate or 0.0) / 10:.3g}")
        return f"Lower η to {written(rate)}", {"learning_rate": rate}
