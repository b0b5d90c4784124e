"""A provider ``lab``, looked at while it presents whatever a test wants; and an account for emulated routers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.authority import Authority
from lab.mailhost import Account, MailHost
from runbooks.probe import probe
from runbooks.probe_report import ProbeReport
from tests.support.provider import DEADLINE, Looked, files, serving


@pytest.fixture
def config(tmp_path: Path, authority: Authority) -> Path:
    """The provider ``lab``; its trust file holds the issuers of the usual chain."""
    return files(tmp_path, authority)


@pytest.fixture
def looked(config: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Looked:
    """``looked(state, ...)``: a probe while the provider presents the chain of that state."""

    def look(state: str = "cross-signed", /, **options: object) -> ProbeReport:
        options.setdefault("deadline", DEADLINE)
        with serving(monkeypatch, authority.chain(state)):
            return probe(config, **options)

    return look


@pytest.fixture
def mail_host(authority: Authority) -> Iterator[MailHost]:
    """A mail host that takes mail from the account ``alerts``."""
    account = Account("alerts", "pw", ("alerts@lab.example",))
    with MailHost.in_thread(authority.chain(), [account]) as host:
        yield host
