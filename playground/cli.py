"""The command line: every knob is a flag. Never imports Qt, except where a window or its picture is asked for."""

from __future__ import annotations

import argparse
import contextlib
import gc
import io
import json
import math
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from playground.kernels import cache
from playground.kernels.optimizers import OPTIMIZERS
from playground.model import ending, file, parts, shapes, table
from playground.model.conventions import default
from playground.model.dataset import DataError
from playground.model.experiment import Experiment, check_trainable, doubts
from playground.model.knobs import CONVENTIONS, Declaration, KnobError, Knobs, accepted, declarations, parse
from playground.model.reading import flags as reading_flags
from playground.model.shapes import GIVEN

if TYPE_CHECKING:
    from playground.model.reading.reading import Reading
    from playground.training.folds import Folds
    from playground.training.racing import Race
    from playground.training.run import Run
    from playground.training.sweep import Place
    from playground.training.sweep_results import SweepFolder
    from playground.training.variance_table import VarianceTable

DONE, DIVERGED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
COMMANDS = ("shot", "train", "race", "sweep", "variance", "inspect", "predict", "knobs", "data", "bench")
NEGATIVE = re.compile(r"-(\d|\.\d|inf|nan)")


class Parser(argparse.ArgumentParser):
    """Tells bad input in one line, with exit status 2."""

    def error(self, message: str) -> NoReturn:
        raise KnobError(message.replace("unrecognized arguments:", "unknown here, 'playground knobs' lists the flags:"))


