"""Fetch the issuer that a certificate names (authorityInfoAccess): plain http, bounded in time and size."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from mailtrust.certificates import CertificateError, from_der, from_pem, loaded
from mailtrust.model import Certificate
from tasks.wire import Overdue, Vantage, connected, resolve

_LARGEST = 65_536
_OK = 200
_HERE = Vantage()


def issuer_urls(certificate: Certificate) -> tuple[str, ...]:
    """Where the certificate says its issuer's certificate can be had, http only; () if it does not say."""
    try:
        access = loaded(certificate).extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return ()
    urls = (
        one.access_location.value
        for one in access
        if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    )
    return tuple(url for url in urls if url.startswith("http://"))


def fetch(url: str, *, deadline: float, vantage: Vantage = _HERE) -> Certificate | None:
    """The one certificate that lies there, DER or PEM; None for whatever else happens.

    Nothing is believed of it: it only helps if its key made the signature, and if it leads to a known root.
    """
    try:
        return _certificate(_body(url, time.monotonic() + deadline, vantage))
    except (OSError, Overdue, ValueError, http.client.HTTPException, CertificateError):
        return None


def _body(url: str, until: float, vantage: Vantage) -> bytes:
    """No redirect is followed, and a body that is too large is not read."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    connection = http.client.HTTPConnection(host, port)
    with connected(resolve(host, port, until)[0], vantage, until) as wire:
        connection.sock = wire
        connection.request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        response = connection.getresponse()
        body = response.read(_LARGEST + 1)
        if response.status != _OK or len(body) > _LARGEST:
            raise ValueError
        return body


def _certificate(body: bytes) -> Certificate | None:
    if b"-----BEGIN" in body:
        return next(iter(from_pem(body.decode("ascii", "replace"))), None)
    return from_der(body)
