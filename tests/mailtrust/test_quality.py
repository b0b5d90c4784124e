"""Host names of certificates, as clients compare them."""

from __future__ import annotations

import pytest

from mailtrust.quality import fits


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("smtp.example.com", ["smtp.example.com"]),
        ("SMTP.example.com.", ["smtp.EXAMPLE.com"]),
        ("smtp.example.com", ["other.example.com", "*.example.com"]),
        ("192.0.2.1", ["192.0.2.1"]),
        ("[2001:DB8:0::1]", ["2001:db8::1"]),
        ("münchen.example.com", ["xn--mnchen-3ya.example.com"]),
        ("localhost", ["localhost"]),
    ],
)
def test_names_that_fit(host: str, names: list[str]) -> None:
    """Case, root dot, one wildcard label, addresses in any notation and international names do not matter."""
    assert fits(host, names)


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("smtp.example.com", []),
        ("smtp.example.com", ["example.com"]),
        ("smtp.example.com", ["*.com"]),
        ("a.smtp.example.com", ["*.example.com"]),
        ("example.com", ["*.example.com"]),
        ("example.com", ["*.com"]),
        ("smtp.example.com", ["s*.example.com"]),
        ("smtp.example.com", ["*"]),
        ("192.0.2.1", ["*.0.2.1"]),
        ("192.0.2.1", ["192.0.2.10"]),
        ("x" * 70 + "é.example.com", ["x.example.com"]),
        ("", ["smtp.example.com"]),
    ],
)
def test_names_that_do_not(host: str, names: list[str]) -> None:
    """A wildcard stands for exactly one whole label below at least two, never for a part of an address."""
    assert not fits(host, names)
