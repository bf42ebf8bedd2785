"""The import panel by mouse and keys: what is seen before data are opened, changed there, and what comes of it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox

from playground.model.experiment import Experiment
from playground.model.progress import CancelledError
from playground.model.reading import delimited, source
from playground.model.reading.draft import Draft
from playground.model.reading.flags import Flags
from playground.session import Session
from playground.training.letters import Pace
from playground.ui.import_choices import in_panel_words
from playground.ui.importer import Importer
from playground.ui.tables import PASTED
from playground.ui.window import Window

from .opening import open_window as open_trained
from .test_main_job import LONG, read_panel

LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
CASES = Path(__file__).parent.parent / "model" / "reading" / "cases"


@pytest.fixture
def window(qtbot, session):
    made = Window(session)
    made.resize(1280, 720)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.poll()
    yield made
    made.give_up()
    made.deleteLater()


def opened(qtbot, window, name="birds.csv") -> Importer:
    window.files.open_path(CASES / name)
    return read_panel(qtbot, window)


def choose(qtbot, panel, name, title):
    """Press a column's head, and an entry of its menu."""
    section = [panel.table.model().told(number)["name"] for number in range(panel.table.model().columnCount())].index(
        name
    )
    panel.table.horizontalHeader().setOffset(0)
    heads = panel.table.heads
    x = heads.sectionViewportPosition(section) + 20
    QTest.mouseClick(heads.viewport(), LEFT, PLAIN, QPointF(x, 20).toPoint())
    qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
    menu = QApplication.activePopupWidget()
    action = next(action for action in menu.actions() if action.text().replace("&", "") == title)
    assert action.isEnabled()
    QTest.mouseClick(menu, LEFT, PLAIN, menu.actionGeometry(action).center())


def told(panel) -> dict[str, tuple[str, str]]:
    """Kind and use of each column, by name."""
    model = panel.table.model()
    rows = [model.told(number) for number in range(model.columnCount())]
    return {row["name"]: (row["kind"], row["use"]) for row in rows}


def test_one_press_opens_what_was_guessed_right(window, session, qtbot):
    panel = opened(qtbot, window)
    assert panel.line.text().startswith("30 rows")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert ("open_data", "birds.csv", {}, False) in session.calls
    assert session.experiment.data.class_names == ("gull", "tern")
    assert window.files.tables.importer is None and "birds.csv" in window.windowTitle()


def test_first_rows_are_seen_under_heads_that_tell_what_they_are(window, qtbot):
    panel = opened(qtbot, window)
    model = panel.table.model()
    assert model.rowCount() == 30
    assert told(panel)["kind"] == ("category", "target")
    assert model.headerData(0, Qt.Orientation.Horizontal, Qt.ItemDataRole.AccessibleTextRole).startswith(
        "island: category, feature"
    )
    assert len(model.bars(0)) == 2 and model.bars(0).max() == 1
    assert panel.plane.dataset.samples == 30


def test_target_and_use_are_changed_at_the_heads(window, session, qtbot):
    panel = opened(qtbot, window)
    choose(qtbot, panel, "length", "Target")
    read_panel(qtbot, window)
    assert told(panel)["length"] == ("number", "target") and told(panel)["kind"][1] == "feature"
    assert "regression" in panel.line.text()
    choose(qtbot, panel, "sex", "Left out")
    read_panel(qtbot, window)
    assert panel.meaning.target.currentText() == "length"
    QTest.mouseClick(panel.open_button, LEFT)
    assert not session.experiment.data.is_classification
    assert all(not name.startswith("sex") for name in session.experiment.data.feature_names)


def test_numbers_may_name_categories(window, session, qtbot):
    panel = opened(qtbot, window, "cars.csv")
    choose(qtbot, panel, "power", "Category")
    read_panel(qtbot, window)
    assert told(panel)["power"][0] == "category"
    choose(qtbot, panel, "power", "What it looks like")
    read_panel(qtbot, window)
    assert panel.flags == Flags() and told(panel)["power"][0] == "number"


