"""What is wrong with a wish before any router is touched: one folder a case in tests/cases/lint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mailtrust import settings
from mailtrust.applet import LINE_LENGTH
from mailtrust.desired import desired
from mailtrust.findings import Finding
from mailtrust.lint import lint
from mailtrust.model import Account, Applet, Limits, Provider
from mailtrust.secret import Secret

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
