from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from lab.authority import Authority
from lab.issuing import pem
from lab.mailhost import Account, MailHost

ALERTS = Account("rtr", "s/e+c=ret1", ("alerts@lab.test", "Rtr@lab.test"))


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.mint()


@pytest.fixture
def mail_host(authority: Authority) -> Iterator[Callable[..., MailHost]]:
    """Starts mail hosts, each with the account `rtr`; they end with the test."""
    with ExitStack() as hosts:

        def start(state: str = "cross-signed", **options: Any) -> MailHost:
            return hosts.enter_context(MailHost.in_thread(authority.chain(state), [ALERTS], **options))

        yield start


@pytest.fixture
def client_context(authority: Authority) -> Callable[[str], ssl.SSLContext]:
    """Everybody else's side of TLS: host name and chain checked, by one root, as strictly as OpenSSL can."""

    def trusting(root: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=pem([getattr(authority, root).certificate]))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    return trusting
