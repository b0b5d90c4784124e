"""The names of folders, as servers write them; everything else is proven with a real Dovecot in tests/postfix."""

from __future__ import annotations

import imaplib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tasks.mailbox import _folders

CASES = {
    b'(\\HasNoChildren) "/" INBOX': ["INBOX"],
    b'(\\HasNoChildren \\Junk) "/" "[Gmail]/Spam"': ['"[Gmail]/Spam"'],
    b'(\\HasChildren \\Noselect) "/" "[Gmail]"': [],
    b'(\\NonExistent) "." gone': [],
    b"() NIL flat": ["flat"],
    b'(\\HasNoChildren) "\\\\" "a\\"b"': ['"a\\"b"'],
    b'(\\HasNoChildren) "/" {9}\r\ntwo "w" \\': ['"two \\"w\\" \\\\"'],
}


@contextmanager
def answering(listed: bytes) -> Iterator[imaplib.IMAP4]:
    """A client that has logged in to a server with this answer to LIST."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rwb") as wire:
                wire.write(b"* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n")
                wire.flush()
                for request in wire:
                    tag, verb = request.split()[:2]
                    told = {b"LIST": b"* LIST " + listed, b"CAPABILITY": b"* CAPABILITY IMAP4rev1"}.get(verb, b"* BYE")
                    wire.write(told + b"\r\n" + tag + b" OK done\r\n")
                    wire.flush()

        server = threading.Thread(target=serve)
        server.start()
        with imaplib.IMAP4("127.0.0.1", listener.getsockname()[1], timeout=30) as imap:
            yield imap
        server.join()


@pytest.mark.parametrize(("listed", "names"), CASES.items(), ids=range(len(CASES)))
def test_folders_that_can_be_opened(listed: bytes, names: list[str]) -> None:
    """Bare, quoted or as a literal, each name comes as a command takes it; one that holds only others is left out."""
    with answering(listed) as imap:
        assert list(_folders(imap)) == names
