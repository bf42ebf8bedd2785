"""What a row asks of the control beside its label, whatever kind it is."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget


def field_height(field: QWidget) -> int:
    """The height of a control in its own type, in pixels."""
    return max(24, field.fontMetrics().height() + 6)


class Control:
    """Mixed into each control: by default it is never typed into, and stands beside its label.

    A control announces ``changed``, and ``settled`` when the hand is done with it; one that is typed into also
    ``entered`` and ``restored``, and can refuse.
    """

    is_typed = False
    is_busy = False  # a hand is on it: what it shows must not change
    is_refused = False  # what was typed is not accepted; it stays to be mended

    @property
    def beside(self) -> QWidget:
        """What stands beside the label and has the focus."""
        assert isinstance(self, QWidget)
        return self

    @property
    def below(self) -> QWidget | None:
        """What stands below the label."""
        return None

    def offer(self, keys: tuple[str, ...]) -> None:
        """Show these choices alone."""

    def show_value(self, value: Any, standing: Any) -> None:
        """Show a value, silently; standing is what one that is left out amounts to."""
        raise NotImplementedError

    def refuse(self) -> None:
        """Mark what was typed as not accepted."""

    def forgive(self) -> None:
        """What was typed is accepted after all, or given up."""
