"""JSON as a table: a list of records, lines of them, or a list a column."""

from __future__ import annotations

import json
from typing import Any

from playground.model.dataset import DataError
from playground.model.reading import spreadsheet
from playground.model.reading.table import Table
from playground.model.reading.text import Text

MOST_BYTES = 300_000_000
EXPECTED = "expected a list of records, [{“name”: value, …}, …]".replace("“", '"').replace("”", '"')


def read(text: Text) -> Table:
    """Records as a table; names in the order in which they first come. Raises DataError."""
    if len(text.content) > MOST_BYTES:
        raise DataError(f"is larger than {MOST_BYTES / 1e6:.0f} MB, the most that is read of a JSON")
    records = _records(_parsed(text.content))
    names = list(dict.fromkeys(name for record in records for name in record))
    for record in records:
        for name, value in record.items():
            if isinstance(value, (dict, list)):
                raise DataError(f"'{name}' holds lists or further records; every value must be a number or text")
    rows: list[list[Any]] = [names, *([record.get(name) for name in names] for record in records)]
    return spreadsheet.table(rows, "on", "record")._replace(place=lambda row: f"record {row + 1}")


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except RecursionError:
        raise DataError("is nested too deeply") from None
    except ValueError as error:
        if content.lstrip().startswith(b"{"):
            try:
                return [json.loads(line) for line in content.splitlines() if line.strip()]
            except (ValueError, RecursionError):
                pass
        raise DataError(f"is not valid JSON: {error}") from None


def _records(found: Any) -> list[dict[str, Any]]:
    if isinstance(found, dict) and isinstance(found.get("data"), list):
        found = found["data"]
    if isinstance(found, dict) and found and all(isinstance(column, list) for column in found.values()):
        sizes = {len(column) for column in found.values()}
        if len(sizes) != 1:
            raise DataError("has columns of different lengths")
        found = [dict(zip(found, row)) for row in zip(*found.values())]
    if not isinstance(found, list) or not found or not all(isinstance(record, dict) for record in found):
        raise DataError(f"holds no records; {EXPECTED}")
    return found
