"""Command lines that cannot be: each is one line on standard error with status 2, and nothing is left behind."""

import pytest

from playground import cli
from playground.model.experiment import Experiment
from playground.training import grid, race
from playground.training.grid import MOST_RUNS

MANY = ("race", "sweep", "variance")  # commands that compare values
RATES = "--vary learning_rate=.1,.2"

# what the files hold that the command lines name
FILES = {
    "text": "neither",
    "empty.csv": "",
    "few.csv": "a,b\n1,0\n2,1\n3,0\n4,1\n",
    "one.csv": "a,b\n" + "".join(f"{n},yes\n" for n in range(30)),
    "dealt.csv": "a,b,split\n" + "".join(f"{n},{'yn'[n % 2]},{'train' if n % 3 else 'val'}\n" for n in range(30)),
    "bad.toml": "[knobs]\nlayers = 3\n",
    "gone.toml": "[data]\npath = 'gone.csv'\n",
}

# a command line (a dash in a command's place: each of MANY), and words of the line that answers it
CASES = [
    # values
    ("- --vary rate=.1,.2", "unknown knob 'rate'"),
    ("- --vary =1", "unknown knob ''"),
    ("- --vary learning_rate", "it takes KNOB=v1,v2,…"),
    ("- --vary learning_rate=", "learning_rate: '' is not accepted"),
    ("- --vary learning_rate=.1,,.2", "learning_rate: '' is not accepted"),
    ("- --vary learning_rate=.1,-1", "learning_rate: '-1' is not accepted; it takes a number above 0"),
    ("- --vary learning_rate=nan,1", "learning_rate: 'nan' is not accepted"),
    ("- --vary learning_rate=.1,1e-1", "0.1 is there twice"),
    ("- --vary layers=8,8;8,8", "layers: 8,8 is there twice"),
    ("- --vary layers=8;0", "layers: '0' is not accepted"),
    ("- --vary dropout=0 --vary dropout=.5", "dropout is there twice; give all its values in one"),
    ("- --vary optimizer=sgd,adamm", "optimizer: 'adamm' is not accepted; it takes one of sgd, momentum"),
    ("- --vary epochs=1.5,2", "epochs: '1.5' is not accepted; it takes a whole number"),
    ("- --vary dataset=moons,drawn", "'drawn' needs points"),
    ("race", "--vary"),
    # knobs that nothing reads, as the others are
    ("- --vary rho=.5,.9", "nothing reads rho as the other knobs are", "matters with optimizer adadelta, rmsprop"),
    ("race --vary momentum=.5,.9", "nothing reads momentum"),
    ("race --vary beta1=.5,.9 --optimizer sgd", "nothing reads beta1"),
    ("race --vary optimizer=sgd,adam --vary rho=.5,.9", "nothing reads rho"),
    ("race --vary patience=1,2", "nothing reads patience", "matters with early_stopping on"),
    ("race --vary penalty_strength=1,2", "nothing reads penalty_strength", "matters with penalty l1, l2, elastic_net"),
    ("race --vary elastic_mix=.1,.2 --penalty l2", "nothing reads elastic_mix"),
    ("race --vary schedule_gamma=.1,.2", "nothing reads schedule_gamma"),
    ("race --vary bn_momentum=.5,.9", "nothing reads bn_momentum"),
    ("race --vary augment_jitter=.1,.2", "nothing reads augment_jitter", "matters with augment on"),
    ("race --vary dropout=.1,.2 --layers=", "nothing reads dropout"),
    ("race --vary classes=2,3", "nothing reads classes"),
    ("sweep --vary rho=" + ",".join(f"{n / 1000}" for n in range(300)), "nothing reads rho"),
    # how many
    (f"- {RATES} --seeds 0", "seeds: 0 is not accepted"),
    (f"- {RATES} --seeds two", "--seeds: 'two' is not accepted; it takes a whole number"),
    (f"- {RATES} --seeds 1{'0' * 30}", "too many"),
    ("- --vary seed=1,2 --seeds 2", "where seed itself varies"),
    (f"sweep {RATES} --seeds {MOST_RUNS}", f"{2 * MOST_RUNS:,} runs are too many; at most {MOST_RUNS:,}"),
    (f"sweep {RATES} --seed 2147483647 --seeds 2", "seed"),
    (f"sweep {RATES} --folds 1", "folds: 1 is not accepted; it takes a whole number from 2"),
    (f"sweep {RATES} --folds 500 --samples 40", "40 points cannot be dealt to 500 folds"),
    (f"sweep {RATES} --folds 3 --data dealt.csv", "folds have none left to deal"),
    (f"sweep {RATES} --folds 2 --splits 2", "not allowed with"),
    (f"sweep {RATES} --splits 0", "splits: 0 is not accepted"),
    (f"sweep {RATES} --splits 2 --train-fraction 1", "a share of 0 is not accepted"),
    (f"variance {RATES} --resamples 1", "resamples: 1 is not accepted"),
    (f"variance {RATES} --resamples 1e3", "--resamples: '1e3' is not accepted"),
    # where it runs
    (f"sweep {RATES} --jobs 0", "--jobs: 0 is not accepted"),
    (f"sweep {RATES} --jobs 100000", "--jobs: 100000 is not accepted; it takes a whole number from 1 to 1024"),
    (f"sweep {RATES} --jobs 2 --scheduler local", "not allowed with"),
    (f"sweep {RATES} --scheduler lab1:8786", "it takes tcp://HOST:PORT"),
    (f"sweep {RATES} --scheduler tls://lab1:8786", "takes --tls-ca, --tls-cert and --tls-key"),
    (f"sweep {RATES} --tls-ca ca.pem", "go with --scheduler tls://HOST:PORT, which is missing"),
    # files
    (f"- {RATES} --out text", "text: File exists"),
    (f"- {RATES} --out text/deeper", "text/deeper"),
    (f"- {RATES} --out=", "--out: it is empty"),
    (f"- {RATES} --data gone.csv", "gone.csv: there is no such file"),
    (f"- {RATES} --data empty.csv", "empty.csv: is empty"),
    (f"- {RATES} --data few.csv --target c", "no target column 'c'"),
    (f"- {RATES} --data few.csv --dataset moons", "are two datasets; give one"),
    (f"- {RATES} gone.toml", "gone.csv: there is no such file"),
    (f"- {RATES} bad.toml", "bad.toml: layers: 3 is not accepted"),
    (f"- {RATES} text", "text: not an experiment"),
    (f"sweep {RATES} --epochs 2 --noise .3 --resume --out other", "other knobs and folds; choose another --out"),
    # what cannot be trained
    (f"race {RATES} --train-fraction 0", "no point is in the training set"),
    ("race --vary train_fraction=.5,1 --early-stopping on", "train_fraction 1.0", "no point validates"),
    ("race --vary features=x1;x9", "needs column x9"),
    ("variance --vary features=x1;x9", "needs column x9"),
    (f"variance {RATES} --loss cross_entropy --dataset sine", "needs classes"),
    # one run
    ("train --epochs 0", "epochs: '0' is not accepted"),
    ("train --learning-rate nan", "learning_rate: 'nan' is not accepted"),
    ("train --vary epochs=1", "unknown here"),
    ("train --data one.csv --out out", "all of one class"),
    ("train --data gone.csv --out out", "gone.csv: there is no such file"),
    ("train --init gone.npz --out out", "gone.npz: there is no such file"),
    ("train --out text", "text: File exists"),
    ("train --out=", "--out: it is empty"),
]
LINES = [(line.replace("-", command, 1), words) for line, *words in CASES if line[0] == "-" for command in MANY]
LINES += [(line, words) for line, *words in CASES if line[0] != "-"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with files that cannot be meant, and an earlier sweep."""
    made = tmp_path_factory.mktemp("files")
    for name, text in FILES.items():
        (made / name).write_text(text)
    flags = ["--samples", "40", "--epochs", "2", "--folds", "2", "--out", str(made / "other")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("playground.training.drawing.draw_sweep", lambda folder: "")
        assert cli.main(["sweep", "--vary", "learning_rate=.1,.2", *flags]) == 0
    return made


def content(folder):
    """What stands in a folder, but for when it was written."""
    return {path: path.is_file() and path.read_bytes() for path in sorted(folder.rglob("*"))}


@pytest.mark.parametrize(("line", "words"), LINES, ids=[line[:70] for line, _ in LINES])
def test_a_command_line_that_cannot_be_is_one_line_and_leaves_nothing(line, words, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    before = content(folder)
    out = [] if "--out" in line or line.startswith("train") else ["--out", "new"]
    assert cli.main([*line.split(), *out]) == cli.BAD_INPUT
    printed, errors = capsys.readouterr()
    assert printed == "" and errors.startswith("playground: ") and errors.count("\n") == 1, errors
    assert all(word in errors for word in words), errors
    assert content(folder) == before


@pytest.mark.parametrize("optimizers", [["adam", "rmsprop"], ["rmsprop"]])
def test_a_knob_that_another_varied_one_brings_into_effect_is_accepted(optimizers):
    vary = {"optimizer": optimizers, "rho": [0.5, 0.9]}
    assert len(grid.plan(Experiment(), vary)) == len(race.plan(Experiment(), vary)) == 2 * len(optimizers)
