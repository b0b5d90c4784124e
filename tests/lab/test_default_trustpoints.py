"""The trustpoints that routers come with, shown and typed as configurations have them."""

from __future__ import annotations

from collections.abc import Callable

from lab.console import Console

SHOW = "show running-config | section crypto pki"


def test_a_router_may_come_with_its_trustpoints(console: Callable[..., Console]) -> None:
    """Two trustpoints with a certificate each, one a CA, one the router's own, saved from the beginning."""
    on = console(default_trustpoints=True)
    own = next(name for name in on.router.config.trustpoints if name.startswith("TP-self-signed-"))
    lines = on.type(SHOW).splitlines()
    assert [line for line in lines if not line.startswith("  ")] == [
        f"crypto pki trustpoint {own}",
        " enrollment selfsigned",
        f" subject-name cn=IOS-Self-Signed-Certificate-{own.rpartition('-')[2]}",
        " revocation-check none",
        f" rsakeypair {own}",
        "crypto pki trustpoint SLA-TrustPoint",
        " enrollment pkcs12",
        " revocation-check crl",
        f"crypto pki certificate chain {own}",
        " certificate self-signed 01",
        "crypto pki certificate chain SLA-TrustPoint",
        " certificate ca 01",
    ]
    assert on.type("show startup-config | include nvram:").splitlines() == [
        " certificate self-signed 01 nvram:IOS-Self-Sig#1D.cer",
        " certificate ca 01 nvram:CiscoLicensi#1CA.cer",
    ]
    assert list(on.router.trust()) == ["SLA-TrustPoint"]
    assert on.type("show crypto pki certificates").count("Router Self-Signed Certificate\n") == 1
    assert f"    Using key label {own}\n" in on.type("show crypto pki trustpoints")
    assert "  Router General Purpose certificate configured:\n" in on.type(f"show crypto pki trustpoints {own} status")


def test_what_such_blocks_contain_can_be_typed(console: Callable[..., Console]) -> None:
    """Another router takes the lines of the first, and they come back; `no` takes them out, after a question."""
    text = console(default_trustpoints=True).type(SHOW)
    on = console()
    on.type("configure terminal", *text.splitlines(), "end")
    assert on.type(SHOW) == text
    own = next(iter(on.router.config.trustpoints))
    on.type("configure terminal", f"crypto pki certificate chain {own}", "no certificate self-signed 01", "exit")
    assert on.router.config.trustpoints[own].own is None
    assert on.type(f"no crypto pki trustpoint {own}") == ""
    assert "% Removing an enrolled trustpoint" in on.type("no crypto pki trustpoint SLA-TrustPoint")
    on.type("yes", "end")
    assert on.router.config.trustpoints == {}


def test_every_router_has_its_own(console: Callable[..., Console]) -> None:
    """The number of the self-signed trustpoint differs from router to router, and stays the same for one."""
    one, again, other = (
        tuple(console(hostname=name, default_trustpoints=True).router.config.trustpoints) for name in ("a", "a", "b")
    )
    assert one == again != other
