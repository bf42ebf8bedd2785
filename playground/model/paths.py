"""Where the program finds what it carries, and where it keeps what it remembers."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

import platformdirs

NAME = "training-playground"


@cache
def assets_folder() -> Path:
    """The folder of icons, examples and help: inside an installed package, beside it in a source checkout."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "assets"
    return installed if installed.is_dir() else package.parent / "assets"


def settings_folder() -> Path:
    """Where the window's state is remembered: $PLAYGROUND_CONFIG_DIR, or the user's folder for settings."""
    chosen = os.environ.get("PLAYGROUND_CONFIG_DIR")
    return Path(chosen) if chosen else Path(platformdirs.user_config_dir(NAME, appauthor=False))


def state_folder() -> Path:
    """Where unsaved work, former versions and reports are kept: $PLAYGROUND_STATE_DIR, or the user's own folder."""
    chosen = os.environ.get("PLAYGROUND_STATE_DIR")
    return Path(chosen) if chosen else Path(platformdirs.user_state_dir(NAME, appauthor=False))


def program() -> list[str]:
    """The command that starts this program once more; a packaged one has no Python to run modules with."""
    return [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "playground"]
