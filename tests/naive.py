"""A slow, obvious twin of the engine: NumPy in float64, one row a sample, no thought of speed.

Arrays travel in dicts under the project's names (`W0`, `b0`, `gamma0`, `beta0`, `moving_mean0`,
`moving_var0`, `scale0`), settings in a dict of knobs; nothing has a default, so a test says what it means.
`convention` is lecture, keras or pytorch throughout.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Array = np.ndarray
Arrays = dict[str, Array]
Knobs = dict[str, Any]

# --- activations: value and derivative ---

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^−z), without overflow."""
    return np.where(z >= 0, 1.0, np.exp(-np.abs(z))) / (1.0 + np.exp(-np.abs(z)))


def elu(z: Array, alpha: float = 1.0) -> Array:
    """z, or α(e^z − 1) below 0."""
    return np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))


def elu_slope(z: Array, alpha: float = 1.0) -> Array:
    """1, or α·e^z below 0."""
    return np.where(z > 0, 1.0, alpha * np.exp(np.minimum(z, 0)))


def normal_cdf(z: Array) -> Array:
    """Φ(z) = ½(1 + erf(z/√2))."""
    return 0.5 * (1.0 + np.vectorize(math.erf, otypes=[float])(z / math.sqrt(2)))


def normal_pdf(z: Array) -> Array:
    """e^(−z²/2) / √(2π)."""
    return np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "linear": (lambda z: z, np.ones_like),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * (1 - sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, 1.0, 0.0)),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1.0, 0.01)),
    "leaky_relu keras": (lambda z: np.where(z > 0, z, 0.3 * z), lambda z: np.where(z > 0, 1.0, 0.3)),
    "elu": (elu, elu_slope),
    "selu": (
        lambda z: SELU_SCALE * elu(z, SELU_ALPHA),
        lambda z: SELU_SCALE * elu_slope(z, SELU_ALPHA),
    ),
    "gelu": (lambda z: z * normal_cdf(z), lambda z: normal_cdf(z) + z * normal_pdf(z)),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z)))),
    "softplus": (lambda z: np.logaddexp(0, z), sigmoid),
    "mish": (
        lambda z: z * np.tanh(np.logaddexp(0, z)),
        lambda z: np.tanh(np.logaddexp(0, z)) + z * (1 - np.tanh(np.logaddexp(0, z)) ** 2) * sigmoid(z),
    ),
}


def activation(knobs: Knobs) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """The pair; Keras' leaky ReLU has a slope of its own."""
    name = knobs["activation"]
    keras = name == "leaky_relu" and knobs["convention"] == "keras"
    return ACTIVATIONS["leaky_relu keras" if keras else name]


# --- the network ---


def moments(x: Array, axis: int) -> tuple[Array, Array]:
    """Mean and biased variance."""
    mean = x.mean(axis, keepdims=True)
    return mean, ((x - mean) ** 2).mean(axis, keepdims=True)


def normalize(knobs: Knobs, arrays: Arrays, i: int, x: Array, training: bool) -> tuple[Array, Any]:
    """γ(x − mean)/√(var + ε) + β over the batch or the units; moves the moving statistics."""
    kind = knobs["normalization"]
    if kind not in ("batch", "layer"):
        return x, None
    if kind == "layer":
        mean, var = moments(x, axis=1)
    elif training:
        mean, var = moments(x, axis=0)
        move(knobs, arrays, i, mean[0], var[0], len(x))
    else:
        mean, var = arrays[f"moving_mean{i}"], arrays[f"moving_var{i}"]
    root = np.sqrt(var + knobs["norm_epsilon"])
    hat = (x - mean) / root
    return arrays[f"gamma{i}"] * hat + arrays[f"beta{i}"], (hat, root)


