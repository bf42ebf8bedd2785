"""How many runs a second a sweep makes, beside scikit-learn and JAX in the same sitting, and what a cluster costs.

    python tests/benchmarks/sweep.py engines   # 64 runs of 100 epochs on 200 points; needs ".[bench]"
    python tests/benchmarks/sweep.py chart     # a chart of λ: 12 values, 5 seeds, 300 epochs
    python tests/benchmarks/sweep.py dask      # what Dask takes of two workers' time; --runs 10000
    python tests/benchmarks/sweep.py million   # 10⁶ runs on 64 workers that sleep: the scheduler's own time and memory

Engines take turns, round by round, and the medians are told: so a neighbour's load meets all of them.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable, Sized

import numpy as np

from playground.model.dataset import TRAIN, VALIDATION
from playground.model.experiment import Experiment
from playground.training.cluster import Cluster
from playground.training.seats import cores
from playground.training.sweep import Threads, plan, run_all

RUNS, EPOCHS = 64, 100
FEWER = 8  # runs of scikit-learn, which takes so long
SMALL = Experiment(
    samples=200, layers=(4, 2), activation="tanh", optimizer="sgd", learning_rate=0.1, batch_size=10, epochs=EPOCHS
)
LARGE = Experiment(samples=200, layers=(64, 64), optimizer="adam", learning_rate=0.001, batch_size=32, epochs=EPOCHS)
WORKS = {"2-4-2-1, batches of 10, SGD": SMALL, "2-64-64-1, batches of 32, Adam": LARGE}


def main() -> None:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("engines", "chart", "dask", "million"))
    parser.add_argument("--runs", type=int, help="of dask, 10,000; of million, 1,000,000")
    parser.add_argument("--rounds", type=int, default=5, help="of engines and of chart")
    options = parser.parse_args()
    if options.part == "engines":
        measure_engines(options.rounds)
    elif options.part == "chart":
        measure_chart(options.rounds)
    elif options.part == "dask":
        measure_dask(options.runs or 10_000)
    else:
        from scheduler import measure

        measure(options.runs or 1_000_000)


def measure_engines(rounds: int) -> None:
    """Runs a second of each engine, and how many times as many as each other one the threads make."""
    for title, base in WORKS.items():
        jobs = plan(base, {"learning_rate": [base.knobs.learning_rate]}, seeds=RUNS)
        engines: dict[str, Callable[[], Sized]] = {
            "one thread": lambda jobs=jobs: list(run_all(jobs, Threads(1))),
            f"{cores()} threads": lambda jobs=jobs: list(run_all(jobs, Threads())),
            f"{cores()} threads, new points": on_new_points(base),
        }
        for name, make in (("scikit-learn", scikit_learn), ("JAX, vmap", jax_vmap)):
            try:
                engines[f"{name}, {cores()} cores"] = make(base)
            except ImportError as error:
                print(f"{name} is left out: {error}")
        found: dict[str, list[float]] = {name: [] for name in engines}
        spent: dict[str, list[float]] = {name: [] for name in engines}
        for name, engine in engines.items():
            start = time.perf_counter()
            engine()  # loads, or compiles
            print(f"  {name}: {time.perf_counter() - start:.1f} s at first", flush=True)
        for _ in range(rounds):
            for name, engine in engines.items():
                start, busy = time.perf_counter(), time.process_time()
                runs = len(engine())
                found[name].append(runs / (time.perf_counter() - start))
                spent[name].append(1000 * (time.process_time() - busy) / runs)
        ours = statistics.median(found[f"{cores()} threads"])
        print(f"{title}: runs of {EPOCHS} epochs a second")
        for name, rates in found.items():
            rate = statistics.median(rates)
            processor = statistics.median(spent[name])  # of scikit-learn's processes nothing is known
            told = f"{processor:8.1f} ms of the processor each" if "scikit" not in name else ""
            print(f"  {name:26} {rate:8.1f}   {ours / rate:6.1f} × {told}")


def on_new_points(base: Experiment) -> Callable[[], Sized]:
    """Runs under seeds of their own each time: their points are drawn first, which the others have done already."""
    seeds = itertools.count(RUNS, RUNS)

    def train() -> Sized:
        jobs = plan(base.change(seed=next(seeds)), {"learning_rate": [base.knobs.learning_rate]}, seeds=RUNS)
        return list(run_all(jobs, Threads()))

    return train


def sets_of(base: Experiment, seed: int) -> tuple[np.ndarray, ...]:
    """The points of a seed as its run has them: standardised training and validation inputs, and their classes."""
    data = base.change(seed=seed).dataset
    train, val = data.sets == TRAIN, data.sets == VALIDATION
    mean, deviation = data.inputs[train].mean(axis=0), data.inputs[train].std(axis=0)
    inputs = ((data.inputs - mean) / deviation).astype(np.float32)
    return inputs[train], data.targets[train], inputs[val], data.targets[val]


def scikit_learn(base: Experiment) -> Callable[[], Sized]:
    """MLPClassifier, in as many processes as there are cores."""
    import warnings

    from joblib import Parallel, delayed
    from sklearn.neural_network import MLPClassifier

    knobs = base.knobs
    points = [sets_of(base, seed) for seed in range(FEWER)]

    def fit(seed: int) -> float:
        warnings.simplefilter("ignore")
        x, y, x_val, y_val = points[seed]
        model = MLPClassifier(
            knobs.layers,
            activation=knobs.activation,
            solver=knobs.optimizer,
            learning_rate_init=knobs.learning_rate,
            momentum=0.0,
            batch_size=knobs.batch_size,
            alpha=0.0,
            max_iter=EPOCHS,
            n_iter_no_change=EPOCHS,
            tol=0.0,
            random_state=seed,
        )
        return float(model.fit(x, y).score(x_val, y_val))

    return lambda: Parallel(n_jobs=cores())(delayed(fit)(seed) for seed in range(FEWER))


def jax_vmap(base: Experiment) -> Callable[[], Sized]:
    """One jitted call that trains all seeds: shuffled batches, and both losses at each epoch's end."""
    import jax
    import jax.numpy as jnp

    knobs = base.knobs
    x, y, x_val, y_val = (np.stack(part) for part in zip(*(sets_of(base, seed) for seed in range(RUNS)), strict=True))
    sizes, batch = (x.shape[2], *knobs.layers, 1), knobs.batch_size
    batches = x.shape[1] // batch
    activate = jnp.tanh if knobs.activation == "tanh" else jax.nn.relu

    def loss(weights, x, y):
        for W, b in weights[:-1]:
            x = activate(x @ W + b)
        W, b = weights[-1]
        logits = (x @ W + b)[:, 0]
        return jnp.mean(jnp.logaddexp(0.0, logits) - y * logits)

    def step(state, x, y):
        weights, m, v, t = state
        slope = jax.grad(loss)(weights, x, y)
        if knobs.optimizer == "sgd":
            return jax.tree.map(lambda w, g: w - knobs.learning_rate * g, weights, slope), m, v, t
        t = t + 1
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, slope)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, slope)
        rate = knobs.learning_rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        return jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, m, v), m, v, t

    def train(key, x, y, x_val, y_val):
        key, *keys = jax.random.split(key, len(sizes))
        weights = [
            (jax.random.uniform(k, (a, b), minval=-1.0, maxval=1.0) * jnp.sqrt(6 / (a + b)), jnp.zeros(b))
            for k, a, b in zip(keys, sizes, sizes[1:])
        ]
        zeros = jax.tree.map(jnp.zeros_like, weights)

        def epoch(state, key):
            order = jax.random.permutation(key, x.shape[0])[: batches * batch].reshape(batches, batch)
            state, _ = jax.lax.scan(lambda s, rows: (step(s, x[rows], y[rows]), None), state, order)
            return state, (loss(state[0], x, y), loss(state[0], x_val, y_val))

        return jax.lax.scan(epoch, (weights, zeros, zeros, 0.0), jax.random.split(key, EPOCHS))[1]

    together = jax.jit(jax.vmap(train))
    keys = jax.random.split(jax.random.key(0), RUNS)
    return lambda: jax.block_until_ready(together(keys, x, y, x_val, y_val))[0]


