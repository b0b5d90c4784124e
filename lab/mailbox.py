"""What a mail host has accepted: frozen messages, kept in memory and, for other processes, as JSON lines in a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Message:
    """One accepted mail, and how it came in."""

    number: int  # 1 for the first one accepted
    sender: str  # of the envelope
    recipients: tuple[str, ...]  # of the envelope
    login: str | None  # None: nobody logged in
    subject: str
    body: str
    headers: tuple[tuple[str, str], ...]  # in the order received
    tls: str | None  # "TLSv1.2"; None: in the clear
    sni: str | None  # the server name that the client asked for


class Mailbox:
    """Accepted messages in the order of arrival; with a `file`, each is also appended to it as one line of JSON."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._messages: list[Message] = []

    def messages(self) -> tuple[Message, ...]:
        return tuple(self._messages)

    def keep(self, message: Message) -> None:
        self._messages.append(message)
        if self._file:
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(message), ensure_ascii=False) + "\n")


def read(file: Path) -> tuple[Message, ...]:
    """The messages that a mail host, perhaps in another process, has written to `file`; none if there is no file yet.

    A last line without its newline is still being written and not read.
    """
    if not file.exists():
        return ()
    *lines, _unfinished = file.read_text(encoding="utf-8").split("\n")
    return tuple(_message(json.loads(line)) for line in lines)


def _message(parts: dict[str, Any]) -> Message:
    headers = tuple((name, value) for name, value in parts["headers"])
    return Message(**{**parts, "recipients": tuple(parts["recipients"]), "headers": headers})
