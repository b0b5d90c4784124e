"""The text of variables and applets, and whose an applet is."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtrust import applet as module
from mailtrust.applet import (
    TEST_APPLET,
    applet_text,
    digest,
    edited,
    mail_action,
    mark,
    normal,
    references,
    same,
    server_string,
    variables,
)
from mailtrust.model import Account, Applet, AppletText, Provider

HELLO = Applet("Hello", "none", "This is my subject", "This is my body.", adopt=False)


def values(account: Account, provider: Provider) -> dict[str, str]:
    return {variable.name: variable.value.reveal() for variable in variables(account, provider)}


# --- variables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("login", "with_password", "expected"),
    [
        ("alerts", True, "alerts:pa55word@smtp.gmail.com"),
        ("alerts", False, "alerts@smtp.gmail.com"),
        (None, False, "smtp.gmail.com"),
    ],
)
def test_the_server_string_has_three_forms(
    login: str | None, with_password: bool, expected: str, account: Account, provider: Provider
) -> None:
    """Login and password, login alone, or the server alone, as the mail action takes them."""
    account = replace(account, login=login, password=account.password if with_password else None)
    assert server_string(account, provider).reveal() == expected


def test_variables_are_set_for_what_is_there(account: Account, provider: Provider) -> None:
    """Server, from and to always; cc only when somebody gets a copy; several addresses are joined by commas."""
    server = "alerts:pa55word@smtp.gmail.com"
    assert values(account, provider) == {
        "_email_server": server,
        "_email_from": "alerts@gmail.com",
        "_email_to": "noc@example.com",
    }
    account = replace(account, variables="_noc", to=("a@x.org", "b@x.org"), cc=("c@x.org",))
    assert values(account, provider) == {
        "_noc_server": server,
        "_noc_from": "alerts@gmail.com",
        "_noc_to": "a@x.org,b@x.org",
        "_noc_cc": "c@x.org",
    }
    assert "pa55word" not in repr(variables(account, provider))


# --- applets -------------------------------------------------------------------------------------------------------


def test_the_mail_action_is_the_seeds(account: Account, provider: Provider) -> None:
    """Keyword order and quoting are those of the seed's applet."""
    assert mail_action("0010", account, provider, "S s", "B b") == (
        'action 0010 mail server "$_email_server" to "$_email_to" from "$_email_from" subject "S s" body "B b" '
        "port 587 secure tls"
    )
    full = replace(account, cc=("c@x.org",), source_interface="Loopback0", vrf="Mgmt", variables="_noc")
    assert mail_action("0020", full, replace(provider, port=25, security="none"), "S", "B") == (
        'action 0020 mail server "$_noc_server" to "$_noc_to" from "$_noc_from" cc "$_noc_cc" subject "S" body "B" '
        "source-interface Loopback0 port 25 secure none vrf Mgmt"
    )
    assert " source-address 10.0.0.1 port 587" in mail_action(
        "0010", replace(account, source_address="10.0.0.1"), provider, "S", "B"
    )


@pytest.mark.parametrize("cc", [(), ("c@x.org",)])
def test_nothing_refers_to_a_variable_that_is_not_set(
    cc: tuple[str, ...], account: Account, provider: Provider
) -> None:
    """What the applets use is exactly what the variables define: an undefined one would stop the mail."""
    account = replace(account, cc=cc)
    defined = set(values(account, provider))
    assert references(applet_text(HELLO, account, provider)) == defined
    assert references(module.test_applet("id", "r1", account, provider)) == defined


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("none", "event none maxrun 60"),
        ("none maxrun 90", "event none maxrun 90"),
        ("none sync no maxrun 90 ratelimit 5", "event none sync no maxrun 90 ratelimit 5"),
        ("none sync no ratelimit 5", "event none sync no maxrun 60 ratelimit 5"),
        ('syslog pattern "no maxrun"', 'event syslog pattern "no maxrun" maxrun 60'),
        ('syslog pattern "a ratelimit b"', 'event syslog pattern "a ratelimit b" maxrun 60'),
        ('syslog pattern "a ratelimit b" ratelimit 9', 'event syslog pattern "a ratelimit b" maxrun 60 ratelimit 9'),
        ("track 1 state down", "event track 1 state down maxrun 60"),
        ('timer cron cron-entry "0 6 * * 1"', 'event timer cron cron-entry "0 6 * * 1" maxrun 60'),
    ],
)
def test_every_event_has_time_enough(event: str, expected: str, account: Account, provider: Provider) -> None:
    """IOS's 20 seconds become 60 unless the event says otherwise; ``maxrun`` stands where IOS takes it."""
    assert applet_text(replace(HELLO, event=event), account, provider).lines[1] == expected