def test_the_task_is_seen_and_can_be_changed(window, qtbot):
    panel = opened(qtbot, window, "hours.csv")
    assert panel.meaning.task.currentText().startswith("auto: ")
    before = panel.line.text()
    other = "regression" if "classes" in before else "classification"
    panel.meaning.task.setCurrentIndex(panel.meaning.task.findData(other))
    panel.meaning.task.activated.emit(panel.meaning.task.currentIndex())
    read_panel(qtbot, window)
    assert panel.line.text() != before


def test_shares_and_scaling_go_along(window, session, qtbot):
    panel = opened(qtbot, window)
    for name, share in (("train_fraction", "0.6"), ("test_fraction", "0.2")):
        field = panel.dealing.rows[name].field
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, share)
        QTest.keyClick(field, Qt.Key.Key_Return)
        assert window.files.tables.importer is panel  # Enter in a field only takes the number
    QTest.mouseClick(panel.dealing.rows["standardize"].field, LEFT)
    read_panel(qtbot, window)
    assert panel.dealing.counts.text() == "18 training · 6 validation · 6 test"
    QTest.mouseClick(panel.open_button, LEFT)
    knobs = session.experiment.knobs
    assert (knobs.train_fraction, knobs.test_fraction, knobs.standardize) == (0.6, 0.2, False)
    assert len(session.undo_list) == 1


def test_cancel_changes_nothing(window, session, qtbot):
    before = session.experiment
    panel = opened(qtbot, window)
    QTest.mouseClick(panel.cancel_button, LEFT)
    assert session.experiment is before and session.calls == [] and window.files.tables.importer is None


def test_a_table_that_is_none_is_told_in_the_panel(window, session, qtbot, tmp_path):
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n3,4,5,6\n")
    before = session.experiment
    window.files.open_path(tmp_path / "odd.csv")
    panel = read_panel(qtbot, window)
    assert "line 3: found 4 cells; expected 2" in panel.line.text()
    assert not panel.open_button.isEnabled()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert session.experiment is before and window.files.tables.importer is panel
    panel.reject()


def test_flags_that_make_no_dataset_leave_the_table_to_be_changed(window, qtbot):
    panel = opened(qtbot, window)
    for name in ("island", "length", "sex"):
        choose(qtbot, panel, name, "Left out")
        read_panel(qtbot, window)
    assert "no column to learn from" in panel.line.text() and not panel.open_button.isEnabled()
    assert "--" not in panel.line.text()
    choose(qtbot, panel, "sex", "Feature")
    read_panel(qtbot, window)
    assert panel.open_button.isEnabled()
    panel.reject()


def test_a_dropped_table_is_shown_first(window, session, qtbot):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(CASES / "cars.csv"))])
    window.dropEvent(QDropEvent(QPointF(300, 300), Qt.DropAction.CopyAction, data, LEFT, PLAIN))
    panel = read_panel(qtbot, window)
    assert "target consumption" in panel.line.text() and session.calls == []
    panel.reject()


def test_a_table_is_pasted_where_the_plane_has_the_focus(window, session, qtbot):
    QApplication.clipboard().setText("height\tweight\n1,5\t60,5\n1,7\t72,5\n1,8\t80,1\n1,6\t66,0\n")
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_V, CTRL)
    panel = read_panel(qtbot, window)
    QTest.mouseClick(panel.open_button, LEFT)
    data = session.experiment.data
    assert data.source == PASTED and data.feature_names == ("height",)
    assert data.targets[:, 0].tolist() == [60.5, 72.5, 80.1, 66.0]


def test_a_clipboard_without_a_table_is_told(window, session):
    QApplication.clipboard().setText("hello")
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_V, CTRL)
    assert "clipboard holds no table" in window.notice.text and window.files.tables.importer is None


@pytest.mark.parametrize(("answer", "begins"), [(True, True), (False, False), (None, None)])
def test_in_a_saved_project_it_is_asked_where_data_go(window, session, qtbot, monkeypatch, answer, begins):
    session.path = Path("lesson.playground")
    asked = []
    monkeypatch.setattr(window.files.tables, "ask_where", lambda project: asked.append(project) or answer)
    panel = opened(qtbot, window)
    QTest.mouseClick(panel.open_button, LEFT)
    assert asked == [Path("lesson.playground")]
    calls = [call for call in session.calls if call[0] == "open_data"]
    assert [call[3] for call in calls] == ([] if begins is None else [begins])


# long files


