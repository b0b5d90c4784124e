"""The mail host against clients that nobody here wrote: smtplib and openssl."""

from __future__ import annotations

import base64
import gc
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509

from lab.authority import Authority
from lab.mailbox import Message, read
from lab.mailhost import MailHost, Manners

Start = Callable[..., MailHost]
LOGIN, PASSWORD = "rtr", "s/e+c=ret1"
STATES = [
    "cross-signed",
    "cross-sign dropped",
    "leaf renewed",
    "intermediate switched",
    "root switched",
    "missing intermediate",
    "unordered",
    "duplicate",
    "presented root",
    "presented legacy root",
    "wrong host",
    "expired leaf",
    "expired intermediate",
    "not yet valid",
    "unknown issuer",
]


@pytest.fixture
def trusting(client_context: Callable[[str], ssl.SSLContext]) -> ssl.SSLContext:
    return client_context("root")


def submission(host: MailHost, context: ssl.SSLContext) -> smtplib.SMTP:
    client = smtplib.SMTP("localhost", host.port)
    client.starttls(context=context)
    client.ehlo()
    return client


def test_nothing_goes_before_starttls(mail_host: Start) -> None:
    """On submission a login and a mail in the clear are both refused with 530."""
    with smtplib.SMTP("localhost", mail_host().port) as client:
        client.ehlo()
        assert client.has_extn("starttls")
        assert not client.has_extn("auth")
        assert client.docmd("AUTH", "LOGIN")[0] == 530
        assert client.mail("alerts@lab.test")[0] == 530


def test_nothing_goes_before_login(mail_host: Start, trusting: ssl.SSLContext) -> None:
    """After STARTTLS, a mail without a login is refused with 530."""
    with submission(mail_host(), trusting) as client:
        assert client.mail("alerts@lab.test") == (530, b"5.7.0 Authentication required")


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_smtplib_logs_in(mail_host: Start, trusting: ssl.SSLContext, mechanism: str) -> None:
    """Either mechanism lets the right password in and refuses a wrong one with 535 5.7.8."""
    with submission(mail_host(), trusting) as client:
        client.user, client.password = LOGIN, "wrong"
        login = getattr(client, f"auth_{mechanism.lower()}")
        with pytest.raises(smtplib.SMTPAuthenticationError, match=r"5\.7\.8"):
            client.auth(mechanism, login)
        client.password = PASSWORD
        assert client.auth(mechanism, login)[0] == 235


def test_mechanism_names_may_be_in_lower_case(mail_host: Start, trusting: ssl.SSLContext) -> None:
    """`auth plain` logs in just as `AUTH PLAIN` does."""
    with submission(mail_host(), trusting) as client:
        response = base64.b64encode(f"\0{LOGIN}\0{PASSWORD}".encode()).decode()
        assert client.docmd("auth", f"plain {response}")[0] == 235


def test_an_accepted_mail_is_kept_whole(mail_host: Start, trusting: ssl.SSLContext) -> None:
    """Envelope, login, headers, body, TLS version and server name of a mail can be read back as one value."""
    host = mail_host()
    with submission(host, trusting) as client:
        client.login(LOGIN, PASSWORD)
        client.sendmail("alerts@lab.test", ["a@lab.test", "b@lab.test"], "Subject: link down\nX-One: 1\n\n.dot\nend\n")
    headers = (("Subject", "link down"), ("X-One", "1"))
    recipients = ("a@lab.test", "b@lab.test")
    assert host.messages() == (
        Message(1, "alerts@lab.test", recipients, "rtr", "link down", ".dot\nend\n", headers, "TLSv1.3", "localhost"),
    )


def test_a_sender_must_belong_to_the_login(mail_host: Start, trusting: ssl.SSLContext) -> None:
    """A foreign sender is refused with 553 5.7.1, an own one is accepted in any case of letters."""
    with submission(mail_host(), trusting) as client:
        client.login(LOGIN, PASSWORD)
        code, text = client.mail("boss@lab.test")
        assert (code, text.split()[0]) == (553, b"5.7.1")
        assert client.mail("rtr@LAB.test")[0] == 250


def test_an_unknown_recipient_is_refused(mail_host: Start, trusting: ssl.SSLContext) -> None:
    """With a recipient list, anybody else is refused with 550."""
    with submission(mail_host(recipients=["noc@lab.test"]), trusting) as client:
        client.login(LOGIN, PASSWORD)
        client.mail("alerts@lab.test")
        assert client.rcpt("nobody@lab.test")[0] == 550
        assert client.rcpt("NOC@lab.test")[0] == 250


