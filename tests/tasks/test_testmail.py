"""Test mails that do not go: why, told in the router's own words, nothing saved, nothing left behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from lab.fleet import Spec, variable_lines
from lab.personality import Answer, Faults, Personality
from mailtrust import applet
from mailtrust.applet import TEST_APPLET
from mailtrust.errors import Refused
from mailtrust.model import Account, Limits, Provider
from mailtrust.unsaved import DIFFERENCES
from tasks.observe import TERMINAL, observe
from tasks.testmail import READ_LOG, RUN, remove_test, send_test_mail
from tests.support.world import DNS, PASSWORD, Ran, Wish, World, Worlds, edited, router, usual_mail

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


# --- line by line --------------------------------------------------------------------------------------------------

APPLET = applet.test_applet(
    "id-1",
    "r1",
    Account("p", None, None, "a@b.c", ("noc@b.c",), (), None, None, None, "_email", ()),
    Provider("p", "smtp.lab.test", 25, "none", None, "issuers", "any", Limits(), None),
)
VARIABLES = variable_lines({"_email_server": "smtp.lab.test", "_email_from": "a@b.c", "_email_to": "noc@b.c"})
LINES = (*DNS, "logging buffered 8192 informational", *VARIABLES)


def outcome(talk: Any, router: Any) -> Any:
    """What was found, and each write since the look."""
    with talk(router) as session:
        observe(session, *TERMINAL)
        del session.sent[:]
        return send_test_mail(session, APPLET, "id-1"), session.sent


def test_the_test_is_marked_first_and_run_in_one_burst(make: Any, talk: Any) -> None:
    """Its first line is a mark that every release takes; then lines, the way out, the run and the log in one write."""
    found, sent = outcome(talk, make(*LINES))
    assert found == ()
    assert sent[:2] == [["configure terminal"], [f"event manager applet {TEST_APPLET}"]]
    assert sent[2][0].startswith("action 0000 comment mailtrust ")
    assert sent[2].index("end") < sent[2].index(RUN) < sent[2].index(READ_LOG)
    assert len(sent) == 3


@pytest.mark.parametrize(
    ("denied", "code", "words"),
    [
        ("configure terminal", "MT408", "'configure terminal': Command authorization failed."),
        ("event manager applet", "MT408", "'event manager applet mailtrust-test': Command authorization failed."),
        ("action 0020", "MT408", "Command authorization failed."),
        ("event manager run", "MT309", "'event manager run mailtrust-test': Command authorization failed."),
        ("show logging", "MT427", "Command authorization failed."),
    ],
)
def test_a_test_that_is_denied_is_told(make: Any, talk: Any, denied: str, code: str, words: str) -> None:
    """Each with the router's words; where a mode is refused no line of the test is typed elsewhere."""
    router = make(*LINES, deny=(denied,))
    with talk(router) as session:
        observe(session, *TERMINAL)
        with pytest.raises(Refused) as error:
            send_test_mail(session, APPLET, "id-1")
        found = error.value.findings[0]
        assert found.code == code
        assert words in found.text
        if not denied.startswith(("action", "show", "event manager run")):
            assert not [line for write in session.sent for line in write if line.startswith("action")]


def test_the_test_goes_and_is_seen_to_go(make: Any, talk: Any) -> None:
    """Afterwards it is not there; the question about others' changes has been asked behind its removal."""
    router = make(*LINES)
    with talk(router) as session:
        observe(session, *TERMINAL)
        send_test_mail(session, APPLET, "id-1")
        del session.sent[:]
        differences, reading = remove_test(session)
        assert "Contextual Config Diffs" in differences
        assert reading.observed.applets == ()
        assert session.sent[0] == ["configure terminal"]
        assert session.sent[1][:3] == [f"no event manager applet {TEST_APPLET}", "end", DIFFERENCES]
    assert TEST_APPLET not in router.config.applets
    assert router.lock is None


@pytest.mark.parametrize("differences", ["true", "Command authorization failed.\n\n"])
def test_a_test_that_stays_is_not_called_gone(make: Any, talk: Any, differences: str) -> None:
    """The removal is taken without a word and does nothing: it is seen to be there still, whoever has to be asked."""
    deaf = [Answer(f"no event manager applet {TEST_APPLET}", "")]
    deaf += [] if differences == "true" else [Answer("show archive.*", differences)]
    router = make(*LINES, faults=Faults(answers=tuple(deaf)))
    with talk(router) as session:
        observe(session, *TERMINAL)
        send_test_mail(session, APPLET, "id-1")
        with pytest.raises(Refused, match="still there"):
            remove_test(session)
    assert TEST_APPLET in router.config.applets
