"""What is wrong with a wish before any router is touched: one folder a case in tests/cases/lint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mailtrust import settings
from mailtrust.applet import test_applet as probe_mail
from mailtrust.desired import desired
from mailtrust.findings import Finding
from mailtrust.lint import lint
from mailtrust.model import Account, Applet, Limits, Provider
from mailtrust.secret import Secret
from mailtrust.typed import LINE_LENGTH, untypable

CASES = Path(__file__).resolve().parents[1] / "cases/lint"


def linted(account: Account, provider: Provider, *applets: Applet) -> tuple[Finding, ...]:
    return lint(account, provider, applets, desired(account, provider, (), applets))


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_case(case: Path) -> None:
    """Inventory data in, code and text of every finding out, and no text shows the password."""
    data = yaml.safe_load((case / "inventory.yaml").read_text(encoding="utf-8"))
    provider = settings.providers({"gmail": data["provider"]}, file="providers.yaml")["gmail"]
    applets = settings.applets({"Hello": data["applet"]}, file="applets.yaml").values()
    account = settings.account({"provider": "gmail", **data["mail"]}, host="r1", resolve=Secret)
    found = [f"{finding.code} {finding.text}" for finding in linted(account, provider, *applets)]
    assert found == (case / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert account.password is None or account.password.reveal() not in "\n".join(found)


def test_the_longest_line_is_taken(account: Account, provider: Provider) -> None:
    """A line of exactly the length that IOS takes is no finding, one character more is."""
    room = LINE_LENGTH - len("event manager environment _email_from ")
    fits = replace(account, sender="alerts@" + "x" * (room - 7))
    assert linted(fits, provider) == ()
    assert [finding.code for finding in linted(replace(fits, sender=fits.sender + "x"), provider)] == ["MT105"]


def test_a_long_name_of_an_applet_is_told(account: Account, provider: Provider) -> None:
    """The line that begins an applet is measured as well."""
    (finding,) = linted(account, provider, Applet("A" * 250, "none", "s", "b", adopt=False))
    assert finding.code == "MT105"


def test_the_test_mail_is_measured_too(account: Account, provider: Provider) -> None:
    """Interface, VRF and prefix may leave no room for the test mail: that is told before a router is touched."""
    (finding,) = linted(replace(account, source_interface="x" * 60, vrf="v" * 32), provider)
    assert (finding.code, "the test applet" in finding.text) == ("MT105", True)


def test_a_name_must_leave_room_for_its_removal(account: Account, provider: Provider) -> None:
    """An applet that IOS takes and cannot take away again would stay for ever."""
    room = LINE_LENGTH - len("no event manager applet ")
    assert linted(account, provider, Applet("A" * room, "none", "s", "b", adopt=False)) == ()
    (finding,) = linted(account, provider, Applet("A" * (room + 1), "none", "s", "b", adopt=False))
    assert (finding.code, "removes applet" in finding.text) == ("MT105", True)


def test_names_that_differ_in_capital_letters_only(account: Account, provider: Provider) -> None:
    """Two applets whose names IOS may take for one are told, one that is listed twice is not."""
    alarm, loud = (Applet(name, "none", "s", "b", adopt=False) for name in ("Alarm", "ALARM"))
    (finding,) = linted(account, provider, alarm, loud)
    assert (finding.code, finding.text) == ("MT113", "applets Alarm and ALARM have one name but for capital letters")
    assert linted(account, provider, alarm, alarm) == ()


# --- the gate ------------------------------------------------------------------------------------------------------

GOOD = Account(
    "p", "alerts", Secret("pa55word"), "alerts@example.com", ("noc@example.com",), (), None, None, None, "_email", ()
)
ALARM = Applet("Alarm", "none", "s", "b", adopt=False)
KEYS: Mapping[str, Callable[[str], tuple[Account, Provider, Applet]]] = {
    "mail.login": lambda text: (replace(GOOD, login=text), PROVIDER, ALARM),
    "mail.password": lambda text: (replace(GOOD, password=Secret(text)), PROVIDER, ALARM),
    "mail.sender": lambda text: (replace(GOOD, sender=text), PROVIDER, ALARM),
    "mail.to": lambda text: (replace(GOOD, to=("a@example.com", text)), PROVIDER, ALARM),
    "mail.cc": lambda text: (replace(GOOD, cc=(text,)), PROVIDER, ALARM),
    "mail.source_interface": lambda text: (replace(GOOD, source_interface=text), PROVIDER, ALARM),
    "mail.source_address": lambda text: (replace(GOOD, source_address=text), PROVIDER, ALARM),
    "mail.vrf": lambda text: (replace(GOOD, vrf=text), PROVIDER, ALARM),
    "mail.variables": lambda text: (replace(GOOD, variables=text), PROVIDER, ALARM),
    "the server of provider p": lambda text: (GOOD, replace(PROVIDER, server=text), ALARM),
    "the name of applet ": lambda text: (GOOD, PROVIDER, replace(ALARM, name=text)),
    "the event of applet Alarm": lambda text: (GOOD, PROVIDER, replace(ALARM, event=text)),
    "the subject of applet Alarm": lambda text: (GOOD, PROVIDER, replace(ALARM, subject=text)),
    "the body of applet Alarm": lambda text: (GOOD, PROVIDER, replace(ALARM, body=text)),
}
PROVIDER = Provider("p", "s.example.com", 587, "tls", "t.pem", "issuers", "any", Limits(), None)
ONE_WORD = set(KEYS) - {"the event of applet Alarm", "the subject of applet Alarm", "the body of applet Alarm"}


def gated(key: str, text: str) -> list[Finding]:
    """What is said about the characters of one key."""
    account, provider, applet = KEYS[key](text)
    found = [each for each in linted(account, provider, applet) if each.code == "MT103"]
    assert all(each.text.startswith(key) for each in found)
    assert all(each.text.isprintable() for each in found)
    return found


@given(key=st.sampled_from(sorted(KEYS)), letter=st.characters())
def test_the_gate_lets_printable_ascii_through(key: str, letter: str) -> None:
    """No letter that is not printable ASCII passes, in no value; nor does '?', which IOS answers at once."""
    if not " " <= letter <= "~" or letter == "?":
        assert gated(key, f"x{letter}y")
    elif letter.isalnum() and key != "mail.source_address":
        assert not gated(key, f"x{letter}y")


@pytest.mark.parametrize("key", sorted(ONE_WORD))
@pytest.mark.parametrize("text", ["Mgmt write", "x\nreload", 'x"', "x$y", "x "])
def test_words_stay_words(key: str, text: str) -> None:
    """Where IOS reads one word, no second one can follow it."""
    assert gated(key, text)


@pytest.mark.parametrize(
    ("interface", "taken"),
    [
        ("GigabitEthernet 0/0/0", True),
        ("GigabitEthernet0/0/0.100", True),
        ("Port-channel 10", True),
        ("Gi 0/0 1", False),
        ("Gi 0/0 vrf", False),
        ("Gi  0", False),
        (" Gi0", False),
        ("Gigabit Ethernet 0", False),
        ("Te 1x 2", False),
    ],
)
def test_an_interface_may_have_one_blank(interface: str, taken: bool) -> None:
    """Between its kind and its number, as IOS takes it."""
    assert bool(gated("mail.source_interface", interface)) is not taken


@pytest.mark.parametrize(
    ("address", "taken"), [("192.0.2.1", True), ("2001:db8::1", True), ("192.0.2.256", False), ("Loopback0", False)]
)
def test_a_source_address_is_one(address: str, taken: bool) -> None:
    """Anything else is told with the key, though each letter could be typed."""
    assert bool(gated("mail.source_address", address)) is not taken


LOOSE = st.text(st.characters(codec="latin-1"), max_size=12)


@given(login=LOOSE, vrf=LOOSE, interface=LOOSE, name=LOOSE, event=LOOSE, subject=LOOSE, body=LOOSE, to=LOOSE)
def test_what_passes_is_one_line_for_each(
    login: str, vrf: str, interface: str, name: str, event: str, subject: str, body: str, to: str
) -> None:
    """Without an error every line that goes to a router can be typed as it stands, the test mail's too."""
    account = replace(GOOD, login=login, vrf=vrf, source_interface=interface, to=(to,))
    applet = Applet(name, event, subject, body, adopt=False)
    if any(each.severity == "error" for each in linted(account, PROVIDER, applet)):
        return
    wish = desired(account, PROVIDER, (), (applet,))
    lines = [f"event manager environment {each.name} {each.value.reveal()}" for each in wish.variables]
    for each in (*wish.applets, probe_mail("0" * 8, "r1", account, PROVIDER)):
        lines += [f"no event manager applet {each.name}", *each.lines]
    assert [(line, why) for line in lines if (why := untypable(line))] == []


TEXT = st.text(max_size=30)


@given(login=TEXT | st.none(), password=st.text(min_size=6), sender=TEXT, subject=TEXT, body=TEXT, event=TEXT)
def test_no_finding_shows_the_password(
    login: str | None, password: str, sender: str, subject: str, body: str, event: str
) -> None:
    """Whatever is wrong with the wish, the texts are the same for another password of the same making."""
    provider = Provider("p", "s.example.com", 587, "tls", "t.pem", "issuers", "account", Limits(), None)
    account = Account("p", login, Secret(password), sender, ("n@x.org",), (), None, None, None, "_email", ())
    applet = Applet("A", event, subject, body, adopt=False)
    other = replace(account, password=Secret(password[::-1]))
    kinds = [{finding.text for finding in linted(one, provider, applet)} for one in (account, other)]
    characters = [{text for text in texts if not text.startswith("mail.password holds")} for texts in kinds]
    assert characters[0] == characters[1]