def main(arguments: list[str]) -> int:
    """Run a command; returns the exit status. Bad input is one line on standard error."""
    arguments = _attach_numbers(arguments)
    # Where a stream was closed before the start, Python has none; what is told there is told to nobody.
    sys.stdout = sys.stdout or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        # A terminal or pipe that does not know λ shows it as \u03bb.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        if arguments and arguments[0] in COMMANDS:
            with ending.interrupting():
                options = _parser().parse_args(arguments)
                return int(options.run(options))
        if arguments[:1] == ["--warm"]:
            # The program asks itself: a packaged one has no Python that would run the module.
            from playground.training import warm

            return warm.main(arguments[1:])
        if arguments == ["--draw"]:
            from playground import picture

            return picture.main()
        if len(arguments) > 1 and arguments[0].isidentifier():
            _load(Path(arguments[0]))  # a command that there is not: told before the flags that it came with
        options = _window_parser().parse_args(arguments)
        return int(options.run(options))
    except BrokenPipeError:
        # Whoever read has seen enough, as in "playground knobs | head".
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (KnobError, DataError, OSError, MemoryError) as error:
        print(f"playground: {_declared(error)}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED


def _declared(error: Exception) -> str:
    """An error in one line."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError):
        return f"not enough memory; take fewer points or smaller layers ({error})"
    return " ".join(str(error).split())


def _attach_numbers(arguments: list[str]) -> list[str]:
    """Write negative numbers as ``--flag=-1e-3``: argparse would take "-1e-3" by itself for a flag."""
    found: list[str] = []
    for text in arguments:
        if found and found[-1].startswith("--") and "=" not in found[-1] and NEGATIVE.match(text):
            found[-1] += f"={text}"
        else:
            found.append(text)
    return found


def _window_parser() -> Parser:
    parser = Parser(
        "playground",
        allow_abbrev=False,
        description="The training playground: find out with your own hands why neural networks overfit.",
        epilog=f"Commands: {', '.join(COMMANDS)}; 'playground COMMAND --help' tells more.",
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a .playground project or a .toml of knobs")
    parser.add_argument("--out", type=_path, metavar="DIR", help="where a run without a display writes its results")
    parser.add_argument("--json", action="store_true", help="with --smoke: print one JSON object")
    other = parser.add_mutually_exclusive_group()
    for flag, run, text in (
        ("--version", _tell_version, "tell what the program is made of, and where its compiled kernels are"),
        ("--smoke", _smoke, "try the installation: every kernel, a run, a picture of the window"),
    ):
        other.add_argument(flag, dest="run", action="store_const", const=run, help=text)
    parser.set_defaults(run=_open_window)
    return parser


def _parser() -> Parser:
    parser = Parser("playground", allow_abbrev=False)
    commands = parser.add_subparsers(required=True)

    train = commands.add_parser("train", allow_abbrev=False, help="train without a window")
    _add_experiment(train)
    train.add_argument("--init", type=Path, metavar="WEIGHTS.npz", help="start from these weights")
    train.add_argument("--out", type=_path, metavar="DIR", help="write history, weights, predictions and project here")
    train.add_argument("--json", action="store_true", help="print one JSON object at the end")
    train.add_argument("--restart", action="store_true", help="begin a saved run anew instead of continuing it")
    train.set_defaults(run=_train)

    shot = commands.add_parser("shot", allow_abbrev=False, help="train and write a picture of the window")
    _add_experiment(shot)
    shot.add_argument("--size", type=_size, default=(1440, 900), metavar="WxH", help="of the window, 1440x900")
    shot.add_argument("--theme", choices=("light", "dark"), default="light")
    shot.add_argument("--out", type=_path, required=True, metavar="PNG")
    shot.set_defaults(run=_shot)

    race = commands.add_parser("race", allow_abbrev=False, help="train side by side from the same weights, and draw it")
    _add_experiment(race)
    _add_values(race, "runs of each, with weights of their own on the same points")
    race.add_argument(
        "--out", type=_path, required=True, metavar="DIR", help="runs.csv, race.png and a folder a run are written here"
    )
    race.set_defaults(run=_race)

    sweep = commands.add_parser("sweep", allow_abbrev=False, help="train every combination of some knobs' values")
    _add_experiment(sweep)
    _add_values(sweep, "runs of each, under seeds from --seed on")
    dealt = sweep.add_mutually_exclusive_group()
    dealt.add_argument(
        "--folds", type=_whole, metavar="K", help="each run K times: a stratified K-fold cross-validation"
    )
    dealt.add_argument(
        "--splits", type=_whole, metavar="K", help="each run on K random splits into training and validation"
    )
    where = sweep.add_mutually_exclusive_group()
    where.add_argument("--jobs", type=_whole, metavar="N", help="threads; as many as there are cores")
    where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster: tcp://…, tls://…, or local")
    for name, text in (("ca", "authority's certificates"), ("cert", "certificate"), ("key", "private key")):
        sweep.add_argument(f"--tls-{name}", type=Path, metavar="PEM", help=f"the {text}, for tls://")
    sweep.add_argument("--resume", action="store_true", help="go on after the rows that are in DIR")
    sweep.add_argument(
        "--out", type=_path, required=True, metavar="DIR", help="results.csv, best.toml, sweep.png are written here"
    )
    sweep.set_defaults(run=_sweep)

    variance = commands.add_parser("variance", allow_abbrev=False, help="measure bias and variance of a network")
    _add_experiment(variance)
    _add_values(variance, "measurements of each, with fits of their own; their mean is told", is_required=False)
    variance.add_argument(
        "--resamples", type=_whole, default=20, metavar="K", help="fits of each, on points of its own; 20"
    )
    variance.add_argument(
        "--out", type=_path, required=True, metavar="DIR", help="variance.csv and variance.png are written here"
    )
    variance.set_defaults(run=_variance)

    inspect = commands.add_parser("inspect", allow_abbrev=False, help="tell what is read from a file of data")
    inspect.add_argument("file", type=Path, metavar="FILE")
    _add_reading(inspect)
    inspect.add_argument("--json", action="store_true", help="print one JSON object")
    inspect.set_defaults(run=_inspect)

    predict = commands.add_parser("predict", allow_abbrev=False, help="a trained network's answers for a file of data")
    predict.add_argument("file", type=Path, metavar="PROJECT", help="a .playground project")
    predict.add_argument("--data", type=Path, required=True, metavar="PATH", help="a file with the same columns")
    _add_reading(predict)
    predict.add_argument("--out", type=_path, required=True, metavar="CSV")
    predict.set_defaults(run=_predict)

    knobs = commands.add_parser("knobs", allow_abbrev=False, help="tell every knob")
    knobs.add_argument("--json", action="store_true")
    knobs.set_defaults(run=_knobs)

    data = commands.add_parser("data", allow_abbrev=False, help="write a built-in dataset")
    data.add_argument("name", metavar="NAME", help=", ".join(GIVEN))
    data.add_argument("--out", type=_path, required=True, metavar="PATH", help=".csv, .npz or .xlsx")
    _add_knobs(data, ("samples", "noise", "classes", "seed"))
    data.set_defaults(run=_data)

    bench = commands.add_parser("bench", allow_abbrev=False, help="tell how fast the engine is on this machine")
    bench.add_argument("--growth", action="store_true", help="time per epoch against samples, width, depth and batches")
    bench.add_argument("--seconds", type=float, default=1.0, metavar="S", help="per measurement, 1")
    bench.add_argument(
        "--old", type=float, default=20.0, metavar="S", help="a run is old then, or after 10,000 epochs; 20"
    )
    bench.add_argument("--json", action="store_true")
    bench.set_defaults(run=_bench)
    return parser


def _add_experiment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a .playground project or a .toml of knobs")
    parser.add_argument("--data", type=Path, metavar="PATH", help="train on this file of data")
    _add_reading(parser)
    _add_knobs(parser, Knobs._fields)


def _add_reading(parser: argparse.ArgumentParser) -> None:
    """The flags that say what reading a file would otherwise guess."""
    for name, (kind, text) in reading_flags.HELP.items():
        parser.add_argument(f"--{name}", dest=f"read_{name}", metavar=kind, help=text)


def _reading(options: argparse.Namespace) -> reading_flags.Flags:
    return reading_flags.from_texts({name: getattr(options, f"read_{name}") for name in reading_flags.HELP})


def _add_values(parser: argparse.ArgumentParser, seeds: str, is_required: bool = True) -> None:
    parser.add_argument(
        "--vary", action="append", required=is_required, metavar="KNOB=v1,v2,…", help="layers: 8,8;16,16"
    )
    parser.add_argument("--seeds", type=_whole, default=1, metavar="N", help=seeds)


def _add_knobs(parser: argparse.ArgumentParser, names: tuple[str, ...]) -> None:
    for name in names:
        declared = declarations()[name]
        text = f"{declared.knob.help} Takes {accepted(name)}.".replace("%", "%%")
        flag = "--" + name.replace("_", "-")
        parser.add_argument(flag, dest=f"knob_{name}", metavar="VALUE", type=_knob_type(name), help=text)


def _knob_type(name: str) -> Any:
    def read(text: str) -> tuple[Any]:
        try:
            # A pair of one, for None is a value here, and also what argparse says of a flag that was not given.
            return (parse(name, text),)
        except KnobError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and 0 < int(width) <= 10_000 and 0 < int(height) <= 10_000):
        raise argparse.ArgumentTypeError(f"'{text}' is not accepted; it takes WIDTHxHEIGHT, such as 1440x900")
    return int(width), int(height)


def _path(text: str) -> Path:
    if not text:  # as of a variable that is not set: it would be the current folder
        raise argparse.ArgumentTypeError("it is empty; '.' is the current folder")
    return Path(text)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not accepted; it takes a whole number") from None


def _changes(options: argparse.Namespace) -> dict[str, Any]:
    given = {name: getattr(options, f"knob_{name}", None) for name in Knobs._fields}
    return {name: value[0] for name, value in given.items() if value is not None}


def _load(path: Path) -> file.Saved:
    parts.sweep(path.absolute().parent)  # a folder of results may wait to be completed
    if path.suffix.lower() == ".toml":
        return file.Saved(file.load_toml(path))
    if path.suffix.lower() == ".playground":
        return file.load(path)
    if not path.suffix and not path.exists():
        raise DataError(f"'{path}' is neither a command nor a file; commands are {', '.join(COMMANDS)}")
    raise DataError(f"{path}: not an experiment; FILE is a .playground project or a .toml, data comes with --data")


def _experiment(options: argparse.Namespace) -> tuple[Experiment, file.Saved | None, Reading | None]:
    """The experiment that file, data and flags describe, what was saved in the file, and how the data was read."""
    saved = _load(options.file) if options.file else None
    experiment = saved.experiment if saved is not None else Experiment()
    changes = _changes(options)
    reading = None
    if options.data is not None:
        from playground.model.reading.reading import open_file

        reading = open_file(options.data, _reading(options))
        experiment = experiment.with_data(reading.dataset)
        if changes.get("dataset", "drawn") != "drawn":
            raise KnobError(f"dataset: '{changes['dataset']}' and --data {options.data} are two datasets; give one")
    elif given := _reading(options).given:
        raise KnobError(f"--{given[0]} says how to read --data, which is missing")
    return experiment.change(**changes), saved, reading


def _tell(reading: Reading | None) -> None:
    """What was read of a file, on standard error."""
    if reading is not None:
        print(f"playground: read {reading.line}", file=sys.stderr)
        for note in reading.notes:
            print(f"playground: note: {note}", file=sys.stderr)


def _inspect(options: argparse.Namespace) -> int:
    """What is read from a file of data, without training."""
    from playground.model.reading.reading import open_file

    found = open_file(options.file, _reading(options))
    if options.json:
        print(json.dumps(found.describe(), indent=1, ensure_ascii=False))
        return DONE
    print(found.line)
    width = max((len(column["name"]) for column in found.columns), default=0)
    for column in found.columns:
        missing = f", {column['missing']:,} missing" if column["missing"] else ""
        print(f"  {column['name']:{width}}  {column['kind']:10}  {column['use']:8}  {column['reason']}{missing}")
    for note in found.notes:
        print(f"note: {note}")
    return DONE


def _predict(options: argparse.Namespace) -> int:
    """A trained network's answers for the rows of a file."""
    from playground.model.reading import again
    from playground.training import results

    saved = _load(options.file)
    if saved.in_hand is None:
        raise DataError(f"{options.file}: holds no trained network; train it first, with --out DIR")
    if options.out.suffix.lower() != ".csv":
        raise DataError(f"{options.out}: answers are written as .csv")
    run = _take_up(options.file, saved.in_hand)
    found = again.read(options.data, run.experiment.dataset, _reading(options))
    for note in found.notes:
        print(f"playground: note: {note}", file=sys.stderr)
    results.write_answers(run, found.inputs, options.out)
    print(f"{len(found.inputs):,} rows: {options.out}")
    return DONE


def _train(options: argparse.Namespace) -> int:
    from playground.training import results
    from playground.training.run import Run

    experiment, saved, reading = _experiment(options)
    try:
        check_trainable(experiment)
    except DataError as error:
        source = options.data or options.file
        raise DataError(f"{source}: {error}" if source else str(error)) from None
    _tell(reading)
    for doubt in doubts(experiment):
        print(f"playground: note: {doubt}", file=sys.stderr)
    initial = results.read_weights(options.init) if options.init else None
    run = None if options.restart or initial is not None else _saved_run(options.file, saved, experiment)
    try:
        run = run or Run(experiment, initial)
    except DataError as error:
        raise DataError(f"{options.init}: {error}" if options.init else str(error)) from None
    return _finish(run, options.out, options.json)


def _saved_run(path: Path, saved: file.Saved | None, experiment: Experiment) -> Run | None:
    """The run in hand of a project under the flags' changes; None if there is none, or if they change too much."""
    if saved is None or saved.in_hand is None:
        return None
    if saved.in_hand.experiment.needs_new_run(experiment):
        print("playground: the flags change more than a run can take up; it begins anew", file=sys.stderr)
        return None
    run = _take_up(path, saved.in_hand)
    if experiment != saved.in_hand.experiment:
        run.adapt(experiment)
    return run


def _take_up(path: Path, saved: file.SavedRun) -> Run:
    """A run of a project file."""
    from playground.training.resuming import resume

    try:
        return resume(saved.experiment, saved.arrays, saved.info)
    except (DataError, KnobError) as error:
        raise DataError(f"{path}: {error}") from None


def _finish(run: Run, out: Path | None, as_json: bool) -> int:
    """Train a run to its end, write and tell the results; returns the exit status."""
    from playground.training import results

    with _folder(out) if out is not None else contextlib.nullcontext():
        was_interrupted = _watch(run)
    if run.history.note:
        print(f"playground: note: {run.history.note}", file=sys.stderr)
    if out is not None:
        results.write(run, out)
    summary = results.summary(run)
    print(json.dumps(summary) if as_json else _closing_line(run, summary))
    if was_interrupted:
        return INTERRUPTED
    return DIVERGED if run.failure else DONE


def _watch(run: Run) -> bool:
    """Train a run to its end, with a progress bar where standard error is a terminal. True: it was interrupted."""
    bar = _bar(int(run.state.rules.epochs), "epoch", run.epoch)
    with _hearing_interrupts(lambda: bool(run.updates)) as interrupts, bar:
        while not (run.has_ended or interrupts):
            done = run.burst(0.05)
            if done:
                row = run.history.rows[-1]
                bar.set_postfix_str(f"training {row[1]:.4g}, validation {row[2]:.4g}", refresh=False)
                bar.update(done)
    return bool(interrupts)


def _bar(total: int, unit: str, done: int = 0) -> Any:
    """A progress bar on standard error, if that is a terminal."""
    from tqdm import tqdm

    # Its watching thread would outlive the bar.
    tqdm.monitor_interval = 0
    return tqdm(total=total, initial=done, unit=unit, disable=not sys.stderr.isatty(), leave=False)


@contextlib.contextmanager
def _folder(path: Path) -> Iterator[None]:
    """Make a folder before training: one that cannot be made would lose it. What fails leaves none that is empty."""
    is_new = not path.exists()
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


@contextlib.contextmanager
def _hearing_interrupts(has_begun: Callable[[], bool]) -> Iterator[list[int]]:
    """A list that Ctrl-C, or another wish to end, adds to, for training to end between two bursts; a second ends it.

    Before the first update there is nothing to write, and Ctrl-C ends the program as ever.
    """
    heard: list[int] = []
    # A process started in the background may have been told to ignore Ctrl-C.
    usual = [number for number in ending.ENDING if signal.getsignal(number) is signal.default_int_handler]
    if not usual or threading.current_thread() is not threading.main_thread():
        yield heard
        return

    def hear(number: int, frame: Any) -> None:
        if heard or not has_begun():
            raise KeyboardInterrupt
        heard.append(number)

    for number in usual:
        signal.signal(number, hear)
    try:
        yield heard
    finally:
        for number in usual:
            signal.signal(number, signal.default_int_handler)


def _closing_line(run: Run, summary: dict[str, Any]) -> str:
    from playground.training.diagnosis import diagnose

    metric = "accuracy" if summary["metric"] == "accuracy" else "R²"
    parts = [f"{summary['epochs']} epochs in {summary['seconds']:.1f} s"]
    for name, title in (("train", "training"), ("val", "validation"), ("test", "test")):
        loss, score = summary[f"{name}_loss"], summary[f"{name}_metric"]
        if loss is not None:
            error = summary.get(f"{name}_rmse")
            declared = (_told_terms(run, loss) if name == "train" else "") + (
                f", {metric} {score:.3g}" if score is not None else ""
            )
            parts.append(f"{title} loss {loss:.4g}{declared}" + (f", RMSE {error:.4g}" if error is not None else ""))
    if run.stopped_epoch is not None:
        parts.append(f"stopped early, best epoch {run.best_epoch}")
    verdict = diagnose(run)
    return "; ".join(parts) + f"\n{verdict.title}: {verdict.evidence}"


def _told_terms(run: Run, loss: float) -> str:
    """What a loss is made of, where a penalty is part of it."""
    penalty = run.penalty
    if not penalty:
        return ""
    rules = declarations()["penalty"].knob.rules
    title = next(rule.title for rule in rules if rule.key == run.experiment.knobs.penalty)
    return f" (data {loss - penalty:.4g} + {title} penalty {penalty:.4g}, which is in every loss)"


def _race(options: argparse.Namespace) -> int:
    """Train experiments side by side; what was trained is written, and drawn, however it ends."""
    from playground.training import grid, racing
    from playground.training.race import notes

    experiment, _, reading = _experiment(options)
    race = racing.race(experiment, grid.read_all(options.vary), options.seeds)
    _tell(reading)
    for note in notes(race.contestants):
        print(f"playground: note: {note}", file=sys.stderr)
    with _folder(options.out):
        was_interrupted = _watch_race(race)
    with parts.together(options.out) as draft:
        rows, reason = race.write_apart(draft), race.draw(draft)
    for row, (name, (_, run)) in zip(rows, race.trained.items()):
        print(f"{name}: {run.failure or _closing_line(run, row).splitlines()[0]}")
    if reason:
        print(f"playground: note: {options.out / 'race.png'} could not be drawn: {reason}", file=sys.stderr)
    if was_interrupted:
        return INTERRUPTED
    return DIVERGED if race.has_diverged else DONE


def _watch_race(race: Race) -> bool:
    """Train a race to its end, with a progress bar over the epochs of all. True: it was interrupted."""
    bar = _bar(race.whole, "epoch")
    with _hearing_interrupts(lambda: bool(race.trained)) as interrupts, bar, contextlib.closing(race.steps()) as steps:
        for _ in steps:
            bar.update(race.done - bar.n)
            if interrupts:
                break
    return bool(interrupts)


def _sweep(options: argparse.Namespace) -> int:
    """Train a grid of experiments; each run's row is written as it ends, and what is there is kept however it ends."""
    from playground.training import drawing, grid, snapshot
    from playground.training.sweep_results import UNTRAINED, SweepFolder

    base, _, reading = _experiment(options)
    jobs = grid.plan(base, grid.read_all(options.vary), options.seeds, _folds(options, base))
    _tell(reading)
    # a cluster that cannot be reached leaves an older folder as it is
    with _place(options) as place:
        folder = SweepFolder(options.out, jobs, options.resume, str(place), _data_table(options))
        for note in folder.notes:
            print(f"playground: note: {note}", file=sys.stderr)
        was_interrupted = _watch_sweep(folder, place)
    choice = folder.finish()
    if folder.trouble:
        print(f"playground: {folder.path}: {folder.trouble}", file=sys.stderr)
    print(f"{len(folder.done)} of {len(jobs)} runs: {folder.path}")
    if choice is not None:
        print(f"best: {folder.tell(choice, choice.best)}")
        if was_interrupted:
            print("sweep.png is drawn when all runs are there; --resume goes on")
        elif reason := drawing.draw_sweep(options.out):
            print(f"playground: note: {options.out / 'sweep.png'} could not be drawn: {reason}", file=sys.stderr)
    if was_interrupted:
        return INTERRUPTED
    if folder.all_are(*UNTRAINED):
        return BAD_INPUT
    return DIVERGED if folder.all_are(*UNTRAINED, snapshot.DIVERGED) else DONE


def _watch_sweep(folder: SweepFolder, place: Place) -> bool:
    """Train the runs whose rows are not there yet, with a progress bar. True: it was interrupted."""
    from playground.training import grid, sweep

    done, jobs = folder.done, folder.jobs
    left = grid.Part(jobs, [number for number in range(len(jobs)) if number not in done])
    bar = _bar(len(jobs), "run", len(done))
    try:
        with _hearing_interrupts(lambda: bool(folder.done)) as interrupts, bar:
            for outcome in sweep.run_all(left, place, lambda: not interrupts):
                folder.add(outcome)
                bar.update()
    except OSError:
        # what there is can be read all the same
        with contextlib.suppress(OSError):
            folder.finish()
        raise
    return bool(interrupts)


def _folds(options: argparse.Namespace, base: Experiment) -> Folds | None:
    """How points are dealt: once, in folds, or in repeated splits that validate as large a share as one does."""
    from playground.training.folds import Folds

    if options.splits is not None:
        knobs = base.knobs
        return Folds(options.splits, 1 - knobs.train_fraction / max(1 - knobs.test_fraction, 1e-12))
    return Folds(options.folds) if options.folds is not None else None


def _place(options: argparse.Namespace) -> Place:
    """Where runs are trained."""
    from playground.training.sweep import MOST_THREADS, Threads

    if options.scheduler is None:
        if options.jobs is not None and not 1 <= options.jobs <= MOST_THREADS:
            raise KnobError(f"--jobs: {options.jobs} is not accepted; it takes a whole number from 1 to {MOST_THREADS}")
        if options.tls_ca or options.tls_cert or options.tls_key:
            raise KnobError("--tls-ca, --tls-cert and --tls-key go with --scheduler tls://HOST:PORT, which is missing")
        return Threads(options.jobs or 0)
    from playground.training.cluster import Cluster

    return Cluster(options.scheduler, options.tls_ca, options.tls_cert, options.tls_key)


def _data_table(options: argparse.Namespace) -> dict[str, Any] | None:
    """What a TOML in another folder says of the points that these flags, or the TOML that was given, bring."""
    if options.data is not None:
        flags = _reading(options)
        given = {name: getattr(flags, name) for name in flags.given}
        return {"path": str(options.data.absolute())} | given
    if options.file is not None and options.file.suffix.lower() == ".toml":
        return file.data_table(options.file)
    return None


def _variance(options: argparse.Namespace) -> int:
    """Measure bias and variance of every combination; what was measured is written, and drawn, however it ends."""
    from playground.training import grid
    from playground.training.variance_table import VarianceTable

    experiment, _, reading = _experiment(options)
    table = VarianceTable(experiment, grid.read_all(options.vary or []), options.resamples, options.seeds)
    _tell(reading)
    with _folder(options.out):
        was_interrupted = _watch_variance(table)
    path = table.write(options.out)
    for line in table.lines():
        print(line)
    print(f"{table.note}: {path}")
    if reason := table.draw(options.out):
        print(f"playground: note: {options.out / 'variance.png'} could not be drawn: {reason}", file=sys.stderr)
    if was_interrupted:
        return INTERRUPTED
    return DIVERGED if table.has_diverged else DONE


def _watch_variance(table: VarianceTable) -> bool:
    """Measure what a table asks for, with a progress bar over the fits. True: it was interrupted."""
    bar = _bar(table.whole, "fit")
    with _hearing_interrupts(lambda: bool(table.rows)) as interrupts, bar, contextlib.closing(iter(table)) as fits:
        for done in fits:
            bar.update(done - bar.n)
            if interrupts:
                break
    return bool(interrupts)


def _shot(options: argparse.Namespace) -> int:
    _check_picture(options.out)
    experiment, saved, reading = _experiment(options)
    _tell(reading)
    from playground import app
    from playground.session import Session

    run = _saved_run(options.file, saved, experiment)
    # A run that has ended is shown as it is; to play it would begin it anew.
    epochs = 0 if run is not None and run.has_ended else None
    session = app.shot(Session(experiment, run), epochs, options.size, options.theme, options.out)
    message, snapshot = session.message, session.snapshot
    session.close()
    if message:
        raise DataError(message)
    return DIVERGED if snapshot is not None and snapshot.failure else DONE


def _check_picture(path: Path) -> None:
    if path.suffix.lower() != ".png":
        raise DataError(f"{path}: a picture is written as .png")
    if not path.absolute().parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.absolute().parent}")


