"""What others have left unsaved, read from ``show archive config differences``."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailtrust.certificates import trustpoint_name
from mailtrust.model import AppletText, Desired, Variable
from mailtrust.secret import Secret
from mailtrust.unsaved import DIFFERENCES, brief, names, unsaved_by_others

HEAD = "!Contextual Config Diffs:\n"
OURS = ("_email_to", "Alerts", "CA-X-01234567")


@pytest.mark.parametrize(
    ("diff", "lines"),
    [
        ("!No changes were found\n", ()),
        ("+ip name-server 192.0.2.1\n-no ip http server\n", ("+ip name-server ...", "-no ip ...")),
        (
            "interface Gi1\n +description new\n -mtu 1500\n",
            ("interface Gi1: +description ...", "interface Gi1: -mtu ..."),
        ),
        ("+event manager environment _email_to a@b.c\n-event manager environment _email_to x\n", ()),
        ("+event manager applet Alerts\n +event none\n +action 1 syslog msg x\n", ()),
        ("event manager applet Alerts\n -event none\n", ()),
        ("+event manager applet mailtrust-test\n +event none\n", ()),
        (
            "+event manager applet Other\n +event none\n",
            ("+event manager applet Other", "event manager applet Other: +event ..."),
        ),
        ("+crypto pki trustpoint CA-X-01234567\n +enrollment terminal\n", ()),
        ("+crypto pki trustpoint CA-X\n", ("+crypto pki trustpoint CA-X",)),
        (
            "crypto pki certificate chain CA-X\n +certificate ca 01\n +30820122\n -certificate ca 01 nvram:x#1CA.cer\n",
            (),
        ),
        ("-ntp clock-period 17179869\n!\n", ()),
        (
            (
                "!\n!The following order-dependent line(s) were re-ordered\naaa group server tacacs+ T\n -priority 64\n"
                "!End of reordered section\nline vty 0 4\n -priority 64\n"
            ),
            ("~aaa group ...", "aaa group ...: -priority ...", "line vty ...: -priority ..."),
        ),
        (
            (
                "!The following order-dependent line(s) were re-ordered\naccess-list 1 permit 192.0.2.1\n"
                "!End of reordered section\n"
            ),
            ("~access-list 1 ...",),
        ),
        ("-archive\n-path bootflash:config\n", ("-archive", "-path ...")),
        ("-crypto pki certificate chain CORP\n -certificate ca 01\n", ("-crypto pki certificate chain CORP",)),
        (
            "crypto pki certificate chain CORP\n +certificate ca 02\n -certificate ca 01 nvram:x#1CA.cer\n",
            ("~crypto pki certificate chain CORP",),
        ),
        ("crypto pki certificate chain CA-X-01234567\n +certificate ca 02\n", ()),
        ("+enable password t0ps\n", ("+enable password ...",)),
        ("tacacs server A\n +key t0ps\n", ("tacacs server ...: +key ...",)),
        ("+event manager environment x_server bob:t0ps@x.y\n", ("+event manager environment x_server ...",)),
    ],
)
def test_lines_of_others(diff, lines):
    """Each with the line that it belongs to, no password; ours and what always differs left out."""
    assert unsaved_by_others(HEAD + diff, OURS) == lines


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "  ^\n% Invalid input detected at '^' marker.\n",
        "Command authorization failed.\n",
        "% Diff operation fails: not enough contiguous memory\n",
        "+ip name-server 192.0.2.1\n",
        HEAD,
        HEAD + "+ip name-server 192.0.2.1\n%Error reading nvram:startup-config (Device or resource busy)\n",
    ],
)
def test_not_knowing_is_not_nothing(reply):
    """What is not the router's whole answer does not say that nobody has left anything."""
    assert unsaved_by_others(reply, ()) is None


def test_noise_before_the_headline_is_no_change():
    """A log message may come in between."""
    noise = "*Mar  1 00:00:00.000: %SYS-5-CONFIG_I: Configured from console\n+++\n"
    assert unsaved_by_others(noise + HEAD + "!No changes were found\n", ()) == ()


