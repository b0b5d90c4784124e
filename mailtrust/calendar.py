"""What ends when: the certificates of all trust files by their last day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from mailtrust.ageing import distrusted_on
from mailtrust.model import Certificate


@dataclass(frozen=True, slots=True)
class Row:
    """One certificate; ``days_left`` is whole days, negative when over; ``distrusted`` is Mozilla's day of a root."""

    certificate: Certificate
    days_left: int
    providers: tuple[str, ...]
    hosts: int
    distrusted: date | None


def calendar(entries: Iterable[tuple[Certificate, str, int]], now: datetime) -> tuple[Row, ...]:
    """One row for each certificate, the first to end first; entries: certificate, provider, hosts that use it."""
    uses: dict[Certificate, dict[str, int]] = {}
    for certificate, provider, hosts in entries:
        uses.setdefault(certificate, {})[provider] = hosts
    rows = (_row(certificate, providers, now) for certificate, providers in uses.items())
    return tuple(sorted(rows, key=lambda row: (row.certificate.not_after, row.certificate.sha256)))


def _row(certificate: Certificate, hosts: dict[str, int], now: datetime) -> Row:
    return Row(
        certificate=certificate,
        days_left=(certificate.not_after - now).days,
        providers=tuple(sorted(hosts)),
        hosts=sum(hosts.values()),
        distrusted=distrusted_on(certificate) if certificate.self_issued else None,
    )
