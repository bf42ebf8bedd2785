"""Records what PyTorch, Keras and scikit-learn compute, for tests that must agree with them.

Run it again only to change or add cases; the tests need nothing but the recorded files. Its libraries are no
dependencies of the project and live in an environment of their own:

    python3 -m venv oracle-env
    oracle-env/bin/pip install torch==2.13.0 keras==3.15.1 scikit-learn==1.9.1
    oracle-env/bin/python tests/oracles/record.py

What lies here afterwards:

    index.json               every case, one a line
    pytorch_networks.npz     whole networks trained by PyTorch, float64
    pytorch_optimizers.npz   PyTorch's optimizers driven with given gradients, float64
    keras_networks.npz       `fit` runs of Keras, float32, on its torch backend
    keras_optimizers.npz     Keras' optimizers driven with given gradients, float64
    sklearn_linear.npz       Lasso, Ridge and ElasticNet on the standardised diabetes table
    sklearn_paths.npz        lasso_path, enet_path and Ridge along 30 values of alpha, on the standardised table
    sklearn_sweep.npz        Ridge cross-validated over α, and its learning curve, on the diabetes table

A case is a dict with `group`, `kind`, `name` and `knobs`: the project's own knobs, from which a test builds
the experiment as it stands. What else it has depends on its kind. `file` names its NPZ, prefixes join array
names by a dot; `tolerance` is the relative agreement to ask for. `recorded.py` reads them.

network         `data` and `init` are prefixes (`binary.X`, `init.binary.batch.W0`); `after` maps the number
                of updates made to a prefix; `loss` maps it to the loss without penalty over the training set
                in evaluation mode; `gradient` (some) is the prefix of the first batch's gradient. Keras' have
                `epochs`, a dict an epoch: `train_loss` and `val_loss` in evaluation mode at its end, both
                with the penalty; `penalty`; and `running_loss`, the mean over the batches while training,
                which is what `fit` prints. Their floats are stored as Keras used them, in float32.
optimizer       `init` and `gradients` are prefixes, the latter's arrays have a row an update; `after` as
                above; `learning_rate_from` (some) maps an update, counted from 1, to the learning rate from
                there on.
early_stopping  `sequence`, the monitored values; `stopped_at` (null: never), `best_epoch`, `best`, and
                `weights_of`, the epoch at whose end the final weights stood. Epochs count from 0.
schedule        `learning_rates`, one an epoch; a plateau's `sequence` are the values at the epochs' ends.
linear          `data` is the prefix of X and y; `solution` that of W0 and b0, solved to 1e-12.
path            `data` as above; `solution` is the prefix of `strengths` (λ, falling), `alphas` and
                `coefficients` (values × features).
sweep           mean squared errors by fold (rows, KFold without shuffling) and α (columns): `ridge.train`,
                `ridge.val`; `curve.train` and `curve.val` by fold and share of the training rows. `best`, and
                `simplest` within one standard error of it: places in `alphas`.

Batches run in file order; there is no shuffling, no dropout, no standardisation. A hidden Dense has no bias
directly before batch normalization; weight normalization is on hidden layers only. The JSON may hold NaN.
"""

import json
from pathlib import Path

import from_keras
import from_pytorch
import from_sklearn
import numpy as np

HERE = Path(__file__).parent


def main() -> None:
    """Record all groups and write them beside this file."""
    cases = []
    for library in (from_pytorch, from_keras, from_sklearn):
        for file, (found, arrays) in library.record().items():
            cases += found
            if arrays:
                np.savez_compressed(HERE / file, **arrays)
            print(f"{file}: {len(found)} cases, {len(arrays)} arrays")
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "index.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
