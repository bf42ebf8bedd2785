"""The menus as one table: each entry's name, text, keys and icon."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QWidget

from playground.ui.icons import icon
from playground.ui.layouts import LAYOUTS
from playground.ui.theme import SCHEMES, Colors, Theme


class Entry(NamedTuple):
    """A menu's entry. A single key acts only where no text is typed."""

    name: str  # empty: a separator
    text: str = ""
    keys: str = ""
    icon: str = ""
    single: bool = False


MENUS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "&File",
        (
            Entry("new", "&New", "Ctrl+N", "new"),
            Entry("open", "&Open…", "Ctrl+O", "open"),
            Entry("open_data", "Open &data…", "Ctrl+Shift+O"),
            Entry("recent", "Open &recent"),
            Entry("examples", "E&xamples"),
            Entry(""),
            Entry("save", "&Save", "Ctrl+S", "save"),
            Entry("save_as", "Save &as…", "Ctrl+Shift+S"),
            Entry("former", "Former &versions"),
            Entry("export", "&Export data…", "Ctrl+E"),
            Entry("predict", "Predict a f&ile…", "Ctrl+Shift+P"),
            Entry("save_picture", "Save &picture of the window…"),
            Entry(""),
            Entry("quit", "&Quit", "Ctrl+Q"),
        ),
    ),
    (
        "&Edit",
        (
            Entry("undo", "&Undo", "Ctrl+Z", "undo"),
            Entry("redo", "&Redo", "Ctrl+Y", "redo"),
            Entry(""),
            Entry("paste", "&Paste data", "Ctrl+V", single=True),
            Entry("clear", "&Clear all points", "Ctrl+Backspace", "clear"),
            Entry(""),
            Entry("settings", "&Settings…", "Ctrl+,"),
        ),
    ),
    (
        "&Run",
        (
            Entry("play", "&Play or pause", "Space", "play", single=True),
            Entry("step", "One &epoch on", "Right", "step", single=True),
            Entry("back", "One epoch &back", "Left", single=True),
            Entry("step_update", "One &update on", "U", "update", single=True),
            Entry(""),
            Entry("start", "To the &start", "Home", single=True),
            Entry("end", "To where it s&tands", "End", single=True),
            Entry("mark:1", "To the ne&xt mark", "Up", single=True),
            Entry("mark:-1", "To the mark be&fore", "Down", single=True),
            Entry(""),
            Entry("compare", "&Compare values…", "C", "compare", single=True),
            Entry("reset", "&Reset", "R", "reset", single=True),
            Entry("new_seed", "&New seed", "N", "dice", single=True),
        ),
    ),
    (
        "&View",
        (
            Entry("layouts", "&Layout"),
            Entry("reset_layout", "&Reset this layout"),
            Entry(""),
            Entry("theme", "&Theme"),
            Entry("larger", "Lar&ger type", "Ctrl++"),
            Entry("smaller", "S&maller type", "Ctrl+-"),
            Entry("normal", "&Normal type", "Ctrl+0"),
            Entry(""),
            Entry("fit", "&Show all points", "F", "zoom-fit", single=True),
            Entry("axes", "&Axes of the plane…", "A", single=True),
            Entry("full", "&Full screen", "F11"),
            Entry("present", "&Presentation", "Shift+F11"),
        ),
    ),
    (
        "&Help",
        (
            Entry("help_here", "&What is under the pointer", "F1", "help"),
            Entry("manual", "&Guide"),
            Entry("shortcuts", "&Keyboard and mouse"),
            Entry(""),
            Entry("about", "&About"),
        ),
    ),
)
SUBMENUS = ("recent", "former", "examples", "theme", "layouts")
# Further keys of entries: where + needs Shift, it is the same key without
ALSO = {"redo": ("Ctrl+Shift+Z",), "larger": ("Ctrl+=",)}
# Single keys that stand in no menu
KEYS = (
    *((f"tool:{tool}", key) for tool, key in (("brush", "B"), ("eraser", "E"), ("select", "S"))),
    *((f"class:{number}", str(number % 10)) for number in range(1, 11)),
    ("tenth:-1", "Shift+Left"),
    ("tenth:1", "Shift+Right"),
    ("brush:-1", "["),
    ("brush:1", "]"),
)


