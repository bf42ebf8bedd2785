"""What is loaded by which front door: the command line never loads Qt, and loads Numba only to train."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

QT = {"PySide6", "shiboken6", "pyqtgraph"}


def list_loaded(code: str) -> set[str]:
    """The top-level packages that a fresh process has loaded after running `code`."""
    tell = "import sys; print('\\n' + ' '.join({name.split('.')[0] for name in sys.modules}))"
    ran = subprocess.run([sys.executable, "-c", f"{code}\n{tell}"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.splitlines()[-1].split())


def test_the_command_line_loads_no_qt() -> None:
    loaded = list_loaded("import playground.cli")
    assert "playground" in loaded
    assert not loaded & QT


def test_the_engine_loads_no_qt() -> None:
    loaded = list_loaded("import playground.session, playground.training.loop, playground.kernels.steps")
    assert not loaded & QT


def test_telling_the_knobs_loads_neither_qt_nor_numba() -> None:
    loaded = list_loaded(
        "import os, sys\n"
        "from playground.__main__ import main\n"
        "os._exit = sys.exit\n"
        "sys.argv = ['playground', 'knobs', '--json']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
    )
    assert "playground" in loaded
    assert not loaded & {*QT, "numba", "llvmlite"}


def test_a_race_and_its_picture_load_no_qt(tmp_path: Path) -> None:
    out = tmp_path / "out"
    flags = f"'--samples', '40', '--epochs', '3', '--vary', 'optimizer=sgd,adam', '--out', {str(out)!r}"
    loaded = list_loaded(f"from playground import cli\nassert cli.main(['race', {flags}]) == 0")
    assert (out / "race.png").exists() and not loaded & QT


TABLES = {"pandas", "clevercsv", "chardet", "python_calamine", "xlsxwriter"}


def test_what_reads_tables_is_loaded_when_one_is_opened(tmp_path: Path) -> None:
    """A start, of the window too, must not pay for it; a project and a built-in dataset need none of it."""
    code = "import playground.cli, playground.session, playground.model.table\nfrom playground import Experiment\n"
    assert not list_loaded(code + "Experiment(dataset='iris').dataset") & TABLES
    (tmp_path / "d.csv").write_text("a,y\n1.5,2.5\n2.5,3.5\n")
    loaded = list_loaded(f"{code}playground.model.table.read({str(tmp_path / 'd.csv')!r})")
    assert loaded & TABLES == {"pandas"} or loaded & TABLES == {"pandas", "clevercsv", "chardet"}


def test_the_package_itself_loads_neither_qt_nor_numba() -> None:
    assert not list_loaded("import playground") & {*QT, "numba", "llvmlite"}
