"""The panels: rows of a table, and layouts that outlive a panel that comes or goes."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from types import SimpleNamespace
from typing import ClassVar

import pytest
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWhatsThis, QWidget

from playground.model.experiment import Experiment
from playground.training.views import VIEWS
from playground.ui import charts as charts_module
from playground.ui import loading
from playground.ui.charts import Charts
from playground.ui.layouts import LAYOUTS, Changes
from playground.ui.panels import PANELS, Panel
from playground.ui.panes import Panes
from playground.ui.plots.export import Export
from playground.ui.plots.sheet import Sheet
from playground.ui.scene import Pick, Scene
from playground.ui.stage import STAGE
from playground.ui.theme import DARK, LIGHT, font

NORMALIZED = Experiment(normalization="batch")
COMPARE = next(layout for layout in LAYOUTS if layout.key == "compare")


class Plain(QWidget):
    """A panel's widget that notes what it is shown."""

    def __init__(self, colors, question):
        super().__init__()
        self.colors, self.question, self.scenes = colors, question, []

    def show_scene(self, scene):
        self.scenes.append(scene)

    def set_colors(self, colors):
        self.colors = colors


@pytest.fixture
def third(monkeypatch):
    """The row of a third panel, which suits runs of Adam alone."""
    row = Panel(
        "third",
        "Is there room for a third?",
        f"{__name__}:Plain",
        looks={"surface": None},
        suits=lambda experiment: experiment.knobs.optimizer == "adam",
    )
    monkeypatch.setattr(charts_module, "PANELS", (*PANELS, row))
    monkeypatch.setattr(charts_module, "ROWS", charts_module.ROWS | {row.key: row})
    return row


@pytest.fixture
def open_charts(qtbot):
    def open_one(experiment=NORMALIZED):
        charts = Charts(LIGHT)
        qtbot.addWidget(charts)
        charts.resize(480, 1000)
        charts.choose_tab("norms")
        charts.show_scene(Scene(experiment))
        charts.show()
        qtbot.waitExposed(charts)
        charts.complete()
        QApplication.processEvents()  # what was just made is seen then
        return charts

    return open_one


# rows


@pytest.mark.parametrize("row", PANELS, ids=lambda row: row.key)
def test_a_panel_asks_a_question_and_only_for_looks_that_there_are(row):
    assert row.question.endswith("?")
    assert set(row.looks) <= {view.key for view in VIEWS}


@pytest.mark.parametrize("row", (*PANELS, *STAGE), ids=lambda row: row.key)
def test_what_to_look_for_is_told_in_three_sentences(row):
    assert len(re.findall(r"[.?](?= |$)", row.help)) == 3


@pytest.mark.parametrize("row", PANELS, ids=lambda row: row.key)
def test_a_panel_is_taken_along_as_picture_and_its_numbers_as_table(qtbot, row, tmp_path):
    widget = row.make(LIGHT)
    qtbot.addWidget(widget)
    widget.show_scene(Scene(Experiment()))
    widget.show()
    export = Export(widget, row.key, table=getattr(widget, "table", None))
    export.write(tmp_path / "a.png", Sheet(8, 6, 100))
    assert QImage(str(tmp_path / "a.png")).width() == 315
    if export.has_numbers:
        export.write(tmp_path / "a.csv")
        assert (tmp_path / "a.csv").stat().st_size


def test_the_buttons_beside_the_tabs_explain_and_take_along_what_is_seen(open_charts, qtbot, monkeypatch):
    charts = open_charts()
    takeaway = charts.slot.takeaway
    assert "BatchNorm" not in takeaway.text and "γ that falls to 0" in takeaway.text
    told = []
    monkeypatch.setattr(QWhatsThis, "showText", lambda place, text, widget: told.append(text))
    qtbot.mouseClick(takeaway.help, Qt.MouseButton.LeftButton)
    assert told == [takeaway.text]
    takeaway._menu.aboutToShow.emit()
    assert [action.isEnabled() for action in takeaway._menu.actions()] == [True] * 4
    charts.show_scene(Scene(Experiment()))  # nothing to be seen
    takeaway._menu.aboutToShow.emit()
    assert [action.isEnabled() for action in takeaway._menu.actions()] == [False]