def test_the_applet_is_whole(account: Account, provider: Provider) -> None:
    """Mark, event, action: in this order, the mark made of the others."""
    text = applet_text(HELLO, account, provider)
    assert text.name == "Hello"
    assert text.lines == (
        f"description mailtrust {digest(text.lines[1:], text.name)}",
        "event none maxrun 60",
        mail_action("0010", account, provider, HELLO.subject, HELLO.body),
    )
    assert mark(text) == digest(text.lines, text.name)
    assert not edited(text)


@given(names=st.lists(st.text(), unique=True, max_size=20))
def test_a_token_is_one_hosts(names: list[str]) -> None:
    """Each host of a run has its own, the same whenever it is asked for; all begin with the run, none needs quotes."""
    tokens = {name: module.token("2cce7af0", name) for name in names}
    assert len(set(tokens.values())) == len(names)
    assert all(re.fullmatch(r"2cce7af0-[0-9a-f]{10}", each) for each in tokens.values())
    assert tokens == {name: module.token("2cce7af0", name) for name in names}
    assert not set(tokens.values()) & {module.token("2cce7af1", name) for name in names}


def test_the_test_applet_brackets_its_mail(account: Account, provider: Provider) -> None:
    """Begin, mail, end: labels that sort as strings, markers with the run's name, host and run in the subject."""
    text = module.test_applet("20260601-ab12", "r1", account, provider)
    description, event, begin, mail, end = text.lines
    assert (text.name, event) == (TEST_APPLET, "event none maxrun 60")
    assert description.split()[:2] == ["description", "mailtrust"]
    assert begin == 'action 0010 syslog priority notifications msg "MAILTRUST-BEGIN 20260601-ab12"'
    assert mail.startswith('action 0020 mail server "$_email_server" ')
    assert ' subject "mailtrust test r1 20260601-ab12" body "A test by mailtrust; ' in mail
    assert end == 'action 0030 syslog priority notifications msg "MAILTRUST-END 20260601-ab12"'
    assert not edited(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(host=st.text("abc-", max_size=300), interface=st.text("x", min_size=1, max_size=40))
def test_the_test_mail_always_fits(host: str, interface: str, account: Account, provider: Provider) -> None:
    """However long the host's name, the line is one that IOS takes; the run is never cut, a name only if it must be."""
    account = replace(account, source_interface=interface)
    mail = module.test_applet("20260601", host, account, provider).lines[3]
    assert len(mail) <= 254
    assert ' 20260601" body "' in mail
    assert f'"mailtrust test {host} 20260601"' in mail or len(mail) == 254 or '"mailtrust test  20260601"' in mail


# --- whose it is ---------------------------------------------------------------------------------------------------

OURS = (
    "event none maxrun 60",
    'action 0010 mail server "$_email_server" subject "two  blanks 60.000" body "b" port 25 secure none',
    'action 0020 syslog msg "x"',
)


@pytest.mark.parametrize(
    "printed",
    [
        ("event none maxrun 60.000", OURS[2], OURS[1]),
        ("  event   none maxrun 60 ", *OURS[1:]),
        (f"description mailtrust {'0' * 8}", *OURS),
        (f'action 0000 comment "mailtrust {"0" * 8}"', *OURS),
        (OURS[0], OURS[1].replace(" port 25 secure none", ""), OURS[2]),
        (OURS[0], OURS[1].replace(" port 25", ""), OURS[2]),
    ],
)
def test_ios_may_print_it_differently(printed: tuple[str, ...]) -> None:
    """Blanks, three zeros, defaults left out and the order of actions make no difference, nor does our mark."""
    assert normal(printed) == normal(OURS)
    assert digest(printed) == digest(OURS)
    assert same(AppletText("A", printed), AppletText("A", OURS))


@pytest.mark.parametrize(
    "other",
    [
        ("event none maxrun 61", *OURS[1:]),
        (OURS[0], OURS[1].replace("two  blanks", "two blanks"), OURS[2]),
        (OURS[0], OURS[1].replace("60.000", "60"), OURS[2]),
        (OURS[0], OURS[1].replace("port 25", "port 2525"), OURS[2]),
        (OURS[0], OURS[1].replace("secure none", "secure tls"), OURS[2]),
        OURS[:2],
        ("description mine", *OURS),
        ("description mailtrust 0123", *OURS),
        (*OURS[:2], 'action 0021 syslog msg "x"'),
    ],
)
def test_a_real_difference_is_one(other: tuple[str, ...]) -> None:
    """What stands in quotes, any keyword, label or line more or less is another applet."""
    assert not same(AppletText("A", other), AppletText("A", OURS))
    assert digest(other) != digest(OURS)


def test_another_name_is_another_applet() -> None:
    """Equal lines under another name are not the same applet."""
    assert not same(AppletText("A", OURS), AppletText("B", OURS))


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("description mailtrust 0123abcd", "0123abcd"),
        ("description  mailtrust   0123abcd ", "0123abcd"),
        ('description "mailtrust 0123abcd"', "0123abcd"),
        ("action 0000 comment mailtrust 0123abcd", "0123abcd"),
        ('action 0000 comment "mailtrust 0123abcd"', "0123abcd"),
        ("action 0010 comment mailtrust 0123abcd", None),
        ("description mailtrust 0123ABCD", None),
        ("description mailtrust 0123abcd by Bob", None),
        ("description not mailtrust 0123abcd", None),
        ("description mailtrust", None),
        ("event none", None),
    ],
)
def test_the_mark_is_exact(first: str, expected: str | None) -> None:
    """Only a description or a comment 0000 that is nothing but our mark makes an applet ours."""
    assert mark(AppletText("A", (first, *OURS))) == expected


