"""Light and dark: named colours, the palettes made of them, and three sizes of the system's font.

``setColorScheme`` does nothing on a bare X server, so both palettes are made by hand, on the Fusion style.
Widgets that paint themselves read the palette; plots, which have none, are handed the Colors and told when
they change.
"""

from __future__ import annotations

from functools import cache
from string import Template
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontInfo, QPalette
from PySide6.QtWidgets import QApplication, QMenu, QMenuBar, QStatusBar, QStyleFactory

from playground.model.paths import assets_folder

GRID = 4  # every distance is a multiple of it, in pixels
TYPE = {"small": 0.9, "body": 1.0, "title": 1.15}  # sizes, of the system's
PLAIN, TYPE_SIZE = "plain_font", "type_size"  # properties of the application, whatever window it has
STYLED = (QMenuBar, QMenu, QStatusBar)  # a style sheet keeps them from following the application
SCHEMES = (("system", "&System"), ("light", "&Light"), ("dark", "&Dark"))


class Colors(NamedTuple):
    """The colours of a theme, as "#rrggbb"."""

    name: str
    window: str
    panel: str
    plane: str
    text: str
    muted: str
    line: str
    edge: str  # of a field: seen at 3 : 1 on every ground
    accent: str
    on_accent: str  # text on the accent
    training: str
    validation: str
    best: str
    warning: str
    error: str
    classes: tuple[str, ...]  # nine; all differ in lightness or hue for every kind of colour vision
    runs: tuple[str, ...]  # eight, in turn; the same holds of them
    surface: float  # the strength of a class's colour where the network is certain: its points stand out from it
    curve: float = 2.0  # pixels of a curve's pen; more in a presentation


LIGHT = Colors(
    name="light",
    window="#f3f4f6",
    panel="#ffffff",
    plane="#ffffff",
    text="#1b1f24",
    muted="#59626e",
    line="#d8dce2",
    edge="#858d98",
    accent="#0b7268",
    on_accent="#ffffff",
    training="#3f4854",
    validation="#b0256e",
    best="#0b7268",
    warning="#8f5300",
    error="#b3261e",
    classes=(
        "#0571b0",
        "#e66101",
        "#12805c",
        "#b5508f",
        "#7a5fc0",
        "#9a7400",
        "#0f8a99",
        "#8c5a3c",
        "#6b7480",
    ),
    surface=0.5,
    runs=("#015bc4", "#b5310e", "#037b67", "#ab288e", "#690b94", "#5d7929", "#96323a", "#3d2150"),
)
DARK = Colors(
    name="dark",
    window="#16191d",
    panel="#1e2227",
    plane="#1b1f24",
    text="#e8eaed",
    muted="#9aa4b1",
    line="#343a42",
    edge="#6f7986",
    accent="#3fc4b0",
    on_accent="#06231f",
    training="#d3d9e1",
    validation="#f480b8",
    best="#3fc4b0",
    warning="#eab04c",
    error="#ff8a80",
    classes=(
        "#4aa8e8",
        "#ff8b3d",
        "#35c491",
        "#e387bf",
        "#a892f0",
        "#d6ac2a",
        "#3cc3d4",
        "#c99372",
        "#a3adba",
    ),
    surface=0.36,
    runs=("#598dce", "#ff9924", "#1ad78a", "#cf9ebb", "#9072ff", "#faf282", "#ed5c48", "#d4ffe8"),
)


def run_color(colors: Colors, number: int) -> str:
    """The colour of a run, given its place in the cycle."""
    return colors.runs[number % len(colors.runs)]


class Theme(QObject):
    """The scheme in force on the application; ``changed`` carries the new colours."""

    changed = Signal(object)

    def __init__(self, application: QApplication, scheme: str = "system", parent: QObject | None = None) -> None:
        super().__init__(parent or application)
        self._application = application
        self.scheme = scheme
        self.colors = LIGHT
        self._curve = LIGHT.curve
        plain = application.property(PLAIN)
        self._plain = QFont(plain if plain is not None else application.font())  # at size 1
        application.setProperty(PLAIN, self._plain)
        if not application.styleSheet():  # the first theme of this process
            application.setStyle(QStyleFactory.create("Fusion"))
        application.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._apply()

    def choose(self, scheme: str) -> None:
        """Take "system", "light" or "dark"; an unknown name is taken as "system"."""
        self.scheme = scheme if scheme in ("light", "dark") else "system"
        self._apply()

    @property
    def pixels(self) -> float:
        """The height of the type at size 1."""
        return float(QFontInfo(self._plain).pixelSize())

    def set_type(self, size: float, curve: float) -> None:
        """Have the type so many times as large as the system's, and curves of that width.

        A widget whose lengths depend on its type has ``fit_type()``.
        """
        if (size, curve) == (self._application.property(TYPE_SIZE) or 1.0, self._curve):
            return
        before = {font(name).pointSizeF(): name for name in TYPE}
        larger = QFont(self._plain)
        larger.setPointSizeF(size * self._plain.pointSizeF())
        self._application.setProperty(TYPE_SIZE, size)
        self._application.setFont(larger)
        widgets = self._application.allWidgets()
        for widget in widgets:
            own = widget.font()
            if isinstance(widget, STYLED):
                widget.setFont(font())
            elif widget.testAttribute(Qt.WidgetAttribute.WA_SetFont) and own.pointSizeF() in before:
                widget.setFont(font(before[own.pointSizeF()], own.weight() >= QFont.Weight.DemiBold))
        for widget in widgets:
            widget.updateGeometry()  # one that paints its own text is not told by Qt
            if hasattr(widget, "fit_type"):
                widget.fit_type()
        self._curve = curve
        self._apply()

    def _follow_system(self) -> None:
        if self.scheme == "system":
            self._apply()

    def _apply(self) -> None:
        dark = self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark
        chosen = self.scheme if self.scheme in ("light", "dark") else "dark" if dark else "light"
        self.colors = DARK if chosen == "dark" else LIGHT
        if self._curve != self.colors.curve:
            self.colors = self.colors._replace(curve=self._curve)
        self._application.setPalette(palette(self.colors))
        if self._application.styleSheet():
            self.dress()
        self.changed.emit(self.colors)

    def dress(self) -> None:
        """Give the application its style sheet: once the first window's widgets are made, which is faster without."""
        sheet = style_sheet(self.colors)
        if sheet != self._application.styleSheet():
            self._application.setStyleSheet(sheet)


