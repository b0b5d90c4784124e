"""Wrong trust and wrong chains: what the router would not trust is told by its name."""

from __future__ import annotations

import pytest

from mailtrust.model import HostOutcome
from runbooks.rollout import rollout
from runbooks.run import Options
from tests.support.world import World, Worlds, router

TRUSTED = [
    "cross-signed",
    "cross-sign dropped",
    "leaf renewed",
    "intermediate switched",
    "missing intermediate",
    "unordered",
    "duplicate",
    "presented root",
    "presented legacy root",
    "wrong host",
]
MISSING = {"root switched": "Lab Root R2", "unknown issuer": "Unknown Root CA"}
REFUSED = ["expired leaf", "expired intermediate", "not yet valid"]


@pytest.fixture(scope="module")
def settled(worlds: Worlds) -> World:
    """A router that has all the trust of the usual chain, proven and saved."""
    here = worlds([router("r1"), router("debugging")])
    assert here.run("rollout").code == 0
    return here


def mailed(here: World, state: str, name: str = "r1") -> HostOutcome:
    """What a test mail from an unchanged router brings when the server presents another chain."""
    here.mail.rotate(here.authority.chain(state))
    (host,) = rollout(Options(here.config, (name,), test="all")).hosts
    return host


@pytest.mark.parametrize("state", TRUSTED)
def test_every_chain_of_the_trusted_roots_is_accepted(settled: World, state: str) -> None:
    """However the server orders, doubles or leaves out certificates: the trust set is enough, and mail goes."""
    host = mailed(settled, state)
    assert (host.state, host.mail.sent, host.findings) == ("unchanged", True, ())


@pytest.mark.parametrize("state", MISSING)
def test_a_missing_issuer_is_named(settled: World, state: str) -> None:
    """MT301 says which CA the router looked for in vain."""
    host = mailed(settled, state)
    assert (host.state, host.mail.sent, [found.code for found in host.findings]) == ("failed", False, ["MT301"])
    assert MISSING[state] in host.findings[0].text


@pytest.mark.parametrize("state", REFUSED)
def test_a_certificate_out_of_its_time_is_no_missing_issuer(settled: World, state: str) -> None:
    """What no trustpoint could cure is not blamed on the trust."""
    host = mailed(settled, state)
    assert (host.state, host.mail.sent, [found.code for found in host.findings]) == ("failed", False, ["MT310"])


def test_the_debugs_are_switched_off_again(settled: World) -> None:
    """What was switched on to find out is off afterwards, and the test applet is gone."""
    mailed(settled, "unknown issuer")
    assert settled.core("r1").debugs == {}
    assert "mailtrust-test" not in settled.shows("r1")


def test_somebodys_debugging_is_left_alone(settled: World) -> None:
    """Where somebody is debugging nothing is switched on or off: the mail error alone is told."""
    core = settled.core("debugging")
    core.debugs = dict(somebodys := {"crypto pki messages": "Crypto PKI Msg debugging is on"})
    host = mailed(settled, "unknown issuer", "debugging")
    assert [found.code for found in host.findings] == ["MT302"]
    assert core.debugs == somebodys
