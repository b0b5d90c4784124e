"""The router's SMTP client against the lab's mail host, and against servers that only listen."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509

from lab.authority import Authority, Chain
from lab.mailclient import Delivery, Mail, Server, send, split_server
from lab.mailhost import MailHost, Manners

Start = Callable[..., MailHost]
Trust = dict[str, x509.Certificate]
HOSTS = {"smtp.lab.test": "127.0.0.1"}
CONNECTING = "error in connecting to SMTP server"
REPLY = "error in reply from SMTP server"
READING = "error in reading from SMTP server"
PATIENCE = 60.0
MAIL = Mail(
    server="rtr:s/e+c=ret1@smtp.lab.test",
    to="noc@lab.test",
    sender="alerts@lab.test",
    cc="",
    subject="link down",
    body="GigabitEthernet1",
    port=0,
    secure="tls",
)

needs_x25519 = pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 cannot be limited to X25519")


@pytest.fixture
def trust(authority: Authority) -> Trust:
    return {
        "CA-ROOT": authority.root.certificate,
        "CA-LEGACY": authority.legacy.certificate,
        "CA-1C3": authority.issuing.certificate,
    }


def deliver(mail: Mail, trust: Trust, *, now: datetime | None = None, timeout: float = PATIENCE) -> Delivery:
    return asyncio.run(send(mail, trust, HOSTS, now=now or datetime.now(timezone.utc), timeout=timeout))


def test_a_mail_arrives_as_the_router_sends_it(mail_host: Start, trust: Trust) -> None:
    """TLS 1.2, no server name, logged in; every address of To and Cc is a recipient; a leading dot survives."""
    host = mail_host()
    mail = replace(MAIL, port=host.port, to="a@lab.test, b@lab.test c@lab.test", cc="d@lab.test", body=".dot\n\n..")
    assert deliver(mail, trust).reason is None
    (message,) = host.messages()
    assert (message.tls, message.sni, message.login, message.sender) == ("TLSv1.2", None, "rtr", "alerts@lab.test")
    assert message.recipients == ("a@lab.test", "b@lab.test", "c@lab.test", "d@lab.test")
    assert message.body == ".dot\n\n..\n"
    assert message.headers == (
        ("From", "alerts@lab.test"),
        ("To", "a@lab.test, b@lab.test, c@lab.test"),
        ("Cc", "d@lab.test"),
        ("Subject", "link down"),
    )


NEEDED = [
    ("cross-signed", "Lab Legacy Root CA"),
    ("cross-sign dropped", "Lab Root R1"),
    ("leaf renewed", "Lab Legacy Root CA"),
    ("intermediate switched", "Lab Legacy Root CA"),
    ("root switched", "Lab Root R2"),
    ("missing intermediate", "Lab CA 1C3"),
    ("unordered", "Lab Legacy Root CA"),
    ("duplicate", "Lab Legacy Root CA"),
    ("presented root", "Lab Root R1"),
    ("presented legacy root", "Lab Legacy Root CA"),
    ("wrong host", "Lab Legacy Root CA"),  # no router compares host names
    ("unknown issuer", "Unknown Root CA"),
]


@pytest.mark.parametrize(("state", "needed"), NEEDED)
def test_exactly_one_anchor_is_needed(authority: Authority, mail_host: Start, state: str, needed: str) -> None:
    """Mail goes with the issuer of the topmost presented certificate alone, and fails with all other issuers."""
    chain = authority.chain(state)
    host = mail_host(state)
    mail = replace(MAIL, port=host.port)
    anchor = {name: c for name, c in issuers(authority, chain).items() if name == needed}
    assert deliver(mail, anchor).reason is None
    others = {name: c for name, c in issuers(authority, chain).items() if c not in (chain.anchor, chain.presented[-1])}
    assert deliver(mail, others).reason == CONNECTING
    assert list(anchor.values()) == [chain.anchor]
    assert len(host.messages()) == 1


def issuers(authority: Authority, chain: Chain) -> Trust:
    """Everything that could be installed, by common name: the usual trust set and the issuers of the chain."""
    certificates = (*chain.issuers, *authority.chain().issuers)
    return {str(c.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value): c for c in certificates}


def test_the_topmost_certificate_itself_anchors(authority: Authority, mail_host: Start) -> None:
    """An installed cross-sign is found as it is, and its issuer is not asked for; so is an installed leaf, if alone."""
    assert deliver(replace(MAIL, port=mail_host().port), {"CROSS": authority.cross.certificate}).reason is None
    alone = mail_host("missing intermediate")
    assert deliver(replace(MAIL, port=alone.port), {"LEAF": authority.chain().leaf}).reason is None


def test_the_leaf_alone_does_not_anchor_a_longer_chain(authority: Authority, mail_host: Start) -> None:
    """With only the leaf or only the intermediate installed, a chain that goes further is refused."""
    mail = replace(MAIL, port=mail_host().port)
    assert deliver(mail, {"LEAF": authority.chain().leaf}).reason == CONNECTING
    assert deliver(mail, {"CA-1C3": authority.issuing.certificate}).reason == CONNECTING


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("expired leaf", "%PKI-3-CERTIFICATE_INVALID_EXPIRED: "),
        ("expired intermediate", "%PKI-3-CERTIFICATE_INVALID_EXPIRED: "),
        ("not yet valid", "%PKI-3-CERTIFICATE_INVALID_NOT_YET_VALID: "),
    ],
)
def test_dates_count(mail_host: Start, trust: Trust, state: str, message: str) -> None:
    """A presented certificate out of its time is refused, and syslog says why."""
    delivery = deliver(replace(MAIL, port=mail_host(state).port), trust)
    assert delivery.reason == CONNECTING
    assert [line.startswith(message) for line in delivery.syslog] == [True]


@pytest.mark.parametrize("days", [-30, 100])
def test_the_routers_own_clock_decides(mail_host: Start, trust: Trust, days: int) -> None:
    """A router whose clock is wrong refuses a good chain."""
    now = datetime.now(timezone.utc) + timedelta(days=days)
    assert deliver(replace(MAIL, port=mail_host().port), trust, now=now).reason == CONNECTING


def test_an_rsa_hierarchy_works_too() -> None:
    """Mail goes over ECDHE-RSA with RSA certificates."""
    authority = Authority.mint(key_type="rsa")
    with MailHost.in_thread(authority.chain()) as host:
        mail = replace(MAIL, server="smtp.lab.test", port=host.relay_port)
        assert deliver(mail, {"LEGACY": authority.legacy.certificate}).reason is None


def test_rotation_breaks_and_a_new_anchor_mends(authority: Authority, mail_host: Start, trust: Trust) -> None:
    """After a switch of the root mail fails until the new root is installed."""
    host = mail_host()
    mail = replace(MAIL, port=host.port)
    assert deliver(mail, trust).reason is None
    host.rotate(authority.chain("root switched"))
    assert deliver(mail, trust).reason == CONNECTING
    assert deliver(mail, trust | {"NEW": authority.chain("root switched").anchor}).reason is None


REFUSALS = [
    ({"server": "rtr:wrong@smtp.lab.test"}, REPLY),
    ({"server": "rtr@smtp.lab.test"}, REPLY),
    ({"server": "smtp.lab.test"}, REPLY),
    ({"sender": "boss@lab.test"}, REPLY),
    ({"to": "nobody@lab.test"}, REPLY),
    ({"to": "noc@lab.test,nobody@lab.test"}, REPLY),
    ({"to": ""}, REPLY),
    ({"secure": "none"}, REPLY),
    ({"server": "rtr:s/e+c=ret1@unknown.lab.test"}, "timeout error"),
    ({"server": "alerts@lab.test:s/e+c=ret1@smtp.lab.test"}, "timeout error"),
]


@pytest.mark.parametrize(("change", "reason"), REFUSALS)
def test_refusals_become_reasons(mail_host: Start, trust: Trust, change: dict[str, str], reason: str) -> None:
    """Whatever the server refuses is an error in reply; a name that is not known is a timeout."""
    host = mail_host(recipients=["noc@lab.test"])
    assert deliver(replace(MAIL, port=host.port, **change), trust).reason == reason
    assert host.messages() == ()


@pytest.mark.parametrize(
    ("manners", "reason"),
    [
        (Manners(tls13_only=True), CONNECTING),
        pytest.param(Manners(group="X25519"), CONNECTING, marks=needs_x25519),
        (Manners(starttls=False), REPLY),
    ],
)
def test_servers_that_a_router_cannot_talk_to(mail_host: Start, trust: Trust, manners: Manners, reason: str) -> None:
    """TLS 1.3 only and X25519 only end in the handshake, a missing STARTTLS in the reply."""
    assert deliver(replace(MAIL, port=mail_host(manners=manners).port), trust).reason == reason


@pytest.mark.parametrize(
    "manners", [Manners(stall="banner"), Manners(stall="ehlo"), Manners(stall="starttls"), Manners(drip=0.1)]
)
def test_one_deadline_for_all(mail_host: Start, trust: Trust, manners: Manners) -> None:
    """A server that falls silent, or that is never silent for long but never done, is a timeout."""
    assert deliver(replace(MAIL, port=mail_host(manners=manners).port), trust, timeout=0.3).reason == "timeout error"


def test_the_other_ways_in(mail_host: Start, trust: Trust) -> None:
    """Implicit TLS, the relay in the clear and the relay with STARTTLS all deliver; an address needs no DNS."""
    host = mail_host()
    for mail in (
        replace(MAIL, port=host.tls_port, secure="ssl"),
        replace(MAIL, server="smtp.lab.test", port=host.relay_port, secure="none"),
        replace(MAIL, server="127.0.0.1", port=host.relay_port),
    ):
        assert deliver(mail, trust).reason is None
    assert [(m.login, m.tls) for m in host.messages()] == [("rtr", "TLSv1.2"), (None, None), (None, "TLSv1.2")]


def test_nobody_listens(trust: Trust) -> None:
    """A refused connection is an error in connecting, and the debug shows two attempts."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        delivery = deliver(replace(MAIL, port=reserved.getsockname()[1]), trust)
    assert delivery.reason == CONNECTING
    assert delivery.debug == (
        ("mail", "DEBUG(smtp_lib) : smtp_connect_attempt: 1"),
        ("mail", "DEBUG(smtp_lib) : fh_smtp_connect failed at attempt 1"),
        ("mail", "DEBUG(smtp_lib) : smtp_connect_attempt: 2"),
    )


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("rtr:pass@smtp.lab.test", Server("rtr", "pass", "smtp.lab.test")),
        ("rtr:pa:ss@smtp.lab.test", Server("rtr", "pa:ss", "smtp.lab.test")),
        ("rtr@smtp.lab.test", Server("rtr", "", "smtp.lab.test")),
        ("smtp.lab.test", Server("", "", "smtp.lab.test")),
        ("a@b:pw@smtp.lab.test", Server("a", "", "b:pw@smtp.lab.test")),
    ],
)
def test_the_server_string_is_split_at_the_first_at_sign(text: str, server: Server) -> None:
    """CSCwe75439: a login with '@' makes the rest of it the host."""
    assert split_server(text) == server