def scaled(length: int) -> int:
    """A length in pixels that goes with the type, where that is larger than the system's."""
    size = QApplication.instance().property(TYPE_SIZE)  # type: ignore[union-attr]
    return round(length * max(size or 1.0, 1.0))


def blend(color: str, ground: str, share: float) -> str:
    """The colour laid over the ground with an opacity of share: for washes behind text."""
    parts = zip(_channels(color), _channels(ground))
    return "#" + "".join(f"{round(255 * (share * a + (1 - share) * b)):02x}" for a, b in parts)


def contrast(first: str, second: str) -> float:
    """How well one colour is read on another, from 1 to 21.

    (L₁ + 0.05) / (L₂ + 0.05) with L the relative luminances, the lighter first. WCAG 2.2, 1.4.3.
    """
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(color: str) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(part) for part in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(color: str) -> tuple[float, float, float]:
    drawn = QColor(color)
    return drawn.redF(), drawn.greenF(), drawn.blueF()


def palette(colors: Colors) -> QPalette:
    """Fusion's palette: every role that a standard widget paints with."""
    result = QPalette()
    role = QPalette.ColorRole
    roles = {
        role.Window: colors.window,
        role.WindowText: colors.text,
        role.Base: colors.panel,
        role.AlternateBase: colors.window,
        role.ToolTipBase: colors.panel,
        role.ToolTipText: colors.text,
        role.PlaceholderText: colors.muted,
        role.Text: colors.text,
        role.Button: colors.window,
        role.ButtonText: colors.text,
        role.BrightText: colors.error,
        role.Link: colors.accent,
        role.LinkVisited: colors.accent,
        role.Highlight: colors.accent,
        role.HighlightedText: colors.on_accent,
        role.Accent: colors.accent,
        role.Light: blend(colors.text, colors.window, 0.03),
        role.Midlight: blend(colors.text, colors.window, 0.06),
        role.Mid: colors.line,
        role.Dark: blend(colors.text, colors.window, 0.3),
        role.Shadow: blend(colors.text, colors.window, 0.5),
    }
    for name, color in roles.items():
        result.setColor(name, QColor(color))
    faint = QColor(blend(colors.text, colors.window, 0.38))
    for name in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, name, faint)
    result.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(colors.line))
    return result


def font(size: str = "body", bold: bool = False) -> QFont:
    """The system's font in one of three sizes ("small", "body", "title"), with figures of one width."""
    result = QApplication.font()
    result.setPointSizeF(round(result.pointSizeF() * TYPE[size] * 2) / 2)
    result.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    result.setFeature(QFont.Tag("tnum"), 1)
    if _lifts_hats(result.family()):
        result.setFeature(QFont.Tag("mark"), 0)
    return result


@cache
def _lifts_hats(family: str) -> bool:
    """Whether a font is DejaVu Sans, whose table of marks sets the hat of m̂ a line too high; without it, it fits."""
    return QFontInfo(QFont(family)).family() == "DejaVu Sans"


def style_sheet(colors: Colors) -> str:
    """What a palette cannot say: assets/style.qss with the theme's colours."""
    washes = {
        "hover": blend(colors.text, colors.window, 0.08),
        "held": blend(colors.text, colors.window, 0.14),
        "wash": blend(colors.accent, colors.window, 0.18),
        "faint": blend(colors.text, colors.window, 0.38),
        "accent_hover": blend(colors.text, colors.accent, 0.12),
        # of a grey that is seen in both themes
        "arrow": (assets_folder() / "icons" / "menu.svg").as_posix(),
    }
    return Template(_sheet()).substitute(colors._asdict(), **washes)


@cache
def _sheet() -> str:
    return (assets_folder() / "style.qss").read_text(encoding="utf-8")
