"""EEM: variables, applets, running them, and what they leave in the log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from lab import cli
from lab.console import Console
from lab.mailclient import Delivery, Mail
from lab.postman import Postman

SEND = 'mail server "$_server" to "noc@x.example" from "$_from" cc "" subject "S t" body "B" port 587 secure tls'
APPLET = (
    "configure terminal",
    "event manager environment _server user:secret@smtp.x.example",
    "event manager environment _from user@x.example",
    "event manager applet Mail",
    "event none maxrun 60",
    'action 10.0 syslog msg "END $_from"',
    'action 0005 syslog priority notifications msg "BEGIN"',
    f"action 1.0 {SEND}",
    "end",
)


def eem_lines(on: Console) -> list[str]:
    return [line for line in on.log() if "HA_EM" in line]


def test_an_applet_sends_its_mail_in_label_order(console: Callable[..., Console], postman: Postman) -> None:
    """Actions run by label as strings, variables are filled in, and success says nothing of the mail."""
    on = console()
    on.type(*APPLET)

    assert on.type("event manager run Mail") == ""

    assert postman.sent == [
        Mail(
            server="user:secret@smtp.x.example",
            to="noc@x.example",
            sender="user@x.example",
            cc="",
            subject="S t",
            body="B",
            port=587,
            secure="tls",
        )
    ]
    assert eem_lines(on) == ["%HA_EM-5-LOG: Mail: BEGIN", "%HA_EM-6-LOG: Mail: END user@x.example"]
    assert "Actv success" in on.type("show event manager history events")


def test_a_mail_is_judged_by_the_installed_trustpoints(
    console: Callable[..., Console], postman: Postman, pem: Callable[[str], list[str]]
) -> None:
    """The mail client gets exactly the CA certificates that are installed, by trustpoint."""
    on = console()
    on.type(*APPLET, "conf t", "crypto pki trustpoint EMPTY", "crypto pki trustpoint TP", "enrollment terminal")
    on.type("crypto pki authenticate TP", *pem("root"), "quit", "yes", "end", "event manager run Mail")
    assert list(postman.trusted[0]) == ["TP"]
    assert postman.trusted[0]["TP"].serial_number == 0x0A01


def test_a_failed_mail_is_logged_with_its_password_and_stops_the_applet(
    console: Callable[..., Console], postman: Postman
) -> None:
    """The failure prints the server string as it is, then the statement; nothing after it runs."""
    postman.answers = [Delivery("error in connecting to SMTP server", ())]
    on = console()
    on.type(*APPLET, "event manager run Mail")
    cause = "user:secret@smtp.x.example : error in connecting to SMTP server"
    assert eem_lines(on)[1:] == [
        f"%HA_EM-3-FMPD_SMTP: Error occurred when sending mail to SMTP server: {cause}",
        "%HA_EM-3-FMPD_ERROR: Error executing applet Mail statement 1.0",
    ]
    assert "Actv abort" in on.type("show event manager history events")


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_timeout_has_no_second_message(goes_on: bool, console: Callable[..., Console], postman: Postman) -> None:
    """`timeout error` is not followed by FMPD_ERROR; whether the applet goes on is the router's habit."""
    postman.answers = [Delivery("timeout error", ())]
    on = console(continues_after_timeout=goes_on)
    on.type(*APPLET, "event manager run Mail")
    assert "FMPD_ERROR" not in on.router.buffer.text()
    assert ("END" in on.router.buffer.text()) is goes_on


def test_an_undefined_variable_stops_the_applet(console: Callable[..., Console], postman: Postman) -> None:
    """A `$name` that nobody set is an error of that statement, and no mail is tried."""
    on = console()
    on.type(*APPLET, "conf t", "no event manager environment _from", "end", "event manager run Mail")
    assert postman.sent == []
    assert [line.partition(":")[0] for line in eem_lines(on)[1:]] == [
        "%HA_EM-3-FMPD_UNKNOWN_ENV",
        "%HA_EM-3-FMPD_ERROR",
    ]
    assert eem_lines(on)[1].endswith("could not find environment variable: _from")


def test_set_gives_a_variable_for_this_run(console: Callable[..., Console]) -> None:
    """`action set` defines a variable that later actions of the same run may use."""
    on = console()
    on.type(
        "conf t", "event manager applet A", "event none", 'action 1 set who "the noc"', 'action 2 syslog msg "to $who"'
    )
    on.type("end", "event manager run A")
    assert eem_lines(on) == ["%HA_EM-6-LOG: A: to the noc"]


