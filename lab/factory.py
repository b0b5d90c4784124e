"""The trustpoints that a router comes with: one for licensing, one of its own for HTTPS."""

from __future__ import annotations

import functools
import zlib
from datetime import datetime, timezone

from cryptography.hazmat.primitives.serialization import Encoding

from lab.certificate import Certificate
from lab.configuration import Installed, Trustpoint
from lab.issuing import Life, issue, name, new_key

MADE = datetime(2020, 1, 1, tzinfo=timezone.utc)
LIFE: Life = (-2400, 6700)
LICENSING = {"organization_name": "Cisco", "common_name": "Cisco Licensing Root CA"}


def default_trustpoints(hostname: str) -> dict[str, Trustpoint]:
    """By name, in the order of a configuration; the second name has a number that differs from router to router."""
    own = f"TP-self-signed-{zlib.crc32(hostname.encode()):010d}"
    subject = own.replace("TP-self-signed", "IOS-Self-Signed-Certificate")
    settings = ("enrollment selfsigned", f"subject-name cn={subject}", "revocation-check none", f"rsakeypair {own}")
    licensing = ("enrollment pkcs12", "revocation-check crl")
    return {
        own: Trustpoint(own, _by_word(settings), own=_minted(common_name=subject)),
        "SLA-TrustPoint": Trustpoint("SLA-TrustPoint", _by_word(licensing), _minted(**LICENSING)),
    }


def _by_word(settings: tuple[str, ...]) -> dict[str, str]:
    return {setting.split()[0]: setting for setting in settings}


@functools.cache
def _minted(**subject: str) -> Installed:
    """A certificate that signed itself; every one of them has the serial number 1."""
    made = issue(MADE, name(**subject), new_key("ec"), LIFE, serial=1).certificate
    return Installed(Certificate(made.public_bytes(Encoding.DER)), MADE)
