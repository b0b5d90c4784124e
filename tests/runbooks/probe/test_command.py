"""The command `mailtrust probe`: what it shows, asks, prints and refuses."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from lab.authority import Authority
from lab.mailhost import MailHost
from mailtrust.errors import InventoryError, UsageError
from runbooks.commands_probe import add_to
from runbooks.probe import probe
from runbooks.probe_report import as_json
from tests.support.provider import (
    DEADLINE,
    codes,
    trust_file,
    vouch,
)

ROOT = Path(__file__).resolve().parents[3]


def command(*words: object) -> tuple[int, str]:
    app = typer.Typer()
    add_to(app)
    done = CliRunner().invoke(app, [*map(str, words)], env={"COLUMNS": "300"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def test_what_is_shown(config: Path, authority: Authority) -> None:
    """Every stage, the chain, every path, the set of each policy, dates and days left, and each finding with its remedy."""
    with MailHost.in_thread(authority.chain("unordered")) as host:
        code, shown = command("probe", "lab", "--config", config, "--server", f"127.0.0.1:{host.port}")
    assert code == 0
    for wanted in (
        rf"lab \(127\.0\.0\.1:{host.port}\)",
        "as a router: TLS 1.2, no server name",
        "as everybody else",
        r"banner +220 smtp\.lab\.test",
        r"ehlo +250 .*STARTTLS",
        r"handshake +TLSv1\.2 ECDHE",
        r"chain +3 certificates",
        r"0 CN=smtp\.lab\.test +ends \d{4}-\d\d-\d\d \((79|80) days\) +SHA-256 [0-9a-f]{64}",
        r"path \d: smtp\.lab\.test <- Lab CA 1C3 <- Lab Root R1 <- Lab Legacy Root CA .*catalogue",
        "a router anchors it on .*CN=Lab Legacy Root CA",
        r"install: issuers \(chosen\)",
        "install: anchors",
        "MT503 warning",
        "remedy: ",
        "in order: lab",
    ):
        assert re.search(wanted, shown), f"{wanted}\n{shown}"


def test_json_is_the_whole_report(config: Path, authority: Authority) -> None:
    """`--output json` prints one document and nothing else; its exit code is the command's."""
    with MailHost.in_thread(authority.chain("root switched")) as host:
        words = ("probe", "lab", "--config", config, "--server", f"127.0.0.1:{host.port}", "--check")
        code, printed = command(*words, "--output", "json")
        report = probe(config, ["lab"], server=f"127.0.0.1:{host.port}", check=True, deadline=DEADLINE)
    told, expected = json.loads(printed), json.loads(json.dumps(as_json(report)))
    assert (code, told["exit_code"], told["schema"]) == (4, 4, "mailtrust.probe/1")
    assert told["providers"][0]["drift"] == expected["providers"][0]["drift"]
    assert told["certificates"] == expected["certificates"]


@pytest.mark.parametrize(("answer", "writes"), [("y\n", True), ("n\n", False)])
def test_on_a_terminal_it_asks_before_it_writes(answer: str, writes: bool, config: Path, authority: Authority) -> None:
    """`--update` shows the diff and asks; without a yes the file stays as it is."""
    before = trust_file(config).read_text()
    script = "import typer; from runbooks.commands_probe import add_to; app = typer.Typer(); add_to(app); app()"
    ours, theirs = pty.openpty()
    with MailHost.in_thread(authority.chain("root switched")) as host:
        words = ["probe", "lab", "--config", config, "--server", f"127.0.0.1:{host.port}", "--update"]
        os.write(ours, answer.encode())
        done = subprocess.run(
            [sys.executable, "-c", script, *map(str, words)],
            cwd=ROOT, stdin=theirs, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    os.close(ours)
    os.close(theirs)
    assert "+# subject: CN=Lab Root R2" in done.stdout
    assert "Write what is proposed?" in done.stderr
    assert (trust_file(config).read_text() != before, done.returncode == 0) == (writes, writes)


def test_a_server_without_any_file(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--server` needs no configuration: the roots are those that we ship and those of this machine."""
    monkeypatch.chdir(tmp_path)
    with MailHost.in_thread(authority.chain()) as host:
        report = probe(server=f"127.0.0.1:{host.port}", deadline=DEADLINE)
    assert (codes(report), report.exit_code) == ({"MT501"}, 1)  # nobody vouches for the lab's roots


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"update": True, "check": True}, "--update writes and --check does not"),
        ({"server": "smtp.lab.test:0"}, "expected HOST:PORT"),
        ({"server": "user@smtp.lab.test"}, "expected HOST:PORT"),
        ({"server": "smtp.lab.test", "update": True}, "has no trust file"),
        ({"providers": ["gmial"]}, "'gmial' is not in"),
        ({"config": Path("nowhere.yaml")}, "there is no such file"),
        ({"from_file": Path("nowhere.pem")}, "there is no such file"),
        ({"source_address": "Loopback0"}, "expected an IP address"),
        ({"proxy": "socks5://proxy:1080"}, "expected http://HOST:PORT"),
    ],
)
def test_a_wish_that_cannot_be_meant(options: dict[str, object], told: str, config: Path) -> None:
    """A usage error, before anything is connected."""
    with pytest.raises(UsageError, match=re.escape(told)):
        probe(**{"config": config, **options})


def test_a_catalogue_that_lies(config: Path, authority: Authority) -> None:
    """A file whose name tells another SHA-256 than its certificate has stops everything: somebody may have exchanged it."""
    file = vouch(config.parent, authority.root.certificate)
    file.rename(file.with_name(f"{'0' * 64}.pem"))
    with pytest.raises(InventoryError, match="SHA-256 0000"):
        probe(config)
