"""PEM, DER and the hexadecimal layout of IOS <-> Certificate, and the names that follow from a certificate.

Only bytes are compared here, never the pretty output of a router: that differs by release and time zone.
"""

from __future__ import annotations

import hashlib
import re
import ssl
import threading
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from mailtrust.der import first, length
from mailtrust.errors import MailtrustError
from mailtrust.model import Certificate, Trustpoint
from mailtrust.odd_names import Legible
from mailtrust.pem import LABELS, PemError, blocks


class CertificateError(MailtrustError):
    """Bytes or text that should be a certificate, and are not."""


# --- DER -----------------------------------------------------------------------------------------------------------

_UNDECODABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
_MOST_TELLING = (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME, NameOID.ORGANIZATION_NAME)
_quiet = threading.Lock()  # the warning filters belong to the whole process


def from_der(der: bytes) -> Certificate:
    """The certificate that these bytes are, whole; anything else is a CertificateError.

    Odd roots that are in real use (serial 0, negative serials, version 1, names in old string types) are read as they
    are.
    """
    try:
        with _quiet, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _decoded(der)
    except _UNDECODABLE as error:
        raise CertificateError(f"not a certificate: {_reason(der, error)}") from error


def _decoded(der: bytes) -> Certificate:
    decoded = _loaded(der)
    self_issued = decoded.subject == decoded.issuer
    return Certificate(
        der=der,
        subject=_readable(decoded.subject),
        issuer=_readable(decoded.issuer),
        common_name=_common_name(decoded.subject),
        serial=decoded.serial_number,
        not_before=decoded.not_valid_before_utc,
        not_after=decoded.not_valid_after_utc,
        is_ca=_is_ca(decoded, self_issued=self_issued),
        self_issued=self_issued,
        sha256=hashlib.sha256(der).hexdigest(),
        sha1=hashlib.sha1(der, usedforsecurity=False).hexdigest().upper(),
    )


def loaded(certificate: Certificate) -> x509.Certificate:
    """The certificate as the library knows it, for what our fields do not say; silent about odd roots too."""
    with _quiet, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _loaded(certificate.der)


def _loaded(der: bytes) -> x509.Certificate:
    """The library reads names late, and extensions may hold names too; so both are asked for at once."""
    try:
        decoded = x509.load_der_x509_certificate(der)
        _ = decoded.subject, decoded.issuer, decoded.extensions
    except ValueError:
        return cast("x509.Certificate", Legible(der))
    return decoded


_SEQUENCE = 0x30


def _reason(der: bytes, error: Exception) -> str:
    """Why bytes are no certificate, in words before those of the library."""
    if not der or der[0] != _SEQUENCE:
        return "its bytes begin in another way than those of every certificate"
    if length(der) != len(der):
        return f"{len(der)} bytes, where {length(der)} are announced: something was lost, added or changed"
    return f"something in it was changed, or is unknown here ({_one_line(str(error))})"


def _is_ca(decoded: x509.Certificate, *, self_issued: bool) -> bool:
    """Version 1 knows no extensions: there a root is a CA by being its own issuer."""
    try:
        return decoded.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return self_issued and decoded.version is x509.Version.v1


def _readable(name: x509.Name) -> str:
    return _one_line(name.rfc4514_string({NameOID.EMAIL_ADDRESS: "E"}))


def _common_name(name: x509.Name) -> str:
    """The last CN; a root without one is known by its OU or O, else by whatever its name ends with."""
    for oid in _MOST_TELLING:
        if found := name.get_attributes_for_oid(oid):
            return _one_line(_text(found[-1].value))
    return _one_line(_text(list(name)[-1].value)) if list(name) else ""


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


# --- PEM -----------------------------------------------------------------------------------------------------------


def from_pem(text: str) -> tuple[Certificate, ...]:
    """Every certificate of a stacked PEM in the order of the file; any text around the blocks is a comment.

    A damaged block, and a line that only looks like one, is a CertificateError with number or line from 1; a text
    without any block gives ().
    """
    found, unreadable = readable(text)
    if unreadable:
        raise CertificateError(unreadable[0])
    return found


def readable(text: str) -> tuple[tuple[Certificate, ...], tuple[str, ...]]:
    """As ``from_pem``, but whole blocks whose bytes are no certificate are told in words, beside the others."""
    found: list[Certificate] = []
    unreadable: list[str] = []
    try:
        for block in blocks(text):
            try:
                found += map(from_der, _CONTENT[block.label](block.der))
            except CertificateError as error:
                unreadable.append(f"certificate {block.number} of the file: {error} (line {block.line})")
    except PemError as error:
        raise CertificateError(str(error)) from error
    return tuple(found), tuple(unreadable)


def _itself(der: bytes) -> tuple[bytes, ...]:
    return (der,)


def _without_trust(der: bytes) -> tuple[bytes, ...]:
    """OpenSSL writes what it trusts the certificate for behind it."""
    try:
        return (first(der),)
    except ValueError as error:
        raise CertificateError(f"not a certificate: {_reason(der, error)}") from error


def _enclosed(der: bytes) -> tuple[bytes, ...]:
    try:
        with _quiet, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            held = tuple(one.public_bytes(Encoding.DER) for one in pkcs7.load_der_pkcs7_certificates(der))
    except _UNDECODABLE as error:
        raise CertificateError(
            f"a PKCS#7 that cannot be read ({_one_line(str(error))}): 'openssl pkcs7 -print_certs' may take it apart"
        ) from error
    if not held:
        raise CertificateError("a PKCS#7 without a certificate in it")
    return held


