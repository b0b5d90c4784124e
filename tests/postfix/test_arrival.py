"""Whether test mails arrive: routers send through a real Postfix, and a real Dovecot shows what was delivered."""

from __future__ import annotations

import imaplib
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from signal import SIGINT
from typing import Any

import pytest
from rich.console import Console

from lab.authority import Authority
from mailtrust.applet import token
from mailtrust.errors import InventoryError
from mailtrust.model import Mailbox, MailOutcome
from mailtrust.redact import Redactor
from mailtrust.secret import Secret
from runbooks.check import check
from runbooks.earlier import read_run
from runbooks.screen import show_report
from tasks.mailbox import Inbox, look_for
from tests.support.dovecot import READER, MailServer
from tests.support.postfix import free_port
from tests.support.runs import Fresh, Told, fresh, started
from tests.support.world import PASSWORD, Wish, edited, router, usual_mail, world

SENT, SEEN, LOST = (MailOutcome(True, each) for each in (None, True, False))
TO = {"away": "elsewhere", "inbox": "noc", "junk": "spam", "later": "noc"}


@pytest.fixture(scope="module")
def fleet(server: MailServer, authority: Authority, tmp_path_factory: Any) -> Iterator[Fresh]:
    """Routers that all send by one provider, whose mailbox is noc's; mails of ``away`` go elsewhere."""
    mailbox = {"server": "localhost", "port": server.imaps, "user": "noc", "password": "env:NOC", "ca": "trust/lab.pem"}
    data = {name: usual_mail(to=[f"{to}@lab.example"]) for name, to in TO.items()}
    wish = Wish(host_data=data, provider={"port": server.smtp, "mailbox": mailbox})
    with world(tmp_path_factory.mktemp("arrival"), authority, [router(name) for name in TO], wish) as here:
        yield fresh(here)