def move(knobs: Knobs, arrays: Arrays, i: int, mean: Array, var: Array, n: int) -> None:
    """Moving statistics: momentum on the old value; PyTorch's is on the new, and its variance unbiased."""
    keep = knobs["bn_momentum"]
    if knobs["convention"] == "pytorch":
        if n == 1:
            raise ValueError("batch normalization needs more than one sample")
        keep, var = 1 - keep, var * n / (n - 1)
    arrays[f"moving_mean{i}"] = keep * arrays[f"moving_mean{i}"] + (1 - keep) * mean
    arrays[f"moving_var{i}"] = keep * arrays[f"moving_var{i}"] + (1 - keep) * var


def normalize_backward(knobs: Knobs, arrays: Arrays, grads: Arrays, i: int, saved: Any, d: Array) -> Array:
    """(dx̂ − mean(dx̂) − x̂·mean(dx̂·x̂)) / √(var + ε), the means over what was normalized over."""
    if saved is None:
        return d
    hat, root = saved
    axis = 0 if knobs["normalization"] == "batch" else 1
    grads[f"gamma{i}"], grads[f"beta{i}"] = (d * hat).sum(0), d.sum(0)
    d = d * arrays[f"gamma{i}"]
    return (d - d.mean(axis, keepdims=True) - hat * (d * hat).mean(axis, keepdims=True)) / root


def weight(arrays: Arrays, i: int) -> Array:
    """W, or s·v/‖v‖ for each unit (a column) of a weight-normalized layer."""
    W = arrays[f"W{i}"]
    if f"scale{i}" not in arrays:
        return W
    return arrays[f"scale{i}"] * W / np.linalg.norm(W, axis=0)


def forward(knobs: Knobs, arrays: Arrays, X: Array, training: bool) -> tuple[Array, list[Any]]:
    """Outputs before the loss, and what `backward` needs; training moves the statistics in `arrays`."""
    f, _ = activation(knobs)
    last, tape, x = len(knobs["layers"]), [], X
    for i in range(last):
        z = x @ weight(arrays, i) + arrays.get(f"b{i}", 0.0)
        if knobs["norm_position"] == "after_activation":
            inside = z
            out, saved = normalize(knobs, arrays, i, f(z), training)
        else:
            inside, saved = normalize(knobs, arrays, i, z, training)
            out = f(inside)
        tape.append((x, inside, saved))
        x = out
    return x @ weight(arrays, last) + arrays[f"b{last}"], [*tape, (x, None, None)]


def backward(knobs: Knobs, arrays: Arrays, tape: list[Any], d: Array) -> Arrays:
    """Gradients of all trainable arrays from the gradient `d` at the outputs (training mode)."""
    _, slope = activation(knobs)
    grads: Arrays = {}
    for i in reversed(range(len(tape))):
        x, inside, saved = tape[i]
        if inside is not None and knobs["norm_position"] == "after_activation":
            d = normalize_backward(knobs, arrays, grads, i, saved, d) * slope(inside)
        elif inside is not None:
            d = normalize_backward(knobs, arrays, grads, i, saved, d * slope(inside))
        if f"b{i}" in arrays:
            grads[f"b{i}"] = d.sum(0)
        dW = x.T @ d
        d = d @ weight(arrays, i).T
        if f"scale{i}" in arrays:
            length = np.linalg.norm(arrays[f"W{i}"], axis=0)
            unit = arrays[f"W{i}"] / length
            grads[f"scale{i}"] = (dW * unit).sum(0)
            dW = arrays[f"scale{i}"] / length * (dW - unit * (dW * unit).sum(0))
        grads[f"W{i}"] = dW
    return grads


# --- losses and penalties ---


