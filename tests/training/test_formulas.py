"""The optimizers' formulas, line by line: against the slow twins, by hand, and against the kernels' own steps."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from playground.kernels.optimizers import OPTIMIZERS, decay, update
from playground.kernels.settings import CONVENTIONS
from playground.model.experiment import Experiment
from playground.training import views
from playground.training.looks.boxes import BOXES
from playground.training.looks.expressions import calculate, number, numbers, symbols
from playground.training.looks.formulas import RULES, form_of, settings_of
from playground.training.looks.sequences import GRADIENTS, MOST, SLIDES, read, respond
from playground.training.looks.worked import Weight, work_out
from playground.training.run import Run
from playground.training.state import first_slots
from tests import naive

KEYS = [row.key for row in OPTIMIZERS]
NAMES = {"last": "g", "size": "step", "product": "P"}  # what the slow twins call them
every = pytest.mark.parametrize("convention", CONVENTIONS)
each = pytest.mark.parametrize("optimizer", KEYS)


def test_every_optimizer_has_a_formula_of_its_slots_in_every_convention():
    assert set(RULES) == set(KEYS)
    for row in OPTIMIZERS:
        for convention in CONVENTIONS:
            form = form_of(row.key, convention, decays=True)
            assert len(form.slots) == len(row.slots)
            names = [line.name for line in form.lines]
            assert names[-2:] == ["step", "w"] and names.count("g") == 1
            assert set(names) <= set(form.box.places) and max(form.box.places.values()) < len(form.box.lines)


def more_by_hand(optimizer, convention, k, t, s, g, eta):
    """Quantities of the formulas that the slow twins do not remember, from what they do."""
    c1, c2 = 1 - k["beta1"] ** t if k["beta1"] else None, 1 - k["beta2"] ** t if k["beta2"] else None
    found = {}
    if optimizer in ("adam", "adamw", "yogi", "adamax", "amsgrad") or (optimizer, convention) == ("nadam", "lecture"):
        found["m_hat"] = s["m"] / c1
    if optimizer in ("adam", "adamw", "yogi", "nadam"):
        found["root"] = math.sqrt(s["v"] / c2)
    if optimizer == "amsgrad":
        found["root_x"] = math.sqrt(s["x"] / c2)
    if convention == "keras" and optimizer in ("adam", "adamw", "amsgrad"):
        found = {"alpha": eta * math.sqrt(c2) / c1}
    if optimizer == "nadam" and convention == "lecture":
        found["c"] = (k["beta1"] * s["m"] + (1 - k["beta1"]) * g) / c1
    elif optimizer == "nadam":
        psi = 1 if convention == "keras" else 0.004
        now, following = (k["beta1"] * (1 - 0.5 * 0.96 ** (n * psi)) for n in (t, t + 1))
        ahead = following * s["m"] / (1 - s["P"] * following)
        found |= {"mu": now, "mu_next": following, "m_hat": ahead + (1 - now) * g / (1 - s["P"])}
    return found


@each
@every
def test_the_numbers_are_those_of_the_slow_twin_and_of_the_kernel(optimizer, convention):
    """At updates 1, 2 and 1,000: every number to 1e-12, the step as the kernel makes it."""
    experiment = Experiment(samples=10, optimizer=optimizer, convention=convention, precision="float64")
    state, resolved = Run(experiment).state, experiment.resolved
    knobs, settings = resolved._asdict(), settings_of(resolved)
    eta, decays = knobs["learning_rate"], bool(knobs["weight_decay"])
    form = form_of(optimizer, convention, decays)
    draws = np.random.default_rng(7)
    weights, memory, expected = np.array([0.37]), {}, 0.37
    slots = first_slots(resolved, 1, np.float64)
    state.clock["learning_rate"] = eta
    for t in range(1, 1001):
        g = draws.normal() * (0.1 if t % 7 else 2.0)
        before = {"w": weights[0], "g": g, "t": t, "product": float(state.clock["product"])}
        before |= {name: slots[row][0] for row, name in enumerate(form.slots)}
        state.clock["update"] = t
        if decays:
            decay(weights, eta * knobs["weight_decay"])
            expected -= eta * knobs["weight_decay"] * expected
        start = weights[0]
        update(state.rules.optimizer, weights, np.array([g]), slots, state.clock, state.rules, state.rates)
        expected = float(naive.OPTIMIZERS[optimizer](knobs, t, expected, g, memory, eta))
        if t in (1, 2, 1000):
            found = form.calculate(settings | before)
            assert found["w"] == pytest.approx(expected, rel=1e-12)
            assert found["w"] == pytest.approx(weights[0], rel=1e-13)
            assert found["step"] == pytest.approx(weights[0] - start, rel=1e-9, abs=1e-15)
            by_hand = {name: memory[key] for name in found if (key := NAMES.get(name, name)) in memory and key != "w"}
            by_hand.pop("g", None)
            by_hand |= more_by_hand(optimizer, convention, knobs, t, memory, g, eta)
            for name in [line.name for line in form.lines if line.name not in ("w", "g", "step", "turn", "pull", "u")]:
                if name in by_hand:
                    assert found[name] == pytest.approx(float(by_hand[name]), rel=1e-12, abs=1e-300), name
                else:
                    assert (optimizer, name) in {("nesterov", "ahead")}, name
            for row, name in enumerate(form.slots):
                assert found[name] == pytest.approx(slots[row][0], rel=1e-12, abs=1e-300), name


@each
@every
def test_a_runs_next_update_is_worked_out_as_the_run_makes_it(optimizer, convention):
    experiment = Experiment(
        samples=60, layers=(5,), optimizer=optimizer, convention=convention, penalty="l2", clip_norm=0.5, epochs=2000
    )
    run = Run(experiment)
    for updates in (0, 1, 999):
        run.advance(updates - run.updates)
        for weight in (Weight(0, 2, 1), Weight(1, 0, None)):
            worked = work_out(run, weight)
            assert worked.number == updates + 1
            row = {row.symbol: row for row in worked.rows}
            assert row["g"].words == "gradient, with the penalty's share and clipping"
            if optimizer != "adamw":  # there the decay moves it too
                assert row["Δw"].result == pytest.approx(worked.moved, rel=2e-3, abs=3e-7)
        stood = run.weights["W0"][1, 2]
        worked = work_out(run, Weight(0, 2, 1))
        run.advance(1)
        assert run.weights["W0"][1, 2] - np.float64(stood) == pytest.approx(worked.moved, abs=1e-12)
        assert {row.symbol: row for row in worked.rows}["w"].result == pytest.approx(run.weights["W0"][1, 2], abs=3e-7)


def test_what_comes_after_the_step_is_told():
    run = Run(Experiment(samples=60, layers=(5,), penalty="l1", penalty_strength=30.0, max_norm=1.0))
    last = work_out(run, Weight(0, 1, 0)).rows[-1]
    assert last.words == "after L1's threshold and max-norm"
    run.advance(1)
    assert last.result == pytest.approx(float(run.weights["W0"][0, 1]), abs=1e-9)


def test_a_weight_outside_of_the_network_is_brought_in():
    run = Run(Experiment(layers=(4,), normalization="batch"))
    assert work_out(run, Weight(7, 9, 9)).name == "output 1, from unit 4"
    assert work_out(run, Weight(0, 9, None)).name == "layer 1, unit 4, γ"  # no bias before BatchNorm
    assert work_out(run, Weight(0, 0, 1)).name == "layer 1, unit 1, from x2"


def test_at_full_speed_an_older_answer_says_of_which_update_it_is(monkeypatch):
    run = Run(Experiment(samples=60, layers=(5,)))
    clock = itertools.count(0.0, 0.0001)
    monkeypatch.setattr(views.time, "perf_counter", lambda: next(clock))
    observer = views.Observer()

    def seen(weight, is_hurried=True):
        return observer.look(run, {"worked": weight}, is_hurried)["worked"]

    first = seen(Weight())
    run.advance(1)
    assert seen(Weight()) is first and first.number == 1
    assert seen(Weight(0, 1, 1)).number == 2  # another weight is looked at at once
    assert seen(Weight(), is_hurried=False).number == 2


def test_what_is_too_slow_for_full_speed_is_worked_out_when_it_stands(monkeypatch):
    run = Run(Experiment(samples=60, layers=(5,)))
    clock = itertools.count(0.0, 2 * views.RAREST)  # each look takes as long, and is due again afterwards
    monkeypatch.setattr(views.time, "perf_counter", lambda: next(clock))
    observer, looks = views.Observer(), {"worked": Weight()}
    assert observer.look(run, looks, is_hurried=True)["worked"].number == 1
    assert observer.look(run, looks, is_hurried=True)["worked"] is None
    assert observer.look(run, looks)["worked"].number == 1


def test_a_formula_reads_as_it_is_written_in_books():
    text = "-eta*m_hat / (root + epsilon)"
    assert symbols(text) == "−η·m̂ / (√v̂ + ε)"
    values = {"eta": 0.001, "m_hat": -0.25, "root": 0.5, "epsilon": 1e-8}
    assert numbers(text, values) == "−0.001·(−0.25) / (0.5 + 1e−8)"
    assert calculate(text, values) == pytest.approx(0.0005, rel=1e-7)
    assert symbols("beta2*v + (1 - beta2)*g**2") == "β₂·v + (1 − β₂)·g²"
    assert numbers("beta2*v + (1 - beta2)*g**2", {"beta2": 0.999, "v": 2, "g": -3}) == "0.999·2 + 0.001·(−3)²"
    assert numbers("1 - beta1**t", {"beta1": 0.9, "t": 12}) == "1 − 0.9¹²"
    assert number(-0.0) == "0" and number(-1.2344e-7) == "−1.234e−7" and number(math.inf) == "∞"


def test_the_lectures_boxes_are_those_of_the_rules_that_they_tell():
    assert sorted(BOXES) == ["8.1", "8.2", "8.3", "8.4", "8.5", "8.6"]
    for key, optimizer, convention in (
        ("8.1", "sgd", "lecture"),
        ("8.2", "momentum", "keras"),
        ("8.3", "nesterov", "lecture"),
        ("8.4", "adagrad", "lecture"),
        ("8.5", "rmsprop", "lecture"),
        ("8.6", "adam", "lecture"),
    ):
        assert form_of(optimizer, convention).box is BOXES[key]
    assert form_of("adagrad", "keras").box.title == "Adagrad, as in Keras"


# --- sequences ---


def by_hand(title):
    """The lecture's sequence through the forms that its slides write, in units of η, and Adam as box 8.6 has it."""
    r = m = v = a = 0.0
    steps = []
    for t, g in enumerate(GRADIENTS, 1):
        if title == "Adam, uncorrected":
            m, v = 0.9 * m + 0.1 * g, 0.9 * v + 0.1 * g * g
            steps.append(-m / math.sqrt(v + 1e-8))
        elif title == "Adam":
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            steps.append(-m / (1 - 0.9**t) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8))
        elif title == "Momentum, box 8.2":
            v = 0.9 * v - g
            steps.append(v)
        elif title.startswith("RMSprop"):
            r = 0.9 * r + 0.1 * g * g
            steps.append(-g / math.sqrt(r + (1e-6 if title == "RMSprop" else 0)))
        elif title.startswith("Adadelta"):
            before, a = a, 0.95 * a + 0.05 * g * g
            steps.append(-g / math.sqrt((a if title == "Adadelta" else before) + 1e-7))
        else:
            before, r = r, r + g * g
            below = {
                "Adagrad": 1e-7 + math.sqrt(r),
                "Adagrad, √(G + ε)": math.sqrt(r + 1e-7),
                "Adagrad, √(αₜ₋₁ + ε)": math.sqrt(before + 1e-7),
                "Adagrad, Σg² without root": r,
            }
            steps.append(-g / below[title])
    return steps


