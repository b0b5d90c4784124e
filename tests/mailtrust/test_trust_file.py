"""The judgement over a reviewed trust file."""

from __future__ import annotations

import random
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from mailtrust.certificates import pem_lines
from mailtrust.errors import InventoryError
from mailtrust.findings import Finding
from mailtrust.model import Certificate
from mailtrust.trust_file import trust_set

Mint = Callable[..., Certificate]


def stacked(*certificates: Certificate) -> str:
    return "\n\n".join("\n".join(pem_lines(certificate)) for certificate in certificates)


def codes(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.code for finding in findings]


def test_any_order_gives_roots_first(mint: Mint, now: datetime) -> None:
    """Whatever the order of the file, roots come before intermediates, and a good file has nothing to tell."""
    chain = [mint("Root"), mint("Outer", by="Root"), mint("Inner", by="Outer")]
    for seed in range(6):
        mixed = random.Random(seed).sample(chain, 3)
        assert trust_set(stacked(*mixed), name="t.pem", install="issuers", now=now) == (tuple(chain), ())


@pytest.mark.parametrize(
    ("install", "chosen", "told"),
    [
        ("issuers", ["Root", "Root", "Inner"], ["MT201"]),
        ("anchors", ["Root"], ["MT201"]),
        ("all", ["Root", "Root", "Inner", "smtp.example.com"], []),
    ],
)
def test_the_policy_chooses(install: str, chosen: list[str], told: list[str], mint: Mint, now: datetime) -> None:
    """issuers: every CA, cross-signs too; anchors: self-issued ones only; all: the leaf as well."""
    file = stacked(
        mint("smtp.example.com", by="Inner", ca=False),
        mint("Inner", by="Root"),
        mint("Root"),
        mint("Root", by="Older Root"),
    )
    certificates, findings = trust_set(file, name="t.pem", install=install, now=now)
    assert [one.common_name for one in certificates] == chosen
    assert codes(findings) == told


@pytest.mark.parametrize(
    ("days", "ca", "expected"),
    [
        ((-100, -1), True, ["MT202"]),
        ((1, 100), True, ["MT206"]),
        ((-100, 1000), False, ["MT201"]),
        ((-100, -1), False, ["MT202"]),
        ((-100, 89), True, ["MT205"]),
        ((-100, 90), True, ["MT205"]),
        ((-100, 91), True, []),
        ((0, 1000), True, []),
        ((-100, 0), True, ["MT205"]),
    ],
)
def test_each_fault_has_its_code(
    days: tuple[float, float], ca: bool, expected: list[str], mint: Mint, now: datetime
) -> None:
    """Expired, not yet valid, no CA, ends soon: one finding each, and what is refused is not installed."""
    suspect, good = mint("Suspect", days=days, ca=ca), mint("Good")
    certificates, findings = trust_set(stacked(suspect, good), name="t.pem", install="issuers", now=now)
    assert codes(findings) == expected
    refused = {finding.code for finding in findings} & {"MT201", "MT202", "MT206"}
    assert certificates == ((good,) if refused else (suspect, good))
    for finding in findings:
        assert finding.text.startswith(f"t.pem: CN=Suspect (SHA-256 {suspect.sha256[:8]}...)")


@pytest.mark.parametrize("install", ["issuers", "anchors", "all"])
def test_time_is_judged_under_every_policy(install: str, mint: Mint, now: datetime) -> None:
    """No policy installs what has expired or is not valid yet."""
    file = stacked(mint("Old", days=(-9, -1)), mint("Young", days=(1, 9)), mint("Good"))
    certificates, findings = trust_set(file, name="t.pem", install=install, now=now)
    assert [one.common_name for one in certificates] == ["Good"]
    assert codes(findings) == ["MT202", "MT206"]


def test_a_copy_is_noted_once(mint: Mint, now: datetime) -> None:
    """Three copies of one certificate are one certificate and one note."""
    root = mint("Root")
    certificates, findings = trust_set(stacked(root, root, root), name="t.pem", install="issuers", now=now)
    assert certificates == (root,)
    assert [(finding.code, finding.severity) for finding in findings] == [("MT203", "note")]