@pytest.mark.parametrize("row", PANELS, ids=lambda row: row.key)
def test_a_panel_is_drawn_without_a_run_and_in_both_themes(qtbot, row):
    widget = row.make(LIGHT)
    qtbot.addWidget(widget)
    widget.show_scene(Scene(Experiment()))
    widget.show()
    widget.set_colors(DARK)
    widget.grab()


@pytest.mark.parametrize("key", ["why", "runs"])
def test_a_panel_with_buttons_says_what_they_do(qtbot, key):
    widget = next(row for row in PANELS if row.key == key).make(LIGHT)
    qtbot.addWidget(widget)
    assert "press" in widget.whatsThis()


def test_a_row_is_all_that_a_new_panel_needs(open_charts, third, qtbot):
    charts = open_charts()
    charts.choose_tab("third")
    made = charts.panel("third")
    assert made.question == third.question
    qtbot.waitUntil(made.isVisible)
    assert made.scenes[-1].experiment is NORMALIZED
    charts.set_colors(DARK)
    assert made.colors is DARK


def test_only_the_chosen_panel_is_seen_and_asks(open_charts, third, qtbot):
    charts = open_charts()
    assert charts.looks.keys() == {"norms", "norm_track"} and charts.panel("norms").isVisible()
    with qtbot.waitSignal(charts.looks_changed):
        qtbot.mouseClick(
            charts.slot.tabs, Qt.MouseButton.LeftButton, pos=charts.slot.tabs.tabRect(_place(charts)).center()
        )
    assert charts.tab == "third" and charts.looks == {"surface": None}
    assert not charts.panel("norms").isVisible() and charts.panel("loss").isVisible()
    count = len(charts.panel("third").scenes)
    charts.choose_tab("norms")
    charts.show_scene(Scene(NORMALIZED))
    assert len(charts.panel("third").scenes) == count


def test_what_is_chosen_in_a_panel_is_asked_of_the_run_and_picked_for_all(open_charts, third, qtbot, monkeypatch):
    class Choosing(Plain):
        looks_changed, picked = Signal(), Signal(object)
        looks: ClassVar = {"doubts": None}

    monkeypatch.setattr(Panel, "make", lambda row, colors: Choosing(colors, row.question))
    charts = open_charts()
    charts.choose_tab("third")
    made = charts.panel("third")
    assert charts.looks == {"surface": None, "doubts": None}
    with qtbot.waitSignal(charts.looks_changed):
        made.looks_changed.emit()
    with qtbot.waitSignal(charts.picked) as heard:
        made.picked.emit(Pick(1, 2))
    assert heard.args == [Pick(1, 2)]


def test_a_panel_that_does_not_suit_cannot_be_chosen(open_charts, third):
    charts = open_charts(NORMALIZED.change(optimizer="sgd"))
    assert not charts.slot.tabs.isTabEnabled(_place(charts))
    charts.choose_tab("third")
    assert charts.tab == "norms"
    charts.show_scene(Scene(NORMALIZED.change(optimizer="adam")))
    charts.choose_tab("third")
    assert charts.tab == "third"


def test_a_chosen_panel_that_no_longer_suits_stays_chosen_and_asks_for_nothing(open_charts, third):
    charts = open_charts()
    charts.choose_tab("third")
    charts.show_scene(Scene(NORMALIZED.change(optimizer="sgd")))
    assert charts.tab == "third" and charts.looks == {} and not charts.panel("third").isVisible()
    charts.show_scene(Scene(NORMALIZED))
    assert charts.panel("third").isVisible()


def _place(charts):
    """The number of the third panel's tab."""
    return charts.slot.tabs.keys.index("third")


