"""Reads and writes datasets: whatever reading/ opens, and CSV, NPZ and Excel to write.

Nothing of reading/ but its flags is imported before a file is opened or written.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playground.model import npz, saving
from playground.model.dataset import DataError, Dataset
from playground.model.progress import Progress, silent
from playground.model.reading.flags import from_texts


def read(
    path: str | Path,
    task: str | None = None,
    target: str | None = None,
    progress: Progress = silent,
    **flags: Any,
) -> Dataset:
    """The dataset in a file. Flags say what reading would guess (reading/flags.py).

    Raises DataError: one line that names the file, the place, what was found and what is accepted.
    """
    from playground.model.reading.reading import open_file

    return open_file(path, from_texts({"task": task, "target": target, **flags}), progress).dataset


def write(dataset: Dataset, path: str | Path) -> str:
    """Write a dataset as CSV, NPZ or Excel, as the path ends; what must be said to read it again as it is, or "".

    Raises DataError or OSError, the old file kept.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".npz":
        npz.write(dataset, path)
        return ""
    from playground.model.reading.export import WRITERS, hint

    if suffix not in WRITERS:
        raise DataError(f"{path}: ends in '{suffix}'; .csv, .npz and .xlsx can be written")
    if dataset.targets.ndim == 2 and dataset.outputs > 1:
        raise DataError(f"{path}: a table has one target column; write several targets as .npz")
    saving.replace_file(path, lambda file: WRITERS[suffix](dataset, file))
    return hint(dataset)
