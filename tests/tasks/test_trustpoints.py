"""Certificates that change on their way: never ``yes``, nothing half left behind, and a finding that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import configuration, pki
from lab.authority import Authority
from lab.fleet import Spec
from lab.personality import Personality
from mailtrust.model import HostOutcome
from runbooks.rollout import rollout
from runbooks.run import Options
from tests.support.world import DNS, World, emulated, router, world


@pytest.fixture
def here(authority: Authority, tmp_path: Path) -> Iterator[World]:
    """One router that nobody has worked on."""
    with world(tmp_path, authority, [router("r1")]) as made:
        yield made


@pytest.fixture
def impostor(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody on the line exchanges every certificate that is pasted."""
    other = emulated(authority.chain("unknown issuer").issuers[1])
    monkeypatch.setattr(pki, "from_paste", lambda lines: other)


def failed(here: World, before: dict[str, str]) -> tuple[str, list[str]]:
    """What a rollout says that must fail: text heard, and codes. The router is as it was, and mailed nothing."""
    host, said = rolled(here)
    assert host.state == "failed"
    assert here.configured() == before
    assert here.subjects() == []
    return said, errors(host)


def rolled(here: World, **options: Any) -> tuple[HostOutcome, str]:
    """What became of the router, and what was heard from it."""
    (host,) = rollout(Options(here.config, **options)).hosts
    (run,) = here.runs()
    return host, (run / "transcripts/r1.log").read_text()


def errors(host: HostOutcome) -> list[str]:
    return [found.code for found in host.findings if found.severity == "error"]


def test_a_router_that_asks_about_another_certificate_is_told_no(
    here: World, impostor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release that ignores ``fingerprint`` and prints another one: no, MT211, and the trustpoint is gone."""
    before = here.configured()
    monkeypatch.setattr(configuration.Trustpoint, "fingerprint", "")
    said, codes = failed(here, before)
    assert codes == ["MT211"]
    assert re.findall(r"\[yes/no\]: (\w+)", said) == ["no"]


def test_a_router_that_checks_the_fingerprint_refuses_by_itself(here: World, impostor: Any) -> None:
    """With ``fingerprint`` the router needs no answer: it rejects the paste, nobody says yes, nothing is left."""
    said, codes = failed(here, here.configured())
    assert codes == ["MT211"]
    assert "Trustpoint CA certificate is rejected" in said
    assert "[yes/no]: yes" not in said


def test_a_router_that_accepts_another_certificate_by_itself(
    here: World, impostor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed by somebody whom the router trusts: it does not ask, but it prints what it took, and that is removed."""
    before = here.configured()
    monkeypatch.setattr(configuration.Trustpoint, "fingerprint", "")
    monkeypatch.setattr(pki, "_anchored", lambda session, certificate: True)
    said, codes = failed(here, before)
    assert codes == ["MT211"]
    assert "Trustpoint CA certificate accepted" in said


def test_a_router_that_takes_another_certificate_without_a_word(
    here: World, impostor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A router that lies: what it holds is read again and is not what was sent, so the host has failed."""
    monkeypatch.setattr(configuration.Trustpoint, "fingerprint", "")
    monkeypatch.setattr(pki, "_judge", _silent)
    host, _ = rolled(here, test="none")
    assert (host.state, host.saved) == ("failed", False)
    assert {"MT213", "MT214"} & set(errors(host))
    assert here.subjects() == []


def _silent(session: Any, trustpoint: Any, certificate: Any) -> Any:
    """Takes the certificate and shows nothing of it."""
    pki.install(session, trustpoint.name, certificate)
    yield from ()
    return pki.ACCEPTED


def test_a_paste_that_is_damaged(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of the paste is lost on the way: the router cannot read it, the empty trustpoint is removed."""
    whole = pki.from_paste
    monkeypatch.setattr(pki, "from_paste", lambda lines: whole([*lines[:3], *lines[5:]]))
    _, codes = failed(here, here.configured())
    assert codes == ["MT212"]


def test_a_router_that_refuses_to_be_asked(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused before the paste: what was typed ahead becomes a row of errors, and no later line is misread."""
    monkeypatch.setattr(pki, "_paste", lambda session, trustpoint: pki.HAS_CA)
    said, codes = failed(here, here.configured())
    assert codes == ["MT212"]
    assert "Please delete your existing CA certificate first" in said


def test_a_release_that_knows_no_fingerprint(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the line ``fingerprint`` is refused the host fails with the router's words, and nothing is left."""
    monkeypatch.setattr(pki, "fingerprint_digits", _refused)
    with world(tmp_path, authority, [Spec("r1", Personality(hostname="r1"), DNS)]) as here:
        _, codes = failed(here, here.configured())
    assert codes == ["MT408"]


def _refused(_: str) -> str:
    raise pki.InvalidError(at=0)
