"""What does it get wrong: confusion, calibration and the wrong ones of a classification; residuals of a regression."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QPainter, QPalette, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from playground.model.dataset import VALIDATION, Dataset
from playground.training.looks.answers import Answers, Classes, Question, Values
from playground.training.snapshot import TRAINING
from playground.ui.icons import untinted
from playground.ui.pictures import drawn
from playground.ui.plots.calibration import Calibration
from playground.ui.plots.chart import Title
from playground.ui.plots.export import Table
from playground.ui.plots.matrix import Matrix
from playground.ui.plots.residuals import Scatter
from playground.ui.scales import figures
from playground.ui.scene import Scene
from playground.ui.theme import Colors, font

EVERY = 150  # milliseconds between two drawings while a run trains: numbers are read, not watched
LIST_EVERY = 500  # and of the list, which is read line by line
MOST_LISTED = 200
PICTURE = 40  # pixels along a side of an image in the list
EMPTY = "What is answered to each point is counted here, once a run has begun."
NONE_IN_SET = "No point is in the {} set."
TITLES = ("Training", "Validation", "Test")
PAGES = {
    True: (("confusion", "Confusion"), ("calibration", "Calibration"), ("wrong", "Wrong ones")),
    False: (("predicted", "Predicted"), ("residuals", "Residuals"), ("wrong", "Worst ones")),
}
HELP = (
    "<p>A press on a cell of the matrix selects its points on the plane, a press on a row of the list that point. What "
    "is wrong is ringed on the plane while this panel is open.</p><p>Precision: of the answers of a class, the share "
    "that is right. Recall: of a class's points, the share that is found. "
    "The expected calibration error is the mean gap between sureness and share that is right, weighted by answers.</p>"
)


class AnswersPanel(QWidget):
    """Pages for one set's points, chosen by quiet buttons; the set by a menu."""

    looks_changed = Signal()
    points_picked = Signal(object)  # numbers of points in the dataset

    def __init__(self, colors: Colors, question: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, accessibleName="Answers: what is right, and what is wrong")
        self.setWhatsThis(HELP)
        self._colors = colors
        self._scene: Scene | None = None
        self._is_of_classes = True
        self._is_stale = True
        self._listed: tuple[Any, ...] = ()  # what the list shows
        self._icons: dict[int, QIcon] = {}  # pictures of points, by their numbers
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._catch_up)
        self._build(question)

    def _build(self, question: str) -> None:
        self.part = QComboBox(accessibleName="Set", toolTip="The set whose points are asked for", font=font("small"))
        for title in TITLES:
            self.part.addItem(title)
        self.part.setCurrentIndex(VALIDATION)
        self.part.activated.connect(self._choose_part)
        head = QHBoxLayout(spacing=8)
        head.addWidget(Title(question, bold=True), 1)
        head.addWidget(self.part)
        self.buttons = [
            QToolButton(checkable=True, font=font("small"), focusPolicy=Qt.FocusPolicy.TabFocus) for _ in range(3)
        ]
        group = QButtonGroup(self)
        second = QHBoxLayout(spacing=2)
        for button in self.buttons:
            group.addButton(button)
            second.addWidget(button)
        self.buttons[0].setChecked(True)
        group.buttonClicked.connect(self._turn)
        self.reading = Title("", "small", muted=True)
        self.reading.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        second.addWidget(self.reading, 1)
        self.matrix = Matrix(self._colors)
        self.matrix.cell_picked.connect(self._pick_cell)
        self.calibration = Calibration(self._colors)
        self.calibration.pointed.connect(self._point)
        self.predicted, self.residuals = Scatter(self._colors, False), Scatter(self._colors, True)
        self.list = QListWidget(accessibleName="Wrong answers, the greatest loss first", font=font("small"))
        self.list.setUniformItemSizes(True)
        self.list.setProperty("role", "bare")
        self.list.setSpacing(2)
        self.list.setFrameShape(QListWidget.Shape.NoFrame)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.list.currentRowChanged.connect(self._pick_row)
        self.list.itemClicked.connect(lambda item: self._pick_row(self.list.row(item)))
        self._empty = QLabel(EMPTY, wordWrap=True, font=font(), alignment=Qt.AlignmentFlag.AlignCenter)
        self._empty.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._pages: dict[str, QWidget] = {
            "confusion": self.matrix,
            "calibration": self.calibration,
            "predicted": self.predicted,
            "residuals": self.residuals,
            "wrong": self.list,
        }
        self._stack = QStackedWidget()
        for page in (self._empty, *self._pages.values()):
            self._stack.addWidget(page)
        column = QVBoxLayout(self, spacing=4)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(head)
        column.addLayout(second)
        column.addWidget(self._stack, 1)
        self._name_pages()

    # what is asked, and shown

    @property
    def looks(self) -> dict[str, Any]:
        """What is asked of a run."""
        return {"answers": Question(self.part.currentIndex())}

    @property
    def page(self) -> str:
        """The key of the page that is chosen."""
        number = next(number for number, button in enumerate(self.buttons) if button.isChecked())
        return PAGES[self._is_of_classes][number][0]

    def show_scene(self, scene: Scene) -> None:
        """Draw what was answered; while a run trains not at each look. Hidden, it waits until it is seen."""
        self._scene = scene
        self._is_stale = True
        trains = scene.snapshot is not None and scene.snapshot.status == TRAINING
        if self.isVisible() and not (trains and self._timer.isActive()):
            self._draw()
            self._timer.start(LIST_EVERY if self.page == "wrong" else EVERY)

    def set_colors(self, colors: Colors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        self._listed = ()
        self._icons.clear()
        for page in (self.matrix, self.calibration, self.predicted, self.residuals):
            page.set_colors(colors)
        self._catch_up(is_forced=True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._catch_up()

    def _catch_up(self, is_forced: bool = False) -> None:
        if (self._is_stale or is_forced) and self.isVisible():
            self._draw()

    def _choose_part(self) -> None:
        self._listed = ()
        self._is_stale = True
        self.looks_changed.emit()

    def _turn(self) -> None:
        self._draw()

    def _name_pages(self) -> None:
        for button, (_, title) in zip(self.buttons, PAGES[self._is_of_classes]):
            button.setText(title)

    @property
    def _answers(self) -> Answers | None:
        """What was answered of the set that is chosen; None before the run's thread has looked."""
        found: Answers | None = self._scene.seen("answers") if self._scene is not None else None
        return found if found is not None and found.question.part == self.part.currentIndex() else None

    def _draw(self) -> None:
        self._is_stale = False
        found = self._answers
        if found is None:
            self._empty.setText(self._scene.absent(EMPTY) if self._scene is not None else EMPTY)
        elif not found.samples:
            self._empty.setText(NONE_IN_SET.format(TITLES[found.question.part].lower()))
        if found is None or not found.samples:
            self._stack.setCurrentWidget(self._empty)
            self.reading.setText("")
            return
        if isinstance(found.of, Classes) != self._is_of_classes:
            self._is_of_classes = not self._is_of_classes
            self._name_pages()
        self.reading.setText(self._told(found))
        page = self.page
        self._stack.setCurrentWidget(self._pages[page])
        if page == "wrong":
            self._list(found)
        elif isinstance(found.of, Values):
            (self.residuals if page == "residuals" else self.predicted).show_values(found.of)
        elif page == "confusion":
            self.matrix.show_counts(self._names, found.of.confusion, found.of.precision, found.of.recall)
        else:
            self.calibration.show_curves(found.of.reliability, self._beside(found), len(self._names))

    @property
    def _data(self) -> Dataset | None:
        """The points that were asked for."""
        snapshot = self._scene.snapshot if self._scene is not None else None
        return snapshot.experiment.dataset if snapshot is not None and snapshot.experiment is not None else None

    @property
    def _names(self) -> tuple[str, ...]:
        data = self._data
        return data.class_names if data is not None else ()

    def _beside(self, own: Answers) -> list[tuple[Any, int]]:
        """The calibration of the runs that are laid beside, of the same points."""
        scene = self._scene
        if scene is None or scene.data is None:
            return []
        data = scene.data
        seen = [
            (run.snapshot.seen.get("answers"), run.colour)
            for run in scene.others
            if run.snapshot.experiment is not None and data.is_seen_like(run.snapshot.experiment.points)
        ]
        return [
            (found.of.reliability, colour)
            for found, colour in seen
            if found is not None and found.question.part == own.question.part and isinstance(found.of, Classes)
        ]

    def _told(self, found: Answers) -> str:
        """The page's numbers, and of how many points where not of all."""
        count, of = len(found.rows), found.of
        part = f", of {count:,} of {found.samples:,}" if count < found.samples else ""
        if isinstance(of, Values):
            if self.page == "residuals":
                return f"mean {figures(of.bias)}, RMSE {figures(of.rmse)}{part}"
            return f"RMSE {figures(of.rmse)}, R² {figures(of.r2)}{part}"
        if self.page == "calibration":
            return f"calibration error {100 * of.reliability.error:.1f} %{part}"
        return f"{count - len(of.wrong):,} of {count:,} right, {100 * of.accuracy:.1f} %{part if part else ''}"

    def _point(self, text: str) -> None:
        """Read what is under the cursor, in the numbers' place."""
        found = self._answers
        self.reading.setText(text or (self._told(found) if found is not None else ""))

    # the wrong ones

    def _list(self, found: Answers) -> None:
        """Those with the greatest loss, an item each; of images as pictures."""
        data = self._data
        if data is None:
            return
        places = found.of.wrong[:MOST_LISTED]
        texts = [self._describe(found, place, data) for place in places.tolist()]
        shown = (tuple(found.rows[places].tolist()), tuple(texts), data)
        if shown[:2] == self._listed[:2]:
            return
        is_same = self._listed[:1] == shown[:1] and self._listed[2] is data
        if not self._listed or self._listed[2] is not data:
            self._icons.clear()
        self._listed = shown
        blocked = self.list.blockSignals(True)
        while self.list.count() > len(texts):
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(texts):
            self.list.addItem(QListWidgetItem())
        self._suit_list(bool(data.image))
        for number, text in enumerate(texts):
            item = self.list.item(number)
            item.setText(text)
            if not is_same:
                item.setIcon(self._picture(data, shown[0][number]) if data.image else QIcon())
        if not is_same:
            self.list.setCurrentRow(-1)
        self.list.blockSignals(blocked)

    def _suit_list(self, has_images: bool) -> None:
        mode = QListView.ViewMode.IconMode if has_images else QListView.ViewMode.ListMode
        if self.list.viewMode() != mode:
            self.list.setViewMode(mode)
            self.list.setMovement(QListView.Movement.Static)
        self.list.setIconSize(QSize(PICTURE, PICTURE))
        self.list.setGridSize(QSize(72, PICTURE + 36) if has_images else QSize())

    def _picture(self, data: Dataset, row: int) -> QIcon:
        if row not in self._icons:
            picture = QPixmap(2 * PICTURE, 2 * PICTURE)
            picture.fill(self._colors.plane)
            values = data.inputs[row]
            painter = QPainter(picture)
            painter.drawImage(picture.rect(), drawn(values, data.image, float(abs(values).max()), self._colors))
            painter.end()
            self._icons[row] = untinted(picture)
        return self._icons[row]

    def _describe(self, found: Answers, place: int, data: Dataset) -> str:
        """A wrong answer in words."""
        number = int(found.rows[place]) + 1 if data.row_numbers is None else int(data.row_numbers[found.rows[place]])
        if isinstance(found.of, Values):
            true, answer, off = (" ".join(map(figures, array[place].tolist())) for array in found.of[:3])
            return f"row {number}:  true {true},  answered {answer},  left {off}"
        names = data.class_names
        true, answer = names[found.of.targets[place]], names[found.of.predicted[place]]
        loss = figures(float(found.of.losses[place]))
        if data.image:
            return f"{true} → {answer}\n{loss}"
        return f"row {number}:  {true} taken for {answer},  {100 * found.of.confidence[place]:.0f} % sure,  loss {loss}"

    def _pick_row(self, number: int) -> None:
        if 0 <= number < len(self._listed[0] if self._listed else ()):
            self.points_picked.emit((self._listed[0][number],))

    def _pick_cell(self, true: int, answer: int) -> None:
        found = self._answers
        if found is not None and isinstance(found.of, Classes):
            self.points_picked.emit(tuple(found.rows[found.of.taken(true, answer)].tolist()))

    def table(self) -> Table:
        """The numbers of the page that is seen; of the wrong ones every answer of the set."""
        found, page = self._answers, self.page
        if page == "calibration":
            return self.calibration.table()
        if found is None or not len(found.rows):
            return Table(("row",), ([],))
        if isinstance(found.of, Values):
            if page != "wrong":
                return (self.residuals if page == "residuals" else self.predicted).table()
            rows = (found.worst + 1).tolist()
            pairs = [array[found.of.wrong].T.tolist() for array in found.of[:3]]
            names = [
                f"{name}{number + 1}" for name in ("true", "predicted", "residual") for number in range(len(pairs[0]))
            ]
            return Table(("row", *names), (rows, *(column for pair in pairs for column in pair)))
        names = list(self._names)
        if page == "confusion":
            of = found.of
            columns = (names, *of.confusion.T.tolist(), of.recall.tolist(), of.precision.tolist())
            return Table(("true", *(f"answered {name}" for name in names), "recall", "precision"), columns)
        of = found.of
        classes = [[names[number] for number in numbers.tolist()] for numbers in (of.targets, of.predicted)]
        numbers = (of.confidence.tolist(), of.losses.tolist())
        return Table(("row", "true", "answered", "confidence", "loss"), ((found.rows + 1).tolist(), *classes, *numbers))
