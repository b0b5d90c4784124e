"""Every error that leaves this product on purpose.

MailtrustError
├── UsageError           our user's fault: exit code 2, nothing was touched
│   └── InventoryError   a file, a key, a reference: says which
└── RouterError          one host's fault: that host fails, the others go on; carries findings
    ├── Unreachable      no TCP, no SSH
    ├── Refused          the router answered, and the answer was no
    ├── Silence          the router stopped answering
    └── Overtaken        somebody else has changed the router meanwhile
"""

from __future__ import annotations

from mailtrust.findings import Finding


class MailtrustError(Exception):
    """The root: whoever catches this catches everything that we raise on purpose."""


class UsageError(MailtrustError):
    """The command, its options or its files cannot be used as they are; the message is one line for the user."""


class InventoryError(UsageError):
    """A file of the inventory is missing, unreadable or says something that cannot be meant.

    ``where`` is what to open (a file, perhaps with line), ``what`` names the key, what was expected and what came.
    """

    def __init__(self, where: object, what: str) -> None:
        super().__init__(f"{where}: {what}")


class RouterError(MailtrustError):
    """One router cannot be brought further; ``findings`` say why and what to do."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(f"{finding.code} {finding.text}" for finding in findings))
        self.findings = findings


class Unreachable(RouterError):
    """No connection could be opened at all: not a failure of the router's configuration."""


class Refused(RouterError):
    """The router answered, and the answer was no."""


class Silence(RouterError):
    """The router stopped answering before the deadline, or the connection was lost."""


class Overtaken(RouterError):
    """Somebody else has changed the router between our look and our work: look again before anything is done."""
