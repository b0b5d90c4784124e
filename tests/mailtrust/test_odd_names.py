"""Certificates whose names the library refuses, and everybody else takes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.certificates import CertificateError, from_der, loaded, trustpoint_name
from mailtrust.chain import Presented, Root, judge
from mailtrust.der import encoded, first, length, values
from mailtrust.model import Certificate
from mailtrust.odd_names import Legible, legible
from mailtrust.quality import key_kind, strength
from mailtrust.walk import issuance

UTF8, PRINTABLE, T61, IA5, BMP = 0x0C, 0x13, 0x14, 0x16, 0x1E
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
Text = tuple[int, bytes]
"""A string of a name: its tag, and the bytes that stand in it."""
KEY = ec.derive_private_key(2026, ec.SECP256R1())


def signed(subject: Text, by: Text | None = None, *, now: datetime, key: Key = KEY, ca: bool = True) -> bytes:
    """A certificate whose common names are these strings, whatever the library thinks of them, and whose signature fits."""
    stand_ins = {"Subject": subject, "Issuer": by or subject}
    issuer = "Issuer" if by else "Subject"
    public = key.public_key()
    built = (
        x509.CertificateBuilder()
        .subject_name(named("Subject"))
        .issuer_name(named(issuer))
        .public_key(public)
        .serial_number(0x1234)
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=1000))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier(b"k" * 20, [x509.DirectoryName(named(issuer))], 0x1234), critical=False
        )
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
        .public_bytes(serialization.Encoding.DER)
    )
    ((_, whole),) = values(built)
    tbs = exchanged(first(whole), stand_ins)
    _, algorithm, _ = (encoded(*value) for value in values(whole))
    return encoded(0x30, tbs + algorithm + encoded(0x03, b"\0" + signature(key, tbs)))


def named(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def exchanged(der: bytes, stand_ins: dict[str, Text]) -> bytes:
    """The same DER with other strings, all lengths around them set right."""
    parts = []
    for tag, content in values(der):
        text = stand_ins.get(content.decode("latin-1")) if tag == UTF8 else None
        inner = exchanged(content, stand_ins) if tag & 0x20 or (tag == 0x04 and content[:1] == b"\x30") else content
        parts.append(encoded(*(text or (tag, inner))))
    return b"".join(parts)


def signature(key: Key, tbs: bytes) -> bytes:
    match key:
        case rsa.RSAPrivateKey():
            return key.sign(tbs, padding.PKCS1v15(), hashes.SHA256())
        case ec.EllipticCurvePrivateKey():
            return key.sign(tbs, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        case _:
            return key.sign(tbs)


NAMES = [
    ((T61, "Zürich CA".encode("latin-1")), "Zürich CA", "CA-Zurich-CA"),
    ((T61, "Zürich CA".encode()), "Zürich CA", "CA-Zurich-CA"),
    ((PRINTABLE, b"R&D Root_1 @ home! *"), "R&D Root_1 @ home! *", "CA-R-D-Root-1-home"),
    ((PRINTABLE, b"R\xe9seau"), "Réseau", "CA-Reseau"),
    ((UTF8, "Société".encode("latin-1")), "Société", "CA-Societe"),
    ((IA5, b"Caf\xe9 Root"), "Café Root", "CA-Cafe-Root"),
    ((BMP, "Řím".encode("utf-16-be") + b"\xd8\x00"), "Řím\N{REPLACEMENT CHARACTER}", "CA-Rim"),
    ((T61, b"Line\nBreak"), "Line\N{REPLACEMENT CHARACTER}Break", "CA-LineBreak"),
]
ODD = pytest.mark.parametrize(("text", "name", "trustpoint"), NAMES, ids=lambda value: None)


@ODD
def test_the_name_is_read_and_all_else_is_as_it_is(text: Text, name: str, trustpoint: str, now: datetime) -> None:
    """Bytes, digests, serial, dates and the CA flag are the certificate's own; only the name is made legible."""
    der = signed(text, now=now)
    certificate = from_der(der)
    assert (certificate.der, certificate.common_name, certificate.serial) == (der, name, 0x1234)
    assert certificate.subject == certificate.issuer == "CN=" + name
    assert (certificate.is_ca, certificate.self_issued) == (True, True)
    assert (certificate.not_after - certificate.not_before).days == 1100
    assert trustpoint_name(certificate) == f"{trustpoint}-{certificate.sha256[:8]}"


def test_the_library_refuses_each_of_them(now: datetime) -> None:
    """If it takes them all some day, most of this can go."""
    for text in (NAMES[place][0] for place in (0, 2, 3, 4, 5)):
        with pytest.raises(ValueError, match="asn1"):
            _ = x509.load_der_x509_certificate(signed(text, now=now)).subject