def _knobs(options: argparse.Namespace) -> int:
    declared = [_describe(knob) for knob in declarations().values()]
    if options.json:
        print(json.dumps(declared, indent=1))
        return DONE
    for knob in declared:
        defaults = ", ".join(f"{name} {_shown(value)}" for name, value in knob["default"].items())
        same = {_shown(value) for value in knob["default"].values()}
        print(f"--{knob['name'].replace('_', '-')}  ({same.pop() if len(same) == 1 else defaults})")
        print(f"    {knob['help']} Takes {accepted(knob['name'])}.")
    return DONE


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "/".join(f"{optimizer} {rate:g}" for optimizer, rate in value.items() if rate is not None)
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ",".join(map(str, value)) or '""'
    return "none" if value is None else str(value)


def _describe(declared: Declaration) -> dict[str, Any]:
    knob = declared.knob
    kinds = {bool: "switch", int: "integer", float: "number", str: "text", tuple: "integers"}
    kind = "choice" if declared.choices else kinds[declared.kind]
    return {
        "name": declared.name,
        "type": kind,
        "group": knob.group,
        "label": knob.label,
        "symbol": knob.symbol,
        "default": {rule.key: _defaults(declared, rule.key) for rule in CONVENTIONS},
        "low": knob.low if math.isfinite(knob.low) else None,
        "high": knob.high if math.isfinite(knob.high) else None,
        "unit": knob.unit,
        "choices": [{"key": rule.key, "title": rule.title, "help": rule.help} for rule in knob.rules],
        "help": knob.help,
        "formula": knob.formula,
        "new_weights": knob.new_weights,
        "live": knob.live,
    }


