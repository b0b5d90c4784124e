"""Certificates made on the spot: the core judges what they say, never who signed them, so one key serves for all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import settings

from mailtrust.certificates import from_der
from mailtrust.model import Account, Certificate, Limits, Provider
from mailtrust.secret import Secret

settings.register_profile("mailtrust", deadline=None)  # no law is about the speed of this machine
settings.load_profile("mailtrust")

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
Mint = Callable[..., Certificate]


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def mint() -> Mint:
    """Makes a Certificate of a common name; ``by`` its issuer's, ``days`` its begin and end around ``now``."""
    key = ec.derive_private_key(2026, ec.SECP256R1())  # the same bytes every time: laws are about them

    def minted(
        common_name: str,
        *,
        by: str | None = None,
        ca: bool | None = True,
        days: tuple[float, float] = (-100, 1000),
        serial: int = 0x1234,
    ) -> Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(_name(common_name))
            .issuer_name(_name(by or common_name))
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(NOW + timedelta(days=days[0]))
            .not_valid_after(NOW + timedelta(days=days[1]))
        )
        if ca is not None:
            builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        return from_der(
            builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True).public_bytes(serialization.Encoding.DER)
        )

    return minted


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real material beside the checkout; tests of it are left out where there is none."""
    folder = Path(__file__).resolve().parents[2] / "../shared"
    if not folder.is_dir():
        pytest.skip("no folder 'shared' beside the checkout: real transcripts and certificates are not here")
    return folder.resolve()


@pytest.fixture
def provider() -> Provider:
    return Provider("gmail", "smtp.gmail.com", 587, "tls", "trust/gmail.pem", "issuers", "account", Limits(), None)


@pytest.fixture
def account() -> Account:
    return Account(
        provider="gmail",
        login="alerts",
        password=Secret("pa55word"),
        sender="alerts@gmail.com",
        to=("noc@example.com",),
        cc=(),
        source_interface=None,
        source_address=None,
        vrf=None,
        variables="_email",
        applets=("Alarm",),
    )
