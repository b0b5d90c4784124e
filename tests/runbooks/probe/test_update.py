"""The trust file as a probe proposes and writes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from lab.authority import Authority
from lab.mailhost import MailHost
from mailtrust.certificates import from_pem
from runbooks.probe import agree, probe
from tests.support.provider import (
    DEADLINE,
    Looked,
    drifted,
    files,
    named,
    only,
    serving,
    trust_file,
)


def test_update_writes_what_routers_need(looked: Looked, config: Path) -> None:
    """Each certificate stands under its subject, serial number, dates, SHA-256, source and reason; then all is in order."""
    report = looked("root switched", update=True)
    text = trust_file(config).read_text()
    assert report.written == (trust_file(config),)
    assert {"Lab Root R2", "Lab CA 2A1"} <= set(named(from_pem(text)))
    for one in from_pem(text):
        assert re.search(
            rf"# subject: +{re.escape(one.subject)}\n# serial: .*\n# valid: .*\n# SHA-256: +{one.sha256}\n# source: .*\n# needed: ",
            text,
        )
    assert looked("root switched", check=True).exit_code == 0


def test_update_keeps_what_was_there(looked: Looked, config: Path) -> None:
    """Make before break: what routers lean on today stays in the file until a person takes it out."""
    before = set(from_pem(trust_file(config).read_text()))
    looked("root switched", update=True)
    assert before < set(from_pem(trust_file(config).read_text()))
    assert looked("cross-signed", check=True).exit_code == 0


def test_update_drops_what_has_ended(tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate whose end has come is drift as long as the file holds it, and the update takes it out."""
    ended = authority.chain("expired intermediate").presented[1]
    config = files(tmp_path, authority, [*authority.chain().issuers, ended])
    with serving(monkeypatch, authority.chain()):
        checked = probe(config, check=True, deadline=DEADLINE)
        probe(config, update=True, deadline=DEADLINE)
        assert (drifted(checked), checked.exit_code) == ({"MT202"}, 4)
        assert probe(config, check=True, deadline=DEADLINE).exit_code == 0
    assert len(from_pem(trust_file(config).read_text())) == 3


def test_nothing_is_proposed_while_something_is_wrong(looked: Looked, config: Path) -> None:
    """An error among the findings stops the update of this provider, even where its set could be computed."""
    report = looked("wrong host", update=True)
    assert (only(report).proposal, report.written, report.exit_code) == (None, (), 1)


def test_providers_that_share_a_file(config: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is proposed once, for all that use it, and nobody's wish is lost."""
    with MailHost.in_thread(authority.chain("root switched")) as other:
        file = config.parent / "inventory/providers.yaml"
        providers = yaml.safe_load(file.read_text())
        providers["other"] = {**providers["lab"], "server": "127.0.0.1", "port": other.port}
        file.write_text(yaml.safe_dump(providers))
        with serving(monkeypatch, authority.chain()):
            report = probe(config, update=True, deadline=DEADLINE)
    assert report.written == (trust_file(config),)
    held = named(from_pem(trust_file(config).read_text()))
    assert {"Lab Legacy Root CA", "Lab Root R1", "Lab Root R2"} <= set(held)


def test_update_twice(looked: Looked, config: Path) -> None:
    """Unchanged input gives an identical file: the second diff is empty and nothing is written."""
    looked(update=True)
    first = trust_file(config).read_bytes()
    again = looked(update=True)
    assert (only(again).proposal.diff, again.written, trust_file(config).read_bytes()) == ("", (), first)


def test_update_makes_a_file_that_is_missing(looked: Looked, config: Path) -> None:
    """The first trust file of a provider is proposed like any other; until then a check says that there is nothing."""
    trust_file(config).unlink()
    assert looked(check=True).exit_code == 4
    looked(update=True)
    assert looked(check=True).exit_code == 0


def test_nothing_is_written_before_somebody_agrees(looked: Looked, config: Path) -> None:
    """`update` without agreement is a report with the diff; `agree` with the report writes it."""
    before = trust_file(config).read_text()
    report = looked("root switched", update=True, agreed=False)
    assert "+# subject: CN=Lab Root R2" in only(report).proposal.diff
    assert trust_file(config).read_text() == before
    assert agree(report).written == (trust_file(config),)


@pytest.mark.parametrize(("install", "drift"), [("issuers", set()), ("anchors", set()), ("all", {"MT205"})])
def test_update_follows_the_policy(
    install: str, drift: set[str], tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file holds the set of the provider's own policy, and passes the check under it; but a leaf's end is near."""
    config = files(tmp_path, authority, install=install)
    trust_file(config).unlink()
    with serving(monkeypatch, authority.chain()):
        report = probe(config, update=True, deadline=DEADLINE)
        assert set(from_pem(trust_file(config).read_text())) == set(only(report).judgements[0].sets[install])
        assert drifted(probe(config, check=True, deadline=DEADLINE)) == drift
