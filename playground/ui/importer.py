"""The import panel: what a file of data would become, before it is opened; what was guessed can be changed.

Reading happens in a thread. Of a long text the first part is shown at once, and all of it is read meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPalette
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from playground.model import edits
from playground.model.dataset import SETS, DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError
from playground.model.progress import Progress
from playground.model.reading.draft import Draft, Look
from playground.model.reading.flags import Flags
from playground.training.jobs import Job
from playground.ui.heads import Preview
from playground.ui.import_choices import Dealing, Format, Meaning, in_panel_words
from playground.ui.plane import PlaneView
from playground.ui.theme import Colors, font, scaled

SIZE = QSize(1120, 680)
SIDE = 264  # pixels of the column with plane and choices
PLANE = 200  # pixels along the plane's side
DRAWN = 2000  # points in it at most
LOOK = 30  # milliseconds between two looks at the threads


class Ready(NamedTuple):
    """A look, and what is drawn of it. points: dealt to their sets, a selection of them; counts: of all, by set."""

    look: Look
    points: Dataset | None
    counts: tuple[int, ...]


def made_ready(look: Look, experiment: Experiment, knobs: dict[str, Any]) -> Ready:
    """Deal a look's points, and find the plane that they are shown in."""
    if look.reading is None:
        return Ready(look, None, ())
    dealt = Experiment(experiment.knobs, look.reading.dataset, **knobs).dataset
    counts = np.bincount(dealt.sets, minlength=len(SETS))
    points = dealt.sampled(DRAWN)
    points.rows.places  # noqa: B018  # found here, in the thread
    return Ready(look, points, tuple(counts.tolist()))


