"""Fetching an issuer from where a certificate says: plain http, bounded, and never believed."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from mailtrust.certificates import from_der
from mailtrust.model import Certificate
from tasks.aia import fetch, issuer_urls

DEADLINE = 20.0
SHORT = 0.5
Web = Callable[[Mapping[str, bytes]], str]


def minted(*urls: str, method: x509.ObjectIdentifier = AuthorityInformationAccessOID.CA_ISSUERS) -> Certificate:
    """A certificate that points to these places; without any it has no such extension."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(timezone.utc)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pointing")])
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
    )
    if urls:
        places = [x509.AccessDescription(method, x509.UniformResourceIdentifier(url)) for url in urls]
        builder = builder.add_extension(x509.AuthorityInformationAccess(places), critical=False)
    return from_der(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER))


@pytest.fixture
def web() -> Iterator[Web]:
    """``web({path: body})``: a web server with these files; returns its address. A body of b"" never comes."""
    with ExitStack() as stack:

        def serve(files: Mapping[str, bytes]) -> str:
            over = threading.Event()

            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    body = files.get(self.path)
                    if body is None:
                        self.send_error(404)
                        return
                    self.send_response(200)
                    self.end_headers()
                    self.wfile.write(body) if body else over.wait(60)

                def log_message(self, *_: object) -> None: ...

            server = stack.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
            stack.callback(server.shutdown)
            stack.callback(over.set)
            return f"http://127.0.0.1:{server.server_port}"

        yield serve


def test_where_it_points() -> None:
    """Plain http places of the issuer count, in their order; https, ldap and OCSP do not, and nor does nothing."""
    assert issuer_urls(minted("ldap://x/y", "http://one.test/a", "https://two.test/b", "http://three.test/c")) == (
        "http://one.test/a",
        "http://three.test/c",
    )
    assert issuer_urls(minted("http://ocsp.test/", method=AuthorityInformationAccessOID.OCSP)) == ()
    assert issuer_urls(minted()) == ()


def test_what_lies_there(web: Web) -> None:
    """DER, as RFC 5280 wants it, or PEM, as some have it."""
    one = minted()
    pem = x509.load_der_x509_certificate(one.der).public_bytes(Encoding.PEM)
    address = web({"/ca.der": one.der, "/ca.pem?x=1": pem})
    assert fetch(f"{address}/ca.der", deadline=DEADLINE) == one
    assert fetch(f"{address}/ca.pem?x=1", deadline=DEADLINE) == one


@pytest.mark.parametrize("path", ["/missing", "/nonsense", "/large", "/never"])
def test_whatever_else_happens(path: str, web: Web) -> None:
    """A page that is missing, is no certificate, is too large or never comes is no certificate, and no exception."""
    address = web({"/nonsense": b"<html>", "/large": minted().der + bytes(70_000), "/never": b""})
    assert fetch(f"{address}{path}", deadline=SHORT if path == "/never" else DEADLINE) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://no-such-name.invalid/", "http://[::1", "http://:80/x"])
def test_nobody_there(url: str) -> None:
    """An address where nobody answers, or that is none, is the same as no certificate."""
    assert fetch(url, deadline=DEADLINE) is None