class Actions:
    """The window's actions by name. Single keys are heard by the given places alone."""

    def __init__(self, window: QMainWindow, call: Callable[[str], None], places: list[QWidget]) -> None:
        self.by_name: dict[str, QAction] = {}
        self._menus: dict[str, QMenu] = {}
        self._window = window
        for title, entries in MENUS:
            menu = window.menuBar().addMenu(title)
            menu.setToolTipsVisible(True)
            for entry in entries:
                self._add(menu, entry, call, places)
        for name, key in KEYS:
            self._make(Entry(name, keys=key, single=True), call, places)

    def _add(self, menu: QMenu, entry: Entry, call: Callable[[str], None], places: list[QWidget]) -> None:
        if not entry.name:
            menu.addSeparator()
        elif entry.name in SUBMENUS:
            self._menus[entry.name] = menu.addMenu(entry.text)
        else:
            menu.addAction(self._make(entry, call, places))

    def _make(self, entry: Entry, call: Callable[[str], None], places: list[QWidget]) -> QAction:
        action = QAction(entry.text, self._window)
        action.setObjectName(entry.icon)
        if entry.keys:
            action.setShortcuts([QKeySequence(keys) for keys in (entry.keys, *ALSO.get(entry.name, ()))])
        action.triggered.connect(lambda: self._act(action, entry, call))
        if entry.single:
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            for place in places:
                place.addAction(action)
        else:
            self._window.addAction(action)  # heard without a menu bar too
        self.by_name[entry.name] = action
        return action

    @staticmethod
    def _act(action: QAction, entry: Entry, call: Callable[[str], None]) -> None:
        # A letter in an open menu or list is a choice there, and none of the run's.
        popup = QApplication.activePopupWidget()
        if not entry.single or popup is None or action in popup.actions():
            call(entry.name)

    def menu(self, name: str) -> QMenu:
        """A menu within a menu, one of SUBMENUS."""
        return self._menus[name]

    def fill_theme(self, theme: Theme, choose: Callable[[str], None]) -> None:
        """The choice between the system's scheme, light and dark."""
        group = QActionGroup(self._window)
        for key, title in SCHEMES:
            action = self._menus["theme"].addAction(title)
            action.setCheckable(True)
            action.setChecked(theme.scheme == key)
            action.triggered.connect(lambda _=False, chosen=key: choose(chosen))
            group.addAction(action)
            self.by_name[f"theme:{key}"] = action

    def fill_layouts(self, choose: Callable[[str], None]) -> None:
        """The layouts, by the keys Ctrl+1 and on."""
        group = QActionGroup(self._window)
        for number, layout in enumerate(LAYOUTS, 1):
            action = self._menus["layouts"].addAction(f"&{number} {layout.title}")
            action.setShortcut(QKeySequence(f"Ctrl+{number}"))
            action.setCheckable(True)
            action.triggered.connect(lambda _=False, key=layout.key: choose(key))
            group.addAction(action)
            self._window.addAction(action)  # heard without a menu bar too
            self.by_name[f"layout:{layout.key}"] = action

    def show_layout(self, key: str) -> QAction:
        """Mark the layout in hand; returns its entry."""
        self.by_name[f"layout:{key}"].setChecked(True)
        return self.by_name[f"layout:{key}"]

    def set_colors(self, colors: Colors) -> None:
        for action in self.by_name.values():
            if action.objectName():
                action.setIcon(icon(action.objectName(), colors))

    def show_undo(self, undo: str | None, redo: str | None) -> None:
        """Tell what undo and redo would do; None where there is nothing."""
        for name, title, label in (("undo", "&Undo", undo), ("redo", "&Redo", redo)):
            self.by_name[name].setEnabled(label is not None)
            self.by_name[name].setText(f"{title} {label}" if label else title)


def shortcut_table() -> str:
    """Every key and what the mouse does, as a table for the help."""
    rows = [(entry.text.replace("&", "").rstrip("…"), entry.keys) for _, entries in MENUS for entry in entries]
    arrows = {"Right": "→", "Left": "←", "Up": "↑", "Down": "↓"}
    rows = [(text, arrows.get(keys, keys)) for text, keys in rows if keys]
    rows += [
        ("A tenth of the run back, on", "Shift+←, Shift+→"),
        ("Layouts of the window", f"Ctrl+1 … Ctrl+{len(LAYOUTS)}"),
        ("Lay a run over the one in hand", "Alt+click on its chip"),
        ("Look nearer in a chart; all of it", "wheel, drag; double click"),
        ("Copy a chart that has the focus, or rows of the runs", "Ctrl+C"),
        ("Take, rename, delete a row of the runs", "Enter, F2, Delete"),
        ("Paint; erase", "drag on the plane; right button"),
        ("Look closer at the plane; move it", "wheel; middle button"),
        ("Menu of a plane, chart, run or knob", "right click, Menu key"),
        ("Brush, eraser, select", "B, E, S"),
        ("Class to paint", "1 … 9, 0"),
        ("Smaller, larger brush", "[ and ], Ctrl+wheel"),
        ("Set a number", "drag it or its label, or type"),
        ("Finer steps while dragging", "Shift"),
        ("Step a focused number", "↑ ↓, Page Up, Page Down, wheel"),
        ("Back to a knob's default", "double-click its label"),
    ]
    cell = "<td style='padding: 2px 32px 2px 0; white-space: nowrap'>"
    cells = "".join(f"<tr>{cell}{text}</td>{cell}{keys}</td></tr>" for text, keys in rows)
    return f"<p>Single keys act when the plane or a chart has the focus.</p><table>{cells}</table>"
