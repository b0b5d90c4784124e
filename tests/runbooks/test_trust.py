"""`mailtrust trust`: what ends when, where it is used, from the files alone."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from lab.authority import Authority
from lab.fleet import Fleet
from lab.inventory import MailService, write_inventory
from lab.issuing import pem
from mailtrust.errors import InventoryError
from runbooks.commands_probe import add_to
from runbooks.trust import TrustReport, trust

RELAY = {"provider": "relay", "sender": "alerts@lab.example", "to": ["noc@lab.example"]}
HOSTS = {"r1": {}, "r2": {}, "r3": {"data": {"mail": RELAY, "site": "berlin"}}}
PROVIDERS = {
    "relay": {"server": "relay.lab.test", "trust": "trust/relay.pem"},
    "plain": {"server": "plain.lab.test", "security": "none"},
    "unused": {"server": "unused.lab.test", "trust": "trust/unused.pem", "install": "anchors"},
}


@pytest.fixture
def config(tmp_path: Path, authority: Authority) -> Path:
    """Two routers of the provider ``lab``, one of ``relay``; both need the legacy root, and nobody uses ``unused``."""
    path = write_inventory(tmp_path, Fleet(()), MailService("smtp.lab.test", 587, authority.trust_set()))
    inventory = tmp_path / "inventory"
    (inventory / "hosts.yaml").write_text(yaml.safe_dump(HOSTS))
    providers = yaml.safe_load((inventory / "providers.yaml").read_text())
    (inventory / "providers.yaml").write_text(yaml.safe_dump({**providers, **PROVIDERS}))
    switched = authority.chain("root switched")
    (inventory / "trust/relay.pem").write_text(pem([authority.legacy.certificate]))
    (inventory / "trust/unused.pem").write_text(pem((*switched.issuers, switched.leaf)))
    return path


def told(report: TrustReport) -> list[tuple[str, tuple[str, ...], int]]:
    return [(row.certificate.common_name, row.providers, row.hosts) for row in report.rows]


def test_what_ends_first_comes_first(config: Path) -> None:
    """One row for each certificate that routers get, with its providers and the number of their hosts."""
    report = trust(config)
    assert told(report)[:2] == [("Lab Legacy Root CA", ("lab", "relay"), 3), ("Lab CA 1C3", ("lab",), 2)]
    assert sorted(told(report)[2:]) == [("Lab Root R1", ("lab",), 2), ("Lab Root R2", ("unused",), 0)]  # one day
    assert [row.days_left for row in report.rows] == sorted(row.days_left for row in report.rows)


def test_hosts_can_be_chosen(config: Path) -> None:
    """--limit counts only the hosts that it selects."""
    assert told(trust(config, limit=["site=berlin"]))[0] == ("Lab Legacy Root CA", ("lab", "relay"), 1)


def test_what_has_ended_is_told(config: Path) -> None:
    """A certificate whose end has come is still on routers: it leads the calendar, with days below zero."""
    later = datetime.now(timezone.utc) + timedelta(days=500)
    assert [(row.certificate.common_name, row.days_left < 0) for row in trust(config, now=later).rows][:2] == [
        ("Lab Legacy Root CA", True),
        ("Lab CA 1C3", False),
    ]


def test_a_trust_file_that_is_not_there(config: Path) -> None:
    """A file that providers.yaml names and that is missing is told, not passed over."""
    (config.parent / "inventory/trust/relay.pem").unlink()
    with pytest.raises(InventoryError, match=r"relay\.pem: there is no such file"):
        trust(config)


@pytest.mark.parametrize("output", ["text", "json"])
def test_the_command(output: str, config: Path) -> None:
    """A table for people, or one JSON document for programs, with the same rows."""
    app = typer.Typer()
    add_to(app)
    done = CliRunner().invoke(app, ["trust", "--config", str(config), "--output", output], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    report = trust(config)
    if output == "json":
        rows = json.loads(done.output)["certificates"]
        assert [row["sha256"] for row in rows] == [row.certificate.sha256 for row in report.rows]
        assert [(row["days_left"], row["hosts"]) for row in rows] == [(row.days_left, row.hosts) for row in report.rows]
    else:
        lines = done.output.splitlines()[2:]
        assert [line.split()[:3] for line in lines] == [
            [f"{row.certificate.not_after:%Y-%m-%d}", str(row.days_left), str(row.hosts)] for row in report.rows
        ]
