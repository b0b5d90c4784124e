"""The emulated router's own SMTP client: what `action ... mail server ...` does, over a real connection.

Modelled on a router's debugs and syslog: TLS 1.2 only, no server name, the router's ciphers, and a chain that is
judged by the installed trustpoints alone. Whatever goes wrong ends in one of the few reasons that IOS knows.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import ipaddress
import re
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lab.certificate import Certificate
from lab.validation import Debug, validate

CONNECTING = "error in connecting to SMTP server"
REPLY = "error in reply from SMTP server"
READING = "error in reading from SMTP server"
TIMEOUT = "timeout error"

CIPHERS = (
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-GCM-SHA384:"
    "DHE-RSA-AES256-SHA256:AES256-GCM-SHA384:AES256-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES128-SHA256:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-SHA256:AES128-GCM-SHA256:AES128-SHA256"
)
GROUPS = "secp521r1:secp384r1:prime256v1"
HANDSHAKE = (
    "CRYPTO_OPSSL: Allocated the memory for OPSSLContext",
    f"Set the Default EC Curve list: 0x70Set the EC curve list: {GROUPS}",
    f"CRYPTO_OPSSL: ciphersuites {CIPHERS}",
    "Handshake start: before SSL initialization",
    "SSL_connect:before SSL initialization",
)
FIRST_ATTEMPT = ("DEBUG(smtp_lib) : smtp_connect_attempt: 1",)
SECOND_ATTEMPT = (
    "DEBUG(smtp_lib) : fh_smtp_connect failed at attempt 1",
    "DEBUG(smtp_lib) : smtp_connect_attempt: 2",
)


@dataclass(frozen=True)
class Mail:
    """One mail action, its variables already filled in."""

    server: str  # "login:password@host", "login@host" or "host"
    to: str  # addresses, between them commas or blanks
    sender: str
    cc: str
    subject: str
    body: str
    port: int
    secure: str  # "none", "ssl" (TLS from the start) or "tls" (STARTTLS)


@dataclass(frozen=True)
class Delivery:
    """How it ended: `reason` as `%HA_EM-3-FMPD_SMTP` prints it, None if the server accepted the mail.

    `debug`: (feature, text) in the order of printing, without time stamp; the feature is "mail", "pki" or "openssl",
    and a text of two lines has a stamp before the first only. `syslog`: messages that need no debug.
    """

    reason: str | None
    debug: Debug
    syslog: tuple[str, ...] = ()


@dataclass(frozen=True)
class Server:
    """A server string, taken apart."""

    login: str
    password: str
    host: str


class MailError(Exception):
    """The mail is not sent; the text is IOS's reason."""


async def send(
    mail: Mail,
    trust: Mapping[str, x509.Certificate],
    hosts: Mapping[str, str],
    *,
    now: datetime,
    timeout: float,
) -> Delivery:
    """Send `mail`. `trust`: trustpoint name to installed certificate; `hosts`: name to address, all that DNS knows.

    `now` (aware) is the router's clock, `timeout` the seconds that all of it may take.
    """
    session = Session(trust, now)
    try:
        await asyncio.wait_for(session.deliver(mail, hosts), timeout)
    except MailError as error:
        return session.delivery(str(error))
    except asyncio.TimeoutError:
        return session.delivery(TIMEOUT)
    finally:
        session.close()
    return session.delivery(None)


