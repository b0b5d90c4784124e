"""What is wrong with one certificate of a chain as such: its dates, its algorithms, its key, its host names."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta, timezone

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mailtrust.ageing import distrusted_on
from mailtrust.certificates import loaded
from mailtrust.findings import Finding, finding
from mailtrust.model import Certificate
from mailtrust.walk import SHA1_SIGNATURES

_SHORTEST = 2048
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_PROVEN = ("RSA", "P-256")  # RSA of 2048 and 4096 bits and P-256 are what a router was seen to accept
_BROKEN = {x509.SignatureAlgorithmOID.RSA_WITH_MD5: "MD5", **dict.fromkeys(SHA1_SIGNATURES, "SHA-1")}


def who(certificate: Certificate) -> str:
    return f"{certificate.subject} (SHA-256 {certificate.sha256[:8]}...)"


def in_time(certificate: Certificate, now: datetime) -> bool:
    return certificate.not_before <= now <= certificate.not_after


def dates(certificate: Certificate, *, now: datetime, window: timedelta) -> Iterator[Finding]:
    """Expired, not valid yet, or (if it is a CA: leaves are renewed without us) at its end within the window."""
    if certificate.not_after < now:
        yield finding("MT511", f"{who(certificate)} ended on {certificate.not_after:%Y-%m-%d}")
    elif certificate.not_before > now:
        yield finding("MT512", f"{who(certificate)} is valid from {certificate.not_before:%Y-%m-%d %H:%M} UTC")
    elif certificate.is_ca and certificate.not_after - now <= window:
        yield finding("MT513", f"{who(certificate)} ends on {certificate.not_after:%Y-%m-%d}")


def ageing(root: Certificate, *, now: datetime, window: timedelta) -> Iterator[Finding]:
    """Where a root stands in Mozilla's schedule, if its day has come or is within the window."""
    day = distrusted_on(root)
    left = datetime.combine(day, time(), timezone.utc) - now
    if left <= timedelta():
        yield finding("MT515", f"{who(root)} lost its trust for TLS on {day} if it is a public root")
    elif left <= window:
        yield finding("MT514", f"{who(root)} loses its trust for TLS on {day} if it is a public root")


def strength(certificate: Certificate) -> Iterator[Finding]:
    """Weak digests (a root's own signature is nobody's concern) and short RSA keys."""
    decoded = loaded(certificate)
    digest = _BROKEN.get(decoded.signature_algorithm_oid)
    if digest and not certificate.self_issued:
        yield finding("MT521", f"{who(certificate)} is signed with {digest}")
    kind, bits = _key(decoded)
    if kind == "RSA" and bits < _SHORTEST:
        yield finding("MT522", f"{who(certificate)} has an RSA key of {bits} bits")


def proven(certificate: Certificate) -> bool:
    """Whether IOS XE was seen to accept a key of this kind."""
    return _key(loaded(certificate))[0] in _PROVEN


def key_kind(certificate: Certificate) -> str:
    """'RSA 2048', 'P-384', ...: what a person calls the public key."""
    kind, bits = _key(loaded(certificate))
    return f"{kind} {bits}" if kind == "RSA" else kind


def _key(decoded: x509.Certificate) -> tuple[str, int]:
    try:
        key = decoded.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "an unknown kind", 0
    if isinstance(key, rsa.RSAPublicKey):
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _CURVES.get(key.curve.name, key.curve.name), key.key_size
    return type(key).__name__.removesuffix("PublicKey"), 0


# --- host names ----------------------------------------------------------------------------------------------------


def other_host(look: str, leaf: Certificate, host: str) -> Iterator[Finding]:
    """A leaf that is not for ``host``; ``look`` says where it was seen."""
    names = host_names(leaf)
    if not fits(host, names):
        yield finding("MT524", f"{look}: {host} is none of: {', '.join(names) or 'no name at all'}")


def host_names(leaf: Certificate) -> tuple[str, ...]:
    """The DNS names and addresses that the certificate is for; the common name does not count."""
    try:
        names = loaded(leaf).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return (*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress)))


def fits(host: str, names: Sequence[str]) -> bool:
    """RFC 6125: whole names in any case, '*' as the whole leftmost label for exactly one label, addresses as such."""
    wanted = _address(host) or _ascii(host)
    _, _, rest = wanted.partition(".")
    accepted = {wanted} if _address(host) or "." not in rest else {wanted, f"*.{rest}"}
    return any((_address(name) or name.rstrip(".").lower()) in accepted for name in names)


def _address(text: str) -> str | None:
    """An IP address in its canonical form, None if it is none."""
    try:
        return str(ipaddress.ip_address(text.strip("[]")))
    except ValueError:
        return None


def _ascii(host: str) -> str:
    """An international name as certificates hold it."""
    bare = host.rstrip(".").lower()
    try:
        return bare if bare.isascii() else bare.encode("idna").decode()
    except UnicodeError:
        return bare