def test_the_relay_trusts_the_address(mail_host: Start) -> None:
    """The relay takes any sender without a login, in the clear."""
    host = mail_host()
    with smtplib.SMTP("localhost", host.relay_port) as client:
        client.sendmail("anybody@lab.test", ["noc@lab.test"], "Subject: s\n\nb\n")
    (message,) = host.messages()
    assert (message.sender, message.login, message.tls) == ("anybody@lab.test", None, None)


def test_implicit_tls_needs_a_login_too(mail_host: Start, trusting: ssl.SSLContext) -> None:
    """The third port speaks TLS from the start and has the same rules as submission."""
    host = mail_host()
    with smtplib.SMTP_SSL("localhost", host.tls_port, context=trusting) as client:
        client.ehlo()
        assert not client.has_extn("starttls")
        assert client.mail("alerts@lab.test")[0] == 530
        client.login(LOGIN, PASSWORD)
        client.sendmail("alerts@lab.test", ["noc@lab.test"], "Subject: s\n\nb\n")
    assert [message.tls for message in host.messages()] == ["TLSv1.3"]


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl program")
@pytest.mark.parametrize("state", STATES)
def test_what_is_presented_is_exactly_the_chain(authority: Authority, mail_host: Start, state: str) -> None:
    """openssl s_client gets the certificates of each state, in their order, none added and none left out."""
    command = ["openssl", "s_client", "-starttls", "smtp", "-showcerts", "-noservername", "-connect"]
    run = subprocess.run(
        [*command, f"127.0.0.1:{mail_host(state).port}"],
        input=b"QUIT\r\n",
        capture_output=True,
        timeout=30,
        check=False,
    )
    presented = run.stdout.partition(b"Server certificate")[0]
    assert tuple(x509.load_pem_x509_certificates(presented)) == authority.chain(state).presented


def test_the_states_tested_are_all_states(authority: Authority) -> None:
    """No chain state escapes the table above."""
    assert list(authority.chains) == STATES


def served_leaf(host: MailHost, server_name: str | None, port: int | None = None) -> x509.Certificate:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection((host.address, port or host.tls_port)) as tcp,
        context.wrap_socket(tcp, server_hostname=server_name) as tls,
    ):
        leaf = tls.getpeercert(binary_form=True)
    assert leaf
    return x509.load_der_x509_certificate(leaf)


def test_rotation_serves_new_sessions_and_leaves_open_ones(
    authority: Authority, mail_host: Start, trusting: ssl.SSLContext
) -> None:
    """After a rotation every new session gets the new chain, while a session of before goes on."""
    host = mail_host()
    with submission(host, trusting) as client:
        renewed = authority.chain("leaf renewed")
        host.rotate(renewed)
        assert served_leaf(host, "smtp.lab.test") == served_leaf(host, None) == renewed.leaf
        client.login(LOGIN, PASSWORD)
        client.sendmail("alerts@lab.test", ["noc@lab.test"], "Subject: s\n\nb\n")


def test_a_connection_of_before_rotation_gets_the_new_chain(authority: Authority, mail_host: Start) -> None:
    """The chain is chosen in the handshake, not when the connection was made."""
    host = mail_host()
    with smtplib.SMTP("localhost", host.port) as client:
        host.rotate(authority.chain("unknown issuer"))
        with pytest.raises(ssl.SSLCertVerificationError):
            client.starttls(context=ssl.create_default_context())
        client.close()


def test_another_chain_without_a_server_name(authority: Authority, mail_host: Start) -> None:
    """A host can keep a second chain for clients that, like the routers, ask for no server name."""
    other = authority.chain("wrong host")
    host = mail_host(without_sni=other)
    assert served_leaf(host, "smtp.lab.test") == authority.chain().leaf
    assert served_leaf(host, None) == other.leaf
    host.rotate(authority.chain("leaf renewed"), without_sni=authority.chain("root switched"))
    assert served_leaf(host, None) == authority.chain("root switched").leaf


def test_tls_1_3_only(mail_host: Start, trusting: ssl.SSLContext) -> None:
    """Such a host refuses a client that knows TLS 1.2 only, and serves the others."""
    host = mail_host(manners=Manners(tls13_only=True))
    with submission(host, trusting) as client:
        assert client.noop()[0] == 250
    trusting.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
        submission(host, trusting)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 cannot be limited to X25519")
def test_one_group_only(mail_host: Start, trusting: ssl.SSLContext) -> None:
    """A host limited to X25519 refuses a client that offers P-256 only, and serves the others."""
    host = mail_host(manners=Manners(group="X25519"))
    with submission(host, trusting) as client:
        assert client.noop()[0] == 250
    trusting.set_ecdh_curve("prime256v1")
    with pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"):
        submission(host, trusting)


