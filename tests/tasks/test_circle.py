"""The circle as a whole: make before break on a router that works, and what happens when the new cannot be proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from lab.authority import Authority
from lab.fleet import applet_lines, configure, trustpoint_lines, variable_lines
from lab.issuing import pem
from tests.support.world import APPLET, Ran, Wish, World, Worlds, edited, emulated, router

SERVER_NOW = "alerts:s3cr3t-pw@smtp.lab.test"


@dataclass(frozen=True)
class Story:
    """A router that works; the provider's chain will change, and somebody edits the trust file twice."""

    world: World
    first: Ran
    settled: str
    wrong: Ran
    after_wrong: str
    added: Ran
    after_added: str
    mails: list[int]


@pytest.fixture(scope="module")
def story(authority: Authority, worlds: Worlds) -> Story:
    here = worlds([router("r1")])
    trust, mails = here.directory / "inventory/trust/lab.pem", []
    usual = trust.read_text()

    def rollout() -> Ran:
        ran = here.run("rollout")
        mails.append(len(here.mail.messages()))
        return ran

    first = rollout()
    settled = here.shows("r1")
    with edited(here.directory / "inventory/providers.yaml") as providers:
        providers["lab"]["port"], good_port = 9, providers["lab"]["port"]
    wrong = rollout()
    after_wrong = here.shows("r1")
    with edited(here.directory / "inventory/providers.yaml") as providers:
        providers["lab"]["port"] = good_port
    trust.write_text(usual + pem(authority.chain("root switched").issuers))
    added = rollout()
    return Story(here, first, settled, wrong, after_wrong, added, here.shows("r1"), mails)


def test_a_change_that_cannot_be_proven_is_not_saved(story: Story) -> None:
    """A wish that breaks the mail fails the host, saves nothing, and says what is wrong."""
    assert story.wrong.states() == {"r1": "failed"}
    assert story.wrong.errors("r1") == ["MT302"]
    assert story.wrong.hosts["r1"]["saved"] is False
    assert "port 9 " not in story.world.shows("r1", "show startup-config")


def test_no_trust_is_lost_on_the_way(story: Story) -> None:
    """Whatever fails, every certificate of before stands there afterwards."""
    for text in (story.after_wrong, story.after_added):
        assert text.count("crypto pki certificate chain CA-Lab-Root-R1") == 1
        assert text.count("crypto pki certificate chain CA-Lab-Legacy") == 1


def test_new_trust_is_added_beside_the_old(story: Story) -> None:
    """The trust file has grown: only the new certificates are installed, mail is proven, all of it is saved."""
    host = story.added.hosts["r1"]
    assert (host["state"], host["saved"], host["mail"]["sent"]) == ("changed", True, True)
    kinds = [step["kind"] for step in host["steps"]]
    assert kinds.count("authenticate") == 2
    assert "variable" not in kinds
    assert story.after_added.count("crypto pki trustpoint CA-Lab-") == 5


def test_the_next_chain_is_trusted_before_it_comes(story: Story) -> None:
    """The provider switches its root: the router needs nothing, and mail goes on."""
    story.world.mail.rotate(story.world.authority.chain("root switched"))
    ran = story.world.run("rollout", "--test", "all")
    assert (ran.states(), ran.hosts["r1"]["mail"]["sent"]) == ({"r1": "unchanged"}, True)
    assert "crypto pki authenticate" not in ran.said("r1")


def test_mail_is_tested_once_for_each_change(story: Story) -> None:
    """Two proven rollouts, two mails; the one that failed sent none."""
    assert story.mails == [1, 1, 2]


def test_a_router_that_somebody_set_up_by_hand_as_wanted_is_unchanged(worlds: Worlds, authority: Authority) -> None:
    """Wanted certificates under foreign names, our very variables and applet without a mark: nothing is to be done."""
    certificates = [emulated(each) for each in authority.chain().issuers]
    lines = [line for number, each in enumerate(certificates) for line in trustpoint_lines(f"Hand-{number}", each)]
    lines += variable_lines(
        {"_email_server": SERVER_NOW, "_email_from": "alerts@lab.example", "_email_to": "noc@lab.example"}
    )
    template = worlds([router("template")])
    assert template.run("rollout", "--test", "none").code == 0
    shown = template.shows("template").split(f"event manager applet {APPLET}\n")[1].partition("\n!")[0].splitlines()
    here = worlds([router("r1", *lines)], Wish())
    port = str(here.mail.port)
    applet = [line.strip().replace(str(template.mail.port), port) for line in shown if "description" not in line]
    here.fleet.call(_configured(here, applet_lines(APPLET, *applet)))
    ran = here.run("rollout")
    assert (ran.code, ran.states()) == (0, {"r1": "unchanged"})
    assert here.subjects() == []


async def _configured(here: World, lines: Any) -> None:
    core = here.core("r1")
    await configure(core, lines)
    core.save()
