"""Steps back on a router itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lab.authority import Authority
from lab.fleet import Spec, applet_lines, boot, trustpoint_lines, variable_lines
from lab.mailclient import send
from lab.personality import Personality
from lab.router import utc_now
from mailtrust.errors import Refused, Silence
from mailtrust.model import (
    AppletText,
    ConfigureTrustpoint,
    InstallApplet,
    RemoveApplet,
    RemoveTrustpoint,
    SetVariable,
    UnsetVariable,
    Variable,
)
from mailtrust.secret import Secret
from tasks.observe import TERMINAL, observe
from tasks.undo import take_back
from tests.support.line import Cut, opened
from tests.support.world import emulated


@pytest.fixture
def core(loop, authority: Authority):
    ca = emulated(authority.root.certificate)
    lines = (
        *trustpoint_lines("Full", ca, "enrollment terminal", "revocation-check none", "fingerprint " + "0" * 40),
        *trustpoint_lines("Empty"),
        *variable_lines({"v": "1", "w": "2"}),
        *applet_lines("A", "event none", "action 1 syslog msg x"),
    )
    return loop.run_until_complete(boot(Spec("r", Personality(hostname="r"), lines), send, utc_now))


def test_each_step_is_carried_out(core, loop):
    """Applets, variables, a trustpoint with its certificate (a question is asked), and one without."""
    steps = (RemoveApplet("A"), UnsetVariable("v"), RemoveTrustpoint("Full"), RemoveTrustpoint("Empty"))
    with opened(core, loop) as session:
        after, _ = take_back(session, steps, observe(session, *TERMINAL).observed)
    assert (after.observed.applets, after.observed.trustpoints) == ((), ())
    assert [each.name for each in after.observed.variables] == ["w"]
    assert core.lock is None


def test_settings_become_exactly_the_old_ones(core, loop):
    """Also those go that were not there before; the certificate stays."""
    with opened(core, loop) as session:
        seen = observe(session, *TERMINAL).observed
        step = ConfigureTrustpoint("Full", ("enrollment terminal", "revocation-check crl"))
        after, _ = take_back(session, (step,), seen)
    full = next(each for each in after.observed.trustpoints if each.name == "Full")
    assert full.settings == step.settings
    assert len(full.chain) == 1


def test_nobody_is_ever_without_what_he_refers_to(core, talk):
    """Who refers to a variable goes before it, and comes back after it; trust goes last."""
    old = AppletText("B", ("event none", 'action 1 syslog msg "$v"'), "authorization bypass")
    steps = (InstallApplet(old), RemoveTrustpoint("Full"), SetVariable(Variable("v", Secret("3"))), RemoveApplet("A"))
    with talk(core) as session:
        seen = observe(session, *TERMINAL).observed
        del session.sent[:]
        after, _ = take_back(session, steps, seen)
    assert session.sent[1] == [
        "event manager environment v 3",
        "no event manager applet A",
        "event manager applet B authorization bypass",
    ]
    assert [write[0] for write in session.sent[2:]] == ["event none", "no crypto pki trustpoint Full", "yes", "end"]
    assert after.observed.applets == (old,)


def test_what_is_put_back_is_not_typed_into_a_mode_that_was_not_seen(core, talk):
    """An old applet whose first line is refused leaves nothing at the first level of the configuration."""
    core.personality = replace(core.personality, deny=("event manager applet",))
    with talk(core) as session:
        seen = observe(session, *TERMINAL).observed
        with pytest.raises(Refused, match="Command authorization failed"):
            take_back(session, (InstallApplet(AppletText("B", ("event none",))),), seen)
    assert [write for write in session.sent if "event none" in write] == []


def test_the_questions_ahead_are_asked_before(core, loop):
    """Their answers show the router as it was when the first line was typed."""
    with opened(core, loop) as session:
        seen = observe(session, *TERMINAL).observed
        _, answers = take_back(session, (UnsetVariable("v"),), seen, ["show event manager environment v"])
    assert [answer.strip() for answer in answers] == ["v: 1"]


def test_a_locked_configuration_is_no_way_back(core, loop, monkeypatch):
    """Refused, and nothing was typed."""
    monkeypatch.setattr("tasks.configuration_mode._PAUSE_SECONDS", 0)
    core.lock = "console"
    with opened(core, loop) as session, pytest.raises(Refused, match="MT407"):
        take_back(session, (UnsetVariable("v"),), observe(session, *TERMINAL).observed)
    assert core.config.environment["v"] == "1"


@pytest.mark.parametrize("how", ["drop-before", "drop-after", "hang"])
def test_a_line_that_breaks_on_the_way_is_an_error_of_ours(core, loop, how):
    """At every single line; the router is then somewhere between, and says so to whoever looks."""
    at = 0
    ended = False
    while not ended:
        with opened(core, loop, Cut(at, how)) as session:
            try:
                take_back(session, (UnsetVariable("w"),), observe(session, *TERMINAL).observed)
            except Silence:
                at += 1
            else:
                ended = True
    assert at > 5
    assert "w" not in core.config.environment