_CONTENT: Mapping[str, Callable[[bytes], tuple[bytes, ...]]] = {
    **dict.fromkeys(LABELS, _enclosed),
    "CERTIFICATE": _itself,
    "X509 CERTIFICATE": _itself,
    "TRUSTED CERTIFICATE": _without_trust,
}


def pem_lines(certificate: Certificate) -> tuple[str, ...]:
    """BEGIN, base64 in lines of at most 64, END: what ``crypto pki authenticate`` takes. A blank line would end it."""
    return tuple(ssl.DER_cert_to_PEM_cert(certificate.der).splitlines())


# --- the layout of ``show running-config`` -------------------------------------------------------------------------

_GROUP, _GROUPS = 8, 8
_HEX_LINE = re.compile(r"(?:[0-9A-Fa-f]{1,8}\s+)*[0-9A-Fa-f]{1,8}", re.ASCII)


def hex_block(certificate: Certificate) -> tuple[str, ...]:
    """The lines below ``crypto pki certificate chain NAME`` as IOS XE prints them, up to and with ``quit``.

    Eight groups of eight digits a line, a blank after each full line, then two blanks, a tab and ``quit``.
    """
    groups = _grouped(certificate.der.hex().upper())
    rows = (groups[start : start + _GROUPS] for start in range(0, len(groups), _GROUPS))
    body = ("  " + " ".join(row) + (" " if len(row) == _GROUPS else "") for row in rows)
    return (f" certificate ca {serial_hex(certificate.serial)}", *body, "  \tquit")


def from_hex(lines: Iterable[str]) -> bytes:
    """The DER of such lines, with or without heading, indentation, trailing blanks and ``quit``.

    Lines that are not hexadecimal, or that are not one whole DER value (cut on the way), are a CertificateError.
    """
    digits = []
    for line in map(str.strip, lines):
        if line == "quit":
            break
        if not line or line.startswith("certificate"):
            continue
        if not _HEX_LINE.fullmatch(line):
            raise CertificateError(f"expected hexadecimal digits in groups of eight, got {line[:40]!r}")
        digits.append(line)
    return _whole("".join("".join(digits).split()))


def _whole(digits: str) -> bytes:
    try:
        der = bytes.fromhex(digits)
    except ValueError as error:
        raise CertificateError(f"the hexadecimal digits are cut: {len(digits)} of them") from error
    if len(der) != (expected := length(der)):
        raise CertificateError(f"the hexadecimal digits are cut: {len(der)} bytes instead of {expected}")
    return der


def serial_hex(serial: int) -> str:
    """Upper-case hexadecimal with an even number of digits, as behind ``certificate ca``."""
    digits = f"{abs(serial):X}"
    return ("-" if serial < 0 else "") + digits.rjust(len(digits) + len(digits) % 2, "0")


# --- fingerprints and names ----------------------------------------------------------------------------------------

_SLUG_LENGTH = 28  # 40 for the whole name, less CA-, a hyphen and eight digits
_OUR_NAME = re.compile(r"CA-[A-Za-z0-9](?:[A-Za-z0-9-]{0,26}[A-Za-z0-9])?-([0-9a-f]{8})", re.ASCII)


def ios_fingerprint(hex_digest: str) -> str:
    """A digest as IOS prints it: upper-case, in groups of eight digits."""
    return " ".join(_grouped(hex_digest.upper()))


def same_fingerprint(printed: str, sha1: str) -> bool:
    """Whether the router printed this digest, however it groups and cases the digits."""
    return re.sub(r"[\s:]", "", printed).upper() == sha1.upper()


def trustpoint_name(certificate: Certificate) -> str:
    """``CA-<subject slug>-<first 8 hex of SHA-256>``, at most 40 characters: another certificate is another name."""
    plain = unicodedata.normalize("NFKD", certificate.common_name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:_SLUG_LENGTH].strip("-")
    return f"CA-{slug or 'unnamed'}-{certificate.sha256[:8]}"


def is_ours(trustpoint: Trustpoint) -> bool:
    """Provably ours: the name fits our pattern, and the one certificate it holds hashes to that name."""
    name = _OUR_NAME.fullmatch(trustpoint.name)
    if name is None or len(trustpoint.chain) != 1:
        return False
    return hashlib.sha256(trustpoint.chain[0]).hexdigest().startswith(name[1])


def roots_first(certificates: Iterable[Certificate]) -> tuple[Certificate, ...]:
    """Self-issued ones first, then each one after all that may have issued it; otherwise the order that came.

    Certificates that issued each other in a circle (cross-signs) keep their order at the end.
    """
    waiting = sorted(certificates, key=lambda certificate: not certificate.self_issued)
    ordered: list[Certificate] = []
    while waiting:
        missing = {certificate.subject for certificate in waiting if not certificate.self_issued}
        ready = [certificate for certificate in waiting if certificate.self_issued or certificate.issuer not in missing]
        ordered += ready or waiting
        waiting = [certificate for certificate in waiting if certificate not in ready] if ready else []
    return tuple(ordered)


def _grouped(digits: str) -> list[str]:
    return [digits[start : start + _GROUP] for start in range(0, len(digits), _GROUP)]