@pytest.fixture
def long_file(tmp_path, monkeypatch):
    """A file of which a part is shown first, and that is read in many pieces."""
    monkeypatch.setattr(source, "PART", 1 << 12)
    monkeypatch.setattr(source, "BLOCK", 1 << 12)
    monkeypatch.setattr(delimited, "CELLS", 1000)
    path = tmp_path / "long.csv"
    with open(path, "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["a", "b", "y"])
        rows.writerows([number % 7 + 0.5, number % 5, number / 3] for number in range(20_000))
    return path


def test_of_a_long_file_the_first_part_is_shown_and_then_all_of_it(window, session, qtbot, long_file):
    window.files.open_path(long_file)
    panel = window.files.tables.importer
    qtbot.waitUntil(lambda: panel.line.text().startswith("Of the first part: "), timeout=LONG)
    assert panel.open_button.isEnabled()
    read_panel(qtbot, window)
    assert panel.line.text().startswith("20,000 rows")
    QTest.mouseClick(panel.open_button, LEFT)
    assert session.experiment.data.samples == 20_000


def test_a_long_file_that_is_opened_at_once_is_read_to_its_end(window, session, qtbot, long_file):
    window.files.open_path(long_file)
    panel = window.files.tables.importer
    qtbot.waitUntil(panel.open_button.isEnabled, timeout=LONG)
    QTest.mouseClick(panel.open_button, LEFT)
    qtbot.waitUntil(lambda: session.experiment.data is not None, timeout=LONG)
    assert session.experiment.data.samples == 20_000


def test_reading_a_long_file_is_given_up(window, session, qtbot, long_file, monkeypatch):
    given_up = []

    def read(self, flags, progress):
        try:
            while True:
                progress(0.5)
        except CancelledError:
            given_up.append(True)
            raise

    monkeypatch.setattr(Draft, "read", read)
    before = session.experiment
    window.files.open_path(long_file)
    panel = window.files.tables.importer
    qtbot.waitUntil(lambda: panel.told.text() == "Reading all of it, 50 %", timeout=LONG)
    assert panel.progress.isVisible() and panel.progress.value() == 500
    QTest.mouseClick(panel.cancel_button, LEFT)
    qtbot.waitUntil(lambda: bool(given_up))
    assert session.experiment is before and session.calls == []


def test_reading_reports_and_heeds_a_cancel(long_file):
    shares = []
    Draft(long_file).read(Flags(), shares.append)
    assert shares == sorted(shares) and len(shares) > 20 and 0.5 < shares[-1] <= 1

    def give_up(share):
        if share > 0.4:
            raise CancelledError

    with pytest.raises(CancelledError):
        Draft(long_file).read(Flags(), give_up)


def test_a_part_ends_with_a_line_and_outside_of_quotes(tmp_path, monkeypatch):
    monkeypatch.setattr(source, "PART", 1 << 12)
    monkeypatch.setattr(source, "BLOCK", 1 << 12)
    path = tmp_path / "quoted.csv"
    path.write_text("a,b\n" + '1,"two\nlines"\n' * 2000)
    part = source.read_part(path)
    assert part is not None and len(part.content) <= 1 << 12
    assert part.content.endswith(b'lines"\n')
    (tmp_path / "short.csv").write_text("a,b\n1,2\n")
    assert source.read_part(tmp_path / "short.csv") is None


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("a counts up by one: leave it out with --drop a", "leave it out with “Left out” in its menu"),
        ("y is kept: --task regression changes it", "Task “regression” changes it"),
        ("first place (--target)", "first place (Target)"),
        ("--missing median fills cells", "Missing “fill cells” fills cells"),
    ],
)
def test_notes_speak_of_the_panels_choices(note, said):
    assert said in in_panel_words(note)


# with a run


@pytest.fixture
def trained(qtbot, tmp_path):
    """A window whose run has learned birds.csv, opened and trained by mouse."""
    window = open_trained(qtbot, Session(Experiment(layers=(8,), epochs=60, learning_rate=0.02)))
    window.session.set_pace(Pace())
    panel = opened(qtbot, window)
    QTest.mouseClick(panel.open_button, LEFT)
    QTest.mouseClick(window.transport.play, LEFT)
    qtbot.waitUntil(lambda: window.session.has_ended, timeout=LONG)
    return window


