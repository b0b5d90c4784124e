"""A router's judgement on the chain that a server presents: which trustpoint anchors it, and what the debugs say.

The rule is read off two debug logs of one router, one failing and one working: the router takes the topmost presented
certificate and wants its issuer, or that certificate itself, in a trustpoint. It does not look for a shorter path, it
does not ask the trustpool, and it does not compare host names. Where the logs say nothing it is judged strictly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lab.certificate import Certificate

Debug = tuple[tuple[str, str], ...]

SESSION = "A0693"
HANDLE = "7F41EE523CE0"
ENDED = (
    f"CRYPTO_PKI: Rcvd request to end PKI session {SESSION}.",
    f"CRYPTO_PKI: PKI session {SESSION} has ended. Freeing all resources.",
)
SOURCE_LINE = "../VIEW_ROOT/cisco.comp/openssl/src/dist/ssl/statem/statem_clnt.c:1921:"
ALERT = (
    ">>> ??? [length 0005]",
    "15 03 03 00 02",
    ">>> TLS 1.2 Alert [length 0002], fatal bad_certificate",
    "02 2A",
    "SSL3 alert write:fatal:bad certificate",
    "SSL_connect:error in error",
    "0:error:1416F086:SSL routines:tls_process_server_certificate:certificate verify failed:" + SOURCE_LINE,
)


@dataclass(frozen=True)
class Validation:
    """The trustpoint that anchors the chain (None: rejected), and what is printed on the way.

    `debug`: (feature, text), the feature being what `debug crypto pki` and `debug ssl openssl` turn on: "pki" or
    "openssl". `syslog`: messages that need no debug.
    """

    trustpoint: str | None
    debug: Debug
    syslog: tuple[str, ...] = ()


def validate(presented: Sequence[Certificate], trust: Mapping[str, Certificate], now: datetime) -> Validation:
    """Judge the chain `presented` (leaf first, as sent) by `trust` (trustpoint name to its certificate)."""
    path = walk(presented)
    suitable = suitable_trustpoints(path[-1], trust)
    vouching = [name for name in suitable if vouches(trust[name], path[-1])]
    in_time = [name for name in vouching if not list(untimely([trust[name]], now))]
    syslog = tuple(untimely(path if in_time else (*path, *(trust[name] for name in vouching)), now))
    trustpoint = in_time[0] if in_time and not syslog else None
    verdict = "has failed" if trustpoint is None else "is successful"
    debug = (
        *feature("pki", (f"CRYPTO_PKI: Added x509 peer certificate - ({len(c.der)}) bytes" for c in presented)),
        *feature("pki", (line for certificate in path for line in look_up(certificate, trust))),
        *feature("pki", search(path, trust, suitable)),
        *feature("pki", conclusion(trustpoint)),
        ("openssl", f"CRYPTO_OPSSL: Certificate verification {verdict}"),
        *feature("pki", ENDED),
        *feature("openssl", ALERT if trustpoint is None else ()),
    )
    return Validation(trustpoint, debug, syslog)


def feature(name: str, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((name, line) for line in lines)


def walk(presented: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """From the leaf upwards by issuer, as far as presented certificates go, in whatever order they were sent."""
    path = [presented[0]]
    while path[-1].issuer != path[-1].subject:
        above = next((c for c in presented if c not in path and path[-1].signed_by(c)), None)
        if above is None:
            break
        path.append(above)
    return tuple(path)


def suitable_trustpoints(top: Certificate, trust: Mapping[str, Certificate]) -> tuple[str, ...]:
    """The trustpoints that hold `top`, or a certificate of the name that issued it."""
    return tuple(name for name, installed in trust.items() if installed == top or installed.subject == top.issuer)


def vouches(installed: Certificate, top: Certificate) -> bool:
    return installed == top or top.signed_by(installed)


def untimely(certificates: Iterable[Certificate], now: datetime) -> Iterator[str]:
    """A message for each certificate that is not valid `now` by the router's clock."""
    failed = "Certificate chain validation has failed.  The certificate"
    for certificate in certificates:
        start, end = certificate.x509.not_valid_before_utc, certificate.x509.not_valid_after_utc
        if now > end:
            yield (
                f"%PKI-3-CERTIFICATE_INVALID_EXPIRED: {failed} (SN: {certificate.serial}) has expired.    "
                f"Validity period ended on {stamp(end)}"
            )
        elif now < start:
            yield (
                f"%PKI-3-CERTIFICATE_INVALID_NOT_YET_VALID: {failed} (SN: {certificate.serial}) is not yet valid   "
                f"Validity period starts on {stamp(start)}"
            )


