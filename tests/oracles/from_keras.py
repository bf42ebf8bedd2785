"""Records Keras on its torch backend: optimizers, `fit` runs, early stopping, learning-rate plateaus."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from from_pytorch import PLATEAU
from keras import layers
from problem import HIDDEN, OUTPUTS, UPDATES, batches, data, gradients, initial_weights, prefixed
from stopping import SEQUENCES

ADAM = {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-7}
# our knobs per optimizer: Keras' own values, learning rates raised where they would hardly move
OPTIMIZERS = {
    "sgd": {"learning_rate": 0.1},
    "momentum": {"learning_rate": 0.05, "momentum": 0.9},
    "nesterov": {"learning_rate": 0.05, "momentum": 0.9},
    "adagrad": {"learning_rate": 0.05, "epsilon": 1e-7},
    "adadelta": {"learning_rate": 1.0, "rho": 0.95, "epsilon": 1e-7},
    "rmsprop": {"learning_rate": 0.01, "rho": 0.9, "epsilon": 1e-7},
    "adam": {"learning_rate": 0.01, **ADAM},
    "amsgrad": {"learning_rate": 0.01, **ADAM},
    "adamw": {"learning_rate": 0.01, **ADAM, "weight_decay": 0.004},
    "adamax": {"learning_rate": 0.01, **ADAM},
    "nadam": {"learning_rate": 0.01, **ADAM},
    "lion": {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.99},
}
CLASSES = {
    "sgd": (keras.optimizers.SGD, {}),
    "momentum": (keras.optimizers.SGD, {}),
    "nesterov": (keras.optimizers.SGD, {"nesterov": True}),
    "adagrad": (keras.optimizers.Adagrad, {}),
    "adadelta": (keras.optimizers.Adadelta, {}),
    "rmsprop": (keras.optimizers.RMSprop, {}),
    "adam": (keras.optimizers.Adam, {}),
    "amsgrad": (keras.optimizers.Adam, {"amsgrad": True}),
    "adamw": (keras.optimizers.AdamW, {}),
    "adamax": (keras.optimizers.Adamax, {}),
    "nadam": (keras.optimizers.Nadam, {}),
    "lion": (keras.optimizers.Lion, {}),
}
THEIR_NAMES = {
    "learning_rate": "learning_rate",
    "momentum": "momentum",
    "rho": "rho",
    "beta1": "beta_1",
    "beta2": "beta_2",
    "epsilon": "epsilon",
    "weight_decay": "weight_decay",
    "clip_norm": "global_clipnorm",
}
LOSSES = {
    ("cross_entropy", "binary"): lambda: keras.losses.BinaryCrossentropy(from_logits=True),
    ("cross_entropy", "three"): lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    ("squared", "regression"): lambda: keras.losses.MeanSquaredError(),
    ("absolute", "regression"): lambda: keras.losses.MeanAbsoluteError(),
    ("huber", "regression"): lambda: keras.losses.Huber(),
    ("log_cosh", "regression"): lambda: keras.losses.LogCosh(),
}
LOSS_OF = {"regression": "squared", "binary": "cross_entropy", "three": "cross_entropy"}


def optimizer(knobs):
    """Keras' optimizer for our knobs."""
    build, extra = CLASSES[knobs["optimizer"]]
    return build(**{THEIR_NAMES[k]: v for k, v in knobs.items() if k in THEIR_NAMES}, **extra)


