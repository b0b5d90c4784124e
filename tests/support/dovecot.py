"""A real Dovecot beside a real Postfix: it checks the logins of both, and shows by IMAP what Postfix has delivered."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM

from lab.authority import Chain
from tests.support.postfix import LONGEST_WAIT, Postfix, free_port, postfix

DOVECOT = shutil.which("dovecot")
DOMAIN = "lab.example"
READER = 'geh"eimer Schlüssel'
"""The password of noc's mailbox."""
NAP = 0.05

MAIN = """\
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {home}/vmail
virtual_mailbox_maps = inline:{{ {mailboxes} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
"""
MASTER = """\
virtual unix - n n - - virtual
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
"""
CONFIGURATION = """\
base_dir = {home}/dovecot
log_path = {home}/log/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{home}/etc/tls.pem
ssl_key = <{home}/etc/tls.pem
auth_mechanisms = plain login
disable_plaintext_auth = yes
mail_location = maildir:{home}/vmail/%n
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {home}/etc/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/vmail/%n
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
"""


@dataclass(frozen=True)
class MailServer:
    """Postfix and Dovecot, running: a port to send through, and one to read from."""

    home: Path
    smtp: int
    imaps: int


@contextmanager
def mail_server(chain: Chain, users: Mapping[str, str], mailboxes: Mapping[str, str]) -> Iterator[MailServer]:
    """``users``: passwords by login; ``mailboxes``: by local part where its mails go, below all maildirs."""
    owner = pwd.getpwnam("postfix")
    ports = {"auth": free_port(), "imaps": free_port()}
    words = {"domain": DOMAIN, "uid": owner.pw_uid, "gid": owner.pw_gid, **ports}
    rules = ", ".join(f"{{{name}@{DOMAIN} = {place}/}}" for name, place in mailboxes.items())
    with postfix(chain, main=MAIN, master=MASTER, words={**words, "mailboxes": rules}) as running:
        home = running.home
        (home / "vmail").mkdir()
        os.chown(home / "vmail", owner.pw_uid, owner.pw_gid)
        (home / "dovecot").mkdir()
        (home / "etc/users").write_text("".join(f"{name}:{{PLAIN}}{password}\n" for name, password in users.items()))
        (home / "etc/dovecot.conf").write_text(CONFIGURATION.format(home=home, **words))
        with _dovecot(running, tuple(ports.values())):
            yield MailServer(home, running.ports["usual"], ports["imaps"])


@contextmanager
def _dovecot(beside: Postfix, ports: tuple[int, ...]) -> Iterator[None]:
    """Its daemons go with their master."""
    assert DOVECOT
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [DOVECOT, "-F", "-c", beside.home / "etc/dovecot.conf"]
    with subprocess.Popen(command, **quiet) as master:
        try:
            for port in ports:
                _await(port, beside.home / "log/dovecot.log")
            yield
        finally:
            with suppress(ProcessLookupError):
                master.send_signal(SIGTERM)


def _await(port: int, log: Path) -> None:
    last = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < last:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=LONGEST_WAIT).close()
        except ConnectionRefusedError:
            time.sleep(NAP)
        else:
            return
    raise AssertionError(log.read_text())