@pytest.fixture(autouse=True)
def as_new(fleet: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_SMTP", PASSWORD)
    monkeypatch.setenv("NOC", READER)
    fleet.reset()


@contextmanager
def told(fleet: Fresh, *, seconds: float, **mailbox: Any) -> Iterator[None]:
    """The inventory with these keys of the mailbox, and so much patience."""
    config, providers = fleet.world.config, fleet.world.config.parent / "inventory/providers.yaml"
    before = {path: path.read_text() for path in (config, providers)}
    with edited(config) as settings:
        settings["user_defined"]["mailtrust"]["arrival_seconds"] = seconds
    with edited(providers) as entries:
        entries["lab"]["mailbox"] |= mailbox
    try:
        yield
    finally:
        for path, text in before.items():
            path.write_text(text)


def mails(done: Told) -> dict[str, MailOutcome | None]:
    return {name: host.mail for name, host in done.hosts.items()}


def screen(done: Told) -> str:
    console = Console(width=200)
    with console.capture() as shown:
        show_report(console, done.done.report, Redactor(()))
    return shown.get()


def kept(done: Told) -> str:
    """Every file of the run directory."""
    return "\n".join(path.read_text() for path in done.path.rglob("*") if path.is_file())


def test_mails_that_arrive(fleet: Fresh) -> None:
    """Inbox or spam, the mail of each host is found by its own token; report, journal and screen say so."""
    done = fleet.go("rollout", "inbox", "junk", "later", waves="1,rest")
    assert (done.code, set(done.states().values()), set(mails(done).values())) == (0, {"changed"}, {SEEN})
    events = [line for line in done.journal() if line["event"] == "mail-arrived"]
    assert [(line["host"], line["arrived"]) for line in events] == [("inbox", True), ("junk", True), ("later", True)]
    assert all(0 < line["seconds"] < 120 for line in events)
    assert screen(done).count(" arrived ") == 3
    assert READER not in kept(done)


def test_a_mail_that_does_not_arrive_stops_the_run(fleet: Fresh) -> None:
    """Sent, taken, and delivered elsewhere: the host has failed but stays as it is and saved; the next wave is not begun."""
    with told(fleet, seconds=0.5):
        done = fleet.go("rollout", "away", "inbox", waves="1,rest", max_failed="1")
    assert (done.code, done.states(), mails(done)) == (
        3,
        {"away": "failed", "inbox": "skipped"},
        {"away": LOST, "inbox": None},
    )
    assert done.stopped == "wave 1 of 2 did not pass: the test mail of away did not arrive"
    assert (done.codes("away"), done.hosts["away"].saved) == (["MT311"], True)
    assert "mailtrust-test" not in fleet.world.shows("away")
    assert "SendSecureEmailEEM" in fleet.world.shows("away", "show startup-config")
    assert " not arrived " in screen(done)


def test_a_later_run_knows_what_did_not_arrive(fleet: Fresh) -> None:
    """From the journal alone: the host counts as failed, and is finished for a resumed run; sent again it can pass."""
    with told(fleet, seconds=0.5):
        done = fleet.go("rollout", "away")
    (done.path / "run.json").unlink()
    earlier = read_run(done.path.parent, done.name)
    assert (done.code, earlier.in_state("failed")) == (1, ("away",))
    assert {name: host.mail for name, host in earlier.finished(failed_too=False).items()} == {"away": LOST}
    with edited(fleet.world.config.parent / "inventory/hosts.yaml") as hosts:
        hosts["away"]["data"]["mail"]["to"] = ["noc@lab.example"]
    again = fleet.go("rollout", f"@{done.name}:failed", test="all")
    with edited(fleet.world.config.parent / "inventory/hosts.yaml") as hosts:
        hosts["away"]["data"]["mail"]["to"] = ["elsewhere@lab.example"]
    assert (again.code, mails(again)) == (0, {"away": SEEN})


@pytest.mark.parametrize(
    ("mailbox", "words"),
    [
        ({"password": "env:WRONG"}, "[AUTHENTICATIONFAILED]"),
        ({"ca": None}, "SSLCertVerificationError"),
        ({"server": "127.0.0.2"}, "127.0.0.2"),
    ],
    ids=["login", "certificate", "address"],
)
def test_a_mailbox_that_cannot_be_read(mailbox, words, fleet, monkeypatch) -> None:
    """Nobody knows whether the mail arrived: the host has failed with the reason, the next wave is not begun."""
    monkeypatch.setenv("WRONG", "planted-for-the-mailbox")
    with told(fleet, seconds=0.5, **mailbox):
        done = fleet.go("rollout", "inbox", "later", waves="1,rest", max_failed="1")
    assert (done.code, mails(done)) == (3, {"inbox": SENT, "later": None})
    assert done.stopped == "wave 1 of 2 did not pass: nobody could look for the test mail of inbox"
    (found,) = done.hosts["inbox"].findings
    assert (found.code, words in found.text) == ("MT312", True), found.text
    assert "planted-for-the-mailbox" not in kept(done)
    assert READER not in kept(done)


def test_what_does_not_send_resolves_nothing(fleet: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan, and a rollout without test mails, need no password of the mailbox; nobody has looked then."""
    monkeypatch.delenv("NOC")
    assert fleet.go("plan", "inbox").code == 4
    done = fleet.go("rollout", "inbox", test="none", save="changed")
    assert (done.code, mails(done)) == (0, {"inbox": None})


def test_an_interrupted_run_waits_no_longer(fleet: Fresh) -> None:
    """Ctrl-C while it looks: the report is written, and the host is what it was, its arrival unknown."""
    with told(fleet, seconds=100_000), started(fleet.world, "rollout", "--yes", "--limit", "away") as going:
        going.until("host-finished")
        going.process.send_signal(SIGINT)
        code, errors = going.ended()
        (host,) = json.loads((going.directory / "run.json").read_text())["hosts"]
    assert (code, host["state"], host["mail"]) == (130, "changed", {"sent": True, "arrived": None}), errors
    assert [line["event"] for line in going.events()][-2:] == ["run-stopping", "run-finished"]


def test_what_is_missing_is_told_before_anything_is_touched(fleet: Fresh, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password that is not there, a CA file that is none: ``check`` says so, and a rollout does not begin."""
    runs = fleet.world.runs()
    monkeypatch.delenv("NOC")
    assert any("env:NOC" in each for each in check(fleet.world.config).unresolved)
    with pytest.raises(InventoryError, match="NOC is not set"):
        fleet.go("rollout", "inbox")
    monkeypatch.setenv("NOC", READER)
    for file, words in (("trust/none.pem", "there is no such file"), ("providers.yaml", "expected the PEM")):
        with told(fleet, seconds=1, ca=file):
            with pytest.raises(InventoryError, match=words):
                check(fleet.world.config)
            with pytest.raises(InventoryError, match=words):
                fleet.go("rollout", "inbox")
    assert fleet.world.runs() == runs


# --- the mailbox alone ---------------------------------------------------------------------------------------------


@pytest.fixture
def inbox(server: MailServer, authority: Authority) -> Inbox:
    return Inbox(Mailbox("localhost", server.imaps, "noc", "env:NOC"), Secret(READER), authority.trust_set())


@contextmanager
def opened(inbox: Inbox) -> Iterator[imaplib.IMAP4_SSL]:
    context = ssl.create_default_context(cadata=inbox.ca)
    with imaplib.IMAP4_SSL(inbox.mailbox.server, inbox.mailbox.port, ssl_context=context, timeout=30) as imap:
        imap.authenticate("PLAIN", lambda _: f"\0noc\0{READER}".encode())
        yield imap


@pytest.mark.parametrize("folder", ['"two words"', '"a \\"quoted\\" one"', '"&AMQ-rger"', '"up.down"', "INBOX"])
def test_every_folder_is_looked_at(folder: str, inbox: Inbox) -> None:
    """Whatever its name, also below one that cannot be opened; a mail is not marked as read by looking."""
    mine = token("f01de4", folder)
    mail = Message()
    mail["Subject"] = f"mailtrust test r1 {mine}"
    with opened(inbox) as imap:
        imap.create(folder)
        assert imap.append(folder, "", "", mail.as_bytes())[0] == "OK"
        arrivals = look_for({mine}, inbox, common="f01de4", seconds=30, stopping=threading.Event())
        assert (set(arrivals.seen), arrivals.trouble) == ({mine}, None)
        imap.select(folder, readonly=True)
        assert imap.search(None, "UNSEEN", "SUBJECT", mine)[1] != [b""]


def test_a_mail_may_come_late(inbox: Inbox) -> None:
    """It is looked for again until it is there; those that are there already are not lost meanwhile."""
    early, late = token("1a7e", "early"), token("1a7e", "late")
    stopping = Twice(lambda: put(inbox, late))
    put(inbox, early)
    arrivals = look_for({early, late}, inbox, common="1a7e", seconds=60, stopping=stopping)
    assert set(arrivals.seen) == {early, late}
    assert arrivals.seen[early] < arrivals.seen[late]


def put(inbox: Inbox, subject: str) -> None:
    with opened(inbox) as imap:
        imap.append("INBOX", "", "", f"Subject: {subject}\r\n\r\n".encode())


class Twice(threading.Event):
    """An event that nobody sets; instead of waiting for it the first time, something happens."""

    def __init__(self, happens: Any) -> None:
        super().__init__()
        self.happens = happens

    def wait(self, timeout: float | None = None) -> bool:
        self.happens()
        self.happens = lambda: None
        return False


def test_a_run_that_is_stopping_looks_once(inbox: Inbox) -> None:
    """With all the patience in the world it is back at once, and knows what was there."""
    there, missing = token("570b", "there"), token("570b", "missing")
    put(inbox, there)
    stopping = threading.Event()
    stopping.set()
    begun = time.monotonic()
    arrivals = look_for({there, missing}, inbox, common="570b", seconds=100_000, stopping=stopping)
    assert (set(arrivals.seen), arrivals.trouble) == ({there}, None)
    assert time.monotonic() - begun < 100


def test_a_server_that_is_away_is_tried_again(inbox: Inbox) -> None:
    """Until the time is over; then the reason is told. A refused login is not repeated."""
    away = Inbox(Mailbox("localhost", free_port(), "noc", ""), inbox.password, inbox.ca)
    tries = Twice(lambda: None)
    arrivals = look_for({"x"}, away, common="x", seconds=0.3, stopping=tries)
    assert (arrivals.seen, (arrivals.trouble or "").partition(":")[0]) == ({}, "ConnectionRefusedError")
    refused = Inbox(inbox.mailbox, Secret("wrong"), inbox.ca)
    begun = time.monotonic()
    arrivals = look_for({"x"}, refused, common="x", seconds=100_000, stopping=threading.Event())
    assert (arrivals.seen, "AUTHENTICATIONFAILED" in (arrivals.trouble or "")) == ({}, True)
    assert time.monotonic() - begun < 100
