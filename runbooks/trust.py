"""``mailtrust trust``: what ends when, in which providers, in how many hosts; from the files alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from mailtrust.calendar import Row, calendar
from mailtrust.certificates import serial_hex
from mailtrust.model import Certificate, Provider
from runbooks.fleet import Fleet, open_fleet
from runbooks.proposal import held_in
from runbooks.yaml_file import read_text

SCHEMA = "mailtrust.trust/1"


@dataclass(frozen=True)
class TrustReport:
    """The calendar as of ``at``, the first to end first."""

    at: datetime
    rows: tuple[Row, ...]


def trust(config: Path = Path("config.yaml"), *, limit: Sequence[str] = (), now: datetime | None = None) -> TrustReport:
    """The expiry calendar of the selected hosts; no host and no provider is reached.

    A provider that no selected host uses is told with 0 hosts. Raises InventoryError for what cannot be read.
    """
    at = now or datetime.now(timezone.utc)
    fleet = open_fleet(config, limit=limit)
    return TrustReport(at, calendar(_entries(fleet), at))


def _entries(fleet: Fleet) -> Iterator[tuple[Certificate, str, int]]:
    hosts = Counter(_provider_of(host["mail"]) for host in fleet.hosts.values())
    for provider in fleet.providers.values():
        for one in _told(fleet.providers_file.parent, provider):
            yield one, provider.name, hosts[provider.name]


def _told(folder: Path, provider: Provider) -> tuple[Certificate, ...]:
    """What routers of this provider get; what has ended is told too, for it may still be on them."""
    if provider.trust is None:
        return ()
    read_text(folder / provider.trust)  # a file that is missing is told
    held = held_in(folder / provider.trust)
    return tuple(one for one in held if provider.install == "all" or _wanted(one, roots=provider.install == "anchors"))


def _wanted(one: Certificate, *, roots: bool) -> bool:
    return one.is_ca and (one.self_issued or not roots)


def _provider_of(mail: object) -> object:
    return mail.get("provider") if isinstance(mail, dict) else None


def as_json(report: TrustReport) -> dict[str, object]:
    """The calendar for other programs."""
    return {"schema": SCHEMA, "at": report.at.isoformat(), "certificates": [_row(row) for row in report.rows]}


def _row(row: Row) -> dict[str, object]:
    return {
        "sha256": row.certificate.sha256,
        "subject": row.certificate.subject,
        "serial": serial_hex(row.certificate.serial),
        "not_after": row.certificate.not_after.isoformat(),
        "days_left": row.days_left,
        "distrusted": row.distrusted.isoformat() if row.distrusted else None,
        "providers": list(row.providers),
        "hosts": row.hosts,
    }