def loss(knobs: Knobs, z: Array, y: Array) -> tuple[float, Array]:
    """The mean over samples (and several outputs), and its gradient at z."""
    n = len(z)
    if knobs["loss"] == "cross_entropy" and z.shape[1] == 1:
        y = y.reshape(z.shape)
        return float((np.logaddexp(0, z) - y * z).mean()), (sigmoid(z) - y) / n
    if knobs["loss"] == "cross_entropy":
        log_p = z - z.max(1, keepdims=True)
        log_p = log_p - np.log(np.exp(log_p).sum(1, keepdims=True))
        hot = np.eye(z.shape[1])[y]
        return float(-(hot * log_p).sum(1).mean()), (np.exp(log_p) - hot) / n
    e = z - y.reshape(z.shape)
    small = np.abs(e) <= 1
    value, slope = {
        "squared": (e * e, 2 * e),
        "absolute": (np.abs(e), np.sign(e)),
        "log_cosh": (np.logaddexp(e, -e) - math.log(2), np.tanh(e)),
        "huber": (np.where(small, e * e / 2, np.abs(e) - 0.5), np.where(small, e, np.sign(e))),
    }[knobs["loss"]]
    return float(value.mean()), slope / e.size


def strengths(knobs: Knobs, m: int) -> tuple[float, float]:
    """(l1, l2) of the cost l1·Σ|w| + l2·Σw², with m training samples. PyTorch's L2 is in no cost: (0, 0)."""
    kind, convention = knobs.get("penalty", "none"), knobs["convention"]
    size = knobs.get("penalty_strength", 0.0)
    if kind == "elastic_net":
        return size * (1 - knobs["elastic_mix"]), size * knobs["elastic_mix"]
    if convention == "lecture":
        size /= 2 * m
    return (size if kind == "l1" else 0.0), (size if kind == "l2" and convention != "pytorch" else 0.0)


def weights(arrays: Arrays) -> list[str]:
    """The names a penalty acts on: no bias, γ, β or scale."""
    return [name for name in arrays if name.startswith("W")]


def trainable(arrays: Arrays) -> list[str]:
    """All names but the moving statistics."""
    return [name for name in arrays if not name.startswith("moving")]


def penalty(knobs: Knobs, arrays: Arrays, m: int) -> float:
    """The cost the penalty adds to the loss."""
    l1, l2 = strengths(knobs, m)
    return float(sum(l1 * np.abs(arrays[w]).sum() + l2 * (arrays[w] ** 2).sum() for w in weights(arrays)))


def add_penalty_gradient(knobs: Knobs, arrays: Arrays, grads: Arrays, m: int) -> None:
    """l1·sign(w) + 2·l2·w; a proximal L1 is left to the step."""
    l1, l2 = strengths(knobs, m)
    for w in weights(arrays):
        if knobs.get("l1_method") == "subgradient":
            grads[w] += l1 * np.sign(arrays[w])
        grads[w] += 2 * l2 * arrays[w]


def clip(knobs: Knobs, grads: Arrays) -> None:
    """Scale all gradients down to the global norm. PyTorch adds 1e-6 to the norm found."""
    limit = knobs.get("clip_norm")
    if not limit:
        return
    found = math.sqrt(sum(float((g * g).sum()) for g in grads.values()))
    factor = limit / (found + 1e-6) if knobs["convention"] == "pytorch" else limit / max(found, limit)
    for name in grads:
        grads[name] *= min(factor, 1.0)


def limit_norms(arrays: Arrays, limit: float) -> None:
    """max_norm: a unit's incoming weights (a column), when longer than the limit, are scaled back to it."""
    for w in weights(arrays):
        length = np.linalg.norm(arrays[w], axis=0)
        arrays[w] = arrays[w] * np.where(length > limit, limit / np.maximum(length, 1e-300), 1.0)


# --- optimizers: (knobs, update from 1, weights, gradient, state, learning rate) → new weights ---

State = dict[str, Any]


