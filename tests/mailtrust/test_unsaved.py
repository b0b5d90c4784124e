"""What others have left unsaved, read from ``show archive config differences``."""

from __future__ import annotations

import pytest

from mailtrust.unsaved import unsaved_by_others

HEAD = "!Contextual Config Diffs:\n"
OURS = ("_email_to", "Alerts", "CA-X-01234567")


@pytest.mark.parametrize(
    ("diff", "lines"),
    [
        ("!No changes were found\n", ()),
        ("+ip name-server 192.0.2.1\n-no ip http server\n", ("+ip name-server 192.0.2.1", "-no ip http server")),
        (
            "interface Gi1\n +description new\n -mtu 1500\n",
            ("interface Gi1: +description new", "interface Gi1: -mtu 1500"),
        ),
        ("+event manager environment _email_to a@b.c\n-event manager environment _email_to x\n", ()),
        ("+event manager applet Alerts\n +event none\n +action 1 syslog msg x\n", ()),
        ("event manager applet Alerts\n -event none\n", ()),
        ("+event manager applet mailtrust-test\n +event none\n", ()),
        (
            "+event manager applet Other\n +event none\n",
            ("+event manager applet Other", "event manager applet Other: +event none"),
        ),
        ("+crypto pki trustpoint CA-X-01234567\n +enrollment terminal\n", ()),
        ("+crypto pki trustpoint CA-X\n", ("+crypto pki trustpoint CA-X",)),
        (
            "crypto pki certificate chain CA-X\n +certificate ca 01\n +30820122\n -certificate ca 01 nvram:x#1CA.cer\n",
            (),
        ),
        ("-ntp clock-period 17179869\n", ()),
        ("+enable password t0ps\n", ("+enable password ***",)),
        ("tacacs server A\n +key t0ps\n", ("tacacs server A: +key ***",)),
        ("+event manager environment x_server bob:t0ps@x.y\n", ("+event manager environment x_server bob:***@x.y",)),
    ],
)
def test_lines_of_others(diff, lines):
    """Each with the line that it belongs to, no password; ours and what always differs left out."""
    assert unsaved_by_others(HEAD + diff, OURS) == lines


@pytest.mark.parametrize("reply", ["", "  ^\n% Invalid input detected at '^' marker.\n", "+ip name-server 192.0.2.1\n"])
def test_a_release_that_does_not_know_the_command_tells_nothing(reply):
    """Only what stands under the router's own headline counts."""
    assert unsaved_by_others(reply, ()) == ()


def test_noise_before_the_headline_is_no_change():
    """A log message may come in between."""
    noise = "*Mar  1 00:00:00.000: %SYS-5-CONFIG_I: Configured from console\n+++\n"
    assert unsaved_by_others(noise + HEAD + "!No changes were found\n", ()) == ()
