"""Whether nothing is lost: the long form of what tests/test_reliability.py tries in seconds.

    python tests/reliability/all.py [MODULE …] [--kills 1000] [--ends 100] …

Each module of this folder that has ``COUNTS`` and ``run`` is tried: ``run(**counts)`` yields a line for each thing that
was tried, with its figures, and raises AssertionError where something was lost, or ``unittest.SkipTest`` where the
system lacks what it needs. ``COUNTS`` are its counts as the long form has them, by the names of the flags here.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def modules() -> dict[str, object]:
    """The modules that try something, by name."""
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in ("all", "__init__"))
    found = {name: importlib.import_module(f"tests.reliability.{name}") for name in names}
    return {name: module for name, module in found.items() if hasattr(module, "COUNTS")}


def main() -> int:
    """Try all, or those that are named; returns the exit status."""
    known = modules()
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("module", nargs="*", choices=[[], *known], metavar="MODULE", help=", ".join(known))
    for name, module in known.items():
        for flag, count in module.COUNTS.items():  # type: ignore[attr-defined]
            parser.add_argument(f"--{flag}", type=int, default=count, metavar="N", help=f"of {name}, {count:,}")
    options = parser.parse_args()
    failed = 0
    for name in options.module or known:
        module, began = known[name], time.monotonic()
        counts = {flag: getattr(options, flag) for flag in module.COUNTS}  # type: ignore[attr-defined]
        try:
            for line in module.run(**counts):  # type: ignore[attr-defined]
                print(f"{name}: {line}", flush=True)
        except unittest.SkipTest as reason:
            print(f"{name}: left out, {reason}", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"{name}: FAILED: {error}", flush=True)
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
