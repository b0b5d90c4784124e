"""From YAML to values, and what is said about YAML that cannot be meant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mailtrust import settings
from mailtrust.errors import InventoryError
from mailtrust.model import Account, Applet, Limits, Mailbox, Provider
from mailtrust.secret import Secret
from mailtrust.settings import Product, locate

PROVIDERS = """\
# what we use
gmail:
  server: smtp.gmail.com
  port: 587
  security: tls
  trust: trust/gmail.pem
  install: anchors
  sender: any
  limits: {per_minute: 20, per_day: 500, concurrent: 10}
  mailbox: {server: imap.gmail.com, port: 993, user: noc@example.com, password: env:NOC}
relay:
  server: 192.0.2.25
  port: 25
  security: none
"""
MAIL = {"provider": "gmail", "login": "alerts", "password": "env:P", "sender": "a@example.com", "to": "b@example.com"}


def providers(text: str) -> Mapping[str, Provider]:
    return settings.providers(yaml.safe_load(text), file="providers.yaml", locate=locate(text))


def applets(text: str) -> Mapping[str, Applet]:
    return settings.applets(yaml.safe_load(text), file="applets.yaml", locate=locate(text))


def account(**changed: object) -> Account:
    data = {key: value for key, value in {**MAIL, **changed}.items() if value != "absent"}
    return settings.account(data, host="r1", resolve=lambda reference: Secret(f"<{reference}>"))


def complaint(call: Callable[[], object]) -> str:
    with pytest.raises(InventoryError) as error:
        call()
    assert "\n" not in str(error.value)
    return str(error.value)


# --- what is accepted ----------------------------------------------------------------------------------------------


def test_every_key_of_a_provider_is_read() -> None:
    """All keys of the contract arrive, and what may be left out has its default."""
    mailbox = Mailbox("imap.gmail.com", 993, "noc@example.com", "env:NOC")
    assert providers(PROVIDERS) == {
        "gmail": Provider(
            "gmail", "smtp.gmail.com", 587, "tls", "trust/gmail.pem", "anchors", "any", Limits(20, 500, 10), mailbox
        ),
        "relay": Provider("relay", "192.0.2.25", 25, "none", None, "issuers", "account", Limits(), None),
    }
    (least,) = providers("p: {server: s.example.com, trust: t.pem}").values()
    assert least == Provider("p", "s.example.com", 587, "tls", "t.pem", "issuers", "account", Limits(), None)


def test_every_key_of_an_applet_is_read() -> None:
    """Event, subject, body and adopt arrive; the word 'event' in front of the event is not doubled."""
    text = (
        "A: {event: none, subject: s, body: b}\nB: {event: event track 1 state down, subject: s, body: b, adopt: true}"
    )
    assert applets(text) == {
        "A": Applet("A", "none", "s", "b", adopt=False),
        "B": Applet("B", "track 1 state down", "s", "b", adopt=True),
    }


def test_every_key_of_the_mail_data_is_read() -> None:
    """All keys arrive, the password through the resolver and nowhere else."""
    rest = {"cc": ["c@example.com"], "source_interface": "Loopback0", "vrf": "Mgmt", "variables": "_noc"}
    assert account(**rest, to=["b@example.com", "d@example.com"], applets=["Alarm"]) == Account(
        provider="gmail",
        login="alerts",
        password=Secret("<env:P>"),
        sender="a@example.com",
        to=("b@example.com", "d@example.com"),
        cc=("c@example.com",),
        source_interface="Loopback0",
        source_address=None,
        vrf="Mgmt",
        variables="_noc",
        applets=("Alarm",),
    )


def test_the_least_mail_data() -> None:
    """One address may stand without a list; login and password may be left out for a relay; the rest has defaults."""
    least = account(login="absent", password="absent")
    assert (least.login, least.password, least.to, least.cc) == (None, None, ("b@example.com",), ())
    assert (least.variables, least.applets, least.vrf) == ("_email", (), None)
    assert account(password="absent").login == "alerts"


@pytest.mark.parametrize("written", ["GigabitEthernet 0/0/0", "GigabitEthernet0/0/0"])
def test_an_interface_is_kept_as_ios_prints_it(written: str) -> None:
    """People write it in two words; compared with what a router shows, these would differ for ever."""
    assert account(source_interface=written).source_interface == "GigabitEthernet0/0/0"


@pytest.mark.parametrize("data", [None, {}])
def test_our_own_settings_have_defaults(data: object) -> None:
    """Without any setting the product works; each one can be changed alone."""
    assert settings.product(data, file="config.yaml") == Product()
    assert settings.product({"workers": 5}, file="config.yaml") == Product(workers=5)
    assert settings.product({"host_seconds": 12.5, "test": "all"}, file="c") == Product(host_seconds=12.5, test="all")


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_an_empty_file_has_no_entries(text: str) -> None:
    """A file without content is no error by itself."""
    assert providers(text) == {}
    assert applets(text) == {}


# --- what is refused -----------------------------------------------------------------------------------------------

TRUE = "true, which is how YAML reads yes, no, on and off"
FALSE = "false, which is how YAML reads yes, no, on and off"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("g: {server: s, trust: t, prot: 587}", "1: g.prot: unknown key; did you mean 'port'?"),
        ("g:\n  server: s\n  trust: t\n  zzz: 1", "4: g.zzz: unknown key; expected one of install, limits, mailbox, "),
        ("g:\n  sever: s", "2: g.sever: unknown key; did you mean 'server'? (and 1 more)"),
        ("g:\n  trust: t", "1: g.server: is missing"),
        ("g:\n  server: s", "1: g: expected a trust file (trust: trust/NAME.pem), which 'security: tls' needs"),
        ("g:", "1: g: is missing, or nothing stands below it"),
        ("g: smtp.gmail.com", "1: g: expected a mapping of keys to values, got 'smtp.gmail.com'"),
        ("- g", "1: expected a mapping of names, got a list"),
        ("hello", "1: expected a mapping of names, got 'hello'"),
        ("no: {server: s}", f"1: expected a name without blanks as key, got {FALSE}; put it in quotes"),
        (
            "my gmail: {server: s}",
            "1: expected a name without blanks as key, got 'my gmail'; write it as one word of plain ASCII, such as my-gmail",
        ),
        (
            "a: {server: s, trust: t}\nbüro: {}",
            "2: expected a name without blanks as key, got 'büro'; write it as one word of plain ASCII, such as buro",
        ),
        ("证书: {server: s}", "got '证书'; write it as one word of plain ASCII, such as my-name"),
        (
            "g: {trust: t, server: 'fe80::1%x write'}",
            "1: g.server: expected a host name or an address, without port and login, ",
        ),
        ("g:\n  trust: t\n  server: on", f"3: g.server: expected text, got {TRUE}; put it in quotes"),
        ("g: {trust: t, server: 's:587'}", "1: g.server: expected a host name or an address, without port and login, "),
        ("g: {trust: t, server: 'u:geheim@s'}", "without port and login, got 'u:***@s'"),
        ("g: {trust: t, server: s, port: '587'}", "1: g.port: expected a whole number, got '587'"),
        ("g: {trust: t, server: s, port: yes}", f"1: g.port: expected a whole number, got {TRUE}"),
        ("g: {trust: t, server: s, port: 0}", "1: g.port: expected at least 1, got the number 0"),
        ("g: {trust: t, server: s, port: 65536}", "1: g.port: expected at most 65535, got the number 65536"),
        ("g: {trust: t, server: s, security: off}", f"1: g.security: expected 'tls' or 'none', got {FALSE}"),
        ("g: {trust: t, server: s, security: ssl}", "1: g.security: expected 'tls' or 'none', got 'ssl'"),
        ("g: {trust: t, server: s, install: leaf}", "expected 'issuers', 'anchors' or 'all', got 'leaf'"),
        ("g: {trust: [t], server: s}", "1: g.trust: expected text, got a list"),
        ("g: {trust: 2026-01-01, server: s}", "1: g.trust: expected text, got the date 2026-01-01; put it in quotes"),
        ("g:\n  server: s\n  trust: t\n  limits:\n    per_day: -1", "5: g.limits.per_day: expected at least 1, got "),
        (
            "g: {trust: t, server: s, limits: {daily: 5}}",
            "1: g.limits.daily: unknown key; expected one of concurrent, ",
        ),
        (
            "g: {trust: t, server: s, mailbox: {server: i, user: u, pasword: p}}",
            "did you mean 'password'? (and 1 more)",
        ),
        (
            "g: {trust: t, server: s, mailbox: {server: i, user: u, password: 70707}}",
            "1: g.mailbox.password: expected text, got the number (not shown); put it in quotes",
        ),
    ],
)
def test_a_provider_that_cannot_be_meant(text: str, expected: str) -> None:
    """File, line and key, what was expected and what came, in one line; no password is repeated."""
    told = complaint(lambda: providers(text))
    assert told.startswith("providers.yaml:")
    assert expected in told
    assert "70707" not in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A: {event: none, subject: s}", "applets.yaml:1: A.body: is missing"),
        ("A:\n  event: none\n  subject: s\n  body: ''", "applets.yaml:4: A.body: expected text, got ''"),
        (
            "A: {event: no, subject: s, body: b}",
            f"applets.yaml:1: A.event: expected text, got {FALSE}; put it in quotes",
        ),
        (
            'A: {event: "none\\n no x", subject: s, body: b}',
            "1: A.event: expected one line of text, got 'none\\n no x'",
        ),
        ("A: {event: none, subject: s, body: b, adopt: 'yes'}", "A.adopt: expected true or false, got 'yes'"),
        ("A: {evnt: none, subject: s, body: b}", "A.evnt: unknown key; did you mean 'event'? (and 1 more)"),
        ("mailtrust-test: {event: none, subject: s, body: b}", "applets.yaml:1: mailtrust-test: this name is reserved"),
        (
            "A: {event: none, subject: s, body: b}\nMailTrust-Test: {event: none, subject: s, body: b}",
            "applets.yaml:2: MailTrust-Test: this name is reserved",
        ),
        ("My Alarm: {event: none, subject: s, body: b}", "expected a name without blanks as key, got 'My Alarm'"),
    ],
)
def test_an_applet_that_cannot_be_meant(text: str, expected: str) -> None:
    """An applet is refused with file, line and key."""
    assert expected in complaint(lambda: applets(text))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"sender": "absent"}, "mail.sender: is missing"),
        ({"to": []}, "mail.to: expected at least one, got a list without content"),
        ({"to": ["b@example.com", "noc"]}, "mail.to.1: expected an e-mail address: one '@', no blanks, got 'noc'"),
        ({"to": "a@example.com, b@example.com"}, "mail.to.0: expected an e-mail address: one '@', no blanks, got 'a@"),
        ({"to": {"a": 1}}, "mail.to: expected a list, got a mapping"),
        ({"to": 5}, "mail.to: expected a list, got the number 5"),
        ({"cc": "x y@example.com"}, "mail.cc.0: expected an e-mail address: one '@', no blanks, got 'x y@example.com'"),
        ({"sender": "a@b@c"}, "mail.sender: expected an e-mail address: one '@', no blanks, got 'a@b@c'"),
        ({"login": 4711}, "mail.login: expected text, got the number 4711; put it in quotes"),
        ({"password": 70707}, "mail.password: expected text, got the number (not shown); put it in quotes"),
        ({"password": False}, f"mail.password: expected text, got {FALSE}; put it in quotes"),
        ({"password": ["70707"]}, "mail.password: expected text, got a list"),
        ({"password": {"a": "70707"}}, "mail.password: expected text, got a mapping"),
        (
            {"login": "absent"},
            "mail: expected a login with the password (omit both for a relay that trusts the address)",
        ),
        ({"source_address": "10.0.0"}, "mail.source_address: expected an IP address, got '10.0.0'"),
        (
            {"source_address": "10.0.0.1", "source_interface": "Lo0"},
            "mail: expected source_interface or source_address, not both",
        ),
        (
            {"source_interface": "Lo 0 vrf x"},
            "mail.source_interface: expected a name without blanks, quotes, '?' and '$', got",
        ),
        (
            {"source_interface": "Lo x"},
            "mail.source_interface: expected a name without blanks, quotes, '?' and '$', got",
        ),
        (
            {"source_interface": "Lo\n0"},
            "mail.source_interface: expected a name without blanks, quotes, '?' and '$', got",
        ),
        ({"source_interface": 7}, "mail.source_interface: expected text, got the number 7"),
        ({"source_address": "fe80::1%x\x1awrite"}, "mail.source_address: expected an IP address, got 'fe80::1%x"),
        ({"variables": "$mail"}, "mail.variables: expected a name of letters, digits and '_', got '$mail'"),
        ({"aplets": []}, "mail.aplets: unknown key; did you mean 'applets'?"),
        ({"applets": ["A", 1]}, "mail.applets.1: expected text, got the number 1; put it in quotes"),
        ({"vrf": True}, f"mail.vrf: expected text, got {TRUE}; put it in quotes"),
    ],
)
def test_mail_data_that_cannot_be_meant(changed: dict[str, object], expected: str) -> None:
    """The host and the key are named, what was expected and what came; no password is repeated."""
    told = complaint(lambda: account(**changed))
    assert told.startswith("host r1: ")
    assert expected in told
    assert "70707" not in told


@pytest.mark.parametrize("data", [None, "gmail", ["gmail"], 5])
def test_mail_data_must_be_a_mapping(data: object) -> None:
    """Anything but a mapping under ``mail`` is told as such."""
    assert complaint(lambda: settings.account(data, host="r1", resolve=Secret)).startswith("host r1: mail: ")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"worker": 1}, "config.yaml:3: user_defined.mailtrust.worker: unknown key; did you mean 'workers'?"),
        ({"workers": 0}, "user_defined.mailtrust.workers: expected at least 1, got the number 0"),
        ({"burst_seconds": 0}, "user_defined.mailtrust.burst_seconds: expected more than 0"),
        ({"host_seconds": float("inf")}, "user_defined.mailtrust.host_seconds: expected"),
        ({"test": "some"}, "user_defined.mailtrust.test: expected 'changed', 'all' or 'none', got 'some'"),
        ({"runs": None}, "user_defined.mailtrust.runs: expected text, got nothing"),
        ([], "user_defined.mailtrust: expected a mapping of keys to values, got a list without content"),
    ],
)
def test_our_own_settings_that_cannot_be_meant(data: object, expected: str) -> None:
    """The whole path of the key in config.yaml is named, with its line."""
    text = "user_defined:\n  mailtrust:\n    worker: 1\n"
    told = complaint(lambda: settings.product(data, file="config.yaml", locate=locate(text)))
    assert expected in told


# --- where a key stands --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ((), 2),
        (("gmail",), 2),
        (("gmail", "limits"), 9),
        (("gmail", "limits", "per_day"), 9),
        (("relay", "security"), 14),
        (("relay", "absent", "deeper"), 11),
        (("absent",), 2),
    ],
)
def test_a_key_has_a_line(path: tuple[str | int, ...], line: int) -> None:
    """The line of a key path, or of as much of it as exists."""
    assert locate(PROVIDERS)(path) == line


def test_list_items_have_lines() -> None:
    """An item of a list is found by its number."""
    assert [locate("to:\n  - a\n  - b\n")(("to", index)) for index in (0, 1, 2)] == [2, 3, 1]


@pytest.mark.parametrize("text", ["", "a: [", "a: !!python/object:x {}", "\x00", "a: *b"])
def test_text_without_keys_has_no_lines(text: str) -> None:
    """What is empty, or not YAML at all, is no error here: there is just no line to give."""
    assert locate(text)(("a", "b", 0)) in {None, 1}


# --- laws ----------------------------------------------------------------------------------------------------------

_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | st.dates()
_KEYS = st.sampled_from(
    ["server", "trust", "port", "limits", "mailbox", "per_day", "event", "sender", "to", "login", "applets", "workers"]
)
_YAML = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | _SCALARS, inner, max_size=5),
    max_leaves=12,
)


@given(_YAML)
def test_arbitrary_data_is_our_error_or_a_value(data: object) -> None:
    """Whatever YAML can say, only an InventoryError comes out."""
    for door in (settings.providers, settings.applets, settings.product):
        with suppress(InventoryError):
            door(data, file="x.yaml")
    for entry in (data, {**MAIL, **data} if isinstance(data, dict) else data):
        with suppress(InventoryError):
            settings.account(entry, host="r1", resolve=Secret)


@given(st.text(max_size=60))
def test_locate_never_fails(text: str) -> None:
    """Any text at all may be asked for its lines."""
    assert locate(text)(("a", 0)) is None or text
