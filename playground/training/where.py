"""Where runs are trained: this program's threads, processes of this computer, or a Dask scheduler's address."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from playground.model.dataset import DataError

LOCAL = "local"  # in an address's place: processes of this computer
MISSING = "Dask is not installed; python -m pip install 'training-playground[cluster]' brings it"


class Where(NamedTuple):
    """A choice of it.

    address: ``tcp://…``, ``tls://…``, LOCAL, or nothing: threads. cores: how many threads or processes of this
    computer; 0: all. ca, cert, key: the files of ``tls://…``.
    """

    address: str = ""
    cores: int = 0
    ca: str = ""
    cert: str = ""
    key: str = ""

    @property
    def files(self) -> tuple[Path | None, Path | None, Path | None]:
        """Of TLS, where the address asks for them."""
        if not self.address.startswith("tls://"):
            return None, None, None
        ca, cert, key = (Path(name) if name else None for name in (self.ca, self.cert, self.key))
        return ca, cert, key

    def check(self) -> None:
        """Raises DataError where the address, or one of its files, cannot be."""
        if self.address:
            check(self.address, self.files)


def check(address: str, files: Iterable[Path | None]) -> None:
    """Raises DataError where an address, or one of the files that it takes, cannot be."""
    is_tls, files = address.startswith("tls://"), list(files)
    if address != LOCAL and not is_tls and not address.startswith("tcp://"):
        raise DataError(f"--scheduler: '{address}' is not accepted; it takes tcp://HOST:PORT, tls://HOST:PORT or local")
    if is_tls and None in files:
        raise DataError(f"--scheduler {address}: takes --tls-ca, --tls-cert and --tls-key, a file each")
    if not is_tls and any(files):
        raise DataError(f"--tls-ca, --tls-cert and --tls-key go with tls://HOST:PORT, but --scheduler is {address}")
    if address != LOCAL and not re.fullmatch(r"t(cp|ls)://[^/\s]+:\d{1,5}", address):
        raise DataError(f"--scheduler: '{address}' is not accepted; a scheduler's port is missing, such as :8786")
    for path in files:
        if path is not None and not path.is_file():
            raise DataError(f"{path}: there is no such file")
