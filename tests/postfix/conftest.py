"""A real Postfix, where it is installed and may be started."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from lab.authority import Authority
from tests.support import dovecot
from tests.support import postfix as real
from tests.support.world import LOGIN, PASSWORD


def can_start(**programs: str | None) -> None:
    for name, path in programs.items():
        if path is None:
            pytest.skip(f"{name} is not installed; .ci/run installs it")
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root only")


@pytest.fixture(scope="session")
def postfix(authority: Authority) -> Iterator[real.Postfix]:
    """Postfix presenting the usual chain."""
    can_start(Postfix=real.POSTFIX)
    with real.postfix(authority.chain()) as running:
        yield running


@pytest.fixture(scope="session")
def server(authority: Authority) -> Iterator[dovecot.MailServer]:
    """Postfix that delivers, and Dovecot that shows it; mails to ``spam`` go to a folder of noc's mailbox."""
    can_start(Postfix=real.POSTFIX, Dovecot=dovecot.DOVECOT)
    users = {LOGIN: PASSWORD, "noc": dovecot.READER}
    mailboxes = {"noc": "noc", "spam": "noc/.Junk", "elsewhere": "elsewhere"}
    with dovecot.mail_server(authority.chain(), users, mailboxes) as running:
        yield running
