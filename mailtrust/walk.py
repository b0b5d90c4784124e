"""Who issued whom among some certificates, and every way up from a leaf.

Verifiers return the shortest valid path and hide the others; a router may anchor on one of the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailtrust.certificates import loaded
from mailtrust.model import Certificate

Way = tuple[Certificate, ...]
Holder = tuple[str, bytes]
"""A subject and its public key: the same for a root and all its cross-signs."""

LONGEST = 12
"""Certificates in one way; public chains have up to five."""
MOST = 1000
"""Ways looked at in one walk: certificates that cross-sign each other at random must not keep us for ever."""

SHA1_SIGNATURES = frozenset(
    (
        x509.SignatureAlgorithmOID.RSA_WITH_SHA1,
        x509.SignatureAlgorithmOID.ECDSA_WITH_SHA1,
        x509.ObjectIdentifier("1.3.14.3.2.29"),  # the older name of the first
    )
)


@dataclass(frozen=True)
class Issuance:
    """For each certificate those that issued it, by name and signature (none for a self-issued one), and its holder."""

    issuers: Mapping[Certificate, tuple[Certificate, ...]]
    holders: Mapping[Certificate, Holder]

    def among(self, certificates: Collection[Certificate]) -> Issuance:
        """The same, as if only these certificates were there."""
        kept = {one: tuple(up for up in self.issuers[one] if up in certificates) for one in certificates}
        return Issuance(kept, self.holders)

    def ways(self, leaf: Certificate) -> tuple[Way, ...]:
        """Every way up from ``leaf``, each as far as it goes; no holder stands twice in a way."""
        return tuple(islice(self._climb((leaf,)), MOST))

    def _climb(self, way: Way) -> Iterator[Way]:
        passed = {self.holders[one] for one in way}
        above = [up for up in self.issuers[way[-1]] if self.holders[up] not in passed and len(way) < LONGEST]
        if not above:
            yield way
        for issuer in above:
            yield from self._climb((*way, issuer))


def issuance(certificates: Iterable[Certificate]) -> Issuance:
    """Checks every signature that a name suggests, except those of certificates that name themselves as issuer."""
    decoded = {one: loaded(one) for one in certificates}
    named = defaultdict(list)
    for one in decoded:
        named[one.subject].append(one)
    return Issuance(
        issuers={
            one: tuple(up for up in named[one.issuer] if up.is_ca and _issued(decoded[one], decoded[up]))
            for one in decoded
            if not one.self_issued
        }
        | {one: () for one in decoded if one.self_issued},
        holders={one: (one.subject, _key(decoded[one])) for one in decoded},
    )


def _issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (InvalidSignature, TypeError, UnsupportedAlgorithm):
        return False
    except ValueError:  # names differ, or a digest that the library refuses although IOS takes it
        return below.issuer == above.subject and _issued_with_sha1(below, above)
    return True


def _issued_with_sha1(below: x509.Certificate, above: x509.Certificate) -> bool:
    """A path through SHA-1 is told as weak; it could not be told if it were not found."""
    if below.signature_algorithm_oid not in SHA1_SIGNATURES:
        return False
    digest, signed = hashes.SHA1(), below.tbs_certificate_bytes  # noqa: S303
    try:
        match above.public_key():
            case rsa.RSAPublicKey() as key:
                key.verify(below.signature, signed, padding.PKCS1v15(), digest)
            case ec.EllipticCurvePublicKey() as curve_key:
                curve_key.verify(below.signature, signed, ec.ECDSA(digest))
            case _:
                return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _key(decoded: x509.Certificate) -> bytes:
    """The public key in DER; one that cannot be read is nobody else's."""
    try:
        return decoded.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return decoded.public_bytes(Encoding.DER)
