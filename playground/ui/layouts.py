"""Layouts: ready arrangements of the window, one row each, and what a hand has changed of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from playground.training.snapshot import NOTHING
from playground.ui.panels import FIRST
from playground.ui.stage import PLANE

LONGEST = 100_000  # pixels; what is more was never a layout
Sizes = Mapping[str, int]


class Layout(NamedTuple):
    """An arrangement.

    tab: the key of the panel under the loss; the first that there is is taken. view: of the stage's view. planes: how
    many stand side by side. heights: the shares of the right column. widths: of the columns in pixels, empty for a
    square plane.
    """

    key: str
    title: str
    tab: tuple[str, ...]
    view: str = PLANE
    planes: int = 1
    heights: Sizes = {FIRST: 10, "slot": 10}
    widths: Sizes = NOTHING


LAYOUTS = (
    Layout("essentials", "Essentials", ("why", "norms")),
    Layout("batchnorm", "BatchNorm", ("norms",), heights={FIRST: 9, "slot": 13}),
    Layout("optimizers", "Optimizers", ("optimizer", "runs", "norms"), heights={FIRST: 9, "slot": 13}),
    Layout("compare", "Compare", ("runs", "why", "norms"), planes=4),
    Layout("inside", "See inside", ("weights", "why"), view="network"),
)


class Changes:
    """What a hand has changed of each layout, by key. It is kept as text, whose damage is no change."""

    def __init__(self, text: str = "") -> None:
        self._by_layout: dict[str, dict[str, Any]] = {layout.key: {} for layout in LAYOUTS}
        try:
            found = json.loads(text or "{}")
        except ValueError:
            found = {}
        for key, changed in found.items() if isinstance(found, dict) else ():
            if key in self._by_layout and isinstance(changed, dict):
                self._by_layout[key] = {name: value for name, value in changed.items() if _is_sound(name, value)}

    def note(self, key: str, **changed: Any) -> None:
        """Of that layout, this was changed by hand: fields of Layout, the tab as one key."""
        self._by_layout[key] |= changed

    def forget(self, key: str) -> None:
        """Have the layout as it was at first."""
        self._by_layout[key] = {}

    def layout(self, key: str) -> Layout:
        """The layout of that key (the first, if there is none) as a hand has left it."""
        first = next((layout for layout in LAYOUTS if layout.key == key), LAYOUTS[0])
        changed = self._by_layout[first.key]
        tab = (changed["tab"], *first.tab) if "tab" in changed else first.tab
        return first._replace(**{**changed, "tab": tab})

    @property
    def text(self) -> str:
        return json.dumps(self._by_layout)


def _is_sound(name: str, value: Any) -> bool:
    if name in ("tab", "view"):
        return isinstance(value, str)
    if name == "planes":
        return isinstance(value, int)
    sizes = isinstance(value, dict) and value
    return name in ("heights", "widths") and bool(sizes) and all(map(_is_length, value.values()))


def _is_length(size: Any) -> bool:
    return isinstance(size, int) and 0 < size < LONGEST