class Importer(QDialog):
    """Shows a draft. ``opened`` carries the dataset, and the knobs that deal and scale it."""

    opened = Signal(object, object)

    def __init__(self, draft: Draft, experiment: Experiment, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft = draft
        self._experiment = experiment
        self._colors = colors
        self._flags = Flags()
        self._ready: Ready | None = None
        self._job: Job[Ready] | None = None  # that reads for what is chosen now
        self._opens = False  # as soon as all is read
        self.setWindowTitle(f"Open {draft.name}")
        room = parent.size() - QSize(64, 48) if parent is not None else SIZE
        self.resize(SIZE.boundedTo(room).expandedTo(QSize(640, 480)))
        self._make_views(colors)
        self._lay_out()
        self._timer = QTimer(self, interval=LOOK)
        self._timer.timeout.connect(self.poll)
        self._read(Flags())
        self._timer.start()

    def _make_views(self, colors: Colors) -> None:
        self.line = QLabel("Reading…", wordWrap=True, textFormat=Qt.TextFormat.PlainText, font=font())
        self.line.setAccessibleName("What is read")
        self.line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.line.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.notes = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText, font=font("small"))
        self.notes.setAccessibleName("Notes on what is read")
        self.notes.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.notes.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.table = Preview()
        self.plane = PlaneView(colors, is_small=True)
        self.plane.setAccessibleName("Preview of the plane")
        self.plane.set_message("Nothing to show yet")
        self.meaning, self.dealing = Meaning(), Dealing(self._experiment)
        self.format = Format(self._draft.kind)
        self.progress = QProgressBar(maximum=1000, textVisible=False, accessibleName="How much is read")
        self.progress.setFixedHeight(6)
        self.told = QLabel(font=font("small"))
        self.told.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.open_button = QPushButton("&Open", default=True, enabled=False)
        self.open_button.setProperty("role", "primary")
        self.cancel_button = QPushButton("&Cancel", autoDefault=False)
        self.open_button.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)
        for part in (self.meaning, self.format):
            part.changed.connect(lambda changes: self._read(self._flags._replace(**changes)))
        self.table.chosen.connect(self._read)
        self.dealing.changed.connect(self._deal)

    def _lay_out(self) -> None:
        notes = QScrollArea(widgetResizable=True)
        notes.setWidget(self.notes)
        notes.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        notes.setFixedHeight(self.notes.fontMetrics().height() * 2 + 4)
        self.line.setFixedHeight(self.line.fontMetrics().height() * 2 + 4)
        left = QVBoxLayout(spacing=8)
        for part in (self.line, notes, self.format):
            left.addWidget(part)
        left.addWidget(self.table, 1)
        right = QVBoxLayout(spacing=8)
        self.plane.setFixedHeight(PLANE)
        for part in (self.plane, self.meaning, self.dealing):
            part.setFixedWidth(scaled(SIDE))
            right.addWidget(part)
        right.addStretch(1)
        body = QHBoxLayout(spacing=20)
        body.addLayout(left, 1)
        body.addLayout(right)
        foot = QHBoxLayout(spacing=12)
        foot.addWidget(self.progress, 1)
        foot.addWidget(self.told, 2)
        foot.addWidget(self.cancel_button)
        foot.addWidget(self.open_button)
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        around = QVBoxLayout(self, spacing=12)
        around.setContentsMargins(20, 16, 20, 16)
        around.addLayout(body, 1)
        around.addLayout(foot)
        self.table.setFocus()  # Enter opens from there

    # reading

    @property
    def flags(self) -> Flags:
        """What was chosen, and is not left to reading."""
        return self._flags

    @property
    def is_reading(self) -> bool:
        """Whether there is more to come than what is seen."""
        return self._job is not None

    def _read(self, flags: Flags) -> None:
        """Look at the file under other flags."""
        self._flags = flags
        self._start(lambda progress: self._draft.look(flags, progress))

    def _read_all(self) -> None:
        flags = self._flags
        self._start(lambda progress: self._draft.read(flags, progress))

    def _deal(self) -> None:
        ready = self._ready
        if ready is not None and not ready.look.is_part:
            self._start(lambda _: ready.look)
        else:
            self._read(self._flags)

    def _start(self, find: Callable[[Progress], Look]) -> None:
        experiment, knobs = self._experiment, self.dealing.knobs
        self._give_up()
        self._job = Job(lambda progress: made_ready(find(progress), experiment, knobs), "reading")
        self._show_work()

    def poll(self) -> None:
        """Take in what the thread has found; the timer calls this."""
        job = self._job
        if job is None or not job.is_done:
            self._show_work()
            return
        self._job = None
        try:
            ready = job.result()
        except (DataError, KnobError, OSError) as error:
            self._show_error(str(error))
        else:
            self._show(ready)
            if ready.look.is_part:
                self._read_all()
        self._show_work()
        if self._opens and not self.is_reading:
            self.accept()

    def _show_error(self, error: str) -> None:
        """It is no table, as it is read now; its format may still be changed."""
        self._ready = None
        self.table.show_look(None, self._flags)
        self.plane.set_message("Nothing to show")
        self.plane.show_data(edits.empty())
        for part in (self.meaning, self.dealing):
            part.setEnabled(False)
        self._say(error, ())

    def _show(self, ready: Ready) -> None:
        look, found = ready.look, ready.look.reading
        self._ready = ready
        for part in (self.meaning, self.dealing):
            part.setEnabled(True)
        self.table.show_look(look, self._flags)
        self.meaning.show_look(look, self._flags)
        self.format.show_sheets(self._draft.sheets)
        self.dealing.show_counts(ready.counts, found.dataset.is_assigned if found is not None else False)
        if ready.points is not None:
            self.plane.set_message("")
            self.plane.show_data(ready.points)
            self.plane.fit()
        if found is None:
            self._say(look.problem, ())
        else:
            self._say(f"Of the first part: {found.line}" if look.is_part else found.line, found.notes)

    def _say(self, line: str, notes: tuple[str, ...]) -> None:
        is_wrong = self._ready is None or self._ready.look.reading is None
        line = in_panel_words(line)
        self.line.setText(line)
        self.line.setForegroundRole(QPalette.ColorRole.BrightText if is_wrong else QPalette.ColorRole.WindowText)
        self.line.setToolTip(f"<p>{_escaped(line)}</p>")
        self.notes.setText("\n".join(f"{note[:1].upper()}{note[1:]}." for note in map(in_panel_words, notes)))

    def _show_work(self) -> None:
        """How far reading is, and whether it can be opened."""
        share = self._job.share if self._job is not None else None
        is_part = self._ready is not None and self._ready.look.is_part
        self.progress.setVisible(self.is_reading)
        self.progress.setValue(round(1000 * (share or 0.0)))
        self.told.setText(f"Reading all of it, {100 * (share or 0):.0f} %" if self.is_reading and is_part else "")
        can_open = self._ready is not None and self._ready.look.reading is not None
        self.open_button.setEnabled(can_open and not self._opens)

    # how it ends

    def accept(self) -> None:
        """Open it; where it is still being read, as soon as that is done."""
        ready = self._ready
        if ready is None or ready.look.reading is None:
            self._opens = False
            self._show_work()
            return
        self._opens = self.is_reading
        if self._opens:
            self._show_work()
            return
        self._end()
        self.opened.emit(ready.look.reading.dataset, self.dealing.knobs)
        super().accept()

    def reject(self) -> None:
        self._end()
        super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if is_enter and isinstance(self.focusWidget(), QLineEdit):
            self.table.setFocus()  # a number was entered; the next Enter opens
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._end()
        super().closeEvent(event)

    def _end(self) -> None:
        self._timer.stop()
        self._give_up()

    def _give_up(self) -> None:
        """Want no more what is being read; its thread ends at the next piece."""
        if self._job is not None:
            self._job.cancel()
        self._job = None


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