@pytest.mark.parametrize("title", ["Adam", "Adagrad", "RMSprop", "Adadelta", *(slide.title for slide in SLIDES)])
def test_the_forms_that_the_slides_write_are_those_made_by_hand(title):
    found = next(response for response in respond(GRADIENTS, "lecture") if response.title == title)
    assert found.steps == pytest.approx(by_hand(title), rel=1e-12)
    assert found.is_slide == (title in {slide.title for slide in SLIDES})
    assert not found.is_slide or found.words.startswith(("a slide", "a slip of a slide", "the box"))


@each
@every
def test_every_rule_answers_a_sequence_as_its_kernel_does(optimizer, convention):
    experiment = Experiment(samples=10, optimizer=optimizer, convention=convention, precision="float64")
    state, eta = Run(experiment).state, experiment.resolved.learning_rate
    weights, slots = np.zeros(1), first_slots(experiment.resolved, 1, np.float64)
    state.clock["learning_rate"] = eta
    steps = []
    for t, g in enumerate(GRADIENTS, 1):
        before, state.clock["update"] = weights[0], t
        update(state.rules.optimizer, weights, np.array([g]), slots, state.clock, state.rules, state.rates)
        steps.append((weights[0] - before) / eta)
    row = next(row for row in OPTIMIZERS if row.key == optimizer)
    found = next(response for response in respond(GRADIENTS, convention) if response.title == row.title)
    assert found.steps == pytest.approx(steps, rel=1e-9, abs=1e-12)


