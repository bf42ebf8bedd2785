"""Both themes can be read, and a change reaches every widget at once."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLabel

from playground.model.paths import assets_folder
from playground.ui.actions import MENUS
from playground.ui.icons import pixmap
from playground.ui.theme import DARK, LIGHT, Theme, blend, contrast, font
from playground.ui.verdict import ICONS, color_of, wash_of

both = pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])


def test_black_on_white_has_the_contrast_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@both
@pytest.mark.parametrize("ink", ["text", "muted", "accent", "training", "validation", "best", "warning", "error"])
@pytest.mark.parametrize("ground", ["window", "panel", "plane"])
def test_text_is_read_on_every_ground(colors, ink, ground):
    assert contrast(getattr(colors, ink), getattr(colors, ground)) >= 4.5


@both
def test_text_on_the_accent_is_read(colors):
    assert contrast(colors.on_accent, colors.accent) >= 4.5


@both
@pytest.mark.parametrize("kind", ICONS)
def test_a_verdict_is_read_on_its_wash(colors, kind):
    assert contrast(color_of(kind, colors), wash_of(kind, colors)) >= 4.5


@both
def test_points_of_nine_classes_stand_out_from_the_plane(colors):
    assert len(set(colors.classes)) == 9
    assert min(contrast(color, colors.plane) for color in colors.classes) >= 3


@both
def test_muted_text_in_a_notice_is_read(colors):
    for ink in (colors.error, colors.warning, colors.accent):
        assert contrast(colors.text, blend(ink, colors.panel, 0.08)) >= 4.5


def test_choosing_dark_repaints_widgets_at_once(qtbot):
    application = QApplication.instance()
    theme = Theme(application, "light")
    label = QLabel("text")
    qtbot.addWidget(label)
    with qtbot.waitSignal(theme.changed) as heard:
        theme.choose("dark")
    assert heard.args == [DARK]
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == DARK.text
    theme.choose("light")
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == LIGHT.text


def test_an_unknown_scheme_follows_the_system(qtbot):
    theme = Theme(QApplication.instance(), "light")
    theme.choose("sepia")
    assert theme.scheme == "system"


def test_fonts_come_in_three_sizes(qtbot):
    sizes = [font(size).pointSizeF() for size in ("small", "body", "title")]
    assert sizes == sorted(set(sizes))


def test_every_icon_is_of_one_stroke_weight_and_recoloured(qtbot):
    for path in sorted((assets_folder() / "icons").glob("*.svg")):
        if path.stem != "menu":
            assert 'stroke="currentColor" stroke-width="1.75"' in path.read_text(encoding="utf-8")
            assert not pixmap(path.stem, "#ff0000", 24).toImage().isNull()


def test_every_menu_finds_its_icon():
    names = {entry.icon for _, entries in MENUS for entry in entries if entry.icon}
    assert all((assets_folder() / "icons" / f"{name}.svg").is_file() for name in names | set(ICONS.values()))
