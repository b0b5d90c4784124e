"""Certificates for the lab, one at a time: a key, a name, a life, an issuer."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
KeyType = Literal["ec", "rsa"]
Life = tuple[float, float]  # days from the moment of minting to the first and to the last valid second


@dataclass(frozen=True)
class Identity:
    """A certificate with its private key: able to sign, or to serve."""

    certificate: x509.Certificate
    key: PrivateKey


def issue(
    at: datetime,
    subject: x509.Name,
    key: PrivateKey,
    life: Life,
    *,
    by: Identity | None = None,
    hosts: Iterable[str] = (),
    serial: int = 0,
) -> Identity:
    """A certificate for `key`, signed by `by` or else by itself: a mail host's if it has `hosts`, else a CA's.

    `serial`: 0 takes one at random.
    """
    issuer, signer = (by.certificate.subject, by.key) if by else (subject, key)
    names = [general_name(host) for host in hosts]
    builder = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(at + timedelta(days=life[0]))
        .not_valid_after(at + timedelta(days=life[1]))
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
        .add_extension(key_usage(key, ca=not names), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    return Identity(builder.sign(signer, hashes.SHA256()), key)


def new_key(key_type: KeyType) -> PrivateKey:
    """P-256, which costs next to nothing, or RSA of 2048 bits."""
    if key_type == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def name(**parts: str) -> x509.Name:
    """A distinguished name, its parts in DER order; keywords as in NameOID, in lower case."""
    return x509.Name([x509.NameAttribute(getattr(NameOID, part.upper()), value) for part, value in parts.items()])


def key_usage(key: PrivateKey, *, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=not ca and isinstance(key, rsa.RSAPrivateKey),
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def pem(certificates: Iterable[x509.Certificate]) -> str:
    """The certificates as a stacked PEM."""
    return "".join(c.public_bytes(serialization.Encoding.PEM).decode() for c in certificates)


def pem_with_key(key: PrivateKey, certificates: Iterable[x509.Certificate]) -> bytes:
    """Private key, then certificates, as `ssl.SSLContext.load_cert_chain` and Postfix read them."""
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + pem(certificates).encode()
