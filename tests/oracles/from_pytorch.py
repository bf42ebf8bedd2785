"""Records PyTorch: networks, optimizers driven with given gradients, learning-rate schedules."""

import torch
from problem import HIDDEN, OUTPUTS, UPDATES, batches, data, gradients, initial_weights, prefixed
from torch import nn

# our knobs per optimizer: PyTorch's own values, learning rates raised where 160 updates would hardly move
OPTIMIZERS = {
    "sgd": {"learning_rate": 0.1},
    "momentum": {"learning_rate": 0.05, "momentum": 0.9},
    "nesterov": {"learning_rate": 0.05, "momentum": 0.9},
    "adagrad": {"learning_rate": 0.05, "epsilon": 1e-10},
    "adadelta": {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6},
    "rmsprop": {"learning_rate": 0.01, "rho": 0.99, "epsilon": 1e-8},
    "adam": {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "amsgrad": {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "adamw": {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.01},
    "adamax": {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "nadam": {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8},
    "rprop": {"learning_rate": 0.01},
}
BUILD = {
    "sgd": lambda p, k, c: torch.optim.SGD(p, **c),
    "momentum": lambda p, k, c: torch.optim.SGD(p, momentum=k["momentum"], **c),
    "nesterov": lambda p, k, c: torch.optim.SGD(p, momentum=k["momentum"], nesterov=True, **c),
    "adagrad": lambda p, k, c: torch.optim.Adagrad(p, eps=k["epsilon"], **c),
    "adadelta": lambda p, k, c: torch.optim.Adadelta(p, rho=k["rho"], eps=k["epsilon"], **c),
    "rmsprop": lambda p, k, c: torch.optim.RMSprop(p, alpha=k["rho"], eps=k["epsilon"], **c),
    "adam": lambda p, k, c: torch.optim.Adam(p, betas=betas(k), eps=k["epsilon"], **c),
    "amsgrad": lambda p, k, c: torch.optim.Adam(p, betas=betas(k), eps=k["epsilon"], amsgrad=True, **c),
    "adamw": lambda p, k, c: torch.optim.AdamW(
        p, betas=betas(k), eps=k["epsilon"], **(c | {"weight_decay": k["weight_decay"]})
    ),
    "adamax": lambda p, k, c: torch.optim.Adamax(p, betas=betas(k), eps=k["epsilon"], **c),
    "nadam": lambda p, k, c: torch.optim.NAdam(p, betas=betas(k), eps=k["epsilon"], **c),
    "rprop": lambda p, k, c: torch.optim.Rprop(p, lr=k["learning_rate"]),
}
ACTIVATIONS = {
    "linear": nn.Identity(),
    "sigmoid": nn.Sigmoid(),
    "tanh": nn.Tanh(),
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(0.01),
    "elu": nn.ELU(),
    "selu": nn.SELU(),
    "gelu": nn.GELU(),
    "silu": nn.SiLU(),
    "softplus": nn.Softplus(),
    "mish": nn.Mish(),
}
LOSSES = {
    ("squared", "regression"): nn.MSELoss(),
    ("absolute", "regression"): nn.L1Loss(),
    ("huber", "regression"): nn.HuberLoss(),
    ("cross_entropy", "binary"): nn.BCEWithLogitsLoss(),
    ("cross_entropy", "three"): nn.CrossEntropyLoss(),
}
LOSS_OF = {"regression": "squared", "binary": "cross_entropy", "three": "cross_entropy"}


def betas(knobs):
    """PyTorch's pair."""
    return knobs["beta1"], knobs["beta2"]


def optimizer(parameters, knobs):
    """PyTorch's optimizer for our knobs; an L2 penalty is its coupled `weight_decay`."""
    common = {"lr": knobs["learning_rate"]}
    if knobs.get("penalty") == "l2":
        common["weight_decay"] = knobs["penalty_strength"]
    return BUILD[knobs["optimizer"]](parameters, knobs, common)


class Network(nn.Module):
    """Dense → normalization → activation for each hidden layer (or normalization last), then a Dense."""

    def __init__(self, knobs, arrays):
        super().__init__()
        self.dense, self.norm = nn.ModuleList(), nn.ModuleList()
        self.activation = ACTIVATIONS[knobs["activation"]]
        self.after = knobs["norm_position"] == "after_activation"
        for i in range(len(knobs["layers"]) + 1):
            fan_in, units = arrays[f"W{i}"].shape
            dense = nn.Linear(fan_in, units, bias=f"b{i}" in arrays)
            if f"scale{i}" in arrays:
                nn.utils.parametrizations.weight_norm(dense)
            self.dense.append(dense)
            if i < len(knobs["layers"]):
                self.norm.append(normalization(knobs, units))
        self.exchange(arrays, load=True)

    def forward(self, x):
        for dense, norm in zip(self.dense, self.norm, strict=False):
            x = norm(self.activation(dense(x))) if self.after else self.activation(norm(dense(x)))
        return self.dense[-1](x)

    def tensors(self):
        """Our array names → the module's tensors."""
        found = {}
        for i, dense in enumerate(self.dense):
            if nn.utils.parametrize.is_parametrized(dense):
                weight = dense.parametrizations.weight
                found |= {f"scale{i}": weight.original0, f"W{i}": weight.original1}
            else:
                found[f"W{i}"] = dense.weight
            if dense.bias is not None:
                found[f"b{i}"] = dense.bias
        for i, norm in enumerate(self.norm):
            if not isinstance(norm, nn.Identity):
                found |= {f"gamma{i}": norm.weight, f"beta{i}": norm.bias}
            if isinstance(norm, nn.BatchNorm1d):
                found |= {f"moving_mean{i}": norm.running_mean, f"moving_var{i}": norm.running_var}
        return found

    def exchange(self, arrays=None, load=False, grad=False):
        """Load arrays, or give copies of the weights or of their gradients."""
        result = {}
        for name, tensor in self.tensors().items():
            if load:
                value = torch.tensor(arrays[name])
                tensor.data.copy_(value.T if name[0] == "W" else value.reshape(tensor.shape))
                continue
            if grad and tensor.grad is None:
                continue
            value = (tensor.grad if grad else tensor.detach()).numpy()
            result[name] = (value.T if name[0] == "W" else value.reshape(-1)).copy()
        return result


def normalization(knobs, units):
    """The layer's normalization; weight normalization sits in the Dense itself."""
    if knobs["normalization"] == "batch":
        return nn.BatchNorm1d(units, eps=knobs["norm_epsilon"], momentum=knobs["bn_momentum"])
    if knobs["normalization"] == "layer":
        return nn.LayerNorm(units, eps=knobs["norm_epsilon"])
    return nn.Identity()


def train(case, arrays):
    """Train the case's network; add its snapshots to `arrays` and its losses to the case."""
    knobs, problem, name = case["knobs"], case["data"], case["name"]
    start = {k[len(case["init"]) + 1 :]: v for k, v in arrays.items() if k.startswith(case["init"] + ".")}
    model = Network(knobs, start)
    loss = LOSSES[knobs["loss"], problem]
    X, y = torch.tensor(arrays[f"{problem}.X"]), torch.tensor(arrays[f"{problem}.y"])
    y = y.double()[:, None] if problem == "binary" else y
    rule = optimizer(model.parameters(), knobs)
    slices = batches(len(X), knobs["batch_size"])
    schedule = None
    if knobs.get("schedule") == "step":
        schedule = torch.optim.lr_scheduler.StepLR(rule, knobs["schedule_every"], knobs["schedule_gamma"])
    updates = 0
    while updates < max(case["after"]):
        for part in slices:
            model.train()
            rule.zero_grad()
            loss(model(X[part]), y[part]).backward()
            if updates == 0 and "gradient" in case:
                arrays.update(prefixed(case["gradient"], model.exchange(grad=True)))
            if knobs.get("clip_norm"):
                nn.utils.clip_grad_norm_(model.parameters(), knobs["clip_norm"])
            rule.step()
            updates += 1
            if updates in case["after"]:
                arrays.update(prefixed(f"{name}.{updates}", model.exchange()))
                case["loss"][updates] = evaluate(model, loss, X, y)
        if schedule:
            schedule.step()


@torch.no_grad()
def evaluate(model, loss, X, y):
    """The loss in evaluation mode."""
    return loss(model.eval()(X), y).item()


def network_case(name, problem="binary", updates=(1, 10, UPDATES), gradient=False, **knobs):
    """One case; knobs override Adam on the usual network."""
    rule = knobs.pop("optimizer", "adam")
    norm = knobs.get("normalization", "none")
    settings = {
        "convention": "pytorch",
        "precision": "float64",
        "shuffle": False,
        "standardize": False,
        "layers": HIDDEN,
        "activation": "tanh",
        "loss": LOSS_OF[problem],
        "normalization": norm,
        "norm_position": "before_activation",
        "optimizer": rule,
        **OPTIMIZERS[rule],
        "batch_size": 0 if rule == "rprop" else 8,
    }
    if norm == "batch":
        settings |= {"bn_momentum": 0.1}
    if norm in ("batch", "layer"):
        settings |= {"norm_epsilon": 1e-5}
    settings |= knobs
    per_epoch = len(batches(40, settings["batch_size"]))
    settings["epochs"] = -(-max(updates) // per_epoch)
    after = settings["norm_position"] == "after_activation"
    case = {
        "group": "pytorch_networks",
        "kind": "network",
        "name": name,
        "knobs": settings,
        "file": "pytorch_networks.npz",
        "data": problem,
        "init": f"init.{problem}.{norm}" + ("_after" if after else ""),
        "updates_per_epoch": per_epoch,
        "after": {n: f"{name}.{n}" for n in updates},
        "loss": {},
        "tolerance": 1e-9,
    }
    return case | ({"gradient": f"{name}.gradient"} if gradient else {})


def network_cases():
    """Every optimizer × normalization; penalties, clipping, activations, losses one at a time."""
    for norm in ("none", "batch", "layer"):
        for rule in OPTIMIZERS:
            # noisy targets keep Rprop's growing steps from saturating the network
            problem = "regression" if rule == "rprop" else "binary"
            yield network_case(f"{rule}_{norm}", problem, optimizer=rule, normalization=norm)
        yield network_case(f"uneven_{norm}", normalization=norm, batch_size=12)
    yield network_case("adam_weight", normalization="weight")
    yield network_case("momentum_weight", optimizer="momentum", normalization="weight")
    for norm in ("batch", "layer"):
        yield network_case(f"after_activation_{norm}", normalization=norm, norm_position="after_activation")
    for rule in ("sgd", "adam", "adagrad"):
        yield network_case(f"l2_{rule}", optimizer=rule, penalty="l2", penalty_strength=0.03)
    yield network_case("l2_batch", normalization="batch", penalty="l2", penalty_strength=0.03)
    yield network_case("clip_norm_sgd", optimizer="sgd", clip_norm=0.1)
    yield network_case("clip_norm_adam", clip_norm=0.1)
    # the coupled decay is added by the optimizer, hence after clipping
    yield network_case("clip_norm_l2", optimizer="sgd", clip_norm=0.1, penalty="l2", penalty_strength=0.03)
    yield network_case("step_momentum", optimizer="momentum", schedule="step", schedule_gamma=0.1, schedule_every=10)
    for rule in ("sgd", "adam", "rmsprop"):
        yield network_case(f"three_{rule}", "three", optimizer=rule)
    for rule in ("momentum", "adam"):
        yield network_case(f"regression_{rule}", "regression", optimizer=rule)
    for name in ACTIVATIONS:
        yield network_case(f"activation_{name}", updates=(1, 10), gradient=True, activation=name)
    for loss, problem in LOSSES:
        yield network_case(f"loss_{loss}_{problem}", problem, (1, 10), gradient=True, loss=loss)


def record_networks():
    """All network cases and their arrays."""
    arrays = data()
    cases = list(network_cases())
    for case in cases:
        if not any(key.startswith(case["init"] + ".") for key in arrays):
            norm, after = case["knobs"]["normalization"], case["init"].endswith("_after")
            arrays |= prefixed(case["init"], initial_weights(OUTPUTS[case["data"]], norm, after))
        train(case, arrays)
    return cases, arrays


def record_optimizers():
    """Each optimizer driven with the same given gradients; two also with a change of the learning rate."""
    arrays, cases = gradients(), []
    runs = [(rule, {"optimizer": rule, **OPTIMIZERS[rule]}, {}) for rule in OPTIMIZERS]
    for rule in ("momentum", "nesterov"):
        runs.append((f"{rule}_slower", {"optimizer": rule, **OPTIMIZERS[rule]}, {81: 0.005}))
    for name, knobs, changes in runs:
        weights = [torch.tensor(arrays[f"start.{n}"], requires_grad=True) for n in ("W0", "b0")]
        rule = optimizer(weights, knobs)
        case = {
            "group": "pytorch_optimizers",
            "kind": "optimizer",
            "name": name,
            "knobs": {"convention": "pytorch", "precision": "float64", **knobs},
            "file": "pytorch_optimizers.npz",
            "init": "start",
            "gradients": "gradients",
            "after": {n: f"{name}.{n}" for n in (1, 10, UPDATES)},
            "tolerance": 1e-9,
        }
        if changes:
            case["learning_rate_from"] = changes
        cases.append(case)
        for t in range(1, UPDATES + 1):
            if t in changes:
                rule.param_groups[0]["lr"] = changes[t]
            for weight, n in zip(weights, ("W0", "b0"), strict=True):
                weight.grad = torch.tensor(arrays[f"gradients.{n}"][t - 1])
            rule.step()
            if t in case["after"]:
                W, b = (w.detach().numpy().copy() for w in weights)
                arrays |= prefixed(case["after"][t], {"W0": W, "b0": b})
    return cases, arrays


# the thresholds of both libraries are met exactly, just missed and just passed
PLATEAU = [1.0, 0.8, 0.8, 0.79995, 0.79993, 0.79991, 0.5, 0.6, 0.49998, 0.7, 0.4999, 0.55]
PLATEAU += [0.4, 0.41, 0.42, 0.4, 0.4]


def record_schedules():
    """Learning rates, one an epoch, under PyTorch's schedulers."""
    schedulers = torch.optim.lr_scheduler
    common = {"convention": "pytorch", "optimizer": "sgd", "learning_rate": 0.1, "epochs": 40}
    rows = {
        "step": ({"schedule_gamma": 0.5, "schedule_every": 10}, lambda o: schedulers.StepLR(o, 10, 0.5)),
        "exponential": ({"schedule_gamma": 0.9}, lambda o: schedulers.ExponentialLR(o, 0.9)),
        "cosine": ({}, lambda o: schedulers.CosineAnnealingLR(o, 40)),
    }
    for patience in (0, 1, 2):
        rows[f"plateau_{patience}"] = (
            {"schedule_gamma": 0.1, "schedule_patience": patience},
            lambda o, p=patience: schedulers.ReduceLROnPlateau(o, factor=0.1, patience=p),
        )
    cases = []
    for name, (knobs, build) in rows.items():
        rule = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        schedule, rates = build(rule), []
        plateau = name.startswith("plateau")
        for epoch in range(len(PLATEAU) if plateau else 40):
            rates.append(rule.param_groups[0]["lr"])
            rule.step()
            schedule.step(*([PLATEAU[epoch]] if plateau else []))
        settings = common | {"schedule": name.split("_")[0], **knobs, "epochs": len(rates)}
        case = {"group": "pytorch_schedules", "kind": "schedule", "name": name, "knobs": settings}
        cases.append(case | {"learning_rates": rates} | ({"sequence": PLATEAU} if plateau else {}))
    return cases, {}


def record():
    """All of PyTorch's groups, by file."""
    # with the default of float32, NAdam keeps its product of μ in float32 and is right to 1e-7 only
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    recorded = {
        "pytorch_networks.npz": record_networks(),
        "pytorch_optimizers.npz": record_optimizers(),
        "pytorch_schedules": record_schedules(),
    }
    torch.set_default_dtype(torch.float32)
    return recorded
