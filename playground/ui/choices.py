"""The left column: the form, which folds to a rail of icons where there is little room."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPalette
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from playground.ui.form import Form
from playground.ui.icons import icon
from playground.ui.theme import Colors, scaled

WIDTH, NARROW, WIDEST = 256, 232, 360  # pixels of the form: at first, in windows that are not wide, at most
RAIL = 40  # pixels


class Choices(QWidget):
    """The form; or a rail with an icon for each part of it, which opens it over the stage."""

    fold_wanted = Signal(bool)  # by hand

    def __init__(self, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        form = self.form = Form(self)
        self.is_folded: bool | None = None  # until it is known what there is room for
        self._covered: QWidget | None = None  # what the open form lies over
        self._flyout: QFrame | None = None
        self.rail = QWidget(accessibleName="Choices, folded")
        self._buttons: dict[str, QToolButton] = {}
        column = QVBoxLayout(self.rail, spacing=2)
        column.setContentsMargins(0, 8, 0, 8)
        for key, title in form.parts:
            self._buttons[key] = self._button(title, f"{title}: show its choices")
            self._buttons[key].setCheckable(True)
            self._buttons[key].clicked.connect(lambda _=False, key=key: self.toggle(key))
            column.addWidget(self._buttons[key], 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(1)
        self.unfold = self._button("Unfold the choices", "Unfold the choices")
        self.unfold.clicked.connect(lambda: self.fold_wanted.emit(False))
        column.addWidget(self.unfold, 0, Qt.AlignmentFlag.AlignHCenter)
        self._line = QHBoxLayout(self, spacing=0)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.addWidget(self.rail)
        self._line.addWidget(form)
        self.rail.setFixedWidth(RAIL)
        form.fold_wanted.connect(lambda: self.fold_wanted.emit(True))
        self.set_colors(colors)
        self.fold(False)

    @staticmethod
    def _button(name: str, tip: str) -> QToolButton:
        button = QToolButton(accessibleName=name, toolTip=tip, iconSize=QSize(20, 20))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setFixedSize(32, 32)
        return button

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        for key, button in self._buttons.items():
            button.setIcon(icon(f"part-{key}", colors))
        self.unfold.setIcon(icon("unfold", colors))
        self.form.set_colors(colors)

    def fold(self, is_folded: bool, can_unfold: bool = True) -> None:
        """Be a rail, or the form. can_unfold: whether there is room for the form."""
        self.unfold.setVisible(can_unfold)
        self.form.fold.setVisible(not is_folded)
        if self.is_folded is is_folded:
            return
        self.close_form()
        self.is_folded = is_folded
        self.rail.setVisible(is_folded)
        self.form.setVisible(not is_folded)
        if is_folded:
            self.setFixedWidth(RAIL)
        else:
            self.fit_type()

    def fit_type(self) -> None:
        """Have room for the form in the type that it is written in."""
        if not self.is_folded:
            self.setMinimumWidth(scaled(NARROW))
            self.setMaximumWidth(scaled(WIDEST))

    # the form over the stage

    @property
    def is_open(self) -> bool:
        """Whether the folded form lies open over the stage."""
        return self._flyout is not None

    def cover(self, covered: QWidget) -> None:
        """The open form lies over that widget; a press on it closes it."""
        self._covered = covered

    def toggle(self, key: str) -> None:
        """Open the form at that part of it, or close it where it is open there."""
        was_there = self.is_open and self.form.part == key
        if was_there or self._covered is None:
            self.close_form()
        else:
            self._open()
            self.form.go_to(key)
        self._mark(key if not was_there else "")

    def _mark(self, key: str) -> None:
        for name, button in self._buttons.items():
            button.setChecked(name == key)

    def _open(self) -> None:
        if self.is_open or self._covered is None:
            return
        self._flyout = QFrame(self.window(), accessibleName="Choices")
        self._flyout.setFrameShape(QFrame.Shape.Box)
        self._flyout.setForegroundRole(QPalette.ColorRole.Mid)
        self._flyout.setAutoFillBackground(True)
        around = QVBoxLayout(self._flyout)
        around.setContentsMargins(1, 1, 1, 1)
        around.addWidget(self.form)
        self.form.show()
        self.place()
        self._flyout.show()
        self._flyout.raise_()
        self._covered.installEventFilter(self)
        self._flyout.installEventFilter(self)

    def place(self) -> None:
        """Lie beside the rail, as high as it."""
        if self._flyout is not None:
            corner = self.mapTo(self.window(), QPoint(RAIL, 0))
            self._flyout.setGeometry(corner.x(), corner.y(), scaled(WIDTH) + 2, self.height())

    def close_form(self) -> None:
        """Close it, if it is open."""
        if self._flyout is None or self._covered is None:
            return
        focus = self.window().focusWidget()
        had_focus = focus is not None and self._flyout.isAncestorOf(focus)
        self._covered.removeEventFilter(self)
        flyout, self._flyout = self._flyout, None
        self._line.addWidget(self.form)
        self.form.hide()
        flyout.hide()
        flyout.deleteLater()
        self._mark("")
        if had_focus:
            self._covered.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonPress and watched is self._covered:
            self.close_form()
            return True  # a press that closes paints nothing
        is_key = event.type() == QEvent.Type.KeyPress and watched is self._flyout and isinstance(event, QKeyEvent)
        if is_key and event.key() == Qt.Key.Key_Escape:  # type: ignore[attr-defined]
            self.close_form()
            return True
        return False
