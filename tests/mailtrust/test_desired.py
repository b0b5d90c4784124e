"""From values to one router's wish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mailtrust.applet import applet_text, variables
from mailtrust.desired import desired
from mailtrust.model import Account, Applet, Certificate, Desired, Provider

Mint = Callable[..., Certificate]
ALARM, HELLO = Applet("Alarm", "none", "s", "b", adopt=True), Applet("Hello", "none", "s", "b", adopt=False)


def test_the_wish_is_whole(account: Account, provider: Provider, mint: Mint) -> None:
    """Trust stands roots first, each applet has its text, and those that may be taken over are named."""
    inner, root = mint("Inner", by="Root"), mint("Root")
    assert desired(account, provider, [inner, root], [ALARM, HELLO]) == Desired(
        trust=(root, inner),
        variables=variables(account, provider),
        applets=(applet_text(ALARM, account, provider), applet_text(HELLO, account, provider)),
        adopt=frozenset({"Alarm"}),
    )


def test_adopt_means_all_of_them(account: Account, provider: Provider) -> None:
    """With ``adopt`` every wanted applet may be taken over, and none that is not wanted."""
    assert desired(account, provider, [], [ALARM, HELLO], adopt=True).adopt == {"Alarm", "Hello"}
    assert desired(account, provider, [], [], adopt=True).adopt == frozenset()


@pytest.mark.parametrize("security", ["tls", "none"])
def test_without_tls_no_trust_is_wanted(security: str, account: Account, provider: Provider, mint: Mint) -> None:
    """A relay that is spoken to in clear needs no certificate."""
    wanted = desired(account, replace(provider, security=security), [mint("Root")], []).trust  # type: ignore[arg-type]
    assert bool(wanted) is (security == "tls")
