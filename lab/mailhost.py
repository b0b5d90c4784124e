"""A mail host with real STARTTLS and AUTH: submission, a relay without login, implicit TLS, and every bad manner.

Submission demands STARTTLS, then AUTH (LOGIN or PLAIN), then a sender that belongs to the login. The relay trusts the
client's address: no login, any sender, STARTTLS on offer. The certificate chain can be changed while it runs.
"""

from __future__ import annotations

import asyncio
import ssl
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from lab.authority import Chain
from lab.mailbox import Mailbox, Message
from lab.smtpserver import Account, Connection, Listener, Manners, Rules

__all__ = ["Account", "MailHost", "Manners", "Message"]

GOOD = Manners()


class MailHost:
    """A mail host on loopback, on ports of the system's choice, that exist once it has started.

    `port` is submission, `relay_port` the relay, `tls_port` implicit TLS. `recipients`: whom it accepts mail for
    (None: anybody). `without_sni`: another chain for clients that ask for no server name.
    """

    def __init__(
        self,
        chain: Chain,
        accounts: Iterable[Account] = (),
        *,
        recipients: Iterable[str] | None = None,
        without_sni: Chain | None = None,
        manners: Manners = GOOD,
        mail_file: Path | None = None,
        hostname: str = "smtp.lab.test",
        address: str = "127.0.0.1",
    ) -> None:
        self.address = address
        self.port = self.relay_port = self.tls_port = 0
        self._mailbox = Mailbox(mail_file)
        self._hostname = hostname
        self._manners = manners
        self._asked: WeakKeyDictionary[ssl.SSLObject, str] = WeakKeyDictionary()
        self._rules = Rules(
            {account.login: account for account in accounts},
            None if recipients is None else frozenset(recipient.lower() for recipient in recipients),
            self._mailbox,
            self._asked.get,
        )
        self._connections: set[Connection] = set()
        self._servers: list[asyncio.Server] = []
        self._front = tls_context(chain, manners)
        self._front.sni_callback = self._choose_chain
        self.rotate(chain, without_sni=without_sni)

    def rotate(self, chain: Chain, *, without_sni: Chain | None = None) -> None:
        """From now on new TLS sessions get `chain`, or `without_sni` if they ask for no server name."""
        named = tls_context(chain, self._manners)
        unnamed = tls_context(without_sni, self._manners) if without_sni else named
        self._contexts = named, unnamed

    def messages(self) -> tuple[Message, ...]:
        """Everything accepted so far, in order."""
        return self._mailbox.messages()

    async def start(self) -> None:
        """Listen; all three ports accept connections when this returns."""
        starttls = self._front if self._manners.starttls else None
        self.port = await self._listen(Listener(starttls, implicit=False, login=True))
        self.relay_port = await self._listen(Listener(starttls, implicit=False, login=False))
        self.tls_port = await self._listen(Listener(self._front, implicit=True, login=True))

    async def stop(self) -> None:
        """Stop listening and cut every connection; nothing of them runs any more when this returns."""
        for server in self._servers:
            server.close()
        await asyncio.gather(*(connection.cut() for connection in tuple(self._connections)))

    async def __aenter__(self) -> MailHost:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @classmethod
    @contextmanager
    def in_thread(cls, *args: Any, **options: Any) -> Iterator[MailHost]:  # noqa: ANN401  they are MailHost's own
        """A running mail host for code without an event loop: `with MailHost.in_thread(chain) as host`."""
        with loop_in_thread() as run:
            host = cls(*args, **options)
            run(host.start())
            try:
                yield host
            finally:
                run(host.stop())

    async def _listen(self, listener: Listener) -> int:
        def connection() -> Connection:
            return Connection(self._rules, listener, self._manners, self._hostname, self._connections)

        server = await asyncio.get_running_loop().create_server(connection, self.address, 0, backlog=1024)
        self._servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        return port

    def _choose_chain(self, tls: ssl.SSLSocket | ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        """OpenSSL asks this at every ClientHello, also at one without a name: that is what makes rotation work."""
        assert isinstance(tls, ssl.SSLObject)
        named, unnamed = self._contexts
        tls.context = named if name else unnamed
        if name:
            self._asked[tls] = name


class AlertingTLS(ssl.SSLObject):
    """TLS that says why it ends a handshake.

    On an error asyncio drops the connection with OpenSSL's alert still unsent. Told to wait for more, it sends the
    alert first; the client's hanging up ends the wait.
    """

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise
        except ssl.SSLError as error:
            raise ssl.SSLWantReadError(ssl.SSL_ERROR_WANT_READ, str(error)) from error


def tls_context(chain: Chain, manners: Manners = GOOD) -> ssl.SSLContext:
    """A server's TLS context that presents exactly `chain.presented`, in that order."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslobject_class = AlertingTLS
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if manners.tls13_only else ssl.TLSVersion.TLSv1_2
    if manners.group:
        context.set_ecdh_curve(manners.group)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # the only way in that the ssl module has
        file.write(chain.pem)
        file.flush()
        context.load_cert_chain(file.name)
    return context


@contextmanager
def loop_in_thread() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """An event loop of its own in a thread; yields the function that runs a coroutine there and returns its result."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mail host", daemon=True)
    thread.start()
    try:
        yield lambda coroutine: asyncio.run_coroutine_threadsafe(coroutine, loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
