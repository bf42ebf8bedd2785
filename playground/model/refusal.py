"""An error that is told to a person: one line, in which what it quotes is never long."""

from __future__ import annotations

import re

QUOTED = 80  # characters, at most, of what is refused
LONGEST = 1000  # characters of the line
LONG_QUOTE = re.compile(rf"(?<!\w)(['\"])(.{{{QUOTED + 1},}}?)\1(?!\w)", re.DOTALL)


class RefusalError(ValueError):
    """What cannot be used; the message says what was found, where, and what is accepted."""

    def __init__(self, message: str = "") -> None:
        super().__init__(in_one_line(str(message)))


def in_one_line(text: str) -> str:
    """A message in printable characters, its quotes cut to QUOTED characters and all of it to LONGEST."""
    text = LONG_QUOTE.sub(lambda found: f"{found[1]}{found[2][: QUOTED - 1]}…{found[1]}", text)
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
