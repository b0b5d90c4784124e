"""Test mails that do not go: why, told in the router's own words, nothing saved, nothing left behind."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from lab.fleet import Spec
from lab.personality import Personality
from tests.support.world import PASSWORD, Ran, Wish, World, Worlds, edited, router, usual_mail

EXPECTED = {
    "good": None,
    "relay": None,
    "in-the-clear": None,
    "wrong-password": "MT303",
    "wrong-sender": "MT303",
    "no-name-server": "MT304",
    "closed-port": "MT302",
    "no-log": "MT307",
    "log-too-coarse": "MT307",
}
FAILING = [name for name, code in EXPECTED.items() if code]
DATA = {
    "relay": {"mail": {**usual_mail(provider="relay")["mail"]}},
    "in-the-clear": {"mail": {**usual_mail(provider="clear")["mail"]}},
    "wrong-password": usual_mail(password="env:WRONG_SMTP"),
    "wrong-sender": usual_mail(provider="lenient", sender="alerts@elsewhere.example"),
    "closed-port": usual_mail(provider="closed"),
}
for _name in ("relay", "in-the-clear"):
    del DATA[_name]["mail"]["login"], DATA[_name]["mail"]["password"]


@dataclass(frozen=True)
class Story:
    world: World
    before: dict[str, str]
    ran: Ran


@pytest.fixture(scope="module")
def story(worlds: Worlds) -> Story:
    lines = {"no-log": ["no logging buffered"], "log-too-coarse": ["logging buffered 8192 warnings"]}
    specs = [router(name, *lines.get(name, ())) for name in EXPECTED if name != "no-name-server"]
    specs.append(Spec("no-name-server", Personality(hostname="no-name-server")))
    here = worlds(specs, Wish(host_data=DATA))
    with edited(here.directory / "inventory/providers.yaml") as providers:
        usual = providers["lab"]
        providers["relay"] = {**usual, "port": here.mail.relay_port}
        providers["clear"] = {"server": usual["server"], "port": here.mail.relay_port, "security": "none"}
        providers["closed"] = {**usual, "port": 9}
        providers["lenient"] = {**usual, "sender": "any"}
    return Story(here, here.configured(), here.run("rollout", env={"LAB_SMTP": PASSWORD, "WRONG_SMTP": "wr0ng"}))


@pytest.mark.parametrize("name", EXPECTED)
def test_the_cause_is_told(story: Story, name: str) -> None:
    """A mail that went is called sent; one that did not has one error, with the cause."""
    code = EXPECTED[name]
    assert story.ran.states()[name] == ("failed" if code else "changed")
    assert story.ran.errors(name) == ([code] if code else [])
    assert story.ran.hosts[name]["mail"]["sent"] == (code is None)


@pytest.mark.parametrize("name", FAILING)
def test_nothing_is_saved_that_is_not_proven(story: Story, name: str) -> None:
    """The startup-config of a router whose mail failed is the one of before, and no test applet stays."""
    assert story.ran.hosts[name]["saved"] is False
    assert story.before[name].endswith(story.world.shows(name, "show startup-config"))
    assert "mailtrust-test" not in story.world.shows(name)


def test_only_what_went_has_arrived(story: Story) -> None:
    """The mail server holds one mail for each router that says so; a router whose log is off may send all the same."""
    arrived = [subject.split()[2] for subject in story.world.subjects()]
    assert sorted(arrived) == sorted(["good", "relay", "in-the-clear", "no-log", "log-too-coarse"])


def test_the_sender_and_the_recipients_are_the_wanted_ones(story: Story) -> None:
    """What arrives comes from the account and goes to the people of the mail data, over TLS where TLS is wanted."""
    mails = {message.subject.split()[2]: message for message in story.world.mail.messages()}
    assert (mails["good"].sender, list(mails["good"].recipients)) == ("alerts@lab.example", ["noc@lab.example"])
    assert "TLSv1.2" in str(mails["good"].tls)
    assert not mails["in-the-clear"].tls