def predict(window, monkeypatch, data, out):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(data), ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(out), ""))
    window.actions_table.by_name["predict"].trigger()


def test_a_second_file_is_answered_with_what_is_new_told(trained, qtbot, tmp_path, monkeypatch):
    with open(CASES / "birds.csv") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name != "kind"]
    with open(tmp_path / "new.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerow([rows[0][name] for name in names])
        writer.writerow(["atlantis" if name == "island" else rows[1][name] for name in names])
    predict(trained, monkeypatch, tmp_path / "new.csv", tmp_path / "out.csv")
    qtbot.waitUntil(lambda: "2 rows answered in out.csv" in trained.notice.text, timeout=LONG)
    assert "levels that were not learned, and count as none: atlantis" in trained.notice.text
    with open(tmp_path / "out.csv") as file:
        answers = list(csv.DictReader(file))
    assert list(answers[0]) == ["row", "prediction", "p_gull", "p_tern"]
    data = trained.session.experiment.dataset
    hand = trained.session._hand
    with hand.trainer.holding() as run:
        expected = run.predict(data.inputs[:1])
    assert float(answers[0]["p_gull"]) == pytest.approx(expected[0, 0], abs=1e-6)


def test_at_a_past_epoch_the_run_answers_as_it_was(trained, qtbot, tmp_path, monkeypatch):
    trained.session.look_at(3)
    predict(trained, monkeypatch, CASES / "birds.csv", tmp_path / "out.csv")
    qtbot.waitUntil(lambda: "answered" in trained.notice.text, timeout=LONG)
    with open(tmp_path / "out.csv") as file:
        found = [float(row["p_gull"]) for row in csv.DictReader(file)]
    with trained.session._hand.trainer.holding() as run:
        expected = run.at(3).predict(trained.session.experiment.dataset.inputs)[:, 0]
    assert np.allclose(found, expected, atol=1e-6)


def test_a_file_that_lacks_a_column_is_refused_and_nothing_written(trained, qtbot, tmp_path, monkeypatch):
    (tmp_path / "few.csv").write_text("island,sex\nnorth,m\n")
    predict(trained, monkeypatch, tmp_path / "few.csv", tmp_path / "out.csv")
    qtbot.waitUntil(lambda: "has no column 'length'" in trained.notice.text.replace("Length", "length"), timeout=LONG)
    assert not (tmp_path / "out.csv").exists()


def test_an_untrained_run_has_no_answers(window, monkeypatch, tmp_path):
    session = Session()
    try:
        with pytest.raises(Exception, match="no trained network"):
            session.predict(CASES / "birds.csv", tmp_path / "out.csv")
    finally:
        session.close()


def test_data_that_begin_anew_leave_the_projects_runs_and_file(qtbot, tmp_path, trained, monkeypatch):
    session = trained.session
    session.save(tmp_path / "a.playground")
    assert not session.is_modified
    monkeypatch.setattr(trained.files.tables, "ask_where", lambda project: True)
    panel = opened(qtbot, trained, "cars.csv")
    QTest.mouseClick(panel.open_button, LEFT)
    assert session.path is None and session.is_modified and not session.can_undo
    assert len(session.runs) == 1 and session.experiment.data.source == "cars.csv"


def test_data_that_stay_are_saved_in_the_project(qtbot, tmp_path, trained, monkeypatch):
    session = trained.session
    session.save(tmp_path / "a.playground")
    monkeypatch.setattr(trained.files.tables, "ask_where", lambda project: False)
    panel = opened(qtbot, trained, "cars.csv")
    QTest.mouseClick(panel.open_button, LEFT)
    assert session.path == tmp_path / "a.playground"
    assert "a · cars.csv" in trained.windowTitle()
    assert session.undo_label == "open cars.csv"


def test_the_question_has_three_answers(window, qtbot, monkeypatch):
    answers = {}
    for number in range(3):
        monkeypatch.setattr(QMessageBox, "exec", lambda box: None)
        monkeypatch.setattr(QMessageBox, "clickedButton", lambda box, number=number: box.buttons()[number])
        answers[number] = window.files.tables.ask_where(Path("lesson.playground"))
    assert sorted(answers.values(), key=str) == [False, None, True]
