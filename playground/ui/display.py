"""How the window is seen: its place on the screen, full screen, presentation, and the size of the type."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect, QSize, Qt
from PySide6.QtWidgets import QApplication, QMainWindow

from playground.ui.arrangement import Arrangement
from playground.ui.settings import Settings
from playground.ui.theme import Theme

FIRST_SIZE = QSize(1440, 900)
LEAST = QSize(800, 600)  # of the window; no news make it larger
SIZES = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75)  # of the type
SHOWN_PIXELS = 18  # the type of a presentation
PLAIN_CURVE, SHOWN_CURVE = 2.0, 3.0  # pixels


def placed(frame: QRect, client: QSize, room: QRect) -> QRect:
    """Where a window's contents go so that its frame, title bar included, stays within the room.

    frame: of the window as it stands; client: the size of its contents.
    """
    across, down = frame.width() - client.width(), frame.height() - client.height()
    width, height = min(frame.width(), room.width()), min(frame.height(), room.height())
    left = max(room.left(), min(frame.left(), room.left() + room.width() - width))
    top = max(room.top(), min(frame.top(), room.top() + room.height() - height))
    return QRect(left, top, width - across, height - down)


class Display(QObject):
    """What the keys F11, Shift+F11, Ctrl +, Ctrl − and Ctrl 0 do to a window."""

    def __init__(self, window: QMainWindow, theme: Theme, arrangement: Arrangement, fit: Callable[[], None]) -> None:
        """fit lays the window out anew."""
        super().__init__(window)
        self._window, self._theme, self._arrangement, self._fit = window, theme, arrangement, fit
        self.size = 1.0  # of the type, that was chosen
        self.is_presenting = False
        self._before = Qt.WindowState.WindowNoState

    # the type

    def enlarge(self, steps: int) -> None:
        """The type's size by so many steps."""
        nearest = min(range(len(SIZES)), key=lambda number: abs(SIZES[number] - self.size))
        self.set_size(SIZES[max(0, min(nearest + steps, len(SIZES) - 1))])

    def set_size(self, size: float) -> None:
        """Take that size, 1 as the system has it."""
        self.size = max(SIZES[0], min(size, SIZES[-1]))
        self._apply()

    def _apply(self) -> None:
        size = max(self.size, SHOWN_PIXELS / self._theme.pixels) if self.is_presenting else self.size
        self._theme.set_type(size, SHOWN_CURVE if self.is_presenting else PLAIN_CURVE)
        self._fit()

    # the screen

    def toggle_full(self) -> None:
        """Fill the screen, or be a window again."""
        if self.is_presenting:
            self.toggle_presentation()
        else:
            self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def toggle_presentation(self) -> None:
        """Fill the screen with large type, without choices and menu; or have all as it was."""
        self.is_presenting = not self.is_presenting
        if self.is_presenting:
            self._before = self._window.windowState()
            self._window.setWindowState(self._before | Qt.WindowState.WindowFullScreen)
        else:
            self._window.setWindowState(self._before)
        self._window.menuBar().setVisible(not self.is_presenting)
        self._arrangement.hides_choices = self.is_presenting
        self._apply()
        if self.is_presenting:
            self._window.statusBar().showMessage("Shift+F11 ends the presentation, and so does Esc.", 4000)

    # what is remembered

    def restore(self, settings: Settings) -> None:
        if not self._window.restoreGeometry(settings.state("geometry")):
            self._window.resize(FIRST_SIZE.boundedTo(self._window.screen().availableSize()))
        self.set_size(settings.number("type", 1.0))

    def remember(self, settings: Settings) -> None:
        if self.is_presenting:
            self.toggle_presentation()
        settings.keep("geometry", self._window.saveGeometry())
        settings.keep("type", str(self.size))

    def _room(self) -> QRect | None:
        """What the screen has left for windows; off screen a picture is as large as asked for."""
        is_picture = QApplication.platformName() == "offscreen"
        return None if is_picture else self._window.screen().availableGeometry()

    def fit_screen(self) -> None:
        """Stay within the screen's available area, title bar included."""
        window, room = self._window, self._room()
        if room is not None and window.isVisible() and not (window.isMaximized() or window.isFullScreen()):
            frame, client = window.frameGeometry(), window.size()
            place = placed(frame, client, room)
            if place.size() != client:
                window.resize(place.size())
            if place.topLeft() != frame.topLeft():
                window.move(place.topLeft())
