"""``playground`` and ``python -m playground``: the window, or with a subcommand the command line."""

from __future__ import annotations

import sys

from playground import cli


def main() -> int:
    """Run the program; returns its exit status."""
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
