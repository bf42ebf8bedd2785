"""The window: what I have, what I chose, what happens, and why.

It lays out the views and passes news between them and the session: every change goes to the session and comes
back as an announcement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QHideEvent,
    QKeyEvent,
    QPalette,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from playground import NAME
from playground.model import edits
from playground.model.dataset import TRAIN, VALIDATION, DataError, Dataset
from playground.model.experiment import Experiment
from playground.model.knobs import KnobError, declarations
from playground.training.letters import Pace
from playground.training.snapshot import Snapshot
from playground.ui import guide, pace, workplace
from playground.ui.actions import Actions
from playground.ui.arrangement import Arrangement
from playground.ui.canvas import Canvas
from playground.ui.charts import Charts
from playground.ui.choices import Choices
from playground.ui.comparison import Comparison
from playground.ui.describe import in_words
from playground.ui.directions import Directions
from playground.ui.display import LEAST, Display
from playground.ui.door import Door
from playground.ui.files import Files
from playground.ui.hints import hint
from playground.ui.icons import application_icon
from playground.ui.keys import Keeper
from playground.ui.messages import Messages
from playground.ui.milestones import Branch
from playground.ui.panes import Panes
from playground.ui.pinned import Pinned
from playground.ui.plane_menu import plane_menu
from playground.ui.preferences import MEGABYTE, Preferences, PreferencesDialog, remembered
from playground.ui.race_dialog import RaceDialog
from playground.ui.reading import Reading
from playground.ui.scene import Pick, Scene, Shown, lane_of
from playground.ui.settings import Settings
from playground.ui.shots import png
from playground.ui.stage import Stage, rule
from playground.ui.theme import Colors, Theme, font
from playground.ui.timeline import Timeline
from playground.ui.tools import Tools
from playground.ui.transport import Transport
from playground.ui.unexpected import Unexpected

READ = 0.05  # seconds between two drawings of a chart, which is read, where the plane is watched
CROWDED = 0.1  # and of one in which many runs go on
FRAMED = (0, 150, 600)  # milliseconds after which the window manager has added its frame, at the latest
KEEP = 250  # milliseconds between two looks at whether unsaved work is to be kept aside
PICTURE = 320  # pixels of what is kept with it
UNREMEMBERED = 8000  # milliseconds that it is told that settings cannot be written
FRAME = 16  # milliseconds between two looks for news
FIRST_PACE = Pace(100.0)  # epochs a second: slow enough to see the surface bend


class Window(QMainWindow):
    """Everything on one screen. Builds on a Session; holds no truth of its own."""

    def __init__(self, session: Door, theme: Theme | None = None, settings: Settings | None = None) -> None:
        super().__init__()
        self.session = session
        self.settings = settings or Settings()
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self.theme = theme or Theme(application, self.settings.text("theme", "system"), self)
        self._scene = Scene(session.experiment, snapshot=session.snapshot)
        self._branches: tuple[Branch, ...] = ()
        self._others_changed = False
        self._is_leaving = self._keeps_aside = False
        self._engine: tuple[bool, float | None] | None = None  # as told last: ready or not, how much of it
        self._dataset: Dataset | None = None
        self._sizes: list[str] = []  # how many points there are of each kind, in words
        self.setWindowIcon(application_icon())
        self.setAcceptDrops(True)
        self._make_views(self.theme.colors)
        self._lay_out()
        self.files = Files(session, self.settings, self, self.theme)
        self.unexpected = Unexpected(session, self.files, self)
        self.actions_table = Actions(self, self._call, [self.stage, self.charts, self.timeline])
        self._keeper = Keeper(self)
        self.actions_table.fill_theme(self.theme, self._choose_theme)
        self.actions_table.fill_layouts(self.arrangement.choose)
        self.files.fill_examples(self.actions_table.menu("examples"))
        for name, fill in (("recent", self.files.fill_recent), ("former", self.files.fill_former)):
            menu = self.actions_table.menu(name)
            fill(menu)
            menu.aboutToShow.connect(lambda menu=menu, fill=fill: fill(menu))
        self.actions_table.set_colors(self.theme.colors)
        self._connect()
        self._restore()
        self._timer = QTimer(self, interval=FRAME, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.poll)
        # Of its own, for a window that is hidden trains too.
        self._keeping = QTimer(self, interval=KEEP)
        self._keeping.timeout.connect(self._keep_aside)
        self._keeping.start()
        session.subscribe(self._hear)
        for what in ("experiment", "runs", "run", "file"):
            self._hear(what)
        self.theme.dress()
        self.canvas.setFocus()

    # building

    def _make_views(self, colors: Colors) -> None:
        # what holds others is made first: each change of a parent has the styles of all that is in it found anew
        self.setCentralWidget(QWidget(self))
        self.transport = Transport(colors, self.centralWidget())
        self.columns = Panes(Qt.Orientation.Horizontal, self.centralWidget())
        self.choices = Choices(colors, self.columns)
        self.form = self.choices.form
        self.canvas = Canvas(colors)
        self.tools = Tools(self.canvas, colors)
        self.stage = Stage(self.canvas, self.tools, colors)
        self.comparison = Comparison(self.session, self.stage, colors)
        self.directions = Directions(self.canvas, self.comparison.planes)
        self.pinned = Pinned(self.canvas)
        self.reading = Reading(self.canvas)
        self.notice = self.stage.notice
        self.messages = Messages(self.notice, self.session, lambda wish: self._ask("try_remedy", (wish,)))
        self.charts = Charts(colors)
        self.timeline = Timeline(colors)
        self._hint = QLabel(font=font())
        self._hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._hint.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._hint.setAccessibleName("What to try next")
        self._facts = QLabel(font=font())
        self._facts.setForegroundRole(QPalette.ColorRole.PlaceholderText)

    def _lay_out(self) -> None:
        self.columns.hold({"choices": self.choices, "stage": self.stage, "charts": self.charts})
        self.arrangement = Arrangement(self.columns, self.choices, self.stage, self.charts)
        self.display = Display(self, self.theme, self.arrangement, self._fit)
        self.setMinimumSize(LEAST)  # whatever is told
        column = QVBoxLayout(self.centralWidget(), spacing=0)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(rule())
        column.addWidget(self.transport)
        column.addWidget(rule())
        column.addWidget(self.columns, 1)
        column.addWidget(rule())
        column.addWidget(self.timeline)
        column.addWidget(rule())
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.setContentsMargins(14, 0, 12, 0)
        bar.addWidget(self._hint, 1)
        bar.addPermanentWidget(self._facts)

    def _connect(self) -> None:
        self.form.changed.connect(self.edit)
        for source in (self.form.settled, self.transport.rate.settled):
            source.connect(self.canvas.setFocus)
        self.canvas.refused.connect(lambda text: self.notice.say(text, "hint", "refused"))
        self.transport.changed.connect(self.edit)
        self.transport.refused.connect(lambda name, text: self.messages.refuse(text))
        self.transport.pace_changed.connect(self._choose_pace)
        self.transport.why_wanted.connect(lambda: self.charts.choose_tab("why"))
        for signal, name in (
            (self.transport.play_pressed, "play"),
            (self.transport.step_pressed, "step"),
            (self.transport.update_pressed, "step_update"),
            (self.transport.reset_pressed, "reset"),
            (self.transport.seed_pressed, "new_seed"),
        ):
            signal.connect(lambda name=name: self._press(name))
        self.transport.more_wanted.connect(self.session.train_more)
        self.timeline.taken.connect(self.session.take)
        self.timeline.pinned.connect(self.session.pin)
        self.timeline.removed.connect(self.session.remove)
        self.timeline.ghost_wanted.connect(lambda is_shown: self._prefer(self.preferences._replace(has_ghost=is_shown)))
        self.timeline.looked_at.connect(self.session.look_at)
        self.timeline.step_wanted.connect(self.session.step)
        self.timeline.laid_over.connect(self.session.lay_over)
        self.canvas.stroke_finished.connect(self._take_stroke)
        self.canvas.view_changed.connect(self._ask_for_looks)
        self.canvas.menu_wanted.connect(self._open_plane_menu)
        self.reading.changed.connect(self._show_snapshot)
        self.charts.asked.connect(self._ask)
        self.charts.wanted.connect(self._edit_all)
        self.charts.looks_changed.connect(self._ask_for_looks)
        self.charts.picked.connect(self._pick)
        self.charts.points_picked.connect(self.canvas.select)
        self.stage.looks_changed.connect(self._ask_for_looks)
        self.stage.asked.connect(self._ask)
        self.stage.picked.connect(self._pick)
        self.stage.wanted.connect(self._edit_all)
        self.stage.pinned.connect(self._pin)
        self.pinned.taken_off.connect(lambda: self._pin(None))
        self.comparison.looks_changed.connect(self._ask_for_looks)
        self.directions.changed.connect(self._ask_for_looks)
        self.form.compare_wanted.connect(self.compare)
        self.form.chart_wanted.connect(self.chart)
        self.arrangement.chosen.connect(self._show_layout)
        self.transport.layouts.setMenu(self.actions_table.menu("layouts"))
        self.tools.clear_pressed.connect(self.clear_points)
        self.files.refused.connect(lambda text, path: self.notice.say(text, "error", "refused", detail=path))
        self.files.opened.connect(self.comparison.suit_race)
        self.files.done.connect(lambda text: self.statusBar().showMessage(text, 4000))
        self.statusBar().messageChanged.connect(self._show_hint)
        self.theme.changed.connect(self._paint)

    def _paint(self, colors: Colors) -> None:
        views = (self.transport, self.choices, self.canvas, self.tools, self.stage, self.charts, self.timeline)
        self.comparison.planes.set_colors(colors)
        for view in (*views, self.notice):
            view.set_colors(colors)
        self.actions_table.set_colors(colors)

    # news from the session

    def poll(self) -> None:
        """Take the newest snapshot, if there is one; the timer calls this sixty times a second."""
        self.session.hush(True)
        QTimer.singleShot(0, self, lambda: self.session.hush(False))  # after what is due to be painted
        snapshot, searched = self.session.poll(), self.session.searched
        is_found = searched is not self._scene.search or self.session.where != self._scene.where
        self._scene = self._scene._replace(search=searched, where=self.session.where)
        if snapshot is not None:
            self.show_snapshot(snapshot)
        elif (self.session.engine_ready, self.session.engine_share) != self._engine:
            self._show_run()
        elif self._others_changed:
            self._show_snapshot()
        if is_found:
            self._show_charts()
        self.messages.show_task()
        if news := self.session.take_news():
            self.notice.say(news, "hint", "news")

    def show_snapshot(self, snapshot: Snapshot | None) -> None:
        """Show how the run stands; None where nothing is known of it."""
        self._scene = self._scene._replace(snapshot=snapshot)
        self._show_snapshot()

    def _hear(self, what: str) -> None:
        if what == "experiment":
            self.notice.take_back("news")  # what it spoke of is past
            self._show_experiment()
        elif what == "runs":
            self._show_runs()
        elif what == "file":
            self._show_title()
        elif what == "run":
            self._show_run()
            self._ask_for_looks()  # another experiment may have other panels

    def _show_experiment(self) -> None:
        experiment: Experiment = self.session.experiment
        self.form.show_knobs(experiment)
        self.transport.show_experiment(experiment)
        self.stage.show_experiment(experiment)
        self._show_points(experiment)
        self._scene = self._scene._replace(experiment=experiment, data=self._dataset)

    def _show_runs(self) -> None:
        """The runs there are, and those that are seen beside the one in hand."""
        session = self.session
        rows = session.runs
        self.timeline.show_runs(rows, session.ghost, session.laid)
        seen = {session.ghost, *session.laid, *session.company}
        others = [row for row in rows if row.number in seen and not row.is_in_hand and row.snapshot is not None]
        hand = next((row for row in rows if row.is_in_hand), None)
        self._branches = tuple(
            (row.branched, row.colour, row.name)
            for row in rows
            if hand is not None and row.parent == hand.number and row.branched is not None
        )
        self._scene = self._scene._replace(
            name=hand.name if hand is not None else "",
            colour=hand.colour if hand is not None else 0,
            runs=rows,
            ghost=session.ghost,
            laid=session.laid,
            others=tuple(
                Shown(row.name, row.colour, row.snapshot, lane_of(row)) for row in others if row.snapshot is not None
            ),
            lane=lane_of(hand) if hand is not None else None,
        )
        self._others_changed = True
        self.comparison.ask()

    @property
    def looks(self) -> dict[str, Any]:
        """What is looked at now: a request for each key of a view."""
        pinned = self.pinned.looks(self._scene.pinned) if self.stage.shows_plane else {}
        return {"surface": self.comparison.look, "doubts": None, **pinned, **self.stage.looks, **self.charts.looks}

    def _ask_for_looks(self, *_: Any) -> None:
        self.session.set_looks(self.looks)
        self.comparison.ask()

    def _pick(self, pick: Pick) -> None:
        """Have all panels follow a unit, and a weight of it."""
        self._scene = self._scene._replace(pick=pick)
        self._show_snapshot()

    def _pin(self, unit: tuple[int, int] | None) -> None:
        """Have the plane show a unit's response, or the answer again."""
        self._scene = self._scene._replace(pinned=unit)
        self._ask_for_looks()
        self._show_snapshot()

    def _show_points(self, experiment: Experiment) -> None:
        try:
            data = experiment.dataset
        except (DataError, KnobError) as error:
            self.messages.refuse(str(error))
            return
        if self._dataset is not None and _is_same(data, self._dataset):
            return
        self._dataset = data
        dealt = data.sets
        named = ((TRAIN, "training"), (VALIDATION, "validation"))
        self._sizes = [f"{int((dealt == number).sum()):,} {name}" for number, name in named]
        # strokes change the points as they are kept: in no set yet where the knobs deal them
        self.canvas.show_data(data.replace(sets=experiment.points.sets), dealt)
        self.comparison.planes.show_data(data, dealt)
        self.comparison.planes.show_pair(self.canvas.pair)
        self.tools.set_classes(data.class_names)

    def _show_undo(self) -> None:
        session = self.session
        self.actions_table.show_undo(
            session.undo_label if session.can_undo else None,
            session.redo_label if session.can_redo else None,
        )

    def _show_title(self) -> None:
        path = self.session.path
        experiment = self.session.experiment
        titles = {rule.key: rule.title for rule in declarations()["dataset"].knob.rules}
        pattern = titles[experiment.knobs.dataset].lower()
        source = experiment.data.source if experiment.data is not None else "drawn"
        brought = [] if source in titles else [source]
        name = " · ".join([Path(path).stem, *brought] if path else brought or [pattern])
        self.setWindowTitle(f"{name}[*] — {NAME}")
        self.setWindowModified(self.session.is_modified)
        self._show_undo()

    def _show_run(self) -> None:
        session = self.session
        self._engine = session.engine_ready, session.engine_share
        self._show_message()
        self.show_snapshot(session.snapshot)

    def _show_snapshot(self, *_: Any) -> None:
        """Hand the snapshot to those views that are seen."""
        snapshot, session = self._scene.snapshot, self.session
        self.transport.show_run(snapshot, session.is_running, session.engine_ready, session.engine_share)
        pinned = self.pinned.show_scene(self._scene)
        surface = self._scene.surface_of(snapshot) if snapshot is not None else None
        surface = pinned or self.reading.of(surface, self._scene)
        if surface is not None or session.message:  # the last one stays until there is another: no flicker
            self.canvas.show_surface(surface)
        self.canvas.ring(self._scene.wrong)
        self._others_changed = False
        others = self._scene.others
        ghosts = [(self._scene.surface_of(other.snapshot), other.colour) for other in others]
        self.canvas.show_ghosts(ghosts if self.canvas.isVisible() and pinned is None else ())
        self.comparison.show_scene(self._scene)
        self.stage.show_scene(self._scene)
        self._show_charts()
        begun = snapshot.stages[0].experiment if snapshot is not None and snapshot.stages else None
        self.timeline.show_run(snapshot, self._branches, begun, [other.snapshot for other in others])
        self._show_hint()
        self._facts.setText(self._count(snapshot))
        self.messages.show_failure(snapshot)

    def _show_hint(self) -> None:
        """What to try next, but while something else is told in the same place."""
        session, bar = self.session, self.statusBar()
        text = hint(session.experiment, self._scene.snapshot, session.is_running, session.message)
        if not bar.currentMessage() and (failure := self.settings.take_failure()):
            bar.showMessage(f"Settings are not remembered: {failure}", UNREMEMBERED)
        self._hint.setText("" if bar.currentMessage() else text)

    def _show_charts(self) -> None:
        """Draw the charts; while runs go on or are looked back at not at each look, for the planes' sake."""
        every = CROWDED if len(self._scene.others) > 1 else READ
        is_moving = self.session.is_running or self.session.looked is not None
        self.charts.show_scene(self._scene, every if is_moving else 0.0)

    def _count(self, snapshot: Snapshot | None) -> str:
        counts = [f"{snapshot.parameters:,} parameters"] if snapshot is not None and snapshot.parameters else []
        return "   ·   ".join(counts + self._sizes)

    def _show_message(self) -> None:
        empty = self._dataset is not None and not self._dataset.samples
        self.stage.show_message(in_words(self.session.message), empty)

    # wishes of the person

    def edit(self, name: str, value: Any) -> None:
        """Change one knob; what is not accepted is said at the knob."""
        try:
            self.session.edit(**{name: value})
        except (KnobError, DataError) as error:
            self.form.refuse(name, str(error))
            self.messages.refuse(str(error))
        else:
            self.notice.take_back("refused")

    def _edit_all(self, changes: Mapping[str, Any]) -> None:
        for name, value in changes.items():
            self.edit(name, value)

    def _open_plane_menu(self, place: QPoint) -> None:
        plane_menu(self.canvas, self.clear_points, lambda menu: self.reading.fill(menu, self._scene)).popup(place)

    def _ask(self, verb: str, arguments: tuple[Any, ...]) -> None:
        """What a panel asks of the session."""
        try:
            getattr(self.session, verb)(*arguments)
        except (KnobError, DataError, KeyError) as error:
            self.messages.refuse(str(error))
        else:
            if verb == "race":
                self.comparison.suit_race()
            elif verb == "search_at":
                workplace.keep(self.session.where, self.settings)

    def compare(self, name: str = "optimizer") -> None:
        """Ask for values of a knob, and train them side by side."""
        dialog = RaceDialog(self.session, name, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._race(dialog.name, dialog.chosen, dialog.seeds))
        dialog.open()

    def chart(self, name: str) -> None:
        """Find what the values of a knob come to, in the background."""
        self.charts.choose_tab("search")
        self.charts.panel("search").begin(name)

    def _race(self, name: str, values: list[Any], seeds: int) -> None:
        try:
            self.session.race({name: values}, seeds)
        except (KnobError, DataError) as error:
            self.messages.refuse(str(error))
        else:
            self.comparison.suit_race()

    def _take_stroke(self, data: Dataset, label: str) -> None:
        try:
            self.session.set_data(data, label)
        except (KnobError, DataError) as error:
            self._dataset = None  # the canvas shows the stroke: back to the points as they are
            self._show_points(self.session.experiment)
            self.messages.refuse(str(error))

    def _press(self, name: str) -> None:
        """A button of the top bar: afterwards the keys act on the run again."""
        self._call(name)
        self.canvas.setFocus()

    def _call(self, name: str) -> None:
        verb, _, detail = name.partition(":")
        if verb == "tool":
            self.tools.choose(detail)
        elif verb == "class":
            self.tools.choose_class(int(detail) - 1)
        elif verb == "brush":
            self.tools.resize_brush(int(detail))
        elif verb == "mark":
            self.timeline.to_mark(int(detail))
        elif verb == "tenth":
            self.timeline.by_tenth(int(detail))
        elif verb == "layout":
            self.arrangement.choose(detail)
        else:
            if verb in ("play", "step", "step_update"):
                self._show_message()  # it may have been dismissed
            self.notice.take_back("refused")  # what it spoke of is past
            self._verbs()[verb]()

    def _verbs(self) -> dict[str, Any]:
        session, files = self.session, self.files
        return {
            "new": files.new,
            "open": files.open,
            "open_data": files.open_data,
            "save": files.save,
            "save_as": files.save_as,
            "export": files.tables.export,
            "predict": files.tables.predict,
            "paste": files.tables.paste,
            "save_picture": files.save_picture,
            "quit": self.close,
            "undo": session.undo,
            "redo": session.redo,
            "clear": self.clear_points,
            "play": session.toggle,
            "step": session.step,
            "back": lambda: self.timeline.by_epoch(-1),
            "step_update": session.step_update,
            "start": self.timeline.to_start,
            "end": self.timeline.to_end,
            "compare": self.compare,
            "settings": self.choose_preferences,
            "reset": session.reset,
            "new_seed": session.new_seed,
            "fit": self.canvas.fit,
            "axes": self.directions.open_menu,
            "reset_layout": self.arrangement.reset,
            "larger": lambda: self.display.enlarge(1),
            "smaller": lambda: self.display.enlarge(-1),
            "normal": lambda: self.display.set_size(1.0),
            "full": self.display.toggle_full,
            "present": self.display.toggle_presentation,
            "help_here": guide.explain_here,
            "manual": lambda: guide.show_manual(self),
            "shortcuts": lambda: guide.show_shortcuts(self),
            "about": lambda: guide.show_about(self),
        }

    def clear_points(self) -> None:
        """Take all points away; one undo brings them back."""
        data = self.session.experiment.points
        if data.samples:
            self._take_stroke(edits.clear(data).replace(source="drawn"), "clear")

    # what is remembered

    @property
    def preferences(self) -> Preferences:
        """What holds for every experiment."""
        kept = remembered(self.settings, self.theme.scheme, self.display.size)
        return kept._replace(has_ghost=self.session.shows_ghost)

    def choose_preferences(self) -> None:
        """Ask what holds for every experiment."""
        dialog = PreferencesDialog(self.preferences, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.changed.connect(self._prefer)
        dialog.open()

    def _prefer(self, chosen: Preferences) -> None:
        before = self.preferences
        chosen.keep(self.settings)
        self.settings.save()
        if chosen.theme != before.theme:
            self.theme.choose(chosen.theme)
            self.actions_table.by_name[f"theme:{chosen.theme}"].setChecked(True)
        if chosen.type != before.type:
            self.display.set_size(chosen.type)
        if chosen.has_ghost != before.has_ghost:
            self.session.show_ghost(chosen.has_ghost)
        if (chosen.megabytes, chosen.most) != (before.megabytes, before.most):
            self.session.keep_runs(chosen.megabytes * MEGABYTE, chosen.most)
        self._show_hint()

    def _choose_theme(self, scheme: str) -> None:
        self.notice.take_back("refused")
        self._prefer(self.preferences._replace(theme=scheme))

    def _choose_pace(self, chosen: Pace) -> None:
        self.session.set_pace(chosen)
        self.settings.keep("speed", pace.kept(chosen))

    def _restore(self) -> None:
        self.arrangement.restore(self.settings)
        self.display.restore(self.settings)
        self.arrangement.choose(self.arrangement.layout)
        chosen = pace.read(self.settings.text("speed"), FIRST_PACE)
        self._choose_pace(chosen)
        self.transport.show_pace(chosen)
        self.form.open(self.settings.words("opened"))
        kept = remembered(self.settings, self.theme.scheme, self.display.size)
        if not kept.has_ghost:
            self.session.show_ghost(False)
        if (kept.megabytes, kept.most) != (Preferences().megabytes, Preferences().most):
            self.session.keep_runs(kept.megabytes * MEGABYTE, kept.most)
        self.session.search_at(workplace.remembered(self.settings))

    def _remember(self) -> None:
        self.display.remember(self.settings)
        self.arrangement.remember(self.settings)
        self.settings.keep("opened", self.form.opened)
        self.settings.save()

    def _show_layout(self, key: str) -> None:
        action = self.actions_table.show_layout(key)
        self.transport.show_layout(action.text().partition(" ")[2])

    def _fit(self) -> None:
        """Give all parts their room in the window as it is now."""
        self.timeline.fit_window(self.height())
        self.arrangement.fit(self.width())

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        for wait in FRAMED:
            QTimer.singleShot(wait, self, self.display.fit_screen)
        self._fit()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.display.is_presenting and self.canvas.hasFocus():
            self.display.toggle_presentation()
        elif event.key() == Qt.Key.Key_Escape:
            self.canvas.setFocus()  # out of a field, back to the plane and its keys
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._is_leaving and not self.files.may_leave():
            event.ignore()
            return
        self._is_leaving = True
        self._remember()
        self._timer.stop()
        self._keeping.stop()
        self.session.close(self._keeps_aside)
        event.accept()

    def give_up(self, keeps_aside: bool = False) -> None:
        """Close without a question; keeps_aside: what was kept aside is offered at the next start."""
        self._is_leaving, self._keeps_aside = True, keeps_aside
        self.close()

    # what is kept aside

    def _keep_aside(self) -> None:
        if self.session.is_aside_due:
            self.session.keep_aside(self._picture())

    def keep_aside_now(self, *_: Any) -> None:
        """Keep unsaved work aside before this returns."""
        self.session.keep_aside_now(lambda: self._picture()())  # which is made where it is needed alone

    def _picture(self) -> Callable[[], bytes]:
        """What makes a small picture of the plane, as it looks now, in whatever thread."""
        image = self.canvas.grab().toImage()
        return lambda: png(image.scaledToWidth(PICTURE, Qt.TransformationMode.SmoothTransformation))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        path = self.files.dropped(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            wrong = self.files.wrong_with(path)
            self.notice.say(wrong or f"Drop to open {path.name}", "warning" if wrong else "hint", "drop")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.notice.take_back("drop")

    def dropEvent(self, event: QDropEvent) -> None:
        self.notice.take_back("drop")
        path = self.files.dropped(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            # the file manager waits for the drop to end before a question may be asked
            QTimer.singleShot(0, self, lambda: self.files.open_path(path))


def _is_same(data: Dataset, other: Dataset) -> bool:
    arrays = data.rows is other.rows and data.targets is other.targets
    return arrays and data.class_names == other.class_names and np.array_equal(data.sets, other.sets)
