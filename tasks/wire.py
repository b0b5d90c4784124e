"""One TCP connection with one deadline for everything: no peer, however slow, can hold us longer."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from mailtrust.errors import UsageError

_MOST_HEARD = 1_048_576
_LONGEST_PROXY_ANSWER = 16_384
_LONGEST_SHOWN = 500
_HTTP_OK = b"2"
_Answer = TypeVar("_Answer")


class Overdue(Exception):
    """The deadline has passed."""


class Wire(socket.socket):
    """A TCP connection of which every wait takes what is left until ``until`` (``time.monotonic()``), never more.

    smtplib and http.client start their timeout anew at each read, so a peer that drips a byte at a time could hold
    them for ever; over a Wire they end in time, with Overdue.
    """

    def __init__(self, family: int, until: float) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._until = until
        self._heard = 0

    def connect(self, address: Any) -> None:  # noqa: ANN401  # as the family wants it
        self._in_time(super().connect, address)

    def recv(self, *args: Any) -> bytes:  # noqa: ANN401
        octets = self._in_time(super().recv, *args)
        self._hear(len(octets))
        return octets

    def recv_into(self, *args: Any) -> int:  # noqa: ANN401
        count = self._in_time(super().recv_into, *args)
        self._hear(count)
        return count

    def sendall(self, *args: Any) -> None:  # noqa: ANN401
        self._in_time(super().sendall, *args)

    def _hear(self, count: int) -> None:
        self._heard += count
        if self._heard > _MOST_HEARD:
            raise OSError(f"more than {_MOST_HEARD} octets came: no mail server says so much")

    def _in_time(self, call: Callable[..., _Answer], *args: Any) -> _Answer:  # noqa: ANN401
        self.settimeout(remaining(self._until))
        try:
            return call(*args)
        except TimeoutError as error:
            if error.errno is None:
                raise Overdue from error
            raise  # the system itself gave up


def remaining(until: float) -> float:
    """Seconds left; Overdue if there are none."""
    left = until - time.monotonic()
    if left <= 0:
        raise Overdue
    return left


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to connect: the family and socket address of getaddrinfo, and the address as a person writes it."""

    family: int
    sockaddr: tuple[Any, ...]

    @property
    def address(self) -> str:
        return str(self.sockaddr[0])


@dataclass(frozen=True, slots=True)
class Vantage:
    """From where to look: a source address, or an HTTP proxy that is asked to CONNECT (``http://HOST:PORT``)."""

    source_address: str | None = None
    proxy: str | None = None

    def __post_init__(self) -> None:
        if self.source_address is not None:
            _ip(self.source_address)
        if self.proxy is not None:
            proxy_of(self.proxy)


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise UsageError(f"source address: expected an IP address of this machine, got {text!r}") from None


def proxy_of(url: str) -> tuple[str, int]:
    """Host and port of a proxy's URL; a login in it is refused, since it would travel in the clear."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if host is None or port is None or parts.scheme != "http" or parts.username or parts.path not in {"", "/"}:
        raise UsageError("proxy: expected http://HOST:PORT, without a login")
    return host, port


def resolve(host: str, port: int, until: float) -> tuple[Endpoint, ...]:
    """Every address of ``host``, IPv6 and IPv4, each once; OSError if there is none.

    The system's resolver knows no deadline, so it is asked in a thread that may outlive this call.
    """
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:  # UnicodeError: a label that is empty or too long
            answers.append(error)

    asking = threading.Thread(target=ask, daemon=True, name=f"resolve {host}")
    asking.start()
    asking.join(remaining(until))
    if not answers:
        raise Overdue
    if isinstance(answers[0], Exception):
        raise OSError(str(answers[0])) from answers[0]
    if not answers[0]:
        raise OSError(f"{host} has no address")
    return tuple(dict.fromkeys(Endpoint(family, sockaddr) for family, _, _, _, sockaddr in answers[0]))


def connected(endpoint: Endpoint, vantage: Vantage, until: float) -> Wire:
    """A connection to the endpoint, from the source address if one is wanted."""
    wire = Wire(endpoint.family, until)
    try:
        if vantage.source_address is not None:
            wire.bind((vantage.source_address, 0))
        wire.connect(endpoint.sockaddr)
    except BaseException:
        wire.close()
        raise
    return wire


def tunnel(wire: Wire, host: str, port: int) -> None:
    """Ask the HTTP proxy at the other end to connect us through; OSError with its own words if it will not."""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    wire.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):  # octet by octet: what follows belongs to the mail server
        octet = wire.recv(1)
        answer += octet
        if not octet or len(answer) > _LONGEST_PROXY_ANSWER:
            raise OSError("the proxy broke off its answer")
    status = answer.partition(b"\r\n")[0]
    if status.partition(b" ")[2][:1] != _HTTP_OK:
        raise OSError(f"the proxy said: {printable(status)}")


def printable(octets: bytes) -> str:
    """What a stranger said, in one line that does nothing to a terminal."""
    text = octets.decode("utf-8", "replace")[:_LONGEST_SHOWN]
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