def _defaults(declared: Declaration, convention: str) -> Any:
    """A knob's default under a convention; by optimizer where that decides."""
    rates = {row.key: row.defaults[convention] for row in OPTIMIZERS}
    if any(declared.name in found for found in rates.values()):
        return {optimizer: found.get(declared.name) for optimizer, found in rates.items()}
    value = default(declared.name, convention, "sgd")
    return list(value) if isinstance(value, tuple) else value


def _data(options: argparse.Namespace) -> int:
    knobs = Experiment(dataset=options.name, **_changes(options)).knobs
    data = shapes.generate(options.name, knobs.samples, knobs.noise, knobs.classes, knobs.seed)
    if told := table.write(data, options.out):
        print(f"playground: note: {options.out}: {told}", file=sys.stderr)
    return DONE


def _bench(options: argparse.Namespace) -> int:
    from playground.training import bench

    for name, most in (("seconds", 60), ("old", 3600)):
        value = getattr(options, name)
        if not 0 < value <= most:
            raise KnobError(f"--{name}: {value:g} is not accepted; it takes a number above 0, up to {most}")
    rows = (
        bench.grow(options.seconds)
        if options.growth
        else bench.measure(list(bench.WORKS), options.seconds, options.old)
    )
    if options.json:
        print(json.dumps([row._asdict() for row in rows], indent=1))
        return DONE
    for row in rows:
        print(row, flush=True)
    return DONE


