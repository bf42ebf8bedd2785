"""What the window remembers from one start to the next, in an INI file that may be lost without harm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from playground.model.paths import settings_folder

MOST_RECENT = 8


class Settings:
    """Named values; a missing or damaged one is its default."""

    def __init__(self, folder: Path | None = None) -> None:
        path = (folder or settings_folder()) / "window.ini"
        self._store: QSettings | _Nowhere = QSettings(str(path), QSettings.Format.IniFormat)

    @classmethod
    def none(cls) -> Settings:
        """Settings that start empty and are not kept, for a picture."""
        result = cls.__new__(cls)
        result._store = _Nowhere()
        return result

    def text(self, name: str, default: str = "") -> str:
        value = self._store.value(name, default)
        return value if isinstance(value, str) else default

    def number(self, name: str, default: float) -> float:
        try:
            return float(self.text(name, str(default)))
        except ValueError:
            return default

    def words(self, name: str) -> list[str]:
        value = self._store.value(name, [])
        found = value if isinstance(value, list) else [value]  # a list of one is read as its element
        return [word for word in found if isinstance(word, str) and word]

    def state(self, name: str) -> QByteArray:
        """A widget's geometry or state, empty if there is none."""
        value = self._store.value(name, QByteArray())
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep(self, name: str, value: Any) -> None:
        self._store.setValue(name, value)

    def forget(self, name: str) -> None:
        self._store.remove(name)

    def save(self) -> None:
        """Write to the disk now; where that is impossible, nothing is remembered."""
        self._store.sync()

    @property
    def recent(self) -> list[Path]:
        """The files opened or saved last, the newest first."""
        return [Path(word) for word in self.words("recent")]

    def remember(self, path: Path) -> None:
        """Put a file at the head of the recent ones."""
        names = [str(path.resolve()), *(str(other) for other in self.recent)]
        self.keep("recent", list(dict.fromkeys(names))[:MOST_RECENT])


class _Nowhere:
    """Stands for QSettings where nothing is to be read or written."""

    def value(self, name: str, default: Any) -> Any:
        return default

    def setValue(self, name: str, value: Any) -> None: ...

    def remove(self, name: str) -> None: ...

    def sync(self) -> None: ...
