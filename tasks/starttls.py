"""One SMTP session as far as the server's certificates, as a router opens it or as everybody else does.

Nothing is verified here and nothing is sent but EHLO, STARTTLS and QUIT: what the chain is worth is judged elsewhere.
"""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cryptography.hazmat.bindings.openssl.binding import Binding
from OpenSSL import SSL, crypto

from mailtrust.certificates import from_der
from mailtrust.model import Certificate
from tasks.wire import Wire, printable

Manner = Literal["router", "everybody"]
Stage = Literal["resolve", "connect", "proxy", "banner", "ehlo", "starttls", "handshake", "chain"]

# What a router offers in its ClientHello: TLS 1.2, these suites, these curves, and no server name.
ROUTER_CIPHERS = (
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-SHA384:DHE-RSA-AES256-GCM-SHA384:"
    "DHE-RSA-AES256-SHA256:AES256-GCM-SHA384:AES256-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:"
    "ECDHE-RSA-AES128-SHA256:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES128-SHA256:AES128-GCM-SHA256:AES128-SHA256"
)
ROUTER_CURVES = "P-521:P-384:P-256"
_LEVEL = "@SECLEVEL=1"  # a router's OpenSSL is of the 1.1 kind: what it would still take is not refused here
_CHUNK = 65_536


class Stop(Exception):
    """The session cannot go on; the text is the reason, in OpenSSL's or the server's own words."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A stage that was passed, and what was seen of it."""

    stage: Stage
    detail: str


def context(manner: Manner) -> SSL.Context:
    """TLS 1.2 or newer; a router's suites and curves and no newer version if it is to look like one."""
    made = SSL.Context(SSL.TLS_CLIENT_METHOD)
    made.set_min_proto_version(SSL.TLS1_2_VERSION)
    if manner == "router":
        made.set_max_proto_version(SSL.TLS1_2_VERSION)
        made.set_cipher_list(f"{ROUTER_CIPHERS}:{_LEVEL}".encode())
        _offer_curves(made, ROUTER_CURVES)
    return made


def _offer_curves(made: SSL.Context, curves: str) -> None:
    """pyOpenSSL itself can offer a single curve only, and with TLS 1.2 that would also decide which leaf is served.

    So its context goes to OpenSSL's own function, which cryptography binds. The ClientHello is tested.
    """
    library = Binding().lib
    if library.SSL_CTX_set1_curves_list(made._context, curves.encode()) != 1:  # noqa: SLF001
        raise RuntimeError(f"OpenSSL does not know the curves {curves}")


def greet(wire: Wire) -> Iterator[Passed]:
    """Banner, EHLO, STARTTLS: yields each stage as it is passed; Stop with the server's words where it is not."""
    smtp = smtplib.SMTP(local_hostname=_own_name(wire))
    smtp.sock = wire
    code, text = smtp.getreply()
    yield _passed("banner", code, text, wanted=220)
    code, text = smtp.ehlo()
    yield _passed("ehlo", code, text, wanted=250)
    if not smtp.has_extn("starttls"):
        raise Stop(f"STARTTLS is not on offer; the server offers {_offer(smtp)}")
    code, text = smtp.docmd("STARTTLS")
    yield _passed("starttls", code, text, wanted=220)


def _passed(stage: Stage, code: int, text: bytes, *, wanted: int) -> Passed:
    said = f"{code} {printable(b' / '.join(text.splitlines()))}"
    if code != wanted:
        raise Stop(f"the server said: {said}")
    return Passed(stage, said)


def _offer(smtp: smtplib.SMTP) -> str:
    return printable(", ".join(smtp.esmtp_features).encode(errors="replace")) or "nothing"


def _own_name(wire: Wire) -> str:
    """An address literal, as a router greets; the machine's own name would have to be looked up."""
    address = wire.getsockname()[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def shake_hands(wire: Wire, manner: Manner, server_name: str | None) -> SSL.Connection:
    """The TLS session; Stop with OpenSSL's own reason."""
    tls = SSL.Connection(context(manner), None)
    if server_name is not None:
        tls.set_tlsext_host_name(server_name.encode("ascii"))
    tls.set_connect_state()
    try:
        _handshake(tls, wire)
    except SSL.Error as error:
        _flush(tls, wire)  # the alert
        raise Stop(reason_of(error)) from error
    return tls


def _handshake(tls: SSL.Connection, wire: Wire) -> None:
    while True:
        try:
            tls.do_handshake()
        except SSL.WantReadError:
            _flush(tls, wire)
            octets = wire.recv(_CHUNK)
            if not octets:
                raise Stop("the server closed the connection in the midst of the handshake") from None
            tls.bio_write(octets)
        else:
            return _flush(tls, wire)


def _flush(tls: SSL.Connection, wire: Wire) -> None:
    try:
        while True:
            wire.sendall(tls.bio_read(_CHUNK))
    except SSL.WantReadError:
        return


def reason_of(error: SSL.Error) -> str:
    """OpenSSL's reasons, without the names of its libraries and functions."""
    entries = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(reason for _, _, reason in entries if reason) or str(error) or type(error).__name__


def agreed(tls: SSL.Connection) -> str:
    """What was agreed on: version, cipher suite, key exchange group."""
    return " ".join(filter(None, (tls.get_protocol_version_name(), tls.get_cipher_name(), tls.get_group_name())))


def chain_of(tls: SSL.Connection) -> tuple[Certificate, ...]:
    """The certificates as they were sent, leaf first; CertificateError for one that cannot be read."""
    sent = tls.get_peer_cert_chain() or []
    return tuple(from_der(crypto.dump_certificate(crypto.FILETYPE_ASN1, each)) for each in sent)


def take_leave(tls: SSL.Connection, wire: Wire) -> None:
    """QUIT, so that the server's log shows no broken session."""
    tls.sendall(b"QUIT\r\n")
    tls.shutdown()
    _flush(tls, wire)
