"""What the window remembers from one start to the next, in an INI file that may be lost without harm."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from playground.model.paths import settings_folder
from playground.model.saving import write_bytes

MOST_RECENT = 8


class Settings:
    """Named values; a missing or damaged one is its default."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path: Path | None = (folder or settings_folder()) / "window.ini"
        self._values = _read(self._path)
        self._kept: dict[str, Any] = {}  # since then; None: forgotten
        self.failure = ""  # why they could not be written last
        self._is_told = False

    @classmethod
    def none(cls) -> Settings:
        """Settings that start empty and are not kept, for a picture."""
        result = cls.__new__(cls)
        result._path, result._values, result._kept = None, {}, {}
        result.failure, result._is_told = "", False
        return result

    def _value(self, name: str, default: Any) -> Any:
        return self._values.get(name, default)

    def text(self, name: str, default: str = "") -> str:
        value = self._value(name, default)
        return value if isinstance(value, str) else default

    def number(self, name: str, default: float) -> float:
        try:
            return float(self.text(name, str(default)))
        except ValueError:
            return default

    def words(self, name: str) -> list[str]:
        value = self._value(name, [])
        found = value if isinstance(value, list) else [value]  # a list of one is read as its element
        return [word for word in found if isinstance(word, str) and word]

    def state(self, name: str) -> QByteArray:
        """A widget's geometry or state, empty if there is none."""
        value = self._value(name, QByteArray())
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep(self, name: str, value: Any) -> None:
        self._values[name] = self._kept[name] = value

    def forget(self, name: str) -> None:
        self._values.pop(name, None)
        self._kept[name] = None

    def save(self) -> None:
        """Write to the disk now what was kept since; where that is impossible, nothing is remembered."""
        if self._path is None or not self._kept:
            return
        # Another window may have written meanwhile.
        values = _read(self._path) | self._kept
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(self._path, _ini({name: value for name, value in values.items() if value is not None}))
        except OSError as error:
            self.failure = f"{self._path}: cannot be saved: {error.strerror}" if error.strerror else str(error)
        else:
            self.failure = ""
            self._kept.clear()

    def take_failure(self) -> str:
        """Why they cannot be written, once: who has a read-only home knows it then."""
        if not self.failure or self._is_told:
            return ""
        self._is_told = True
        return self.failure

    @property
    def recent(self) -> list[Path]:
        """The files opened or saved last, the newest first."""
        return [Path(word) for word in self.words("recent")]

    def remember(self, path: Path) -> None:
        """Put a file at the head of the recent ones."""
        names = [str(path.resolve()), *(str(other) for other in self.recent)]
        self.keep("recent", list(dict.fromkeys(names))[:MOST_RECENT])
        self.save()


def _read(path: Path) -> dict[str, Any]:
    """The values of an INI file; none where it is missing or damaged."""
    store = QSettings(str(path), QSettings.Format.IniFormat)
    return {name: store.value(name) for name in store.allKeys()}


def _ini(values: dict[str, Any]) -> bytes:
    """Values as Qt writes them. Raises OSError."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "window.ini"
        store = QSettings(str(path), QSettings.Format.IniFormat)
        for name, value in values.items():
            store.setValue(name, value)
        store.sync()
        if store.status() != QSettings.Status.NoError:
            raise OSError("the settings could not be written")
        return path.read_bytes() if path.exists() else b""
