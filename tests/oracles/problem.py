"""The small problems on which every library is recorded: data, initial weights, gradient sequences.

Only NumPy and fixed seeds. Arrays bear the project's names: `W0` (inputs, units), `b0`,
`gamma0`, `beta0`, `moving_mean0`, `moving_var0`, `scale0`. Starting values of γ, β and the moving statistics
are deliberately not 1, 0, 0, 1, so that a network that forgets to load one of them is found out.

Size and seed of the weights are chosen so that 160 updates are well conditioned: changing the start by 1e-14
changes the end by less than 1e-10. With smaller ones the variance over four units nears ε for a sample, and
layer normalization makes 1e-6 of it; and Rprop must not saturate the network: signs would be noise there.
"""

import numpy as np

OUTPUTS = {"binary": 1, "three": 3, "regression": 2}
HIDDEN = [5, 4]
UPDATES = 160

Arrays = dict[str, np.ndarray]


def data() -> Arrays:
    """`NAME.X` (40, 3), `NAME.y`, and 20 rows of `NAME.X_val`, `NAME.y_val`, for each problem."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(60, 3))
    signal = X[:, 0] * X[:, 1] + 0.5 * X[:, 2]
    noisy = signal + 0.7 * rng.normal(size=60)
    curves = np.stack([2.0 * np.sin(X[:, 0]) + X[:, 1], X[:, 2] ** 2 - X[:, 0]], axis=1)
    targets = {
        "binary": (noisy > 0).astype(np.int64),
        "three": np.digitize(noisy, [-0.4, 0.5]).astype(np.int64),
        "regression": curves + 0.3 * rng.normal(size=(60, 2)),
    }
    arrays = {}
    for name, y in targets.items():
        arrays |= {f"{name}.X": X[:40], f"{name}.y": y[:40]}
        arrays |= {f"{name}.X_val": X[40:], f"{name}.y_val": y[40:]}
    return arrays


def initial_weights(outputs: int, normalization: str = "none", bias_first: bool = False) -> Arrays:
    """Weights of a 3-5-4-outputs network; a Dense before batch normalization has no bias.

    `bias_first` keeps that bias: for normalization after the activation.
    """
    rng = np.random.default_rng(3)
    sizes = [3, *HIDDEN, outputs]
    arrays = {}
    for i, (fan_in, units) in enumerate(zip(sizes, sizes[1:], strict=False)):
        arrays[f"W{i}"] = 2 * rng.normal(size=(fan_in, units)) / np.sqrt(fan_in)
        draws = 0.2 * rng.normal(size=(5, units))
        hidden = i < len(HIDDEN)
        if not (hidden and normalization == "batch") or bias_first:
            arrays[f"b{i}"] = draws[0]
        if hidden and normalization in ("batch", "layer"):
            arrays |= {f"gamma{i}": 1 + draws[1], f"beta{i}": draws[2]}
        if hidden and normalization == "batch":
            arrays |= {f"moving_mean{i}": draws[3], f"moving_var{i}": np.exp(draws[4])}
        if hidden and normalization == "weight":
            arrays[f"scale{i}"] = 1 + draws[1]
    return arrays


def gradients() -> Arrays:
    """Given gradients for a W0 (3, 4) and a b0 (4,), one row an update, over many magnitudes.

    They grow and shrink, keep and change their signs, and one column is exactly 0 at times.
    """
    rng = np.random.default_rng(4)
    arrays = {"start.W0": rng.normal(size=(3, 4)), "start.b0": rng.normal(size=4)}
    wave = 1.1 + np.sin(np.arange(UPDATES) / 9.0)
    for name, shape in (("W0", (3, 4)), ("b0", (4,))):
        drift, size = rng.normal(size=shape), 10.0 ** rng.uniform(-3, 1, size=shape)
        g = (drift + rng.normal(size=(UPDATES, *shape))) * size
        g *= wave.reshape(-1, *[1] * len(shape))
        g[::7, ..., 0] = 0.0
        arrays[f"gradients.{name}"] = g
    return arrays


def prefixed(prefix: str, arrays: Arrays) -> Arrays:
    """The same arrays under `prefix.NAME`."""
    return {f"{prefix}.{name}": array for name, array in arrays.items()}


def batches(n: int, size: int):
    """Slices of one epoch in file order; the last may be shorter. Size 0 is the whole set."""
    size = size or n
    return [slice(i, min(i + size, n)) for i in range(0, n, size)]
