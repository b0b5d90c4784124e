"""One X.509 certificate as IOS sees it: names, numbers, fingerprints and the hex layout, all from its DER."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

SHORT_NAMES = {
    NameOID.COMMON_NAME: "cn",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "ou",
    NameOID.ORGANIZATION_NAME: "o",
    NameOID.LOCALITY_NAME: "l",
    NameOID.STATE_OR_PROVINCE_NAME: "st",
    NameOID.COUNTRY_NAME: "c",
    NameOID.EMAIL_ADDRESS: "e",
    NameOID.DOMAIN_COMPONENT: "dc",
    NameOID.SERIAL_NUMBER: "serialNumber",
    NameOID.UNSTRUCTURED_NAME: "hostname",
}
GROUP = 8  # hex digits
GROUPS_A_LINE = 8
PEM_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


class NotACertificateError(ValueError):
    """What was pasted does not decode to an X.509 certificate."""


@dataclass(frozen=True)
class Certificate:
    """A certificate, equal to another if the DER is. Everything else is derived from the DER, once."""

    der: bytes

    @cached_property
    def x509(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.der)

    @cached_property
    def serial(self) -> str:
        """Upper-case hex with an even number of digits, as in `certificate ca SERIAL`."""
        digits = f"{self.x509.serial_number:X}"
        return digits.zfill(len(digits) + len(digits) % 2)

    @cached_property
    def subject(self) -> tuple[str, ...]:
        return name_lines(self.x509.subject)

    @cached_property
    def issuer(self) -> tuple[str, ...]:
        return name_lines(self.x509.issuer)

    @cached_property
    def md5(self) -> str:
        return hashlib.md5(self.der).hexdigest().upper()

    @cached_property
    def sha1(self) -> str:
        return hashlib.sha1(self.der).hexdigest().upper()

    @cached_property
    def is_ca(self) -> bool:
        try:
            return self.x509.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        except x509.ExtensionNotFound:
            return self.self_signed

    @cached_property
    def self_signed(self) -> bool:
        return self.signed_by(self)

    @cached_property
    def hex_lines(self) -> tuple[str, ...]:
        """The body under `certificate ca SERIAL`: full lines end in a space, the last one does not."""
        groups = grouped(self.der.hex().upper()).split(" ")
        rows = [groups[at : at + GROUPS_A_LINE] for at in range(0, len(groups), GROUPS_A_LINE)]
        return tuple("  " + " ".join(row) + (" " if len(row) == GROUPS_A_LINE else "") for row in rows)

    @cached_property
    def file_name(self) -> str:
        """The name in nvram: twelve characters of the issuer, `#`, the serial's end, `CA`."""
        name = next((line.partition("=")[2] for line in self.issuer if line.startswith("cn=")), "Certificate")
        return f"{re.sub(r'[^A-Za-z0-9-]', '', name)[:12]}#{self.serial[-4:].lstrip('0') or '0'}CA.cer"

    @cached_property
    def own_file_name(self) -> str:
        """The same of a certificate that is the router's own."""
        return f"{self.file_name.removesuffix('CA.cer')}D.cer"

    def signed_by(self, issuer: Certificate) -> bool:
        """True if the issuer's name is named and its key really made the signature."""
        try:
            self.x509.verify_directly_issued_by(issuer.x509)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True


def name_lines(name: x509.Name) -> tuple[str, ...]:
    """A name as `cn=...`, `o=...`: short names, in the reverse of the DER's order."""
    return tuple(f"{SHORT_NAMES.get(part.oid, part.oid.dotted_string)}={part.value!s}" for part in reversed(list(name)))


def grouped(digits: str) -> str:
    """`digits` in groups of eight, as every fingerprint is printed."""
    return " ".join(digits[at : at + GROUP] for at in range(0, len(digits), GROUP))


def from_paste(lines: Iterable[str]) -> Certificate:
    """The certificate in a base-64 paste; BEGIN and END lines may be missing, a second certificate is not seen."""
    text = "\n".join(lines)
    block = PEM_BLOCK.search(text)
    try:
        return from_der(base64.b64decode("".join((block[1] if block else text).split()), validate=True))
    except binascii.Error as error:
        raise NotACertificateError(str(error)) from error


def from_hex(lines: Iterable[str]) -> Certificate:
    """The certificate in the hex lines of a `certificate ca SERIAL` block."""
    try:
        return from_der(bytes.fromhex("".join("".join(lines).split())))
    except ValueError as error:
        raise NotACertificateError(str(error)) from error


def from_der(der: bytes) -> Certificate:
    certificate = Certificate(der)
    try:
        certificate.x509  # noqa: B018  decoding is the test
        certificate.is_ca  # noqa: B018  and so is reading the extensions
    except ValueError as error:
        raise NotACertificateError(str(error)) from error
    return certificate
