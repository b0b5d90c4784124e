"""Certificates that change on their way: never ``yes``, nothing half left behind, and a finding that says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import configuration, pki
from lab.authority import Authority
from lab.certificate import Certificate as Emulated
from lab.fleet import Spec, trustpoint_lines
from lab.personality import Answer, Faults, Message, Personality
from mailtrust.certificates import from_der, trustpoint_name
from mailtrust.errors import Refused
from mailtrust.model import Authenticate, Certificate, ConfigureTrustpoint, HostOutcome
from mailtrust.plan import trustpoint_settings
from runbooks.rollout import rollout
from runbooks.run import Options
from tasks.configuration_mode import enter
from tasks.observe import TERMINAL, observe
from tasks.trustpoints import install_trust
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


def test_a_router_that_says_it_holds_one_already(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """MT437: the first look was wrong, so nothing is taken back upon it: neither its trustpoint nor anything else."""
    before = here.configured()
    monkeypatch.setattr(pki, "_paste", lambda session, trustpoint: pki.HAS_CA)
    host, said = rolled(here)
    assert (host.state, errors(host)) == ("failed", ["MT437", "MT423"])
    assert "Please delete your existing CA certificate first" in said
    assert "#no crypto pki trustpoint" not in said
    (first, *_) = host.steps
    assert f"left as it is: trustpoint {first.target}" in host.findings[-1].text
    added = set(here.configured()["r1"].splitlines()) - set(before["r1"].splitlines())
    assert f"crypto pki trustpoint {first.target}" in added
    assert not [line for line in added if line.startswith("event manager")]


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


# --- line by line --------------------------------------------------------------------------------------------------


@pytest.fixture
def two(authority: Authority) -> tuple[Certificate, ...]:
    """Two certificates to install."""
    return tuple(from_der(emulated(each.certificate).der) for each in (authority.legacy, authority.root))


def steps(*certificates: Certificate) -> list[Any]:
    return [
        step
        for each in certificates
        for name in [trustpoint_name(each)]
        for step in (ConfigureTrustpoint(name, trustpoint_settings(each)), Authenticate(name, each))
    ]


def installing(talk: Any, core: Any, wanted: Any) -> Any:
    """Why not, None if all was taken; what was begun and done, in order; each write since configuration mode."""
    diary: list[tuple[str, str, str]] = []
    with talk(core) as session:
        observe(session, *TERMINAL)
        enter(session)
        del session.sent[:]
        try:
            install_trust(
                session,
                wanted,
                lambda step: diary.append(("begun", step.kind, step.target)),
                lambda step: diary.append(("done", step.kind, step.target)),
            )
        except Refused as refused:
            return refused.findings[0], diary, session.sent
        return None, diary, session.sent


def test_trustpoints_come_first_then_each_certificate(make: Any, talk: Any, two: Any) -> None:
    """A write for each first line, one for each question, one for each paste; no paste is typed ahead of the invitation."""
    core = make()
    failure, diary, sent = installing(talk, core, steps(*two))
    one, other = map(trustpoint_name, two)
    assert failure is None
    assert [write[-1] for write in sent[:3]] == [
        f"crypto pki trustpoint {one}",
        f"crypto pki trustpoint {other}",
        f"crypto pki authenticate {one}",
    ]
    assert sent[1][:-1] == list(trustpoint_settings(two[0]))
    assert sent[2][:-1] == list(trustpoint_settings(two[1]))
    assert [write[0] for write in sent[3:]] == [
        "-----BEGIN CERTIFICATE-----",
        f"crypto pki authenticate {other}",
        "-----BEGIN CERTIFICATE-----",
    ]
    assert {name: each.ca.certificate.der for name, each in core.config.trustpoints.items()} == {
        one: two[0].der,
        other: two[1].der,
    }
    assert diary == [
        ("begun", "trustpoint", one),
        ("begun", "trustpoint", other),
        ("begun", "authenticate", one),
        ("done", "trustpoint", one),
        ("done", "trustpoint", other),
        ("done", "authenticate", one),
        ("begun", "authenticate", other),
        ("done", "authenticate", other),
    ]


def test_settings_alone_need_no_certificate(make: Any, talk: Any, two: Any) -> None:
    """A trustpoint that holds its certificate is set right, and nothing is asked."""
    name = trustpoint_name(two[0])
    core = make(*trustpoint_lines(name, Emulated(two[0].der), "enrollment terminal", "revocation-check crl"))
    failure, diary, sent = installing(talk, core, steps(two[0])[:1])
    assert (failure, diary) == (None, [("begun", "trustpoint", name), ("done", "trustpoint", name)])
    assert sent == [[f"crypto pki trustpoint {name}"], list(trustpoint_settings(two[0]))]
    assert core.config.trustpoints[name].ca is not None


@pytest.mark.parametrize("words", ["Command authorization failed.", "words that nobody has heard before"])
def test_a_trustpoint_that_is_refused_gets_no_line(make: Any, talk: Any, two: Any, words: str) -> None:
    """Neither settings nor a certificate are typed anywhere else."""
    core = make(deny=("crypto pki trustpoint",), deny_words=f"{words}\n")
    failure, diary, sent = installing(talk, core, steps(*two))
    name = trustpoint_name(two[0])
    assert (failure.code, failure.text) == ("MT408", f"'crypto pki trustpoint {name}': {words}")
    assert (sent, diary) == ([[f"crypto pki trustpoint {name}"]], [("begun", "trustpoint", name)])


def test_a_setting_that_is_refused_stops_the_certificate(make: Any, talk: Any, two: Any) -> None:
    """A trustpoint without its settings would ask the network: no certificate goes into it."""
    core = make(deny=("revocation-check",))
    failure, diary, sent = installing(talk, core, steps(two[0]))
    assert (failure.code, "Command authorization failed." in failure.text) == ("MT408", True)
    assert not [write for write in sent if "-----BEGIN CERTIFICATE-----" in write]
    assert [entry for entry in diary if entry[0] == "done"] == []
    assert core.config.trustpoints.get(trustpoint_name(two[0])) is None, "it was empty, so it is gone again"


def test_a_certificate_that_is_not_invited_is_not_typed(make: Any, talk: Any, two: Any) -> None:
    """AAA denies the question: MT212 with its words, the empty trustpoint goes, the next one is not begun."""
    core = make(deny=("crypto pki authenticate",))
    failure, diary, sent = installing(talk, core, steps(*two))
    one = trustpoint_name(two[0])
    assert (failure.code, failure.text) == ("MT212", f"{one}: Command authorization failed.")
    assert sent[-1] == [f"no crypto pki trustpoint {one}"]
    assert not [write for write in sent if "-----BEGIN CERTIFICATE-----" in write]
    assert ("begun", "authenticate", trustpoint_name(two[1])) not in diary
    assert one not in core.config.trustpoints


def test_what_was_not_empty_after_all_is_not_removed(make: Any, talk: Any, two: Any, authority: Authority) -> None:
    """Somebody has filled it since we looked: MT437, his certificate stays."""
    name = trustpoint_name(two[0])
    his = emulated(authority.chain("unknown issuer").anchor)
    core = make(*trustpoint_lines(name, his))
    failure, _, sent = installing(talk, core, steps(two[0]))
    assert failure.code == "MT437"
    assert "delete your existing CA certificate" in failure.text
    assert not [line for write in sent for line in write if line.startswith("no crypto pki")]
    assert core.config.trustpoints[name].ca.certificate.der == his.der


def test_an_unasked_message_hides_no_answer(make: Any, talk: Any, two: Any) -> None:
    """Behind a paste a log line may stand where the prompt was: the certificate is in, and is known to be in."""
    message = Message("crypto pki authenticate .*", "*Jun  1 12:00:00.000: %SYS-5-CONFIG_I: x\n")
    core = make(faults=Faults(messages=(message,)))
    failure, _, _ = installing(talk, core, steps(*two))
    assert failure is None
    assert len(core.config.trustpoints) == 2


def test_an_answer_that_says_nothing_is_no_success(make: Any, talk: Any, two: Any) -> None:
    """The prompt alone does not say that a certificate was accepted."""
    core = make(faults=Faults(answers=(Answer("crypto pki authenticate .*", ""),)))
    failure, diary, _ = installing(talk, core, steps(two[0]))
    assert failure.code == "MT212"
    assert "it did not say that it accepted the certificate" in failure.text
    assert ("done", "authenticate", trustpoint_name(two[0])) not in diary