KEYS = {"ec": KEY, "rsa": rsa.generate_private_key(65537, 2048), "ed25519": ed25519.Ed25519PrivateKey.generate()}


@pytest.mark.parametrize("kind", ["ec", "rsa"])
@pytest.mark.parametrize("text", [name for name, *_ in NAMES[:6]], ids=range(6))
def test_signatures_are_checked_over_the_real_bytes(text: Text, kind: str, now: datetime) -> None:
    """A chain below such a root is found, since its signatures fit; a changed byte, and it is not."""
    key = KEYS[kind]
    root = from_der(signed(text, now=now, key=key))
    leaf = from_der(signed((UTF8, b"smtp.example.net"), text, now=now, key=key, ca=False))
    assert issuance([leaf, root]).issuers == {leaf: (root,), root: ()}
    judgement = judge(Presented("x", False, (leaf,)), [Root(root, "us")], host=None, now=now, window=timedelta(90))
    assert [path.root.certificate for path in judgement.paths] == [root]
    assert judgement.anchors == (root,)
    changed = from_der(leaf.der.replace(b"\x12\x34", b"\x12\x35", 1))
    assert issuance([changed, root]).issuers[changed] == ()


def test_who_did_not_sign_is_not_the_issuer(now: datetime) -> None:
    """Another key, another name or another kind of key: none of them is taken for the issuer."""
    (text, other), key = (NAMES[0][0], NAMES[2][0]), rsa.generate_private_key(65537, 2048)
    leaf = Legible(signed((UTF8, b"x"), text, now=now))
    with pytest.raises(ValueError, match="names differ"):
        leaf.verify_directly_issued_by(loaded(from_der(signed(other, now=now))))
    with pytest.raises(TypeError):
        leaf.verify_directly_issued_by(loaded(from_der(signed(text, now=now, key=key))))
    another = ec.derive_private_key(7, ec.SECP256R1())
    with pytest.raises(InvalidSignature):
        leaf.verify_directly_issued_by(loaded(from_der(signed(text, now=now, key=another))))
    modern = KEYS["ed25519"]
    with pytest.raises(TypeError):
        Legible(signed((UTF8, b"x"), text, now=now, key=modern)).verify_directly_issued_by(
            loaded(from_der(signed(text, now=now, key=modern)))
        )


def test_what_else_is_asked_of_it(now: datetime) -> None:
    """Key, strength and bytes come as of any other."""
    certificate = from_der(signed(NAMES[0][0], now=now))
    assert key_kind(certificate) == "P-256"
    assert list(strength(certificate)) == []
    assert loaded(certificate).public_bytes(serialization.Encoding.DER) == certificate.der


def test_a_name_inside_of_an_extension(now: datetime) -> None:
    """The issuer's name may stand in the authority key identifier once more."""
    leaf = from_der(signed((UTF8, b"good"), NAMES[0][0], now=now))
    identifier = loaded(leaf).extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert identifier.authority_cert_issuer
    assert identifier.authority_cert_issuer[0].value.rfc4514_string() == "CN=Zürich CA"


def test_good_certificates_are_not_touched(mint: Callable[..., Certificate]) -> None:
    """Reading a proper name leniently gives the name, byte by byte the same certificate."""
    good = mint("Gute Wurzel")
    assert legible(good.der) == good.der
    assert isinstance(loaded(good), x509.Certificate)


@given(data=st.data())
def test_damaged_ones_are_our_error_or_a_certificate(data: st.DataObject, now: datetime) -> None:
    """One changed byte anywhere never brings a foreign exception out, and what is read can be walked."""
    text = data.draw(st.sampled_from([name for name, *_ in NAMES]))
    der = bytearray(signed(text, now=now))
    der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    with suppress(CertificateError):
        one = from_der(bytes(der))
        issuance([one])
        list(strength(one))


@given(st.binary(max_size=300))
def test_any_bytes_are_legible_or_a_value_error(data: bytes) -> None:
    """Deep nesting and cut values come to their end."""
    for der in (data, b"\x30\x80" * 200 + data, b"\x31\x02\x30\x00" * 50 + data):
        with suppress(ValueError):
            legible(der)
    with pytest.raises(ValueError, match="deeply"):
        legible(nested(60))


def nested(depth: int) -> bytes:
    der = b""
    for _ in range(depth):
        der = encoded(0x30, der)
    return der


@given(st.integers(0, 0xFF).filter(lambda tag: tag & 0x1F != 0x1F), st.binary(max_size=70_000))
def test_der_goes_round(tag: int, content: bytes) -> None:
    """What is encoded is one value again, and as long as it says."""
    der = encoded(tag, content)
    assert list(values(der)) == [(tag, content)]
    assert first(der + b"tail") == der
    assert length(der) == len(der)
