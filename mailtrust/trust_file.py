"""Judges the reviewed trust file: which of its certificates may be installed, and what a person should know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from mailtrust.certificates import CertificateError, readable, roots_first
from mailtrust.errors import InventoryError
from mailtrust.findings import Finding, finding
from mailtrust.model import Certificate
from mailtrust.pem import BEGIN

WINDOW = timedelta(days=90)
"""How long before its end a certificate is worth a warning: a rotation needs time."""

_WANTED: Mapping[str, Callable[[Certificate], bool]] = {
    "issuers": lambda certificate: certificate.is_ca,
    "anchors": lambda certificate: certificate.is_ca and certificate.self_issued,
    "all": lambda _: True,
}


def trust_set(
    text: str, *, name: str, install: str, now: datetime, window: timedelta = WINDOW
) -> tuple[tuple[Certificate, ...], tuple[Finding, ...]]:
    """What of a stacked PEM is to be installed, roots first, and the findings about the rest.

    ``install`` is the provider's policy: ``issuers`` takes every CA certificate of the file, ``anchors`` only the
    self-issued ones, ``all`` leaves too. Refused whatever the policy: expired, not yet valid, unreadable. ``name`` is
    the file as a person knows it; blocks that are damaged, or only look like blocks, are an InventoryError.
    """
    try:
        stacked, unreadable = readable(text)
    except CertificateError as error:
        raise InventoryError(name, str(error)) from error
    unique = tuple(dict.fromkeys(stacked))
    judged = [(certificate, _objection(certificate, name, install, now)) for certificate in unique]
    chosen = tuple(one for one, objection in judged if objection is None and _WANTED[install](one))
    findings = [finding("MT208", f"{name}: {one}") for one in unreadable]
    findings += [finding("MT203", f"{_who(one, name)} stands there more than once") for one in _repeated(stacked)]
    findings += [objection for _, objection in judged if objection is not None]
    findings += [_ends_soon(one, name) for one in chosen if one.not_after - now <= window]
    if not chosen:
        count = len(unique) + len(unreadable)
        none = f"none of its {count} certificates can be installed" if count else f"it holds no block '{BEGIN}'"
        findings.append(finding("MT204", f"{name}: {none}"))
    return roots_first(chosen), tuple(findings)


def _objection(certificate: Certificate, name: str, install: str, now: datetime) -> Finding | None:
    who = _who(certificate, name)
    if certificate.not_after < now:
        return finding("MT202", f"{who} ended on {certificate.not_after:%Y-%m-%d}")
    if certificate.not_before > now:
        return finding("MT206", f"{who} is valid from {certificate.not_before:%Y-%m-%d %H:%M} UTC")
    if not certificate.is_ca and install != "all":
        return finding("MT201", f"{who} is not a CA certificate")
    return None


def _ends_soon(certificate: Certificate, name: str) -> Finding:
    return finding("MT205", f"{_who(certificate, name)} ends on {certificate.not_after:%Y-%m-%d}")


def _repeated(stacked: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    return tuple(one for one in dict.fromkeys(stacked) if stacked.count(one) > 1)


def _who(certificate: Certificate, name: str) -> str:
    return f"{name}: {certificate.subject} (SHA-256 {certificate.sha256[:8]}...)"
