"""Both themes can be read, and a change reaches every widget at once."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QLabel

from playground.model.paths import assets_folder
from playground.ui.actions import MENUS
from playground.ui.icons import pixmap
from playground.ui.theme import DARK, LIGHT, Theme, blend, contrast, font
from playground.ui.verdict import ICONS, color_of, wash_of

# How linear sRGB is seen without one kind of cone: Machado, Oliveira, Fernandes (2009), at full strength.
VISION = {
    "all cones": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
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
@pytest.mark.parametrize("ground", ["window", "panel"])
def test_a_fields_border_is_seen(colors, ground):
    assert contrast(colors.edge, getattr(colors, ground)) >= 3


def test_points_stand_out_from_the_dark_surface_of_their_class():
    for color in DARK.classes:
        assert contrast(color, blend(color, DARK.plane, DARK.surface)) >= 3


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
@pytest.mark.parametrize("vision", VISION)
def test_colours_of_runs_are_told_apart_and_read_by_every_kind_of_colour_vision(colors, vision):
    linear = np.array([_linear(color) for color in colors.runs]) @ np.array(VISION[vision]).T
    places = _lab(np.clip(linear, 0, 1))
    apart = np.linalg.norm(places[:, np.newaxis] - places, axis=2)
    assert apart[np.triu_indices(len(places), 1)].min() >= 12
    assert min(contrast(color, colors.window) for color in colors.runs) >= 4.5


def _linear(color: str) -> list[float]:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _lab(linear):
    """CIELAB of linear sRGB, (n, 3), under D65."""
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    share = linear @ np.array(to_xyz).T / (0.95047, 1, 1.08883)
    x, y, z = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116).T
    return np.column_stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@both
def test_muted_text_in_a_notice_is_read(colors):
    for ink in (colors.error, colors.warning, colors.accent):
        assert contrast(colors.text, blend(ink, colors.panel, 0.08)) >= 4.5


def test_choosing_dark_repaints_widgets_at_once(qtbot):
    application = QApplication.instance()
    theme = Theme(application, "light")
    theme.dress()
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