@pytest.mark.parametrize(
    ("action", "variable"),
    [
        ("info type routername", "_info_routername"),
        ('cli command "show clock"', "_cli_result"),
        ('regexp "a" "b"', "_regexp_result"),
        ('string trim " a "', "_string_result"),
    ],
)
def test_what_actions_set_is_there_only_after_them(action: str, variable: str, console: Callable[..., Console]) -> None:
    """Only an `info`, `cli`, `regexp` or `string` action sets its variable; without it the applet stops there."""
    on = console()
    on.type("conf t", "event manager applet A", "event none", f'action 2 syslog msg "x${variable}"')
    on.type("end", "event manager run A")
    assert f"could not find environment variable: {variable}" in on.router.buffer.text()
    on.type("clear logging", "", "conf t", "event manager applet A", f"action 1 {action}", "end", "event manager run A")
    value = "R1" if "info" in action else ""
    assert eem_lines(on) == [f"%HA_EM-6-LOG: A: x{value}"]


def test_what_events_set_is_always_there(console: Callable[..., Console]) -> None:
    """Every run has the variables of its event."""
    on = console()
    on.type(
        "conf t", "event manager applet A", "event none", 'action 1 syslog msg "$_event_type_string $_event_pub_sec"'
    )
    on.type("end", "event manager run A")
    assert eem_lines(on) == ["%HA_EM-6-LOG: A: none 1772706030"]


def test_an_applet_without_event_is_complained_about_on_leaving(console: Callable[..., Console]) -> None:
    """Registration happens on leaving applet mode, by whatever way."""
    on = console()
    on.type("conf t", "event manager applet A", 'action 1 syslog msg "x"')
    assert eem_lines(on) == []
    on.type("hostname R1")
    assert eem_lines(on) == ["%HA_EM-4-FMPD_NO_EVENT: No event configured for applet A"]
    on.type("end")
    refusal = "EEM policy A not registered with event none Event Detector\n"
    assert on.type("event manager run A") == refusal
    on.type("conf t", "event manager applet A", 'event syslog pattern "LINK"', "end")
    assert on.type("event manager run A") == refusal
    assert on.type("event manager run Nobody") == refusal.replace(" A ", " Nobody ")


def test_applets_and_variables_come_back(console: Callable[..., Console]) -> None:
    """Running-config shows variables and applets as the router writes them; editing changes only what was typed."""
    on = console()
    on.type(*APPLET, "conf t", "event manager applet Mail", "description what for", "no action 10.0", "end")
    assert on.type("show running-config | section event manager").splitlines() == [
        "event manager environment _server user:secret@smtp.x.example",
        "event manager environment _from user@x.example",
        "event manager applet Mail",
        " description what for",
        " event none maxrun 60",
        ' action 0005 syslog priority notifications msg "BEGIN"',
        f" action 1.0 {SEND}",
    ]
    on.type("conf t", "no event manager applet Mail", "no event manager environment _from", "end")
    assert on.type("show running-config | include event manager").splitlines() == [
        "event manager environment _server user:secret@smtp.x.example"
    ]
    assert on.type("event manager run Mail").startswith("EEM policy Mail not registered")


def test_show_commands(console: Callable[..., Console]) -> None:
    """Registered policies with their actions, variables whole and by name, the version."""
    on = console()
    on.type(*APPLET)
    header, row, name, maxrun, *actions = on.type("show event manager policy registered").splitlines()
    assert header == "No.  Class     Type    Event Type          Trap  Time Registered           Name"
    assert row == "1    applet    user    none                Off   Thu Mar 5 10:20:30 2026   Mail"
    assert (name, maxrun) == (" policyname {Mail} sync {yes}", " maxrun 60.000")
    assert actions[1] == f" action 1.0 {SEND}"
    table = on.type("show event manager environment all")
    assert table == on.type("show event manager environment")
    assert table.splitlines()[0] == "No.  Name                          Value                         "
    assert table.splitlines()[2] == "2    _from                         user@x.example                "
    assert on.type("show event manager environment _from") == "_from: user@x.example\n"
    assert on.type("show event manager environment _to") == "Environment variable not found\n"
    assert on.type("show event manager version").splitlines()[0] == "Embedded Event Manager Version 4.00"


