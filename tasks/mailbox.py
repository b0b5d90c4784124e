"""Look into a mailbox until every test mail has come: one connection for all hosts whose mails go there."""

from __future__ import annotations

import imaplib
import re
import ssl
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mailtrust.arrival import Arrivals
from mailtrust.model import Mailbox
from mailtrust.secret import Secret

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 10.0
_ANSWER_SECONDS = 20.0
"""imaplib would wait for ever."""

_ERRORS = (OSError, imaplib.IMAP4.error, ValueError)
_FOLDER = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.+)', re.DOTALL)
_NOT_SELECTABLE = re.compile(rb"\\(?:noselect|nonexistent)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Inbox:
    """A mailbox that can be opened; ``ca`` is the PEM that alone vouches for its server, None this machine's trust."""

    mailbox: Mailbox
    password: Secret
    ca: str | None


def look_for(
    tokens: Collection[str], inbox: Inbox, *, common: str, seconds: float, stopping: threading.Event
) -> Arrivals:
    """Which of these tokens stand in the subject of a mail in any folder, spam too; ``common`` stands in all of them.

    Looks until all are seen, the seconds are over or the run is stopping, at least once. A lost connection is made
    anew; a refused login or certificate is final, since more of them would lock the account.
    """
    begun, pause = time.monotonic(), _FIRST_PAUSE
    seen: dict[str, float] = {}
    imap: imaplib.IMAP4_SSL | None = None
    try:
        while True:
            trouble = None
            try:
                imap = imap or _opened(inbox)
                for subjects in _subjects(imap, common):
                    seen |= {each: time.monotonic() - begun for each in tokens if each not in seen and each in subjects}
                    if len(seen) == len(tokens):
                        return Arrivals(seen, None)
            except Exception as error:  # noqa: BLE001  # imaplib trips over odd answers; a run's report must not
                trouble = _words(error)
                if _final(error):
                    return Arrivals(seen, trouble)
                _close(imap)
                imap = None
            left = begun + seconds - time.monotonic()
            if left <= 0 or stopping.wait(min(pause, left)):
                return Arrivals(seen, trouble)
            pause = min(2 * pause, _LONGEST_PAUSE)
    finally:
        _close(imap)


def _opened(inbox: Inbox) -> imaplib.IMAP4_SSL:
    where, context = inbox.mailbox, ssl.create_default_context(cadata=inbox.ca)
    imap = imaplib.IMAP4_SSL(where.server, where.port, ssl_context=context, timeout=_ANSWER_SECONDS)
    try:
        if "AUTH=PLAIN" in imap.capabilities:  # takes any letter; LOGIN takes ASCII
            imap.authenticate("PLAIN", lambda _: f"\0{where.user}\0{inbox.password.reveal()}".encode())
        else:
            imap.login(where.user, inbox.password.reveal())
    except BaseException:
        _close(imap)
        raise
    return imap


def _subjects(imap: imaplib.IMAP4_SSL, common: str) -> Iterator[str]:
    """Folder by folder, the subjects in which ``common`` stands; nothing is marked as read."""
    for folder in _folders(imap):
        status, _ = imap.select(folder, readonly=True)
        if status != "OK":  # no right to read it, or gone since
            continue
        found = _taken(imap.search(None, "SUBJECT", f'"{common}"'))
        numbers = b" ".join(filter(None, found)).decode().split()
        if numbers:
            mails = _taken(imap.fetch(",".join(numbers), "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
            yield "\n".join(part[1].decode(errors="replace") for part in mails if isinstance(part, tuple))


def _taken(answer: tuple[str, list[Any]]) -> list[Any]:
    """What the server says; a no is nothing final, since a mail may be moved while we look at it."""
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.abort(*data[:1])
    return data


def _folders(imap: imaplib.IMAP4_SSL) -> Iterator[str]:
    """The names of all folders that can be opened, quoted as the server quotes them."""
    for line in _taken(imap.list()):
        head, literal = line if isinstance(line, tuple) else (line or b"", None)
        match = _FOLDER.fullmatch(head)
        if match is not None and not _NOT_SELECTABLE.search(match["flags"]):
            yield match["name"].decode("ascii", "replace") if literal is None else _quoted(literal)


def _quoted(name: bytes) -> str:
    """A name that came as a literal."""
    return '"{}"'.format(re.sub(r'(["\\])', r"\\\1", name.decode("ascii", "replace")))


def _final(error: Exception) -> bool:
    passing = isinstance(error, (OSError, imaplib.IMAP4.abort))
    return not passing or isinstance(error, ssl.SSLCertVerificationError)


def _words(error: Exception) -> str:
    said = error.args[0] if error.args and isinstance(error.args[0], bytes) else str(error).encode()
    return f"{type(error).__name__}: {said.decode(errors='replace')}"


def _close(imap: imaplib.IMAP4_SSL | None) -> None:
    if imap is not None:
        with suppress(*_ERRORS):
            imap.logout()
        with suppress(*_ERRORS):
            imap.shutdown()