def measure_chart(rounds: int) -> None:
    """Seconds until a chart of λ is complete."""
    base = Experiment(samples=80, layers=(32, 32), epochs=300, penalty="l2")
    jobs = plan(base, {"penalty_strength": np.geomspace(0.001, 10, 12).tolist()}, seeds=5)
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        rows = list(run_all(jobs))
        found.append(time.perf_counter() - start)
    print(f"a chart of λ, {len(rows)} runs of 300 epochs: {statistics.median(found):.2f} s ({min(found):.2f} at best)")


def measure_dask(runs: int) -> None:
    """What a sweep on two workers takes beyond the time that they train."""
    from distributed import Client, LocalCluster

    jobs = plan(SMALL, {"learning_rate": [0.1]}, seeds=runs)
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as own:
        place = Cluster("local")
        place._client = Client(own, set_as_default=False)
        with place:
            list(run_all(jobs[:200], place))  # loads kernels
            place.busy = 0.0
            start = time.perf_counter()
            list(run_all(jobs, place))
            seconds = time.perf_counter() - start
    over = seconds / (place.busy / 2) - 1
    print(f"Dask: {runs:,} runs in {seconds:.1f} s; two workers trained {place.busy / 2:.1f} s each: {over:+.1%}")


if __name__ == "__main__":
    main()