@pytest.mark.parametrize(
    ("action", "fault"),
    [
        ('mail server "s" to "t" from "f" body "b"', "body"),
        ('mail server "s" to "t" from "f" subject "s" body "b" port 0', "0"),
        ('mail server "s" to "t" from "f" subject "s" body "b" secure starttls', "starttls"),
        ('mail server "s" to "t" from "f" subject "say "hi"" body "b"', '"say'),
        ('syslog priority loud msg "x"', "priority"),
        ("teleport", "teleport"),
    ],
)
def test_a_bad_action_is_invalid_input(action: str, fault: str, console: Callable[..., Console]) -> None:
    """A mail or syslog action is checked when it is typed; the caret stands at the word at fault."""
    on = console()
    on.type("conf t", "event manager applet A")
    printed = on.type(f"action 1 {action}")
    assert "% Invalid input detected" in printed
    caret = printed.splitlines()[0].index("^") - len(on.session.prompt)
    assert f"action 1 {action}"[caret:].startswith(fault)
    assert on.router.config.applets["A"].actions == {}


def test_an_unfinished_mail_action_is_incomplete(console: Callable[..., Console]) -> None:
    """A mail action without its body is an incomplete command."""
    on = console()
    on.type("conf t", "event manager applet A")
    assert on.type('action 1 mail server "s" to "t" from "f" subject "s"') == "% Incomplete command.\n\n"


def test_older_releases_lack_what_they_lack(console: Callable[..., Console]) -> None:
    """Without `mail_tls` there is no `port`, without `applet_description` no `description`, without EEM nothing."""
    on = console(mail_tls=False, applet_description=False)
    on.type("conf t", "event manager applet A")
    assert on.type(f"action 1 {SEND}").splitlines()[0].index("^") == len(on.session.prompt) + f"action 1 {SEND}".index(
        "port"
    )
    assert on.type("description of it").splitlines()[0].index("^") == len(on.session.prompt)
    bare = console(eem=False)
    assert "% Invalid input" in bare.type("show event manager version")
    assert "% Invalid input" in bare.type("event manager run A")
    bare.type("conf t")
    assert "% Invalid input" in bare.type("event manager environment _a b")


def test_a_run_may_go_on_in_the_background(console: Callable[..., Console], postman: Postman) -> None:
    """With `blocking_run` off the prompt is back before the mail is sent."""
    on = console(blocking_run=False)
    on.type(*APPLET)

    async def story() -> tuple[str, int]:
        said = await cli.enter(on.session, "event manager run Mail")
        before = len(postman.sent)
        await asyncio.gather(*on.router.tasks)
        return said, before

    assert asyncio.run(story()) == ("", 0)
    assert len(postman.sent) == 1


def test_debugging_is_heard_only_where_it_was_asked_for(console: Callable[..., Console], postman: Postman) -> None:
    """The mail client's debug lines reach the log by feature; `undebug all` silences them."""
    seen = (
        ("mail", "DEBUG(smtp_lib) : smtp_connect_attempt: 1"),
        ("pki", "CRYPTO_PKI: x"),
        ("openssl", "SSL_connect:y"),
    )
    postman.answers = [Delivery(None, seen)] * 4
    on = console()
    on.type(*APPLET, "event manager run Mail")
    assert "smtp_lib" not in on.router.buffer.text()
    assert on.type("debug event manager action mail") == "Debug EEM action mail debugging is on\n"
    assert on.type("debug crypto pki validation").endswith("debugging is on\n")
    assert on.type("show debugging").count("debugging is on") == 2
    on.type("event manager run Mail")
    assert "%HA_EM-6-LOG: Mail : DEBUG(smtp_lib) : smtp_connect_attempt: 1" in on.log()
    assert "CRYPTO_PKI: x" in on.log()
    assert "SSL_connect:y" not in on.log()
    assert on.type("no debug crypto pki validation").endswith("debugging is off\n")
    assert on.type("undebug all") == "All possible debugging has been turned off\n"
    assert "debugging is on" not in on.type("show debugging")


@pytest.mark.parametrize(
    "flag",
    [
        "event manager action mail",
        *(
            f"crypto pki {kind}"
            for kind in ["API", "callbacks", "messages", "scep", "server", "transactions", "validation"]
        ),
        *(f"ssl openssl {kind}" for kind in ["errors", "ext", "msg", "states"]),
    ],
)
def test_the_twelve_debug_commands(flag: str, console: Callable[..., Console]) -> None:
    """Each debug command of the technical note is confirmed and can be taken back."""
    on = console()
    assert on.type(f"debug {flag}").endswith("debugging is on\n")
    assert on.type(f"no debug {flag}").endswith("debugging is off\n")
    assert on.router.debugs == {}