def record_optimizers():
    """Each optimizer driven with the same given float64 gradients."""
    keras.config.set_floatx("float64")
    arrays, cases = gradients(), []
    runs = [(rule, {"optimizer": rule, **OPTIMIZERS[rule]}, {}) for rule in OPTIMIZERS]
    for rule in ("momentum", "nesterov"):
        runs.append((f"{rule}_slower", {"optimizer": rule, **OPTIMIZERS[rule]}, {81: 0.005}))
    for rule in ("sgd", "momentum", "adam"):
        runs.append((f"decay_{rule}", {"optimizer": rule, **OPTIMIZERS[rule], "weight_decay": 0.05}, {}))
    for rule in ("sgd", "adam"):
        runs.append((f"clip_norm_{rule}", {"optimizer": rule, **OPTIMIZERS[rule], "clip_norm": 2.0}, {}))
    for name, knobs, changes in runs:
        weights = [keras.Variable(arrays[f"start.{n}"], dtype="float64") for n in ("W0", "b0")]
        rule = optimizer(knobs)
        case = {
            "group": "keras_optimizers",
            "kind": "optimizer",
            "name": name,
            "knobs": {"convention": "keras", "precision": "float64", **knobs},
            "file": "keras_optimizers.npz",
            "init": "start",
            "gradients": "gradients",
            "after": {n: f"{name}.{n}" for n in (1, 10, UPDATES)},
            # the torch backend takes the minimum in `clip_by_global_norm` in float32
            "tolerance": 1e-7 if "clip_norm" in knobs else 1e-9,
        }
        if changes:
            case["learning_rate_from"] = changes
        cases.append(case)
        for t in range(1, UPDATES + 1):
            if t in changes:
                rule.learning_rate = changes[t]
            given = [keras.ops.convert_to_tensor(arrays[f"gradients.{n}"][t - 1]) for n in ("W0", "b0")]
            rule.apply(given, weights)
            if t in case["after"]:
                W, b = (keras.ops.convert_to_numpy(w).copy() for w in weights)
                arrays |= prefixed(case["after"][t], {"W0": W, "b0": b})
    keras.config.set_floatx("float32")
    return cases, arrays


def regularizer(knobs):
    """Keras' `kernel_regularizer` for our penalty."""
    size, mix = knobs.get("penalty_strength", 0.0), knobs.get("elastic_mix", 0.0)
    return {
        "none": lambda: None,
        "l1": lambda: keras.regularizers.L1(size),
        "l2": lambda: keras.regularizers.L2(size),
        "elastic_net": lambda: keras.regularizers.L1L2(l1=size * (1 - mix), l2=size * mix),
    }[knobs.get("penalty", "none")]()


def network(knobs, start):
    """The Keras model, its weights set; and our array names in the order of `model.variables`' layers."""
    after = knobs["norm_position"] == "after_activation"
    model, named = keras.Sequential([layers.Input((start["W0"].shape[0],))]), []
    for i, units in enumerate([*knobs["layers"], start[f"W{len(knobs['layers'])}"].shape[1]]):
        dense = layers.Dense(units, use_bias=f"b{i}" in start, kernel_regularizer=regularizer(knobs))
        model.add(dense)
        named.append((f"W{i}", lambda d=dense: d.kernel))
        if f"b{i}" in start:
            named.append((f"b{i}", lambda d=dense: d.bias))
        if i == len(knobs["layers"]):
            break
        norm = normalization(knobs)
        leaky = knobs["activation"] == "leaky_relu"
        activation = layers.LeakyReLU() if leaky else layers.Activation(knobs["activation"])
        for layer in (activation, norm) if after else (norm, activation):
            if layer is not None:
                model.add(layer)
        if norm is not None:
            named += [(f"gamma{i}", lambda n=norm: n.gamma), (f"beta{i}", lambda n=norm: n.beta)]
        if knobs["normalization"] == "batch":
            named.append((f"moving_mean{i}", lambda n=norm: n.moving_mean))
            named.append((f"moving_var{i}", lambda n=norm: n.moving_variance))
    variables = {name: find() for name, find in named}
    for name, variable in variables.items():
        variable.assign(start[name])
    return model, variables


def normalization(knobs):
    """The layer for our knob."""
    if knobs["normalization"] == "batch":
        return layers.BatchNormalization(momentum=knobs["bn_momentum"], epsilon=knobs["norm_epsilon"])
    if knobs["normalization"] == "layer":
        return layers.LayerNormalization(epsilon=knobs["norm_epsilon"])
    return None


class Recorder(keras.callbacks.Callback):
    """After each epoch: both losses in evaluation mode, and the penalty within them."""

    def __init__(self, case, arrays, variables, train):
        super().__init__()
        self.case, self.arrays, self.variables, self.train = case, arrays, variables, train
        self.updates = 0

    def on_train_batch_end(self, batch, logs=None):
        self.updates += 1
        if self.updates in self.case["after"]:
            found = {n: keras.ops.convert_to_numpy(v).copy() for n, v in self.variables.items()}
            self.arrays |= prefixed(self.case["after"][self.updates], found)

    def on_epoch_end(self, epoch, logs=None):
        penalty = sum(float(keras.ops.convert_to_numpy(cost)) for cost in self.model.losses)
        self.case["epochs"].append(
            {
                "train_loss": self.model.evaluate(*self.train, batch_size=40, verbose=0),
                "val_loss": logs["val_loss"],
                "penalty": float(penalty),
                "running_loss": logs["loss"],
            }
        )