@pytest.mark.parametrize("install", ["issuers", "anchors"])
def test_nothing_to_install_is_said(install: str, mint: Mint, now: datetime) -> None:
    """An empty file and a file of refused certificates end with MT204."""
    assert codes(trust_set("", name="t.pem", install=install, now=now)[1]) == ["MT204"]
    leaf = stacked(mint("smtp.example.com", by="Inner", ca=False))
    assert codes(trust_set(leaf, name="t.pem", install=install, now=now)[1]) == ["MT201", "MT204"]


def test_anchors_without_a_root_is_said(mint: Mint, now: datetime) -> None:
    """Under anchors a file of intermediates only has nothing to install."""
    inner = stacked(mint("Inner", by="Root"))
    assert codes(trust_set(inner, name="t.pem", install="anchors", now=now)[1]) == ["MT204"]


def test_the_window_is_the_callers(mint: Mint, now: datetime) -> None:
    """How early an end is told can be chosen."""
    file = stacked(mint("Root", days=(-1, 200)))
    assert codes(trust_set(file, name="t.pem", install="all", now=now)[1]) == []
    assert codes(trust_set(file, name="t.pem", install="all", now=now, window=timedelta(days=365))[1]) == ["MT205"]


def damaged(certificate: Certificate, cut: int = 40) -> str:
    """A whole block whose bytes are no certificate any more."""
    lines = ssl.DER_cert_to_PEM_cert(certificate.der[:-cut]).splitlines()
    return "\n".join(lines)


def test_an_unreadable_certificate_is_one_finding(mint: Mint, now: datetime) -> None:
    """It is told with file, number, line and reason, as an error; the others of the file are judged as ever."""
    text = f"{stacked(mint('Root'))}\n{damaged(mint('Broken'))}\n{stacked(mint('Inner', by='Root'))}"
    certificates, findings = trust_set(text, name="trust/x.pem", install="issuers", now=now)
    assert [one.common_name for one in certificates] == ["Root", "Inner"]
    assert [(each.code, each.severity) for each in findings] == [("MT208", "error")]
    line = stacked(mint("Root")).count("\n") + 2
    assert findings[0].text.startswith("trust/x.pem: certificate 2 of the file: not a certificate: ")
    assert findings[0].text.endswith(f"something was lost, added or changed (line {line})")


@pytest.mark.parametrize(
    ("text", "told"), [("", "holds no block '-----BEGIN CERTIFICATE-----'"), ("garbage", "holds no")]
)
def test_a_file_without_a_block_says_what_is_missing(text: str, told: str, now: datetime) -> None:
    """MT204 of a file that holds nothing at all does not count to zero."""
    (finding,) = trust_set(text, name="t.pem", install="issuers", now=now)[1]
    assert finding.text.startswith(f"t.pem: it {told}")


def test_a_file_of_unreadable_ones_has_nothing_to_install(mint: Mint, now: datetime) -> None:
    """Where nothing is left, MT204 says so and counts what was there."""
    _, findings = trust_set(damaged(mint("Broken")), name="t.pem", install="issuers", now=now)
    assert codes(findings) == ["MT208", "MT204"]
    assert findings[1].text == "t.pem: none of its 1 certificates can be installed"


def test_what_looks_like_a_block_is_the_users_fault(mint: Mint, now: datetime) -> None:
    """A frame that is not exact is an InventoryError with file and line: nothing of the file vanishes."""
    text = stacked(mint("Root")).replace("-----BEGIN", "--BEGIN").replace("-----END", "--END")
    with pytest.raises(InventoryError, match=r"^trust/x\.pem: line 1: '--BEGIN CERTIFICATE-----' is not exactly"):
        trust_set(f"{text}\n{stacked(mint('Inner'))}", name="trust/x.pem", install="issuers", now=now)


def test_garbage_is_the_users_fault(mint: Mint, now: datetime) -> None:
    """A damaged block is an InventoryError with file and block, for exit code 2."""
    damaged = stacked(mint("Root")).replace("MI", "!!", 1)
    with pytest.raises(InventoryError, match=r"^trust/x\.pem: certificate 1 of the file: not base64"):
        trust_set(damaged, name="trust/x.pem", install="issuers", now=now)
