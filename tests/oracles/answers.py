"""Records scikit-learn's judgements of made-up answers: confusion, precision, recall, accuracy and calibration.

Run it again only to change or add cases, in the environment that ``record.py`` tells of:

    oracle-env/bin/python tests/oracles/answers.py

sklearn_answers.npz has, for two classes and for four, ``targets``, ``probabilities``, ``confusion``, ``precision``,
``recall``, ``accuracy``, ``log_loss``, and the calibration curve of the answers'
confidence: ``confidence`` and ``right`` of the bins that are not empty, of ten from 0 to 1. ``values.*`` has targets,
predictions and scores of a regression.
"""

from pathlib import Path

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve

HERE = Path(__file__).parent


def judged(count: int, samples: int) -> dict[str, np.ndarray]:
    """Answers that are right about two times in three, one class of several never answered."""
    rng = np.random.default_rng(count)
    targets = rng.integers(0, count, samples)
    logits = rng.normal(size=(samples, count)) + 1.2 * (targets[:, np.newaxis] == np.arange(count))
    if count > 2:
        logits[:, -1] -= 20
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    predicted = probabilities.argmax(axis=1)
    scores = {"labels": np.arange(count), "average": None, "zero_division": np.nan}
    right, confidence = calibration_curve(predicted == targets, probabilities.max(axis=1), n_bins=10)
    return {
        "targets": targets,
        "probabilities": probabilities,
        "confusion": metrics.confusion_matrix(targets, predicted, labels=np.arange(count)),
        "precision": metrics.precision_score(targets, predicted, **scores),
        "recall": metrics.recall_score(targets, predicted, **scores),
        "accuracy": metrics.accuracy_score(targets, predicted),
        "log_loss": metrics.log_loss(targets, probabilities, labels=np.arange(count)),
        "confidence": confidence,
        "right": right,
    }


def valued() -> dict[str, np.ndarray]:
    """A regression whose answers are a little too high."""
    rng = np.random.default_rng(5)
    targets = rng.normal(size=(60, 1))
    predicted = targets + 0.4 * rng.normal(size=(60, 1)) + 0.1
    return {
        "targets": targets,
        "predicted": predicted,
        "rmse": metrics.root_mean_squared_error(targets, predicted),
        "r2": metrics.r2_score(targets, predicted),
    }


def main() -> None:
    """Record all, and write it beside this file."""
    found = {"two": judged(2, 120), "four": judged(4, 300), "values": valued()}
    arrays = {f"{name}.{key}": np.asarray(array) for name, case in found.items() for key, array in case.items()}
    np.savez_compressed(HERE / "sklearn_answers.npz", **arrays)


if __name__ == "__main__":
    main()
