"""Blocks that hold certificates, and what only looks like one: one folder a case in tests/cases/pem."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import example, given
from hypothesis import strategies as st

from mailtrust.certificates import _CONTENT, CertificateError, from_pem, loaded, pem_lines
from mailtrust.model import Certificate
from mailtrust.pem import LABELS

CASES = sorted((Path(__file__).resolve().parents[1] / "cases/pem").iterdir())
TRUST_OF_OPENSSL = bytes.fromhex("300c300a06082b06010505070301")  # trusted for TLS servers
Mint = Callable[..., Certificate]


def armoured(*certificates: Certificate) -> str:
    return "\n".join(line for one in certificates for line in pem_lines(one))


def told(text: str) -> list[str]:
    try:
        return [one.common_name for one in from_pem(text)]
    except CertificateError as error:
        return [f"error: {error}"]


@pytest.fixture(scope="module")
def bodies(mint: Mint) -> dict[str, str]:
    """What the placeholders of the cases stand for, each in one line."""
    root, inner = mint("Root"), mint("Inner", by="Root")
    both = pkcs7.serialize_certificates([loaded(root), loaded(inner)], Encoding.DER)
    ders = {"root": root.der, "inner": inner.der, "trusted": root.der + TRUST_OF_OPENSSL, "pkcs7": both}
    return {name: base64.b64encode(der).decode() for name, der in ders.items()}


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path, ends: str, bodies: dict[str, str]) -> None:
    """Certificates by name in the order of the file, or the one line that says where to look; no line end matters."""
    text = (case / "input.pem").read_text(encoding="utf-8")
    for name, body in bodies.items():
        text = text.replace(f"{{{name}}}", body)
    assert told(text.replace("\n", ends)) == (case / "expected.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    "kind", ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "OPENSSH PRIVATE KEY"]
)
def test_a_private_key_is_told_and_not_shown(kind: str, mint: Mint) -> None:
    """Beside certificates or alone it is an error that says what to do; nothing of the key is repeated."""
    key = "MHcCAQEEIKs3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3toAoGCCqGSM49"
    block = f"-----BEGIN {kind}-----\n{key}\n-----END {kind}-----\n"
    for text in (block, f"{block}{armoured(mint('Root'))}", f"{armoured(mint('Root'))}\n{block}"):
        (error,) = told(text)
        assert f"'-----BEGIN {kind}-----' is no frame of a certificate" in error
        assert "take it out" in error
        assert "s3cr3t" not in error


def test_every_label_is_read() -> None:
    """Each kind of block that is taken has somebody who reads it."""
    assert sorted(_CONTENT) == sorted(LABELS)


def test_a_trusted_certificate_that_is_cut(mint: Mint) -> None:
    """What follows it is of no interest, its own end is."""
    body = base64.b64encode(mint("Root").der[:-9]).decode()
    (error,) = told(f"-----BEGIN TRUSTED CERTIFICATE-----\n{body}\n-----END TRUSTED CERTIFICATE-----\n")
    assert "something was lost, added or changed" in error


@given(st.binary(max_size=400))
@example(b"-----BEGIN PKCS7-----\n\n-----END PKCS7-----")
@example(b"-----BEGIN TRUSTED CERTIFICATE-----\nMA==\n-----END TRUSTED CERTIFICATE-----")
def test_any_bytes_are_certificates_or_our_error(data: bytes) -> None:
    """Whatever stands in a file, inside of blocks or outside, only our own error comes, and in one line."""
    texts = [data.decode("latin-1"), data.decode("ascii", "replace")]
    texts += [f"-----BEGIN {label}-----\n{base64.b64encode(data).decode()}\n-----END {label}-----" for label in LABELS]
    texts += [f"-----BEGIN {label}-----\n{texts[0]}\n-----END {label}-----" for label in LABELS]
    for text in texts:
        assert "\n" not in "".join(told(text))


FRAME = re.compile("-----(?:BEGIN|END) CERTIFICATE-----")


@given(data=st.data())
def test_no_slip_in_a_frame_loses_a_certificate(data: st.DataObject, mint: Mint) -> None:
    """One letter of a frame changed, lost or added: both certificates come, or an error does; never one in silence."""
    stacked = armoured(mint("Root"), mint("Inner", by="Root"))
    frame = data.draw(st.sampled_from(list(FRAME.finditer(stacked))))
    place = frame.start() + data.draw(st.integers(0, len(frame[0]) - 1))
    put = data.draw(st.sampled_from(["", "-", " ", "—", "x", "E", "#", "\t", "\N{NO-BREAK SPACE}", "?"]))
    cut = data.draw(st.integers(0, 1))
    (*names,) = told(stacked[:place] + put + stacked[place + cut :])
    assert names == ["Root", "Inner"] or names[0].startswith("error: ")


@given(comment=st.text(st.characters(exclude_characters="-", exclude_categories=["Cs"]), max_size=60))
def test_comments_are_free(comment: str, mint: Mint) -> None:
    """Text without a hyphen around the blocks changes nothing, unless it is the bare words of a frame."""
    one, other = mint("One"), mint("Other")
    text = f"{comment}\n{armoured(one)}\n{comment}\n{armoured(other)}\n{comment}"
    with suppress(CertificateError):
        assert from_pem(text) == (one, other)
        return
    assert re.search("BEGIN|END", comment.upper())


def test_long_texts_come_to_their_end(mint: Mint) -> None:
    """A megabyte of words that begin like a frame is read as fast as any other."""
    for line in ("BEGIN EC EC EC EC\n", "end\n", "MI" + "A" * 57 + "\n", "-----BEGIN NOTHING-----\n", "BEGINEC"):
        text = line * (1_000_000 // len(line))
        assert from_pem(f"{text}\n{armoured(mint('One'))}") == (mint("One"),)


def test_the_library_reads_what_we_take_apart(mint: Mint) -> None:
    """The bytes of a PKCS#7 block are those that were put in."""
    root = mint("Root")
    held = pkcs7.serialize_certificates([x509.load_der_x509_certificate(root.der)], Encoding.PEM).decode()
    assert from_pem(held) == (root,)
