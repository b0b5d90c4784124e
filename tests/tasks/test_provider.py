"""A look at a mail server: every stage, every address, both manners, against real TLS in every bad state."""

from __future__ import annotations

import http.server
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import SSL

from lab.authority import Authority, Chain
from lab.mailhost import MailHost, Manners
from mailtrust.errors import UsageError
from tasks.provider import Look, Stopped, look
from tasks.starttls import ROUTER_CIPHERS, context
from tasks.wire import Vantage
from tests.support.provider import needs_x25519

DEADLINE = 10.0  # what must work has all the time it wants
SHORT = 0.5  # what must end at the deadline ends soon
STAGES = ["resolve", "connect", "banner", "ehlo", "starttls", "handshake", "chain"]


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.mint()


@pytest.fixture
def mail_host() -> Iterator[Callable[..., MailHost]]:
    with ExitStack() as stack:
        yield lambda chain, **options: stack.enter_context(MailHost.in_thread(chain, **options))


def der(chain: Chain) -> list[bytes]:
    return [certificate.public_bytes(Encoding.DER) for certificate in chain.presented]


def as_router(looks: tuple[Look, ...]) -> Look:
    (one,) = (each for each in looks if each.manner == "router")
    return one


def as_everybody(looks: tuple[Look, ...]) -> Look:
    (one,) = (each for each in looks if each.manner == "everybody")
    return one


@pytest.mark.parametrize("state", Authority.mint().chains)
def test_the_chain_comes_as_presented(state: str, authority: Authority, mail_host: Callable[..., MailHost]) -> None:
    """Whatever is presented is what is seen, octet for octet and in that order: unordered, doubled, expired or foreign."""
    host = mail_host(authority.chain(state))
    for seen in look("127.0.0.1", host.port, deadline=DEADLINE):
        assert seen.stopped is None
        assert [stage.stage for stage in seen.passed] == STAGES
        assert [certificate.der for certificate in seen.chain] == der(authority.chain(state))


def test_the_two_manners(authority: Authority, mail_host: Callable[..., MailHost]) -> None:
    """As a router: TLS 1.2, no server name, and so the chain for those who ask for none; everybody else: newer, named."""
    host = mail_host(authority.chain(), without_sni=authority.chain("root switched"))
    looks = look("localhost", host.port, deadline=DEADLINE)
    router = next(one for one in looks if one.manner == "router" and one.stopped is None)
    everybody = next(one for one in looks if one.manner == "everybody" and one.stopped is None)
    assert (router.sni, everybody.sni) == (False, True)
    assert [one.der for one in router.chain] == der(authority.chain("root switched"))
    assert [one.der for one in everybody.chain] == der(authority.chain())
    agreed = {one.manner: one.passed[-2].detail.split()[0] for one in (router, everybody)}
    assert agreed == {"router": "TLSv1.2", "everybody": "TLSv1.3"}


def test_an_address_has_no_server_name(authority: Authority, mail_host: Callable[..., MailHost]) -> None:
    """Where the server is given as an address, nobody sends a name: RFC 6066 forbids it."""
    host = mail_host(authority.chain(), without_sni=authority.chain("root switched"))
    looks = look("127.0.0.1", host.port, deadline=DEADLINE)
    assert [one.sni for one in looks] == [False, False]
    assert [len(one.chain) for one in looks] == [2, 2]