def test_an_older_headline_is_one_too():
    """Some releases print it without an exclamation mark."""
    assert unsaved_by_others("Contextual Config Diffs:\n+ip route x\n", ()) == ("+ip route ...",)


def test_messages_in_the_midst_are_no_change():
    """Neither a log message nor its continuation, wherever it comes."""
    noise = f"*Mar  1 00:00:00.000: %SYS-5-CONFIG_I: Configured\n{' ' * 14}+ip route x\n"
    diff = f"{HEAD}{noise}interface Gi1\n{noise} +description new\n{noise}"
    assert unsaved_by_others(diff, ()) == ("interface Gi1: +description ...",)


def test_what_is_ours_is_ours_by_name(mint: Any):
    """Variables, applets and trustpoints that we want; all else is somebody's, names that begin like ours too."""
    ca = mint("Root")
    want = Desired((ca,), (Variable("_email_to", Secret("a@b.c")),), (AppletText("Alerts", ()),), frozenset())
    assert names(want) == {"_email_to", "Alerts", trustpoint_name(ca)}
    ours = [
        "event manager environment _email_to x",
        "event manager applet Alerts",
        f"crypto pki trustpoint {trustpoint_name(ca)}",
    ]
    for line in ours:
        assert unsaved_by_others(f"{HEAD}+{line}\n +below\n", names(want)) == ()
        assert unsaved_by_others(f"{HEAD}+{line}\n +below\n", ()) != ()
        named = " ".join(line.split()[:4])
        assert unsaved_by_others(f"{HEAD}+{named}2 x\n +below\n", names(want)) != ()


@pytest.mark.parametrize(
    "line",
    [
        "snmp-server community t0ps RO",
        "snmp-server host 192.0.2.1 version 2c t0ps",
        "username bob privilege 15 secret 9 t0ps",
        "enable secret 5 t0ps",
        "ip ftp password 7 t0ps",
        "ntp authentication-key 1 md5 t0ps 7",
        "key t0ps",
        "crypto isakmp key t0ps address 192.0.2.1",
        "neighbor 192.0.2.1 password t0ps",
        "event manager environment _anything t0ps",
        "event manager environment x_server bob:t0ps@x.y",
        "password t0ps",
        'action 1.0 mail server "bob:t0ps@x.y" to "a@b.c"',
    ],
)
@pytest.mark.parametrize("form", ["+{}", "-{}", "line vty 0 4\n +{}", "+{}\n +below", " {}\n +below", "{}\n +below"])
def test_a_secret_of_others_is_not_told(line, form):
    """At whatever level, gone or new, changed itself or the line above a change."""
    told = unsaved_by_others(f"{HEAD}{form.format(line)}\n", ())
    assert told
    assert "t0ps" not in " ".join(told)


@given(st.text() | st.lists(st.sampled_from([*"+-! ", "interface x", "\n", "crypto pki certificate chain A", "certificate ca 01", "% no", "event manager applet Alerts"])).map("".join))  # fmt: skip
def test_any_answer_is_judged(reply):
    """Nothing that a router says ends in an exception; without the headline nobody knows."""
    assert unsaved_by_others(reply, OURS) is None or "Contextual Config Diffs" in reply
    told = unsaved_by_others(f"{HEAD}+ip route x\n{reply}", OURS)
    assert told is None or told[0] == "+ip route ..."


def test_a_transcript_shows_the_first_words_of_others_lines():
    """Whatever stands behind them may be a password; what is not an answer to the question stays whole."""
    told = brief(
        f'R1#{DIFFERENCES}\n{HEAD}event manager applet Backup\n +action 2.0 cli command "Summertime"\n'
        "+token S3CRET\n!\nR1#show clock\n12:00:00.000 UTC Mon Jun 1 2026\nR1#"
    )
    assert "Summertime" not in told
    assert "S3CRET" not in told
    assert "event manager applet Backup\n +action 2.0 ***\n+token ***\n" in told
    assert told.endswith("R1#show clock\n12:00:00.000 UTC Mon Jun 1 2026\nR1#")
