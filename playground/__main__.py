"""``playground`` and ``python -m playground``: the window, or with a subcommand the command line."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def main() -> NoReturn:
    """Run the program."""
    # Training is a thread beside the window's. More, waiting busily for NumPy's products, would take its core.
    for name in THREADS:
        os.environ.setdefault(name, "1")
    from playground.model import ending

    ending.end_at_once()
    from playground import cli

    status = cli.main(sys.argv[1:])
    if "playground.app" in sys.modules:
        from playground import app

        app.leave(status)
    ending.leave(status)


if __name__ == "__main__":
    main()