def sgd(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """w − ηg."""
    return w - eta * g


def momentum(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """Three velocities: an average of gradients, a sum of steps, a sum of gradients."""
    mu, v = k["momentum"], s.get("v", 0.0)
    if k["convention"] == "keras":
        s["v"] = mu * v - eta * g
        return w + s["v"]
    s["v"] = mu * v + ((1 - mu) * g if k["convention"] == "lecture" else g)
    return w - eta * s["v"]


def nesterov(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """Lecture: g was taken at w + μv (see `interim`). Keras and PyTorch keep that point as their weights."""
    mu, v = k["momentum"], s.get("v", 0.0)
    if k["convention"] == "pytorch":
        s["v"] = mu * v + g
        return w - eta * (g + mu * s["v"])
    s["v"] = mu * v - eta * g
    return w + s["v"] if k["convention"] == "lecture" else w + mu * s["v"] - eta * g


def adagrad(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """r ← r + g²; Keras starts r at .1 and has ε under the root."""
    keras = k["convention"] == "keras"
    s["r"] = s.get("r", 0.1 if keras else 0.0) + g * g
    return w - eta * g / (np.sqrt(s["r"] + k["epsilon"]) if keras else k["epsilon"] + np.sqrt(s["r"]))


def adadelta(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """The paper's; the lecture's drops the accumulated update."""
    rho, eps, d = k["rho"], k["epsilon"], s.get("d", 0.0)
    s["a"] = rho * s.get("a", 0.0) + (1 - rho) * g * g
    if k["convention"] == "lecture":
        return w - eta * g / np.sqrt(s["a"] + eps)
    delta = np.sqrt(d + eps) / np.sqrt(s["a"] + eps) * g
    s["d"] = rho * d + (1 - rho) * delta * delta
    return w - eta * delta


def rmsprop(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """r ← ρr + (1−ρ)g²; PyTorch has ε outside the root."""
    s["r"] = k["rho"] * s.get("r", 0.0) + (1 - k["rho"]) * g * g
    pytorch = k["convention"] == "pytorch"
    return w - eta * g / (np.sqrt(s["r"]) + k["epsilon"] if pytorch else np.sqrt(k["epsilon"] + s["r"]))


def averages(k: Knobs, g: Array, s: State) -> tuple[Array, Array]:
    """Adam's m and v."""
    s["m"] = k["beta1"] * s.get("m", 0.0) + (1 - k["beta1"]) * g
    s["v"] = k["beta2"] * s.get("v", 0.0) + (1 - k["beta2"]) * g * g
    return s["m"], s["v"]


def adam_step(k: Knobs, t: int, w: Array, m: Array, v: Array, eta: float) -> Array:
    """η·m̂/(√v̂ + ε); Keras adds ε to the uncorrected √v."""
    c1, c2 = 1 - k["beta1"] ** t, 1 - k["beta2"] ** t
    if k["convention"] == "keras":
        return w - eta * math.sqrt(c2) / c1 * m / (np.sqrt(v) + k["epsilon"])
    return w - eta * (m / c1) / (np.sqrt(v / c2) + k["epsilon"])


def adam(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """Also AdamW's step: the decoupled decay came before."""
    return adam_step(k, t, w, *averages(k, g, s), eta)


def amsgrad(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """Adam with the largest raw v so far."""
    m, v = averages(k, g, s)
    s["x"] = np.maximum(s.get("x", 0.0), v)
    return adam_step(k, t, w, m, s["x"], eta)


def adamax(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """u ← max(β₂u, |g|); PyTorch has ε within the maximum."""
    m, _ = averages(k, g, s)
    pytorch = k["convention"] == "pytorch"
    s["u"] = np.maximum(k["beta2"] * s.get("u", 0.0), np.abs(g) + (k["epsilon"] if pytorch else 0.0))
    return w - eta / (1 - k["beta1"] ** t) * m / (s["u"] + (0.0 if pytorch else k["epsilon"]))


def nadam(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """μₜ = β₁(1 − ½·.96^(tψ)), ψ 1 in Keras and .004 in PyTorch; the lecture's has no μₜ."""
    m, v = averages(k, g, s)
    root = np.sqrt(v / (1 - k["beta2"] ** t)) + k["epsilon"]
    b = k["beta1"]
    if k["convention"] == "lecture":
        return w - eta / root * (b * m / (1 - b**t) + (1 - b) * g / (1 - b**t))
    psi = 1.0 if k["convention"] == "keras" else 0.004
    mu, following = (b * (1 - 0.5 * 0.96 ** (n * psi)) for n in (t, t + 1))
    s["P"] = s.get("P", 1.0) * mu
    return w - eta / root * (following * m / (1 - s["P"] * following) + (1 - mu) * g / (1 - s["P"]))


def yogi(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """The lecture's Adam, whose v moves towards g² by (1 − β₂)·g² at most."""
    m, v = averages(k, g, {"m": s.get("m", 0.0)})[0], s.get("v", 0.0)
    s["m"], s["v"] = m, v - (1 - k["beta2"]) * np.sign(v - g * g) * g * g
    return adam_step(k | {"convention": "lecture"}, t, w, m, s["v"], eta)


def rprop(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """A step size per weight: × 1.2 where the sign stays, × .5 where it flips, and then no step."""
    turn = np.sign(g * s.get("g", 0.0))
    factor = np.where(turn > 0, 1.2, np.where(turn < 0, 0.5, 1.0))
    s["step"] = np.clip(s.get("step", eta) * factor, 1e-6, 50.0)
    s["g"] = np.where(turn < 0, 0.0, g)
    return w - np.sign(s["g"]) * s["step"]


def lion(k: Knobs, t: int, w: Array, g: Array, s: State, eta: float) -> Array:
    """η·sign(β₁m + (1−β₁)g), and only then m ← β₂m + (1−β₂)g."""
    m = s.get("m", 0.0)
    s["m"] = k["beta2"] * m + (1 - k["beta2"]) * g
    return w - eta * np.sign(k["beta1"] * m + (1 - k["beta1"]) * g)


OPTIMIZERS = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "rmsprop": rmsprop,
    "adam": adam,
    "amsgrad": amsgrad,
    "adamw": adam,
    "adamax": adamax,
    "nadam": nadam,
    "yogi": yogi,
    "rprop": rprop,
    "lion": lion,
}

# --- training ---


def interim(knobs: Knobs, arrays: Arrays, states: dict[str, State]) -> Arrays:
    """Where the gradient is taken: at the weights; for the lecture's Nesterov at w + μv."""
    if knobs["optimizer"] != "nesterov" or knobs["convention"] != "lecture":
        return arrays
    ahead = {n: arrays[n] + knobs["momentum"] * states[n]["v"] for n in states if "v" in states[n]}
    return arrays | ahead


def step(knobs: Knobs, t: int, arrays: Arrays, grads: Arrays, states: dict[str, State], eta: float, m: int = 1) -> None:
    """One update of `arrays`: clip, decay, the optimizer's rule, then a proximal L1 and max_norm.

    PyTorch's optimizers add an L2 penalty to the gradient themselves: after clipping, and to biases too.
    """
    clip(knobs, grads)
    for name in grads:
        w, g = arrays[name], grads[name]
        if knobs["convention"] == "pytorch" and knobs.get("penalty") == "l2":
            g = g + knobs["penalty_strength"] * w
        w = w - eta * knobs.get("weight_decay", 0.0) * w
        arrays[name] = OPTIMIZERS[knobs["optimizer"]](knobs, t, w, g, states.setdefault(name, {}), eta)
    if knobs.get("l1_method") == "proximal":
        threshold = eta * strengths(knobs, m)[0]
        for w in weights(arrays):
            arrays[w] = np.sign(arrays[w]) * np.maximum(np.abs(arrays[w]) - threshold, 0.0)
    if knobs.get("max_norm"):
        limit_norms(arrays, knobs["max_norm"])


def gradients(knobs: Knobs, arrays: Arrays, X: Array, y: Array) -> Arrays:
    """Of the mean loss of one batch in training mode; moves the moving statistics."""
    z, tape = forward(knobs, arrays, X, training=True)
    return backward(knobs, arrays, tape, loss(knobs, z, y)[1])


def train(knobs: Knobs, arrays: Arrays, X: Array, y: Array) -> Iterator[tuple[int, Arrays]]:
    """Train in file order for `epochs`; yields (updates made, the arrays, which go on changing)."""
    t, states, size = 0, {}, knobs["batch_size"] or len(X)
    for epoch in range(knobs["epochs"]):
        eta = scheduled(knobs, epoch)
        for start in range(0, len(X), size):
            part = slice(start, start + size)
            at = interim(knobs, arrays, states)
            grads = gradients(knobs, at, X[part], y[part])
            arrays |= {name: at[name] for name in at if name.startswith("moving")}
            add_penalty_gradient(knobs, at, grads, len(X))
            t += 1
            step(knobs, t, arrays, grads, states, eta, len(X))
            yield t, arrays


def evaluate(knobs: Knobs, arrays: Arrays, X: Array, y: Array, m: int) -> tuple[float, float]:
    """(data loss, penalty) in evaluation mode; m is the number of training samples."""
    return loss(knobs, forward(knobs, arrays, X, training=False)[0], y)[0], penalty(knobs, arrays, m)


# --- over the epochs ---


def scheduled(knobs: Knobs, epoch: int) -> float:
    """The learning rate of an epoch, counted from 0; `plateau` needs to see values and is below."""
    eta = knobs["learning_rate"]
    return {
        "constant": lambda: eta,
        "step": lambda: eta * knobs["schedule_gamma"] ** (epoch // knobs["schedule_every"]),
        "exponential": lambda: eta * knobs["schedule_gamma"] ** epoch,
        "cosine": lambda: eta * 0.5 * (1 + math.cos(math.pi * epoch / knobs["epochs"])),
    }[knobs.get("schedule", "constant")]()


def plateau(knobs: Knobs, sequence: list[float]) -> list[float]:
    """The learning rate of each epoch, its values monitored at the epochs' ends.

    Keras: wait ≥ patience, better by more than 1e-4. PyTorch: bad > patience, better by more than 1e-4 of the
    best, and a change of 1e-8 or less is not made.
    """
    keras, eta, best, wait, rates = knobs["convention"] == "keras", knobs["learning_rate"], None, 0, []
    for value in sequence:
        rates.append(eta)
        if best is None or (value + 1e-4 < best if keras else value < best * (1 - 1e-4)):
            best, wait = value, 0
            continue
        wait += 1
        if wait >= knobs["schedule_patience"] + (0 if keras else 1):
            lower = eta * knobs["schedule_gamma"]
            eta, wait = lower if keras or eta - lower > 1e-8 else eta, 0
    return rates


def early_stopping(knobs: Knobs, sequence: list[float]) -> dict[str, Any]:
    """Where Keras' callback stops, and whose weights stand at the end; epochs from 0.

    It compares in float32, and takes the first value, be it NaN, as the best.
    """
    sign = -1.0 if knobs["mode"] == "max" else 1.0
    best, best_epoch, wait, stopped_at, epoch = None, 0, 0, None, 0

    def better(value: float, reference: float | None) -> bool:
        if reference is None:
            return True
        return bool(np.float32(sign * value + abs(knobs["min_delta"])) < np.float32(sign * reference))

    for epoch, value in enumerate(sequence):
        if epoch < knobs["start_from_epoch"]:
            continue
        wait += 1
        if better(value, best):
            best, best_epoch = value, epoch
            if knobs["baseline"] is None or better(value, knobs["baseline"]):
                wait = 0
        elif wait >= knobs["patience"] and epoch > 0:
            stopped_at = epoch
            break
    restored = knobs["restore_best_weights"] and best is not None
    weights_of = best_epoch if restored else epoch
    return {"stopped_at": stopped_at, "best_epoch": best_epoch, "best": best, "weights_of": weights_of}