def test_an_empty_panel_says_why_and_has_the_button_that_fills_it(open_charts, qtbot):
    charts = open_charts(Experiment())
    assert charts.slot.notes.isVisible()
    with qtbot.waitSignal(charts.wanted) as heard:
        qtbot.mouseClick(charts.slot.notes.button, Qt.MouseButton.LeftButton)
    assert heard.args == [{"normalization": "batch"}]
    charts.show_scene(Scene(Experiment(layers=())))
    assert charts.slot.notes.button.isHidden()


def test_where_tabs_have_little_room_they_stand_closer_and_all_are_seen(open_charts):
    charts = open_charts()
    tabs = charts.slot.tabs
    ends = []
    for width in (900, 464, 900):
        charts.resize(width, 1000)
        ends.append(tabs.tabRect(tabs.count() - 1).right())
        assert (tabs.property("role") == "crowded") == (width == 464)
        assert (tabs.font().pointSizeF() == font("small").pointSizeF()) == (width == 464)
    assert ends[0] == ends[2] > ends[1]


def test_where_scenes_come_fast_panels_are_drawn_in_turns_and_the_last_scene_in_any_case(
    third, open_charts, monkeypatch, qtbot
):
    charts, drawn, now = open_charts(), [], SimpleNamespace(seconds=1e9)
    charts.choose_tab("third")
    charts.complete()
    monkeypatch.setattr(charts_module.time, "monotonic", lambda: now.seconds)
    for key in ("loss", "third"):
        monkeypatch.setattr(charts.panel(key), "show_scene", lambda scene, key=key: drawn.append((key, scene)))
    charts.show_scene(Scene(NORMALIZED), 0.05)
    assert [key for key, _ in drawn] == ["loss", "third"]  # after a rest all are drawn at once
    drawn.clear()
    for _ in range(60):
        now.seconds += 1 / 60
        before = len(drawn)
        charts.show_scene(Scene(NORMALIZED), 0.05)
        assert len(drawn) - before <= 1
    counts = Counter(key for key, _ in drawn)
    assert 14 <= counts["loss"] <= 20 and 14 <= counts["third"] <= 20
    now.seconds += 1 / 60
    last = Scene(NORMALIZED)
    charts.show_scene(last, 0.05)
    now.seconds += 1.0
    qtbot.waitUntil(lambda: {key for key, scene in drawn if scene is last} == {"loss", "third"})
    assert not charts._late.isActive()


def test_another_theme_leaves_crowded_tabs_as_small_as_they_are(open_window):
    window = open_window()
    window.theme.dress()
    tabs = window.charts.slot.tabs
    for scheme in ("dark", "light"):
        window.theme.choose(scheme)
        assert tabs.property("role") == "crowded" and tabs.font().pointSizeF() == font("small").pointSizeF()
        assert not window.stage.tabs.property("role")
        assert window.stage.tabs.font().pointSizeF() == font().pointSizeF()


def test_arrow_keys_change_the_tab(open_charts, third, qtbot):
    charts = open_charts()
    charts.activateWindow()
    charts.slot.tabs.setFocus()
    for key, step in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Left, 0)):
        qtbot.keyClick(charts.slot.tabs, key)
        assert charts.tab == charts.slot.tabs.keys[charts.slot.tabs.keys.index("norms") + step]


# layouts


