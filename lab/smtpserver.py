"""One SMTP connection as the lab's mail host holds it (aiosmtpd), and the rules it goes by."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from typing import Any, AnyStr, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, TLSSetupException

from lab.mailbox import Mailbox, Message

Stall = Literal["banner", "ehlo", "starttls"]


@dataclass(frozen=True)
class Account:
    """Somebody who may log in, and the addresses that he may send from."""

    login: str
    password: str
    senders: tuple[str, ...]


@dataclass(frozen=True)
class Manners:
    """How a mail host departs from the good one."""

    starttls: bool = True  # False: not on offer, so nobody can log in but by implicit TLS
    tls13_only: bool = False
    group: str | None = None  # the only key exchange group that it accepts, such as "X25519" (from Python 3.11 on)
    stall: Stall | None = None  # silent for ever: no banner, no answer to EHLO, or none to the TLS ClientHello
    drip: float = 0.0  # seconds between two bytes of what it says


@dataclass(frozen=True)
class Listener:
    """What one port offers and demands."""

    tls: ssl.SSLContext | None  # None: in the clear only
    implicit: bool  # TLS from the start instead of STARTTLS
    login: bool  # whether a login is needed, and TLS before it


class Rules:
    """Who may log in, send from where, and write to whom: aiosmtpd's handler, shared by all connections of a host.

    The answers are Postfix's.
    """

    def __init__(
        self,
        accounts: Mapping[str, Account],
        recipients: frozenset[str] | None,
        mailbox: Mailbox,
        asked_name: Callable[[ssl.SSLObject], str | None],
    ) -> None:
        self._accounts = accounts
        self._recipients = recipients
        self._mailbox = mailbox
        self._asked_name = asked_name

    def authenticate(
        self, _smtp: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: LoginPassword
    ) -> AuthResult:
        """Refusals become aiosmtpd's 535 5.7.8."""
        account = self._accounts.get(given.login.decode(errors="replace"))
        right = account is not None and account.password.encode() == given.password
        return AuthResult(success=right, handled=False, auth_data=account)

    async def handle_MAIL(
        self, smtp: Connection, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if smtp.listener.login:
            account = session.auth_data
            if not isinstance(account, Account):
                return "530 5.7.0 Authentication required"
            if address.lower() not in (sender.lower() for sender in account.senders):
                return f"553 5.7.1 <{address}>: Sender address rejected: not owned by user {account.login}"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, _smtp: Connection, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self._recipients is not None and address.lower() not in self._recipients:
            return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, smtp: Connection, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        mail = HeaderParser().parsestr(envelope.content.decode(errors="replace").replace("\r\n", "\n"))
        message = Message(
            number=len(self._mailbox.messages()) + 1,
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            login=session.auth_data.login if isinstance(session.auth_data, Account) else None,
            subject=mail.get("Subject", ""),
            body=str(mail.get_payload()),
            headers=tuple(mail.items()),
            tls=smtp.tls.version() if smtp.tls else None,
            sni=self._asked_name(smtp.tls) if smtp.tls else None,
        )
        self._mailbox.keep(message)
        return f"250 2.0.0 Ok: queued as {message.number}"

    async def handle_exception(self, error: Exception) -> str:
        """That a client goes away, in the handshake or later, is no event; aiosmtpd logs what is a mistake of ours."""
        if isinstance(error, TLSSetupException | ConnectionError | asyncio.IncompleteReadError):
            return "421 4.4.2 Connection lost"
        raise error


class QuietSession(Session):
    """aiosmtpd's, without its `login_data`: that is deprecated, and says so in the log at every login."""

    login_data: Any = None


class Connection(SMTP):
    """One client's connection: aiosmtpd's, with manners to choose from, and an end that can be waited for."""

    def __init__(
        self, rules: Rules, listener: Listener, manners: Manners, hostname: str, open_: set[Connection]
    ) -> None:
        super().__init__(
            rules,
            hostname=hostname,
            ident="ESMTP lab",
            tls_context=listener.tls,
            require_starttls=listener.login,
            authenticator=rules.authenticate,
            loop=asyncio.get_running_loop(),
        )
        self.listener = listener
        self._manners = manners
        self._open = open_
        self._mute = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._open.add(self)

    @property
    def tls(self) -> ssl.SSLObject | None:
        """The TLS session; None in the clear."""
        return self.transport.get_extra_info("ssl_object") if self.transport else None

    async def cut(self) -> None:
        """End the connection without a word; nothing of it runs any more when this returns."""
        self._open.discard(self)
        for transport in self._transports():
            transport.abort()
        assert self._handler_coroutine
        self._handler_coroutine.cancel()
        await asyncio.wait({self._handler_coroutine})

    async def push(self, status: AnyStr) -> None:
        if self._mute:
            return
        if not self._manners.drip:
            await super().push(status)
            return
        for octet in (status.encode() if isinstance(status, str) else status) + b"\r\n":
            await asyncio.sleep(self._manners.drip)
            self._writer.write(bytes([octet]))

    async def smtp_EHLO(self, hostname: str) -> None:
        await self._stall("ehlo")
        await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if self._manners.stall == "starttls":
            await self.push("220 Ready to start TLS")
        await self._stall("starttls")
        await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        """Mechanism names may come in any case (RFC 4954); aiosmtpd takes upper case only (its issue 305)."""
        mechanism, blank, rest = (arg or "").partition(" ")
        await super().smtp_AUTH(mechanism.upper() + blank + rest)

    def _create_session(self) -> Session:
        return QuietSession(self.loop)

    async def _stall(self, here: Stall) -> None:
        if self._manners.stall == here:
            await asyncio.Event().wait()

    async def _handle_client(self) -> None:
        try:
            if self.listener.implicit:
                await self._start_tls()
            await self._stall("banner")
            await super()._handle_client()
        except (ConnectionError, TLSSetupException):
            pass  # the client went away
        finally:
            self._open.discard(self)
            for transport in self._transports():
                transport.close()

    async def _start_tls(self) -> None:
        """Implicit TLS is aiosmtpd's STARTTLS without its invitation; so these connections can be cut as well."""
        self._mute = True
        await super().smtp_STARTTLS("")
        self._mute = False

    def _transports(self) -> list[asyncio.Transport]:
        """What is still open: the TLS layer, if any, before the TCP connection under it."""
        return [t for t in (self.transport, self._original_transport) if isinstance(t, asyncio.Transport)]
