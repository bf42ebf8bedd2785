"""Records scikit-learn's linear models on its diabetes table, inputs standardised, targets as they are."""

from problem import prefixed
from sklearn.datasets import load_diabetes
from sklearn.linear_model import ElasticNet, Lasso, Ridge
from sklearn.preprocessing import StandardScaler


def record():
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