def stamp(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC {at:%b} {at.day} {at.year}"


def look_up(certificate: Certificate, trust: Mapping[str, Certificate]) -> Iterator[str]:
    """Is this very certificate installed? The digest stands on a line of its own, without a time stamp."""
    issuer = ",".join(certificate.issuer)
    number = certificate.x509.serial_number
    serial = number.to_bytes(number.bit_length() // 8 + 1, "big")
    digest = hashlib.md5(certificate.x509.issuer.public_bytes() + serial).digest()
    yield f'CRYPTO_PKI(Cert Lookup) issuer="{issuer}" serial number= {spaced(serial)}'
    yield f"CRYPTO_PKI: looking for cert in handle={HANDLE}, digest=\n{spaced(digest)}"
    if certificate not in trust.values():
        yield "CRYPTO_PKI: Cert record not found for issuer serial."


def spaced(octets: bytes) -> str:
    return octets.hex(" ").upper()


def search(path: Sequence[Certificate], trust: Mapping[str, Certificate], suitable: Sequence[str]) -> Iterator[str]:
    """The search for a trustpoint that can vouch for the topmost certificate."""
    top = path[-1]
    yield f"CRYPTO_PKI: ({SESSION})validation path has {sum(c not in trust.values() for c in path)} certs"
    yield f"CRYPTO_PKI: ({SESSION}) Check for identical certs"
    yield from look_up(top, trust)
    if top in trust.values():
        return
    yield f"CRYPTO_PKI : ({SESSION}) Validating non-trusted cert"
    yield f"CRYPTO_PKI: ({SESSION}) Create a list of suitable trustpoints"
    yield "CRYPTO_PKI: crypto_pki_get_cert_record_by_issuer()"
    if not suitable:
        yield "CRYPTO_PKI: Unable to locate cert record by issuername"
        yield "CRYPTO_PKI: No trust point for cert issuer, looking up cert chain"
        yield "CRYPTO_PKI: crypto_pki_get_cert_record_by_subject()"
        yield f"CRYPTO_PKI: ({SESSION}) No suitable trustpoints found"
        return
    yield "CRYPTO_PKI: Found a issuer match"
    yield f"CRYPTO_PKI: ({SESSION}) Suitable trustpoints are: {','.join(suitable)},"
    for name in suitable:
        yield f"CRYPTO_PKI: ({SESSION}) Attempting to validate certificate using {name} policy"
        yield f"CRYPTO_PKI: ({SESSION}) Using {name} to validate certificate"
        if vouches(trust[name], top):
            return


def conclusion(trustpoint: str | None) -> Iterator[str]:
    if trustpoint is None:
        yield f"CRYPTO_PKI: ({SESSION}) Removing verify context"
        return
    yield f"CRYPTO_PKI: ({SESSION}) Certificate is verified"
    yield f"CRYPTO_PKI: ({SESSION}) Certificate validated without revocation check"
    yield (
        f"CRYPTO_PKI: ({SESSION})chain cert was anchored to trustpoint {trustpoint}, "
        "and chain validation result was: CRYPTO_VALID_CERT_WITH_WARNING"
    )
    yield f"CRYPTO_PKI: ({SESSION}) Removing verify context"
    yield f"CRYPTO_PKI: ({SESSION}) Validation TP is {trustpoint}"
    yield f"CRYPTO_PKI: ({SESSION}) Certificate validation succeeded"
