"""The router's judgement: its debug text against a real router's, its rule against hierarchies of every shape."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.authority import LEGACY, ROOT_LIFE, Authority
from lab.certificate import Certificate
from lab.issuing import issue, new_key
from lab.validation import Validation, validate, walk

SHARED = Path(__file__).resolve().parents[4] / "shared"
AT = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
AUTHORITY = Authority.mint(AT)

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the transcripts of a real router are not beside this checkout"
)


def certificate(given: x509.Certificate) -> Certificate:
    return Certificate(given.public_bytes(Encoding.DER))


LEAF, ISSUING, CROSS = (certificate(c) for c in AUTHORITY.chain().presented)
ROOT, LEGACY_ROOT = certificate(AUTHORITY.root.certificate), certificate(AUTHORITY.legacy.certificate)


def real(name: str) -> Certificate:
    return certificate(x509.load_pem_x509_certificate((SHARED / "certs" / f"{name}.pem").read_bytes()))


def seen_lines(log: str) -> list[str]:
    """The lines of a real router's log, without time stamps, all with the session number of ours."""
    text = (SHARED / "transcripts" / "seed" / log).read_text()
    return [re.sub(r"\(A06..\)|session A06..", swap, line) for line in re.sub(r"(?m)^\*.{19}: ", "", text).splitlines()]


def swap(session: re.Match[str]) -> str:
    return re.sub("A06..", "A0693", session[0])


def shown_lines(verdict: Validation, *, since: str) -> list[str]:
    lines = [line for _, text in verdict.debug for line in text.split("\n")]
    return lines[next(at for at, line in enumerate(lines) if line.startswith(since)) :]


def missing_from(shown: Sequence[str], seen: Sequence[str]) -> list[str]:
    """What is shown but not seen in this order; a seen line may go on, since a router runs messages together."""
    rest = iter(seen)
    return [line for line in shown if not any(other.startswith(line) for other in rest)]


@needs_shared
def test_a_failure_reads_as_on_a_real_router() -> None:
    """Judging Google's cross-sign without its issuer prints only lines of the real failing log, in its order."""
    now = datetime(2023, 3, 15, 21, 51, 32, tzinfo=timezone.utc)
    verdict = validate([real("GTS-Root-R1-by-GlobalSign")], {"CA-GTS-Root-R1": real("GTS-Root-R1")}, now)
    assert verdict.trustpoint is None
    shown = shown_lines(verdict, since="CRYPTO_PKI: (A0693) Check for identical certs")
    assert missing_from(shown, seen_lines("debug_fail_bad_certificate.log")) == []
    assert "94 40 D1 90 A0 A3 5D 47 E5 B5 31 F6 63 AD 1B 0A" in shown


@needs_shared
def test_a_success_reads_as_on_a_real_router() -> None:
    """Judging Google's intermediate and cross-sign prints only lines of the real working log, digests included."""
    now = datetime(2023, 3, 16, 3, 28, 50, tzinfo=timezone.utc)
    presented = [real("GTS-CA-1C3"), real("GTS-Root-R1-by-GlobalSign")]
    trust = {"CA-GTS-1C3": presented[0], "CA-GlobalSign-Root": real("GlobalSign-Root-CA")}
    verdict = validate(presented, trust, now)
    assert verdict.trustpoint == "CA-GlobalSign-Root"
    shown = shown_lines(verdict, since="CRYPTO_PKI: Added")
    assert missing_from(shown, seen_lines("debug_success.log")) == []
    assert "03 9F CF 59 82 EE 09 CC 4F 53 AE D8 02 7E 4B AF" in shown


def test_a_missing_anchor_is_named_in_the_debug() -> None:
    """The look-up of the topmost certificate prints the issuer that is not installed, and the alert follows."""
    verdict = validate([LEAF, ISSUING, CROSS], {"CA-ROOT": ROOT}, AT)
    features = {feature for feature, _ in verdict.debug}
    text = [line for _, line in verdict.debug]
    assert features == {"pki", "openssl"}
    assert any('issuer="cn=Lab Legacy Root CA,ou=Root CA,o=Lab Legacy nv-sa,c=BE" serial number= ' in t for t in text)
    assert "CRYPTO_PKI: (A0693) No suitable trustpoints found" in text
    assert ("openssl", "SSL3 alert write:fatal:bad certificate") in verdict.debug


@settings(max_examples=30)
@given(order=st.permutations([ISSUING, CROSS, LEGACY_ROOT, ISSUING]))
def test_order_and_repetition_do_not_matter(order: list[Certificate]) -> None:
    """However the certificates above the leaf are sent, the path is the same."""
    assert walk([LEAF, *order]) == (LEAF, ISSUING, CROSS, LEGACY_ROOT)


@pytest.mark.parametrize(
    ("presented", "path"),
    [
        ((LEAF,), (LEAF,)),
        ((LEAF, CROSS), (LEAF,)),
        ((LEAF, ISSUING, ROOT, CROSS), (LEAF, ISSUING, ROOT)),
        ((LEAF, ISSUING, CROSS, ROOT), (LEAF, ISSUING, CROSS)),
    ],
)
def test_the_path_goes_as_far_as_presented(presented: tuple[Certificate, ...], path: tuple[Certificate, ...]) -> None:
    """A gap ends the path, so does a self-signed certificate; of two of one name the first sent is taken."""
    assert walk(presented) == path


def test_a_namesake_does_not_anchor() -> None:
    """A trustpoint with the issuer's name but another key is tried and does not help."""
    namesake = certificate(issue(AT, LEGACY, new_key("ec"), ROOT_LIFE).certificate)
    verdict = validate([LEAF, ISSUING, CROSS], {"FALSE": namesake}, AT)
    assert verdict.trustpoint is None
    assert ("pki", "CRYPTO_PKI: (A0693) Suitable trustpoints are: FALSE,") in verdict.debug
    assert validate([LEAF, ISSUING, CROSS], {"FALSE": namesake, "TRUE": LEGACY_ROOT}, AT).trustpoint == "TRUE"


def test_an_expired_anchor_does_not_help() -> None:
    """An installed issuer out of its time is refused and named in syslog, unless another one of its name is in time."""
    expired = certificate(issue(AT, LEGACY, AUTHORITY.legacy.key, (-9000, -1)).certificate)
    verdict = validate([LEAF, ISSUING, CROSS], {"OLD": expired}, AT)
    assert verdict.trustpoint is None
    (message,) = verdict.syslog
    assert message.startswith("%PKI-3-CERTIFICATE_INVALID_EXPIRED: ")
    assert f"(SN: {expired.serial}) has expired." in message
    assert message.endswith("Validity period ended on 12:00:00 UTC Nov 22 2026")
    both = validate([LEAF, ISSUING, CROSS], {"OLD": expired, "NEW": LEGACY_ROOT}, AT)
    assert (both.trustpoint, both.syslog) == ("NEW", ())


def test_the_last_second_counts() -> None:
    """A certificate is good in its first and last second, and not in the ones before and after."""
    start, end = LEAF.x509.not_valid_before_utc, LEAF.x509.not_valid_after_utc
    second = timedelta(seconds=1)
    trust = {"LEGACY": LEGACY_ROOT}
    good = [validate([LEAF, ISSUING, CROSS], trust, now).trustpoint for now in (start, end)]
    bad = [validate([LEAF, ISSUING, CROSS], trust, now).trustpoint for now in (start - second, end + second)]
    assert (good, bad) == (["LEGACY", "LEGACY"], [None, None])