def fit(case, arrays):
    """Run `fit` on the case; its snapshots go to `arrays`, its epochs into the case."""
    knobs, problem = case["knobs"], case["data"]
    start = {k[len(case["init"]) + 1 :]: v for k, v in arrays.items() if k.startswith(case["init"] + ".")}
    model, variables = network(knobs, start)
    model.compile(optimizer=optimizer(knobs), loss=LOSSES[knobs["loss"], problem]())
    X, y, X_val, y_val = (arrays[f"{problem}.{n}"] for n in ("X", "y", "X_val", "y_val"))
    if problem == "binary":
        y, y_val = y[:, None], y_val[:, None]
    model.fit(
        X,
        y,
        batch_size=knobs["batch_size"],
        epochs=knobs["epochs"],
        shuffle=False,
        validation_data=(X_val, y_val),
        validation_batch_size=20,
        callbacks=[Recorder(case, arrays, variables, (X, y))],
        verbose=0,
    )


def network_case(name, problem="binary", **knobs):
    """One case of 30 updates, six epochs; knobs override Adam on the usual network."""
    rule = knobs.pop("optimizer", "adam")
    norm = knobs.get("normalization", "none")
    settings = {
        "convention": "keras",
        "precision": "float32",
        "shuffle": False,
        "standardize": False,
        "layers": HIDDEN,
        "activation": "tanh",
        "loss": LOSS_OF[problem],
        "normalization": norm,
        "norm_position": "before_activation",
        "optimizer": rule,
        **OPTIMIZERS[rule],
        "batch_size": 8,
    }
    if norm == "batch":
        settings |= {"bn_momentum": 0.99}
    if norm in ("batch", "layer"):
        settings |= {"norm_epsilon": 1e-3}
    settings |= knobs
    per_epoch = len(batches(40, settings["batch_size"]))
    settings["epochs"] = -(-30 // per_epoch)
    updates = settings["epochs"] * per_epoch
    after = settings["norm_position"] == "after_activation"
    return {
        "group": "keras_networks",
        "kind": "network",
        "name": name,
        "knobs": settings,
        "file": "keras_networks.npz",
        "data": problem,
        "init": f"init.{problem}.{norm}" + ("_after" if after else ""),
        "updates_per_epoch": per_epoch,
        "after": {n: f"{name}.{n}" for n in (1, 10, updates)},
        "epochs": [],
        "tolerance": 2e-4,
    }


def network_cases():
    """Every optimizer × normalization; penalties and the rest one at a time."""
    for norm in ("none", "batch", "layer"):
        for rule in OPTIMIZERS:
            yield network_case(f"{rule}_{norm}", optimizer=rule, normalization=norm)
        yield network_case(f"uneven_{norm}", normalization=norm, batch_size=12)
    for norm in ("batch", "layer"):
        yield network_case(f"after_activation_{norm}", normalization=norm, norm_position="after_activation")
    yield network_case("fast_moving_batch", normalization="batch", bn_momentum=0.8)
    l1 = {"penalty": "l1", "penalty_strength": 0.01, "l1_method": "subgradient"}
    mixed = l1 | {"penalty": "elastic_net", "elastic_mix": 0.3}
    for rule in ("sgd", "adam"):
        yield network_case(f"l2_{rule}", optimizer=rule, penalty="l2", penalty_strength=0.01)
        yield network_case(f"l1_{rule}", optimizer=rule, **l1)
        yield network_case(f"elastic_net_{rule}", optimizer=rule, **mixed)
    yield network_case("l2_batch", normalization="batch", penalty="l2", penalty_strength=0.01)
    yield network_case("decay_sgd", optimizer="sgd", weight_decay=0.05)
    yield network_case("decay_batch", optimizer="sgd", normalization="batch", weight_decay=0.05)
    yield network_case("clip_norm_sgd", optimizer="sgd", clip_norm=0.1)
    yield network_case("leaky_relu", optimizer="sgd", activation="leaky_relu")
    for name in ("relu", "gelu", "elu", "selu", "silu", "softplus", "sigmoid", "linear"):
        yield network_case(name, optimizer="sgd", activation=name)
    for rule in ("sgd", "adam"):
        yield network_case(f"three_{rule}", "three", optimizer=rule)
    for loss in ("squared", "absolute", "huber", "log_cosh"):
        yield network_case(f"{loss}_regression", "regression", optimizer="sgd", loss=loss)


def record_networks():
    """All `fit` runs and their arrays."""
    arrays = {k: v.astype(np.float32) if v.dtype == np.float64 else v for k, v in data().items()}
    cases = list(network_cases())
    for case in cases:
        if not any(key.startswith(case["init"] + ".") for key in arrays):
            norm, after = case["knobs"]["normalization"], case["init"].endswith("_after")
            start = initial_weights(OUTPUTS[case["data"]], norm, after)
            arrays |= prefixed(case["init"], {k: v.astype(np.float32) for k, v in start.items()})
        fit(case, arrays)
    return cases, arrays


class StandIn:
    """What a callback sees of a model; its only weight is the epoch after which it stands."""

    stop_training = False
    metrics = ()

    def __init__(self, rate=0.1):
        self.weights = [-1]
        self.optimizer = keras.optimizers.SGD(rate)

    def get_weights(self):
        """The current weights."""
        return list(self.weights)

    def set_weights(self, weights):
        """Put earlier weights back."""
        self.weights = list(weights)


def record_early_stopping():
    """Keras' callback on hand-made sequences."""
    defaults = {
        "monitor": "val_loss",
        "min_delta": 0.0,
        "patience": 2,
        "mode": "auto",
        "baseline": None,
        "start_from_epoch": 0,
        "restore_best_weights": True,
    }
    cases = []
    for name, (changes, sequence) in SEQUENCES.items():
        knobs = defaults | changes
        stopping, model = keras.callbacks.EarlyStopping(**knobs), StandIn()
        stopping.set_model(model)
        stopping.on_train_begin()
        stopped_at = None
        for epoch, value in enumerate(sequence):
            model.weights = [epoch]
            stopping.on_epoch_end(epoch, {"val_loss": value})
            if model.stop_training:
                stopped_at = epoch
                break
        stopping.on_train_end()
        case = {"group": "keras_early_stopping", "kind": "early_stopping", "name": name}
        case |= {"knobs": {"convention": "keras", "early_stopping": True, **knobs}, "sequence": sequence}
        case |= {"stopped_at": stopped_at, "best_epoch": stopping.best_epoch, "best": stopping.best}
        cases.append(case | {"weights_of": model.weights[0]})
    return cases, {}


def record_schedules():
    """Learning rates, one an epoch, under Keras' ReduceLROnPlateau."""
    keras.config.set_floatx("float64")
    cases = []
    for patience in (0, 1, 2, 3):
        plateau, model = keras.callbacks.ReduceLROnPlateau(factor=0.1, patience=patience), StandIn()
        plateau.set_model(model)
        plateau.on_train_begin()
        rates = []
        for epoch, value in enumerate(PLATEAU):
            rates.append(float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)))
            plateau.on_epoch_end(epoch, {"val_loss": value})
        knobs = {"convention": "keras", "optimizer": "sgd", "learning_rate": 0.1, "epochs": len(PLATEAU)}
        knobs |= {"schedule": "plateau", "schedule_gamma": 0.1, "schedule_patience": patience}
        case = {"group": "keras_schedules", "kind": "schedule", "name": f"plateau_{patience}", "knobs": knobs}
        cases.append(case | {"learning_rates": rates, "sequence": PLATEAU})
    keras.config.set_floatx("float32")
    return cases, {}


def record():
    """All of Keras' groups, by file."""
    return {
        "keras_optimizers.npz": record_optimizers(),
        "keras_networks.npz": record_networks(),
        "keras_early_stopping": record_early_stopping(),
        "keras_schedules": record_schedules(),
    }
