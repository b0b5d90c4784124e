"""What each chain and each bad manner comes to: findings, drift, exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from lab.authority import Authority
from lab.mailhost import Manners
from mailtrust.certificates import from_der, from_pem
from runbooks.probe import probe
from tests.support.provider import (
    DEADLINE,
    SERVER,
    SHORT,
    Looked,
    codes,
    drifted,
    named,
    needs_x25519,
    notes,
    only,
    serving,
    trust_file,
    vouch,
)

STATES = {
    # state: findings, exit code; drift, exit code of --check
    "cross-signed": (set(), 0, set(), 0),
    "cross-sign dropped": (set(), 0, set(), 0),
    "leaf renewed": (set(), 0, set(), 0),
    "intermediate switched": (set(), 0, {"MT542"}, 4),
    "root switched": (set(), 0, {"MT541", "MT542"}, 4),
    "missing intermediate": ({"MT502"}, 0, set(), 0),
    "unordered": ({"MT503"}, 0, set(), 0),
    "duplicate": (set(), 0, set(), 0),
    "presented root": (set(), 0, set(), 0),
    "presented legacy root": (set(), 0, set(), 0),
    "wrong host": ({"MT524"}, 1, set(), 1),
    "expired leaf": ({"MT511"}, 1, set(), 1),
    "expired intermediate": ({"MT511"}, 1, set(), 1),
    "not yet valid": ({"MT512"}, 1, set(), 1),
    "unknown issuer": ({"MT501"}, 1, {"MT541"}, 1),
}
NOTES = {"duplicate": "MT504", "presented root": "MT505", "presented legacy root": "MT505"}


def test_every_state_of_the_authority_is_in_the_table(authority: Authority) -> None:
    """Whoever teaches the authority another state is asked what a probe says to it."""
    assert set(STATES) == set(authority.chains)


@pytest.mark.parametrize("state", STATES)
def test_what_a_state_comes_to(state: str, looked: Looked, config: Path) -> None:
    """Every chain has its findings, its drift from the reviewed file, and its exit code; nothing is written."""
    before = trust_file(config).read_text()
    plain, checked = looked(state), looked(state, check=True)
    assert (codes(plain), plain.exit_code, drifted(checked), checked.exit_code) == STATES[state]
    assert {NOTES[state]} <= notes(plain) if state in NOTES else not {"MT504", "MT505"} & notes(plain)
    assert plain.written == checked.written == ()
    assert trust_file(config).read_text() == before


@pytest.mark.parametrize(
    ("manners", "code", "stage"),
    [
        (Manners(starttls=False), "MT552", "starttls"),
        (Manners(tls13_only=True), "MT553", "handshake: tlsv1 alert protocol version"),
        pytest.param(Manners(group="X25519"), "MT553", "handshake: ", marks=needs_x25519),
        (Manners(stall="banner"), "MT552", "banner: no answer"),
        (Manners(stall="ehlo"), "MT552", "ehlo: no answer"),
        (Manners(stall="starttls"), "MT553", "handshake: no answer"),
        (Manners(drip=0.2), "MT552", "banner: no answer"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("MT") else "",
)
def test_a_server_that_routers_cannot_use(
    manners: Manners, code: str, stage: str, config: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The finding names the stage and the reason, the exit code is 1, whatever everybody else may see."""
    deadline = SHORT if "no answer" in stage else DEADLINE
    with serving(monkeypatch, authority.chain(), manners=manners):
        report = probe(config, check=True, deadline=deadline)
    assert (codes(report), report.exit_code) == ({code}, 1)
    (text,) = [told.text for told in only(report).findings if told.code == code]
    assert f"stopped at {stage}" in text
    assert only(report).proposal is None


def test_every_path_and_every_set(looked: Looked) -> None:
    """Both ways up are told, and each policy's set; a shortest path would hide the root that IOS anchors on."""
    judgement = only(looked()).judgements[0]
    assert sorted(named(path.certificates) for path in judgement.paths) == [
        ["smtp.lab.test", "Lab CA 1C3", "Lab Root R1"],
        ["smtp.lab.test", "Lab CA 1C3", "Lab Root R1", "Lab Legacy Root CA"],
    ]
    assert named(judgement.anchors) == ["Lab Legacy Root CA"]
    roots = ["Lab Legacy Root CA", "Lab Root R1"]
    assert {policy: sorted(named(chosen)) for policy, chosen in judgement.sets.items()} == {
        "anchors": roots,
        "issuers": ["Lab CA 1C3", *roots],
        "all": ["Lab CA 1C3", *roots, "smtp.lab.test"],
    }
    assert {path.root.source for path in judgement.paths} == {"catalogue"}


def test_a_root_that_nobody_vouches_for(looked: Looked, authority: Authority) -> None:
    """The finding tells subject, SHA-256 and place of what was presented; nothing is proposed, so nothing is written."""
    report = looked("unknown issuer", update=True)
    (told,) = {told.text for told in only(report).findings if told.code == "MT501" and "without SNI" in told.text}
    top = from_der(authority.chain("unknown issuer").presented[-1].public_bytes(Encoding.DER))
    assert all(fact in told for fact in (top.subject, top.sha256, f"{SERVER}:587"))
    assert (report.exit_code, report.written, only(report).proposal) == (1, (), None)


def test_once_a_person_vouches_for_it(looked: Looked, config: Path, authority: Authority) -> None:
    """The way out of an unknown root is a file in the catalogue."""
    vouch(config.parent, authority.chain("unknown issuer").anchor)
    assert looked("unknown issuer").exit_code == 0


def test_another_leaf_without_a_server_name(
    config: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What only routers get to see is a finding, and the file is checked against it."""
    with serving(monkeypatch, authority.chain(), without_sni=authority.chain("root switched")):
        report = probe(config, check=True, deadline=DEADLINE)
    assert "MT533" in codes(report)
    assert "MT541" in drifted(report)
    assert report.exit_code == 4


def test_addresses_that_differ(config: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses whose chains need different anchors are a warning, and the proposed set serves both."""
    with serving(monkeypatch, authority.chain(), authority.chain("root switched")):
        report = probe(config, update=True, deadline=DEADLINE)
    assert codes(report) == {"MT531"}
    assert {"Lab Legacy Root CA", "Lab Root R2"} <= set(named(from_pem(trust_file(config).read_text())))


def test_an_address_that_is_away(config: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """One address of several that cannot be reached is a warning; the others are judged."""
    with serving(monkeypatch, authority.chain(), authority.chain()) as hosts:
        hosts[1].port = 9  # the port that nobody serves
        report = probe(config, check=True, deadline=DEADLINE)
    assert (codes(report), report.exit_code) == ({"MT554"}, 0)


def test_an_end_in_sight(looked: Looked, config: Path) -> None:
    """What ends inside the window is drift: the option's window, else the provider's, else 90 days."""
    assert looked(check=True).exit_code == 0
    assert looked(check=True, window=431).exit_code == 4
    providers = config.parent / "inventory/providers.yaml"
    providers.write_text(providers.read_text().replace("port:", "window: 431\n  port:"))
    assert looked(check=True).exit_code == 4
    assert looked(check=True, window=30).exit_code == 0
