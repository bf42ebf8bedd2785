"""Message boxes that are answered by keys: every button has its letter, on every desktop."""

from __future__ import annotations

from PySide6.QtWidgets import QDialogButtonBox, QMessageBox


def give_keys(box: QMessageBox | QDialogButtonBox) -> None:
    """Give each button the first letter of its words that is free, with Alt; some desktops leave them out."""
    taken: set[str] = set()
    for button in box.buttons():
        words = button.text().replace("&", "")
        place = next(
            (place for place, letter in enumerate(words) if letter.isalpha() and letter.lower() not in taken), -1
        )
        if place >= 0:
            taken.add(words[place].lower())
            button.setText(f"{words[:place]}&{words[place:]}")