@pytest.mark.parametrize(
    ("manners", "stage", "reason"),
    [
        (Manners(starttls=False), "starttls", "STARTTLS is not on offer; the server offers size"),
        (Manners(tls13_only=True), "handshake", "alert protocol version"),
        pytest.param(Manners(group="X25519"), "handshake", "handshake failure", marks=needs_x25519),
        (Manners(stall="banner"), "banner", "no answer within 0.5 s"),
        (Manners(stall="ehlo"), "ehlo", "no answer within 0.5 s"),
        (Manners(stall="starttls"), "handshake", "no answer within 0.5 s"),
        (Manners(drip=0.2), "banner", "no answer within 0.5 s"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_where_it_stops_and_why(
    manners: Manners, stage: str, reason: str, authority: Authority, mail_host: Callable[..., MailHost]
) -> None:
    """A look that stops says at which stage and in whose words, keeps what it passed, and ends at its deadline."""
    host = mail_host(authority.chain(), manners=manners)
    deadline = SHORT if "0.5" in reason else DEADLINE
    stopped = as_router(look("127.0.0.1", host.port, deadline=deadline))
    assert stopped.stopped is not None
    assert (stopped.stopped.stage, stopped.chain) == (stage, ())
    assert reason in stopped.stopped.reason
    assert [one.stage for one in stopped.passed] == STAGES[: STAGES.index(stage)]


@pytest.mark.parametrize(
    "manners",
    [Manners(tls13_only=True), pytest.param(Manners(group="X25519"), marks=needs_x25519)],
    ids=["TLS 1.3", "X25519"],
)
def test_what_only_a_router_cannot_do(
    manners: Manners, authority: Authority, mail_host: Callable[..., MailHost]
) -> None:
    """A server that is too new for routers shows its chain to everybody else."""
    host = mail_host(authority.chain(), manners=manners)
    seen = as_everybody(look("127.0.0.1", host.port, deadline=DEADLINE))
    assert [one.der for one in seen.chain] == der(authority.chain())


@pytest.mark.parametrize("group", ["secp521r1", "secp384r1", "prime256v1"])
def test_each_curve_of_a_router_serves(group: str, authority: Authority, mail_host: Callable[..., MailHost]) -> None:
    """A server that takes one of the router's three curves only is reached, whichever it is."""
    host = mail_host(authority.chain(), manners=Manners(group=group))
    assert as_router(look("127.0.0.1", host.port, deadline=DEADLINE)).stopped is None


def test_the_client_hello_is_a_routers() -> None:
    """TLS 1.2, the router's 14 suites and three curves in its order, no server name, no newer version on offer."""
    hello = client_hello(SSL.Connection(context("router"), None))
    names = {number: name for name, number in SUITES.items()}
    assert [names[suite] for suite in hello["suites"]] == ROUTER_CIPHERS.split(":")
    assert hello["extensions"][10] == struct.pack("!4H", 6, 25, 24, 23)  # P-521, P-384, P-256
    assert hello["version"] == 0x0303
    assert not {0, 43} & set(hello["extensions"])  # server_name, supported_versions


SUITES = dict(
    zip(
        ROUTER_CIPHERS.split(":"),
        (0xC030, 0xC02C, 0xC028, 0x9F, 0x6B, 0x9D, 0x3D, 0xC02F, 0xC02B, 0xC027, 0x9E, 0x67, 0x9C, 0x3C),
        strict=True,
    )
)


def client_hello(tls: SSL.Connection) -> dict[str, Any]:
    """Version, suites and extensions of the first flight (RFC 5246, 7.4.1.2)."""
    tls.set_connect_state()
    with pytest.raises(SSL.WantReadError):
        tls.do_handshake()
    body = tls.bio_read(4096)[9:]
    version, body = struct.unpack("!H", body[:2])[0], body[34:]
    body = body[1 + body[0] :]
    size = struct.unpack("!H", body[:2])[0]
    suites = [suite for suite in struct.unpack(f"!{size // 2}H", body[2 : 2 + size]) if suite != 0xFF]
    body = body[2 + size :]
    body = body[1 + body[0] + 2 :]
    extensions = {}
    while body:
        kind, size = struct.unpack("!2H", body[:4])
        extensions[kind], body = body[4 : 4 + size], body[4 + size :]
    return {"version": version, "suites": suites, "extensions": extensions}


def test_every_address_is_looked_at(
    authority: Authority, mail_host: Callable[..., MailHost], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name with an IPv4 and an IPv6 address gives four looks: each address in each manner, with its own chain."""
    if not has_ipv6():
        pytest.skip("no IPv6 loopback on this machine")
    four = mail_host(authority.chain())
    six = mail_host(authority.chain("cross-sign dropped"), address="::1")
    monkeypatch.setattr(socket, "getaddrinfo", resolver(four.port, six.port))
    looks = look("smtp.lab.test", 587, deadline=DEADLINE)
    assert [(one.address, one.manner, len(one.chain)) for one in looks] == [
        ("127.0.0.1", "router", 3),
        ("127.0.0.1", "everybody", 3),
        ("::1", "router", 2),
        ("::1", "everybody", 2),
    ]


def resolver(four: int, six: int) -> Callable[..., Any]:
    """DNS for one name: an A record, twice, and an AAAA record."""
    real = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *args: Any, **options: Any) -> Any:
        if host != "smtp.lab.test":
            return real(host, port, *args, **options)
        a = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", four))
        return [a, a, (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", six, 0, 0))]

    return getaddrinfo


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def test_a_name_that_does_not_resolve() -> None:
    """There is one look for each manner, stopped at the first stage in the resolver's words."""
    looks = look("no-such-name.invalid", 587, deadline=DEADLINE)
    assert [(one.manner, one.stopped.stage if one.stopped else None) for one in looks] == [
        ("router", "resolve"),
        ("everybody", "resolve"),
    ]


def test_a_resolver_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The deadline holds for DNS too, though the system's resolver knows none."""
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(60) and [])
    try:
        looks = look("smtp.lab.test", 587, deadline=SHORT)
    finally:
        over.set()
    assert looks[0].stopped == Stopped("resolve", "no answer within 0.5 s")


def test_nobody_listens() -> None:
    """A refused connection stops at connect, in the system's words."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert as_router(look("127.0.0.1", port, deadline=DEADLINE)).stopped == Stopped("connect", "Connection refused")


def serve(*lines: bytes) -> tuple[socket.socket, list[bytes]]:
    """A server that says each line in turn after whatever it hears, to every client."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def talk() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, suppress(ConnectionError):
                for line in lines:
                    client.sendall(line)
                    heard.append(client.recv(4096))

    threading.Thread(target=talk, daemon=True).start()
    return listener, heard


@pytest.mark.parametrize(
    ("lines", "stage", "reason"),
    [
        ((b"554 no service for you\r\n",), "banner", "the server said: 554 no service for you"),
        ((b"220 hello\r\n", b"550 go away\r\n"), "ehlo", "the server said: 550 go away"),
        (
            (b"220 hello\r\n", b"250-me\r\n250 STARTTLS\r\n", b"454 TLS not available\r\n"),
            "starttls",
            "the server said: 454 TLS not available",
        ),
        ((b"220 hello\r\n", b"250-me\r\n250 STARTTLS\r\n", b"220 go\r\n", b"no TLS\r\n"), "handshake", ""),
        ((b"\x16\x03\x01\xff\xfe\r\n" * 4000,), "banner", ""),
        ((b"220 hello\r\n", b"250-me\r\n250 STARTTLS\r\n", b"220 go\r\n"), "handshake", "closed the connection"),
    ],
    ids=["554", "550", "454", "not TLS", "not SMTP", "closed"],
)
def test_in_the_servers_own_words(lines: tuple[bytes, ...], stage: str, reason: str) -> None:
    """A refusal is told as the server said it; nonsense and silence end a look, never an exception."""
    listener, heard = serve(*lines)
    with listener:
        stopped = as_router(look("127.0.0.1", listener.getsockname()[1], deadline=DEADLINE)).stopped
    assert stopped is not None
    assert stopped.stage == stage
    assert reason in stopped.reason
    assert not any(b"AUTH" in each or b"MAIL" in each for each in heard)


def test_what_a_stranger_says_is_harmless() -> None:
    """Escape codes and line ends of a banner do not reach the terminal, and it is told in reasonable length."""
    listener, _ = serve(b"220-\x1b[2J\x07hello\r\n220 " + b"x" * 4000 + b"\r\n", b"550 go away\r\n")
    with listener:
        (banner,) = as_router(look("127.0.0.1", listener.getsockname()[1], deadline=DEADLINE)).passed[2:]
    assert banner.detail.isprintable()
    assert banner.detail.startswith("220 \N{REPLACEMENT CHARACTER}[2J")
    assert len(banner.detail) < 600


def test_a_server_that_never_stops_talking() -> None:
    """A banner without end is cut off long before the deadline, and before it fills the memory."""
    listener, _ = serve(b"220-more to come\r\n" * 100_000)
    with listener:
        stopped = as_router(look("127.0.0.1", listener.getsockname()[1], deadline=60)).stopped
    assert stopped == Stopped(
        "banner", "Connection unexpectedly closed: more than 1048576 octets came: no mail server says so much"
    )


def test_from_a_source_address(authority: Authority, mail_host: Callable[..., MailHost]) -> None:
    """The connection comes from the address that was asked for."""
    host = mail_host(authority.chain())
    seen = as_router(look("127.0.0.1", host.port, deadline=DEADLINE, vantage=Vantage("127.0.0.9")))
    assert seen.stopped is None
    assert "from 127.0.0.9" in [stage.detail for stage in seen.passed]


def test_a_source_address_of_another_family() -> None:
    """Addresses that cannot be reached from the source are not looked at; if none is left, that is the reason."""
    stopped = as_router(look("127.0.0.1", 587, deadline=DEADLINE, vantage=Vantage("::1"))).stopped
    assert stopped == Stopped("resolve", "no address of 127.0.0.1 is of the same family as ::1")


@pytest.mark.parametrize(
    "options",
    [
        {"source_address": "Loopback0"},
        {"proxy": "proxy:3128"},
        {"proxy": "http://me:secret@proxy:3128"},
        {"proxy": "http://proxy"},
    ],
)
def test_a_vantage_that_cannot_be_meant(options: dict[str, str]) -> None:
    """What is no address, or no plain http proxy with its port, is a usage error; a login is never repeated."""
    with pytest.raises(UsageError) as error:
        Vantage(**options)
    assert "secret" not in str(error.value)


class Proxy(http.server.BaseHTTPRequestHandler):
    """An HTTP proxy that connects through to a port of loopback, whatever name is asked for."""

    asked: list[str]
    target: int

    def do_CONNECT(self) -> None:
        self.asked.append(self.path)
        if not self.target:
            self.send_error(403, "Not from here")
            return
        with socket.create_connection(("127.0.0.1", self.target)) as upstream:
            self.send_response(200, "Connection established")
            self.end_headers()
            back = threading.Thread(target=pump, args=(upstream, self.connection), daemon=True)
            back.start()
            pump(self.connection, upstream)
            back.join()

    def log_message(self, *_: object) -> None: ...


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while octets := source.recv(65536):
            sink.sendall(octets)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@pytest.fixture
def proxy() -> Iterator[Callable[[int], tuple[str, list[str]]]]:
    with ExitStack() as stack:

        def start(target: int) -> tuple[str, list[str]]:
            handler = type("To", (Proxy,), {"asked": [], "target": target})
            server = stack.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}", handler.asked  # type: ignore[attr-defined]

        yield start


def test_through_a_proxy(
    authority: Authority, mail_host: Callable[..., MailHost], proxy: Callable[[int], tuple[str, list[str]]]
) -> None:
    """An HTTP proxy is asked to connect to the server by its name, and resolves it itself."""
    host = mail_host(authority.chain())
    url, asked = proxy(host.port)
    seen = as_router(look("smtp.lab.test", 587, deadline=DEADLINE, vantage=Vantage(proxy=url)))
    assert seen.stopped is None
    assert seen.address is None
    assert [one.der for one in seen.chain] == der(authority.chain())
    assert set(asked) == {"smtp.lab.test:587"}


def test_a_proxy_that_refuses(proxy: Callable[[int], tuple[str, list[str]]]) -> None:
    """The stage is the proxy's, and so are the words."""
    url, _ = proxy(0)
    stopped = as_router(look("smtp.lab.test", 587, deadline=DEADLINE, vantage=Vantage(proxy=url))).stopped
    assert stopped == Stopped("proxy", "the proxy said: HTTP/1.1 403 Not from here") or (
        stopped == Stopped("proxy", "the proxy said: HTTP/1.0 403 Not from here")
    )
