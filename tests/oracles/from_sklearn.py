"""Records scikit-learn's linear models on its diabetes table, inputs standardised, targets as they are."""

import numpy as np
from problem import prefixed
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet, Lasso, Ridge, enet_path, lasso_path
from sklearn.model_selection import KFold, cross_validate, learning_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ALPHAS = (0.5, 5.0, 50.0, 150.0, 500.0)
SHARES = (0.2, 0.25, 0.4, 0.7)  # of 353 and of 354 rows, the whole part is the same
FOLDS = 5


def record():
    """What is recorded, by file."""
    return record_linear() | record_sweep() | record_paths()


def record_sweep():
    """Ridge in a cross-validation over α, and its learning curve: squared errors, a row a fold."""
    X, y = load_diabetes(return_X_y=True)
    folds = {"cv": KFold(FOLDS), "scoring": "neg_mean_squared_error"}

    def cross(alpha):
        model = make_pipeline(StandardScaler(), Ridge(alpha))
        found = cross_validate(model, X, y, return_train_score=True, **folds)
        return -found["train_score"], -found["test_score"]

    train, val = (np.stack(found, axis=1) for found in zip(*map(cross, ALPHAS), strict=True))
    _, *curve = learning_curve(make_pipeline(StandardScaler(), Ridge(50)), X, y, train_sizes=SHARES, **folds)
    mean, error = val.mean(axis=0), val.std(axis=0, ddof=1) / np.sqrt(FOLDS)
    within = np.flatnonzero(mean <= mean.min() + error[mean.argmin()])
    case = {"group": "sklearn_sweep", "kind": "sweep", "name": "ridge", "file": "sklearn_sweep.npz", "data": "diabetes"}
    case |= {"alphas": ALPHAS, "shares": SHARES, "folds": FOLDS, "tolerance": 1e-5, "curve_alpha": 50.0}
    case |= {"best": int(mean.argmin()), "simplest": int(within.max())}
    arrays = {"diabetes.X": X, "diabetes.y": y, "ridge.train": train, "ridge.val": val}
    arrays |= {"curve.train": -curve[0].T, "curve.val": -curve[1].T}
    return {"sklearn_sweep.npz": ([case], arrays)}


def record_paths():
    """lasso_path, enet_path and Ridge at 30 values of alpha each, as λ of the Keras convention, falling."""
    X, y = load_diabetes(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    tight = {"alphas": 30, "tol": 1e-14, "max_iter": 1_000_000}
    n, middle = len(X), y - y.mean()
    alphas, lasso, _ = lasso_path(X, middle, **tight)
    mixed, net, _ = enet_path(X, middle, l1_ratio=0.5, **tight)
    shrunk = np.geomspace(1e4, 1e-1, 30)
    ridge = np.array([Ridge(alpha).fit(X, y).coef_ for alpha in shrunk])
    # l1: 2·alpha. l2: alpha/n. Elastic net: 2·alpha·l1_ratio = λ(1 − α) with l1_ratio = 0.5 and α = 1/3
    found = {"l1": (2 * alphas, alphas, lasso.T), "l2": (shrunk / n, shrunk, ridge)}
    found["elastic_net"] = 1.5 * mixed, mixed, net.T
    cases, arrays = [], {"diabetes.X": X, "diabetes.y": y}
    for penalty, (strengths, scikits, coefficients) in found.items():
        arrays |= prefixed(penalty, {"strengths": strengths, "alphas": scikits, "coefficients": coefficients})
        knobs = {"convention": "keras", "standardize": False, "penalty": penalty, "elastic_mix": 1 / 3}
        case = {"group": "sklearn_paths", "kind": "path", "name": penalty, "knobs": knobs}
        cases.append(case | {"file": "sklearn_paths.npz", "data": "diabetes", "solution": penalty, "tolerance": 1e-8})
    return {"sklearn_paths.npz": (cases, arrays)}


def record_linear():
    """Lasso(0.1), Ridge(50), ElasticNet(0.1, l1_ratio=0.5), each as knobs of two conventions.

    Ours minimise 1/n‖y − Xw‖² + cost: twice the objective of Lasso and ElasticNet, 1/n of Ridge's.
    """
    X, y = load_diabetes(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    n = len(X)
    tight = {"tol": 1e-14, "max_iter": 1_000_000}
    models = {
        "lasso": Lasso(0.1, **tight),
        "ridge": Ridge(50),
        "elastic_net": ElasticNet(0.1, l1_ratio=0.5, **tight),
    }
    # elastic net: 2·a·r = λ(1 − α) and a(1 − r) = λα with a = 0.1, r = 0.5
    mixed = {"penalty": "elastic_net", "penalty_strength": 0.15, "elastic_mix": 1 / 3}
    penalties = {
        ("lasso", "keras"): {"penalty": "l1", "penalty_strength": 0.2},
        ("lasso", "lecture"): {"penalty": "l1", "penalty_strength": 0.4 * n},
        ("ridge", "keras"): {"penalty": "l2", "penalty_strength": 50 / n},
        ("ridge", "lecture"): {"penalty": "l2", "penalty_strength": 100.0},
        ("elastic_net", "keras"): mixed,
        ("elastic_net", "lecture"): mixed,
    }
    arrays, cases = {"diabetes.X": X, "diabetes.y": y}, []
    for name, model in models.items():
        model.fit(X, y)
        arrays |= prefixed(name, {"W0": model.coef_.reshape(-1, 1), "b0": model.intercept_.reshape(-1)})
    for (name, convention), knobs in penalties.items():
        settings = {"convention": convention, "precision": "float64", "layers": [], "loss": "squared"}
        case = {"group": "sklearn_linear", "kind": "linear", "name": f"{name}_{convention}"}
        case |= {"knobs": settings | {"standardize": False} | knobs, "file": "sklearn_linear.npz"}
        cases.append(case | {"data": "diabetes", "solution": name, "tolerance": 1e-5})
    return {"sklearn_linear.npz": (cases, arrays)}
