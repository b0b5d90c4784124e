"""Which router each host of a run has turned out to be: two names may lead to one, whatever their addresses."""

from __future__ import annotations

import threading


class Identities:
    """Remembers hostname and serial number of every router that a run has met; any thread may ask."""

    def __init__(self) -> None:
        self._owners: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()

    def take(self, host_name: str, identity: tuple[str, str]) -> str | None:
        """The other host of this run that is this router already; None if there is none, and it is now this host's.

        A router that does not tell both its hostname and its serial number is nobody else: not knowing proves nothing.
        """
        if not all(identity):
            return None
        with self._lock:
            owner = self._owners.setdefault(identity, host_name)
        return None if owner == host_name else owner
