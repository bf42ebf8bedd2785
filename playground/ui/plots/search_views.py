"""What is drawn of a search: which quantities, how, and by which of them the best is best."""

from __future__ import annotations

from playground.training.findings import VARIANCE, Found
from playground.ui.plots.search_chart import Drawn, View

VIEWS = {
    "data": View(
        (
            Drawn("train_data", "training", "training"),
            Drawn("val_data", "validation", "validation", is_dashed=True, has_band=True),
        ),
        "loss, data term",
        "val_data",
    ),
    "loss": View(
        (
            Drawn("train_loss", "training", "training"),
            Drawn("val_loss", "validation", "validation", is_dashed=True, has_band=True),
        ),
        "loss with penalty",
        "val_loss",
    ),
    "metric": View(
        (
            Drawn("train_metric", "training", "training"),
            Drawn("val_metric", "validation", "validation", is_dashed=True, has_band=True),
        ),
        "metric",
        "val_metric",
        is_metric=True,
    ),
}
WRONG = "wrong"
ERRORS = (("data", "Loss"), (WRONG, "Wrong answers"))
SHOWN = (("data", "Data term"), ("loss", "With penalty"), ("metric", "Metric"))
VARIANCES = View(
    (
        Drawn("error", "error", "text", width=1.25),
        Drawn("bias2", "bias²", "classes"),
        Drawn("variance", "variance", "validation", is_dashed=True),
        Drawn("noise", "noise", "muted", width=0.5),
    ),
    "error",
    "error",
    is_linear=True,
)


def view_of(found: Found, shown: str) -> View:
    """How what was found is drawn. shown: a key of SHOWN, or of bias and variance of ERRORS."""
    is_values = not found.experiment.dataset.is_classification
    if found.asked.kind == VARIANCE:
        if shown == WRONG and not is_values:
            lines = tuple(line._replace(quantity=f"zero_one_{line.quantity}") for line in VARIANCES.lines)
            return VARIANCES._replace(lines=lines, up="wrong answers", decides="zero_one_error")
        return VARIANCES._replace(up="squared error" if is_values else "loss")
    view = VIEWS.get(shown, VIEWS["data"])
    return view._replace(up="R²" if is_values else "accuracy") if view.is_metric else view
