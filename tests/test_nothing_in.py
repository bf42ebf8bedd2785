"""Nothing that a file holds is ever run, and nobody is called over a network.

The source is searched, statement by statement, for whatever could; and a process that opens files is watched.
"""

from __future__ import annotations

import ast
import functools
import json
import subprocess
import sys
from pathlib import Path

import pytest

import playground
from playground.model.examples import EXAMPLES

PACKAGE = Path(playground.__file__).parent

# Modules that run what they read, or reach for a network.
RUN = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "code", "codeop", "runpy", "yaml"}
REACH = {"socket", "ssl", "http", "urllib", "requests", "httpx", "aiohttp", "ftplib", "smtplib", "xmlrpc", "asyncio"}
REACH |= {"PySide6.QtNetwork", "PySide6.QtWebEngineCore", "webbrowser"}
# a method of such a name, as a dialog's exec, belongs to an object of ours
HOMES = ("importlib", "os", "builtins", "pickle", "subprocess")
CALLS = {"eval", "exec", "compile", "__import__", "import_module", "loads_pickle", "system", "popen", "find_class"}

# Each place where something is run or imported by a name that is not written there, and why it may be.
ALLOWED = {
    ("kernels/jit.py", "exec"): "the kernel that `choice` writes from a table of our own rows",
    ("kernels/jit.py", "compile"): "the same text",
    ("ui/panels.py", "import_module"): "the class of a panel or view, which stands in its row",
    ("ui/loading.py", "import_module"): "modules of pyqtgraph, ahead of time, by names that stand there",
    ("ui/loading.py", "exec"): "pyqtgraph's own first statements, one by one",
    ("ui/loading.py", "compile"): "the same statements",
}
# The second exception: Dask's transport is pickle, to a scheduler that a person has named.
OF_CLUSTER = "training/cluster.py"


@functools.cache
def sources():
    """The package's modules: path and syntax tree of each."""
    return [
        (path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(PACKAGE.rglob("*.py"))
    ]


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def called(tree):
    """Names of what is called, or handed on to be called: ``exec``, ``importlib.import_module``, ``partial(exec)``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for each in (node.func, *node.args):
                if isinstance(each, ast.Name):
                    yield each.id, node
                elif isinstance(each, ast.Attribute) and ast.unparse(each.value) in HOMES:
                    yield each.attr, node


def test_no_module_that_runs_what_it_reads_or_reaches_for_a_network_is_imported():
    found = [
        (place, name)
        for place, tree in sources()
        for name in imported(tree)
        if {name, name.split(".")[0]} & (RUN | REACH) and place != OF_CLUSTER
    ]
    assert not found


def test_nothing_is_run_or_imported_by_name_but_our_own():
    found = {(place, name) for place, tree in sources() for name, _ in called(tree) if name in CALLS}
    assert found == ALLOWED.keys()


def test_arrays_are_never_unpickled_and_no_shell_is_asked():
    for place, tree in sources():
        for _, node in called(tree):
            told = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            assert told.get("allow_pickle", "False") == "False" and told.get("shell", "False") == "False", place
            function = ast.unparse(node.func)
            assert function not in ("np.load", "numpy.load", "np.fromfile", "pd.read_pickle"), place


def test_the_search_finds_what_it_searches_for():
    tree = ast.parse(
        "import pickle, os\nfrom urllib import request\neval(x)\npartial(exec, y)\nos.system(z)\ndialog.exec()"
    )
    assert {"pickle", "urllib"} <= set(imported(tree))
    assert {name for name, _ in called(tree) if name in CALLS} == {"eval", "exec", "system"}


WATCH = """
import json, sys
seen = []
WATCHED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pickle.", "urllib.")

def watch(event, arguments):
    if event.startswith(WATCHED):
        seen.append((event, repr(arguments)[:200]))

from playground.model import recipe, table
from playground.training import projects
from playground.training.engine import Engine

sys.addaudithook(watch)
for path in sys.argv[1:]:
    if path.endswith(".playground"):
        for _, run in projects.open_project(path).runs:
            run.scores()
    elif path.endswith(".toml"):
        recipe.load_toml(path).dataset
    else:
        table.read(path)
print(json.dumps(seen))
"""


@pytest.fixture
def strangers(tmp_path):
    """Files as a stranger may send them: names that look like code, links and commands."""
    names = "\"__import__('os').system('true')\",$(true),`true`,=cmd|calc,http://127.0.0.1:9/"
    csv = tmp_path / "a.csv"
    csv.write_text(f"{names}\n" + "1,2,3,4,a\n2,1,4,3,b\n" * 20)
    toml = tmp_path / "b.toml"
    toml.write_text('[data]\npath = "a.csv"\n')
    return [str(csv), str(toml), *(str(example.path) for example in EXAMPLES)]


def test_opening_a_strangers_files_starts_no_process_and_calls_nobody(strangers):
    told = subprocess.run([sys.executable, "-c", WATCH, *strangers], capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout.splitlines()[-1]) == []