def _tell_version(options: argparse.Namespace) -> int:
    from playground import about

    print(about.text())
    return DONE


def _smoke(options: argparse.Namespace) -> int:
    from playground import smoke

    return smoke.run(options.json)


def _open_window(options: argparse.Namespace) -> int:
    """The window; without a display, the same experiment headless and a picture of the window."""
    if os.environ.get("PLAYGROUND_CPU_LEVEL"):
        cache.cpu_level()  # one that there is not is refused here: the window's engine would never be ready
    saved = _load(options.file) if options.file else None
    gc.disable()  # what the start makes is mostly kept: looking through it for garbage takes a tenth of the time
    from playground import app

    if app.has_display():
        return app.run(options.file)
    gc.enable()
    with ending.interrupting():
        return _train_instead(options, saved)


def _train_instead(options: argparse.Namespace, saved: file.Saved | None) -> int:
    """What there is where no window can be opened."""
    from playground import app
    from playground.session import Session, first_run
    from playground.training.run import Run

    print("playground: there is no display; training without a window", file=sys.stderr)
    experiment = saved.experiment if saved is not None else first_run()
    in_hand = saved.in_hand if saved is not None else None
    run = _take_up(options.file, in_hand) if in_hand is not None else Run(experiment)
    status = _finish(run, options.out, False)
    picture = options.out / "window.png" if options.out else Path("playground.png")
    app.shot(Session(run=run), 0, (1440, 900), "light", picture).close()
    print(f"picture of the window: {picture}")
    return status