def test_no_starttls(mail_host: Start) -> None:
    """Such a host neither offers nor does STARTTLS, and so lets nobody log in."""
    with smtplib.SMTP("localhost", mail_host(manners=Manners(starttls=False)).port) as client:
        client.ehlo()
        assert not client.has_extn("starttls")
        assert client.docmd("STARTTLS")[0] == 454
        assert client.docmd("AUTH", "LOGIN")[0] == 538
        assert client.mail("alerts@lab.test")[0] == 530


def test_silent_before_the_banner(mail_host: Start) -> None:
    """The connection is accepted, and nothing is said."""
    host = mail_host(manners=Manners(stall="banner"))
    with socket.create_connection(("localhost", host.port)) as connection:
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_silent_after_ehlo(mail_host: Start) -> None:
    """The banner comes, an answer to EHLO does not."""
    with smtplib.SMTP("localhost", mail_host(manners=Manners(stall="ehlo")).port) as client:
        patience(client, 0.2)
        with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
            client.ehlo()


def test_silent_after_starttls(mail_host: Start, trusting: ssl.SSLContext) -> None:
    """STARTTLS is answered, the handshake after it is not."""
    with smtplib.SMTP("localhost", mail_host(manners=Manners(stall="starttls")).port) as client:
        assert client.ehlo()[0] == 250
        assert client.docmd("STARTTLS")[0] == 220
        patience(client, 0.2)
        assert client.sock
        with pytest.raises(TimeoutError):
            trusting.wrap_socket(client.sock, server_hostname="localhost")
        client.close()


def patience(client: smtplib.SMTP, seconds: float) -> None:
    assert client.sock
    client.sock.settimeout(seconds)


def test_a_slow_drip_says_everything_in_the_end(mail_host: Start, trusting: ssl.SSLContext) -> None:
    """A dripping host is slow, not wrong: a patient client gets its mail through."""
    host = mail_host(manners=Manners(drip=0.0001))
    with submission(host, trusting) as client:
        client.login(LOGIN, PASSWORD)
        client.sendmail("alerts@lab.test", ["noc@lab.test"], "Subject: s\n\nb\n")
    assert len(host.messages()) == 1


def test_stopping_cuts_every_connection(authority: Authority, trusting: ssl.SSLContext) -> None:
    """Clients in any stage see the end of the connection when the host stops, and nothing is left behind."""
    with (
        MailHost.in_thread(authority.chain()) as host,
        MailHost.in_thread(authority.chain(), manners=Manners(stall="banner")) as silent,
    ):
        waiting = socket.create_connection(("127.0.0.1", silent.port))
        greeted = socket.create_connection(("127.0.0.1", host.port))
        greeted.recv(4096)
        not_yet_secured = socket.create_connection(("127.0.0.1", host.tls_port))
        in_handshake = smtplib.SMTP("localhost", host.port)
        in_handshake.ehlo()
        in_handshake.docmd("STARTTLS")
        secured = submission(host, trusting)
        secured.noop()
    for connection in (waiting, greeted, not_yet_secured, in_handshake.sock, secured.sock):
        assert connection
        connection.settimeout(10)
        with suppress(ConnectionResetError, ssl.SSLEOFError):
            assert connection.recv(1) == b""
        connection.close()
    in_handshake.close()
    secured.close()
    gc.collect()  # so that a transport left open would complain here


def test_another_process_can_read_the_mail(mail_host: Start, tmp_path: Path) -> None:
    """With a mail file, the messages can be read from it while the host runs; a line half written is not read yet."""
    file = tmp_path / "mail.jsonl"
    assert read(file) == ()
    host = mail_host(mail_file=file)
    with smtplib.SMTP("localhost", host.relay_port) as client:
        for number in range(3):
            client.sendmail(
                "a@lab.test", ["b@lab.test"], f"Subject: no {number}\r\nX-Blank:\r\n\r\nGr\u00fc\u00dfe\r\n".encode()
            )
    assert read(file) == host.messages()
    assert [message.body for message in read(file)] == ["Gr\u00fc\u00dfe\n"] * 3
    with file.open("a") as lines:
        lines.write('{"number": 4, "sen')
    assert read(file) == host.messages()


def test_ipv6(mail_host: Start) -> None:
    """The host can listen on the IPv6 loopback."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with smtplib.SMTP("::1", mail_host(address="::1").port) as client:
        assert client.noop()[0] == 250