class Session:
    """One SMTP session, and what the router prints of it."""

    def __init__(self, trust: Mapping[str, x509.Certificate], now: datetime) -> None:
        self._trust = {name: Certificate(installed.public_bytes(Encoding.DER)) for name, installed in trust.items()}
        self._now = now
        self._debug: list[tuple[str, str]] = []
        self._syslog: tuple[str, ...] = ()
        self._reader = asyncio.StreamReader()
        self._transport: asyncio.Transport | None = None

    def delivery(self, reason: str | None) -> Delivery:
        return Delivery(reason, tuple(self._debug), self._syslog)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    async def deliver(self, mail: Mail, hosts: Mapping[str, str]) -> None:
        """The whole dialogue; a MailError at the first thing that goes wrong."""
        server = split_server(mail.server)
        await self._connect(server.host, mail.port, hosts)
        if mail.secure == "ssl":
            await self._start_tls()
        await self._reply()
        await self._greet()
        if mail.secure == "tls":
            await self._ask("STARTTLS")
            await self._start_tls()
            await self._greet()
        if server.login:
            await self._ask("AUTH LOGIN", base64_of(server.login), base64_of(server.password))
        recipients = addresses(mail.to) + addresses(mail.cc)
        await self._ask(f"MAIL FROM:<{mail.sender}>", *(f"RCPT TO:<{to}>" for to in recipients), "DATA", data(mail))
        await self._ask("QUIT")

    async def _connect(self, host: str, port: int, hosts: Mapping[str, str]) -> None:
        self._print("mail", FIRST_ATTEMPT)
        address = hosts.get(host) or literal(host)
        if address is None:
            self._print("mail", (*SECOND_ATTEMPT, "DEBUG(smtp_lib) : fh_smtp_connect callback timer is awake"))
            raise MailError(TIMEOUT)
        try:
            self._transport, _ = await asyncio.get_running_loop().create_connection(self._protocol, address, port)
        except OSError as error:
            self._print("mail", SECOND_ATTEMPT)
            raise MailError(CONNECTING) from error

    async def _start_tls(self) -> None:
        """Handshake, then judge the presented chain: nothing more is sent to a server that is not trusted.

        A router judges in the midst of the handshake and sends an alert; the ssl module shows the chain only after it.
        """
        assert self._transport
        self._print("openssl", HANDSHAKE)
        self._reader = asyncio.StreamReader()
        protocol = self._protocol()
        try:
            tls = await asyncio.get_running_loop().start_tls(self._transport, protocol, router_context())
        except OSError as error:  # ssl.SSLError is one
            self._print("openssl", ("SSL_connect:error in error",))
            raise MailError(CONNECTING) from error
        assert tls
        self._transport = tls
        protocol.connection_made(tls)
        verdict = validate(presented_chain(tls.get_extra_info("ssl_object")), self._trust, self._now)
        self._debug.extend(verdict.debug)
        self._syslog = verdict.syslog
        if verdict.trustpoint is None:
            raise MailError(CONNECTING)

    async def _greet(self) -> None:
        assert self._transport
        await self._ask(f"EHLO [{self._transport.get_extra_info('sockname')[0]}]")

    async def _ask(self, *requests: str) -> None:
        assert self._transport
        for request in requests:
            self._transport.write(f"{request}\r\n".encode())
            await self._reply()

    async def _reply(self) -> None:
        """Read one reply of any number of lines; anything but 2xx and 3xx is an error."""
        more = True
        while more:
            try:
                line = await self._reader.readuntil(b"\n")
            except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
                raise MailError(READING) from error
            if not re.match(rb"[23]\d\d[ -]", line):
                raise MailError(REPLY)
            more = line[3:4] == b"-"

    def _protocol(self) -> asyncio.StreamReaderProtocol:
        return asyncio.StreamReaderProtocol(self._reader)

    def _print(self, feature: str, lines: Iterable[str]) -> None:
        self._debug.extend((feature, line) for line in lines)


def split_server(text: str) -> Server:
    """Take a server string apart at its first '@', as IOS does (CSCwe75439): so no login can hold one."""
    credentials, at, host = text.partition("@")
    if not at:
        return Server("", "", text)
    login, _, password = credentials.partition(":")
    return Server(login, password, host)


def addresses(text: str) -> tuple[str, ...]:
    return tuple(re.split(r"[,\s]+", text.strip(", "))) if text.strip(", ") else ()


def data(mail: Mail) -> str:
    """Header and body as they go over the wire, without the last line's end; a leading dot is doubled."""
    header = [f"From: {mail.sender}", f"To: {', '.join(addresses(mail.to))}"]
    if mail.cc:
        header.append(f"Cc: {', '.join(addresses(mail.cc))}")
    header.append(f"Subject: {mail.subject}")
    body = (f".{line}" if line.startswith(".") else line for line in mail.body.splitlines())
    return "\r\n".join((*header, "", *body, "."))


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def literal(host: str) -> str | None:
    """`host` if it is an address itself."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


@functools.cache
def router_context() -> ssl.SSLContext:
    """The router's side of TLS. It verifies nothing: `lab.validation` does, by the router's own rule.

    Before Python 3.15 the ssl module can name one group only, so of the router's three the last one is offered.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.set_ecdh_curve(GROUPS.rpartition(":")[2])
    return context


def presented_chain(tls: ssl.SSLObject) -> tuple[Certificate, ...]:
    """The certificates as the server sent them, leaf first; until Python 3.12 the ssl module keeps this to itself."""
    if hasattr(tls, "get_unverified_chain"):
        return tuple(Certificate(der) for der in tls.get_unverified_chain())
    der = 2  # _ssl.ENCODING_DER
    return tuple(Certificate(c.public_bytes(der)) for c in tls._sslobj.get_unverified_chain())  # type: ignore[attr-defined]  # noqa: SLF001
