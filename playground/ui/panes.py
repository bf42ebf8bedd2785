"""A splitter that knows its panes by key, so that a layout outlives a pane that comes or goes."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QWidget


class Panes(QSplitter):
    """Panes beside or above each other. Lengths, in pixels, are told and taken by key, never by number."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget | None = None) -> None:
        super().__init__(orientation, parent, childrenCollapsible=False, handleWidth=8)
        self.panes: dict[str, QWidget] = {}

    def hold(self, panes: Mapping[str, QWidget]) -> None:
        """Take these panes, in their order."""
        self.panes = dict(panes)
        for pane in self.panes.values():
            self.addWidget(pane)

    @property
    def lengths(self) -> dict[str, int]:
        """How long the panes are that have a place."""
        return {key: size for (key, pane), size in zip(self.panes.items(), self.sizes()) if not pane.isHidden()}

    def set_lengths(self, lengths: Mapping[str, int]) -> None:
        """Give each pane its length, or its share where they do not add up to the whole; those left out keep theirs."""
        sizes = [lengths.get(key, size) for key, size in zip(self.panes, self.sizes())]
        whole = self.width() if self.orientation() == Qt.Orientation.Horizontal else self.height()
        factor = whole / max(sum(sizes), 1) if sum(sizes) < whole / 2 else 1  # Qt gives what is left to the last
        self.setSizes([round(size * factor) for size in sizes])
