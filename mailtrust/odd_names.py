"""Certificates whose names are old or sloppy ASN.1 strings: routers and OpenSSL take them, our library does not.

T61String with Latin-1 in it, PrintableString with ``&`` or ``_``, UTF8String that is none. Bytes are what is installed
and what is signed; only who reads a name gets another text of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from mailtrust.der import CONSTRUCTED, encoded, first, values

_OID, _OCTETS, _UTF8, _SEQUENCE, _SET = 0x06, 0x04, 0x0C, 0x30, 0x31
_DEEPEST = 40  # a certificate has about a dozen levels


def _eight_bits(content: bytes) -> str:
    """UTF-8 where it is that, else Latin-1, as everybody else reads T61String."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


_STRINGS: Mapping[int, Callable[[bytes], str]] = {
    # UTF8, Numeric, Printable, T61, Videotex, IA5, Graphic, Visible, General
    **dict.fromkeys((_UTF8, 0x12, 0x13, 0x14, 0x15, 0x16, 0x19, 0x1A, 0x1B), _eight_bits),
    0x1C: lambda content: content.decode("utf-32-be", "replace"),  # Universal
    0x1E: lambda content: content.decode("utf-16-be", "replace"),  # BMP
}


def legible(der: bytes, depth: int = 0) -> bytes:
    """The same DER with every string of every name as UTF-8; what is no DER is a ValueError.

    For reading only: its signature does not fit any more.
    """
    if depth > _DEEPEST:
        raise ValueError("nested too deeply")
    return b"".join(encoded(tag, _inside(tag, content, depth + 1)) for tag, content in values(der))


def _inside(tag: int, content: bytes, depth: int) -> bytes:
    if tag == _SET:  # of attributes, where it belongs to a name
        return b"".join(encoded(*_attribute(*value, depth)) for value in values(content))
    if tag & CONSTRUCTED:
        return legible(content, depth)
    return _octets(content, depth) if tag == _OCTETS else content


def _attribute(tag: int, content: bytes, depth: int) -> tuple[int, bytes]:
    if tag == _SEQUENCE:
        pair = list(values(content))
        if [each[0] for each in pair[:1]] == [_OID] and len(pair[1:]) == 1 and pair[1][0] in _STRINGS:
            text = _STRINGS[pair[1][0]](pair[1][1])
            return tag, encoded(*pair[0]) + encoded(_UTF8, text.encode("utf-8", "replace"))
    return tag, _inside(tag, content, depth)


def _octets(content: bytes, depth: int) -> bytes:
    """An extension's value is DER as well and may hold names; other octets stay as they are."""
    try:
        return legible(content, depth)
    except ValueError:
        return content


class Legible:
    """An ``x509.Certificate`` by what can be asked of it: the names as text, everything signed as it really is."""

    def __init__(self, der: bytes) -> None:
        """Raises what the library raises when more than the names is odd."""
        self._der = der
        self._read = x509.load_der_x509_certificate(legible(der))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the library's own has there
        return getattr(self._read, name)

    @property
    def tbs_certificate_bytes(self) -> bytes:
        """What the issuer has signed."""
        ((_, whole),) = values(self._der)
        return first(whole)

    def public_bytes(self, _: Encoding) -> bytes:
        """The DER as it came; there is no other form of it."""
        return self._der

    def verify_directly_issued_by(self, issuer: x509.Certificate) -> None:
        """As the library's own: ValueError, TypeError or InvalidSignature unless ``issuer`` made the signature."""
        if self._read.issuer != issuer.subject:
            raise ValueError("the names differ")
        signature, signed = self._read.signature, self.tbs_certificate_bytes
        digest, how = self._read.signature_hash_algorithm, self._read.signature_algorithm_parameters
        match issuer.public_key():
            case rsa.RSAPublicKey() as key if isinstance(how, padding.PKCS1v15 | padding.PSS) and digest is not None:
                key.verify(signature, signed, how, digest)
            case ec.EllipticCurvePublicKey() as curve_key if isinstance(how, ec.ECDSA):
                curve_key.verify(signature, signed, how)
            case _:
                raise TypeError("a key of another kind than the signature")