def test_three_hundred_at_once(mail_host: Start, trust: Trust) -> None:
    """A fleet that mails in one moment is served, every mail once."""
    host = mail_host()

    async def fleet() -> list[Delivery]:
        now = datetime.now(timezone.utc)
        mails = (replace(MAIL, port=host.port, subject=f"router {number}") for number in range(300))
        return await asyncio.gather(*(send(mail, trust, HOSTS, now=now, timeout=PATIENCE) for mail in mails))

    assert {delivery.reason for delivery in asyncio.run(fleet())} == {None}
    assert sorted(message.subject for message in host.messages()) == sorted(f"router {n}" for n in range(300))


Script = Callable[[socket.socket], None]


@contextmanager
def listening(script: Script) -> Iterator[int]:
    """A server of one connection that does what `script` says; yields its port."""

    def serve() -> None:
        connection, _ = server.accept()
        with connection:
            script(connection)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        (b"", READING),
        (b"220 lab\r\n250-lab\r\n", READING),
        (b"220 " + b"x" * 100_000, READING),
        (b"554 no service\r\n", REPLY),
        (b"220 lab\r\n250-lab\r\n550 changed my mind\r\n", REPLY),
        (b"HTTP/1.1 400 Bad Request\r\n", REPLY),
        (b"220 lab\r\n250 lab\r\n220 go\r\nthis is no TLS\r\n", CONNECTING),
        (b"220 lab\r\n250 lab\r\n220 go\r\n", CONNECTING),
    ],
)
def test_servers_that_misbehave(trust: Trust, says: bytes, reason: str) -> None:
    """A server that hangs up, talks nonsense or breaks off the handshake becomes one of IOS's reasons."""

    def script(connection: socket.socket) -> None:
        connection.sendall(says)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass

    with listening(script) as port:
        assert deliver(replace(MAIL, port=port), trust).reason == reason


@pytest.mark.parametrize("secure", ["tls", "ssl"])
def test_a_server_that_is_not_trusted_hears_nothing(authority: Authority, trust: Trust, secure: str) -> None:
    """After the handshake not one byte goes to a server whose chain has no anchor, least of all the password."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(authority.chain("unknown issuer").pem)
        file.flush()
        context.load_cert_chain(file.name)
    heard = []

    def script(connection: socket.socket) -> None:
        if secure == "tls":
            for answer in (b"220 lab\r\n", b"250 lab\r\n"):
                connection.sendall(answer)
                heard.append(connection.recv(4096).split()[0])
            connection.sendall(b"220 go\r\n")
        with context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=True) as tls:
            heard.append(tls.recv(4096))

    with listening(script) as port:
        delivery = deliver(replace(MAIL, port=port, secure=secure), trust)
    assert delivery.reason == CONNECTING
    assert heard == [b"EHLO", b"STARTTLS", b""][-3 if secure == "tls" else -1 :]
    assert "s/e+c=ret1" not in repr(delivery)