def test_what_a_hand_has_changed_of_a_layout_is_kept_by_key():
    changes = Changes()
    changes.note("compare", tab="third", heights={"loss": 300, "slot": 200})
    changes.note("compare", planes=6)
    again = Changes(changes.text)
    assert again.layout("compare")._replace(tab=()) == COMPARE._replace(
        tab=(), planes=6, heights={"loss": 300, "slot": 200}
    )
    assert again.layout("compare").tab[0] == "third"
    assert again.layout("essentials") == LAYOUTS[0]
    again.forget("compare")
    assert again.layout("compare") == COMPARE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1, 2]",
        "7",
        '{"essentials": 3}',
        '{"gone": {"tab": "loss"}}',
        '{"essentials": {"heights": {"loss": "wide"}}}',
        '{"essentials": {"heights": {"loss": -3}}}',
        '{"essentials": {"heights": {}}}',
        '{"essentials": {"widths": {"stage": 1e99}}}',
        '{"essentials": {"tab": 7, "planes": "two", "colour": "red"}}',
    ],
)
def test_damaged_layouts_are_as_at_first(text):
    assert [Changes(text).layout(layout.key) for layout in LAYOUTS] == list(LAYOUTS)


def test_a_layout_that_is_no_more_is_the_first():
    assert Changes().layout("gone") == LAYOUTS[0]


def test_lengths_go_by_key_whatever_the_order(qtbot):
    panes = Panes(Qt.Orientation.Horizontal)
    panes.hold({"a": QWidget(), "b": QWidget()})
    qtbot.addWidget(panes)
    panes.resize(608, 100)
    panes.show()
    panes.set_lengths({"b": 400, "a": 200})
    assert panes.lengths == {"a": 200, "b": 400}


# loading


def run_alone(code):
    """What a process of its own prints, in which nothing is loaded yet."""
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_what_charts_are_drawn_with_is_loaded_in_turns():
    code = (
        "import sys, playground.ui.window\n"
        "from playground.ui.loading import LIBRARY, MODULES, load_some\n"
        "assert LIBRARY not in sys.modules\n"
        "turns = 1\n"
        "while not load_some(): turns += 1\n"
        "assert {LIBRARY, *MODULES} <= sys.modules.keys()\n"
        "print(turns)"
    )
    assert int(run_alone(code)) > 5


def test_what_is_loaded_in_turns_is_what_an_import_gives():
    told = "; print(sorted(vars(pyqtgraph)), sorted(name for name in sys.modules if 'pyqtgraph' in name))"
    turns = "from playground.ui import loading\nwhile not loading.load_some(): pass\n"
    assert run_alone(f"import sys\n{turns}import pyqtgraph{told}") == run_alone(
        f"import sys, PySide6.QtWidgets\nimport pyqtgraph{told}"
    )


def test_a_chart_that_is_wanted_in_the_middle_has_all_that_it_needs():
    code = (
        "import sys\n"
        "from playground.ui import loading\n"
        "while 'pyqtgraph.functions' not in sys.modules: next(loading._left)()\n"
        "import playground.ui.plots.loss, pyqtgraph\n"
        "print(pyqtgraph.PlotWidget.__name__)"
    )
    assert run_alone(code) == "PlotWidget"


def test_without_its_source_the_library_is_imported_at_once(monkeypatch):
    spec = SimpleNamespace(loader=SimpleNamespace(get_source=lambda name: None), origin=None)
    monkeypatch.delitem(sys.modules, "this", raising=False)
    monkeypatch.setattr(loading.importlib.util, "find_spec", lambda name: spec)
    monkeypatch.setattr(loading.importlib, "import_module", lambda name: f"all of {name}")
    assert [piece() for piece in loading._statements("this")] == ["all of this"]


def test_the_list_names_no_module_that_the_library_does_not_import():
    code = (
        f"import PySide6.QtWidgets, PySide6.QtSvg, pyqtgraph, sys; print(set({loading.MODULES!r}) - set(sys.modules))"
    )
    assert run_alone(code) == "set()"


def test_a_packaged_program_may_lack_what_the_charts_can_do_without() -> None:
    code = """
import sys
sys.modules["PySide6.QtTest"] = None  # an import of it fails
from PySide6.QtWidgets import QApplication
application = QApplication([])
from playground.ui import loading
loading.finish()
import pyqtgraph
print(pyqtgraph.PlotWidget.__name__)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.stdout == "PlotWidget\n", found.stderr
