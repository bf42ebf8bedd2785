"""The paint tools in a column at the plane's left: what the mouse does, which class it paints, and how wide."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QSizePolicy, QSlider, QToolButton, QVBoxLayout, QWidget

from playground.model.dataset import TRAIN
from playground.model.shapes import class_names
from playground.ui.canvas import BRUSH, BRUSH_SIZES, ERASER, SELECT, Canvas
from playground.ui.describe import plain
from playground.ui.icons import icon
from playground.ui.marks import Marks
from playground.ui.surface import class_color, value_levels
from playground.ui.theme import Colors

MOST_SWATCHES = 10  # as many as there are number keys
SWATCH = 20  # pixels: two side by side fill the column
TOP = 4  # pixels above the first tool, as above the plane
MIDDLE = Qt.AlignmentFlag.AlignHCenter
TOOLS = (
    (BRUSH, "brush", "Brush (B)", "Drag to paint points of the chosen class; the right button erases"),
    (ERASER, "eraser", "Eraser (E)", "Drag to erase points"),
    (SELECT, "select", "Select (S)", "Drag a frame; then drag to move, 1–9 to relabel, Delete to remove"),
)


class Tools(QWidget):
    """Buttons that tell the canvas what the mouse does."""

    tool_chosen = Signal(str)
    class_chosen = Signal(int)  # from 0
    clear_pressed = Signal()

    def __init__(self, canvas: Canvas, colors: Colors, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Paint tools")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self._canvas = canvas
        self._colors = colors
        self._names: tuple[str, ...] = ()
        self._values: tuple[float, ...] = ()  # of the swatches, over a regression
        self._class = 0
        self._build()
        canvas.brush_resized.connect(self._slider.setValue)
        self.set_classes(class_names(2))
        self.set_colors(colors)

    # verbs

    def choose(self, tool: str) -> None:
        """Take up the "brush", "eraser" or "select"."""
        self._tools[tool].setChecked(True)
        self._canvas.set_tool(tool)
        self.tool_chosen.emit(tool)

    def choose_class(self, number: int) -> None:
        """Paint this class, from 0, or give it to what is selected; the one after the last is a new class."""
        if self._names and number >= len(self._names):
            self._add_class()
        number = min(number, len(self._swatches) - 1)
        if number < 0:
            return
        self._swatches[number].setChecked(True)
        self._class = number
        self._canvas.set_class(number)
        if self._canvas.selection:
            self._canvas.relabel(number)
        else:
            self.choose(BRUSH)
        self.class_chosen.emit(number)

    def resize_brush(self, steps: int) -> None:
        """A few pixels wider, or narrower for negative steps."""
        self._slider.setValue(self._slider.value() + 4 * steps)

    def set_classes(self, names: tuple[str, ...]) -> None:
        """A swatch for each class; for a regression (no names) one for each of a few values, or none."""
        if names:
            # a class that was added and not painted yet stays, while it is chosen
            missing = self._class + 1 - len(names) if self._names else 0
            names = (*names, *class_names(MOST_SWATCHES)[len(names) : len(names) + max(missing, 0)])
        data = self._canvas.dataset
        has_values = not names and data is not None and data.features > 1
        values = value_levels(data.targets[:, 0]) if has_values and data is not None else ()
        if (names, values) != (self._names, self._values):
            self._names, self._values = names, values
            self._show_swatches()

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        for key, name, *_ in TOOLS:
            self._tools[key].setIcon(icon(name, colors))
        self._add.setIcon(icon("plus", colors))
        self._clear.setIcon(icon("clear", colors))
        self._fit.setIcon(icon("zoom-fit", colors))
        self._paint_swatches()

    # making

    def _build(self) -> None:
        self._tools: dict[str, QToolButton] = {}
        group = QButtonGroup(self)
        column = QVBoxLayout(self, spacing=2)
        column.setContentsMargins(0, TOP, 0, 0)
        for key, _, title, text in TOOLS:
            button = self._tools[key] = _button(title, f"{title}\n{text}")
            button.setCheckable(True)
            button.clicked.connect(lambda _, key=key: self.choose(key))
            group.addButton(button)
            column.addWidget(button, 0, MIDDLE)
        self._tools[BRUSH].setChecked(True)
        self._add = _button("Add a class", "Add a class to paint", 16)
        self._add.clicked.connect(lambda: self.choose_class(len(self._names)))
        self._clear = _button("Clear", "Remove all points (Ctrl+Backspace)")
        self._clear.clicked.connect(self.clear_pressed)
        self._fit = _button("Fit", "Show all points (F)")
        self._fit.clicked.connect(self._canvas.fit)
        column.addSpacing(8)
        column.addLayout(self._make_swatches())
        column.addWidget(self._add, 0, MIDDLE)
        column.addSpacing(8)
        column.addWidget(self._make_slider(), 1, MIDDLE)
        column.addStretch(1)
        column.addWidget(self._clear, 0, MIDDLE)
        column.addWidget(self._fit, 0, MIDDLE)

    def _make_slider(self) -> QSlider:
        self._slider = QSlider(Qt.Orientation.Vertical, accessibleName="Brush size")
        self._slider.setToolTip("Brush size ([ and ], or Ctrl and the wheel)")
        self._slider.setRange(*BRUSH_SIZES)
        self._slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._slider.setMinimumHeight(40)
        self._slider.setMaximumHeight(112)
        self._slider.valueChanged.connect(self._size_brush)
        self._slider.setValue(24)
        return self._slider

    def _size_brush(self, radius: int) -> None:
        self._canvas.set_brush(radius)
        self._slider.setAccessibleDescription(f"{radius} pixels")

    def _make_swatches(self) -> QGridLayout:
        """A button for each number key, two in a line; those in use are shown."""
        grid = QGridLayout(spacing=0)
        group = QButtonGroup(self)
        self._all_swatches: list[QToolButton] = []
        for number in range(MOST_SWATCHES):
            button = _button("", "", 14)
            button.setProperty("role", "swatch")
            button.setFixedSize(SWATCH, SWATCH + 4)
            button.setCheckable(True)
            button.clicked.connect(lambda _, number=number: self.choose_class(number))
            group.addButton(button)
            grid.addWidget(button, number // 2, number % 2)
            self._all_swatches.append(button)
        return grid

    @property
    def _swatches(self) -> list[QToolButton]:
        """The buttons in use."""
        return self._all_swatches[: len(self._names or self._values)]

    def _show_swatches(self) -> None:
        texts = self._names or tuple(f"value {value:.3g}".replace("-", "−") for value in self._values)
        for number, button in enumerate(self._all_swatches):
            button.setVisible(number < len(texts))
        for number, (button, text) in enumerate(zip(self._swatches, texts)):
            button.setAccessibleName(text)
            button.setToolTip(plain(f"{text} ({(number + 1) % 10})"))
        self._class = min(self._class, max(len(self._swatches) - 1, 0))
        if self._swatches:
            self._swatches[self._class].setChecked(True)
        self._canvas.set_class(self._class)
        self._add.setVisible(0 < len(self._names) < MOST_SWATCHES)
        self._paint_swatches()

    def _paint_swatches(self) -> None:
        marks, data = Marks(self._colors), self._canvas.dataset
        ratio = self.devicePixelRatioF()
        for number, button in enumerate(self._swatches):
            if self._names:
                color, shape, edge = class_color(self._colors, number), number, ""
            elif data is not None:
                color, shape, edge = marks.value_color(data, self._values[number]), 0, self._colors.muted
            button.setIcon(QIcon(marks.stamp(shape, TRAIN, color, 5.0, ratio, edge)))

    def _add_class(self) -> None:
        if len(self._names) < MOST_SWATCHES:
            self._names = (*self._names, class_names(MOST_SWATCHES)[len(self._names)])
            self._class = len(self._names) - 1
            self._show_swatches()


def _button(name: str, tip: str, side: int = 20) -> QToolButton:
    # a click leaves the focus on the plane, where single keys act; Tab still reaches the button
    button = QToolButton(accessibleName=name, toolTip=tip, iconSize=QSize(side, side))
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