def test_an_edited_applet_is_noticed() -> None:
    """Ours and unchanged, ours and changed, and never ours are three different things."""
    marked = AppletText("A", (f"description mailtrust {digest(OURS, 'A')}", *OURS))
    assert not edited(marked)
    assert edited(replace(marked, lines=(*marked.lines, 'action 0030 cli command "reload"')))
    assert edited(replace(marked, lines=("description mailtrust 00000000", *OURS)))
    assert not edited(AppletText("A", OURS))


def test_references_are_names() -> None:
    """Every ``$name`` of any line, EEM's own among them, without the dollar."""
    lines = ('action 1 mail to "$_a" body "at $_event_pub_time, $b2-x $ 5$"', "action 2 set c $_a")
    assert references(AppletText("A", lines)) == {"_a", "_event_pub_time", "b2"}


@given(
    subject=st.text(st.characters(codec="ascii", min_codepoint=32, exclude_characters='"'), max_size=40), data=st.data()
)
def test_printing_never_makes_ours_foreign(subject: str, data: st.DataObject) -> None:
    """However IOS orders and spaces the lines of an applet, mark, digest and equality hold; and normal is stable."""
    lines = ["event none maxrun 60", *(f'action {n:04} syslog msg "{subject}" facility x' for n in range(1, 5))]
    applet = AppletText("A", (f"description mailtrust {digest(lines, 'A')}", *lines))
    actions = random.Random(data.draw(st.integers())).sample(applet.lines[2:], 4)
    printed = [" " + part for part in (applet.lines[0], "event  none maxrun  60.000", *actions)]
    again = AppletText("A", tuple(printed))
    assert mark(again) == mark(applet)
    assert not edited(again)
    assert same(applet, again)
    assert normal(normal(printed)) == normal(printed)


@given(st.lists(st.text(max_size=40), max_size=6))
def test_any_lines_have_a_digest(lines: list[str]) -> None:
    """A foreign applet of any content can be asked everything."""
    applet = AppletText("A", tuple(lines))
    assert len(digest(lines)) == 8
    assert same(applet, applet)
    assert edited(applet) in {True, False}
    assert all(name for name in references(applet))