def test_past_gradients_weigh_what_the_lecture_says():
    found = {response.title: response for response in respond(GRADIENTS, "lecture")}
    adadelta = found["Adadelta"].pasts[0]
    assert adadelta.of == "a, of g²" and adadelta.weights[:3] == pytest.approx([0.05, 0.0475, 0.05 * 0.95**2])
    assert found["Momentum"].pasts[0].weights[:2] == pytest.approx([0.1, 0.09])
    assert found["Adagrad"].pasts[0].weights == (1.0,) * 8  # nothing is forgotten
    assert found["SGD"].total == pytest.approx(0, abs=1e-12)  # the sequence cancels
    assert found["Rprop"].total < -20  # nine ever longer steps, and none back


def test_after_early_stopping_it_says_of_which_weights_it_is():
    knobs = {"dataset": "few_count", "samples": 60, "noise": 1.0, "layers": (), "learning_rate": 0.05}
    run = Run(Experiment(**knobs, epochs=400, early_stopping=True))
    while not run.has_ended:
        run.burst()
    assert run.restored_epoch not in (None, run.epoch)
    assert work_out(run, Weight()).rows[0].words == "gradient at the last epoch's weights"


def test_sequences_are_read_as_they_are_typed():
    assert read("0,1 x9; −0,9") == GRADIENTS == read("0,1 x9 ;-0,9;")
    assert read("0.1 x9, −0.9") == GRADIENTS == read(".1 × 9 -.9") == read("0.1," * 9 + "-.9")
    for wrong in ("", "much", "0.1 x", "1e9", "nan", f"1 x{MOST + 1}", "0.1 x99999999999"):
        with pytest.raises(ValueError, match=r"gradient"):
            read(wrong)
