"""``mailtrust demo``: what a newcomer sees first."""

from __future__ import annotations

import pytest

from runbooks.demo import UNREACHABLE
from tests.support.world import Done, run_cli


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Done:
    return run_cli("demo", cwd=tmp_path_factory.mktemp("demo"))


def test_it_ends_well(played: Done) -> None:
    """Exit code 0 and nothing that looks like an accident, though some routers fail on purpose."""
    assert played.code == 0
    for accident in ("Traceback", "MT499", "Warning:"):
        assert accident not in played.out + played.err


@pytest.mark.parametrize("act", ["check", "plan", "rollout", "verify"])
def test_every_act_is_announced(played: Done, act: str) -> None:
    """The four verbs are played, each under its headline."""
    assert f"mailtrust {act}" in played.out


def test_the_mailbox_is_shown(played: Done) -> None:
    """What arrived at the mail server is listed, with the TLS it came over."""
    arrived = [line for line in played.out.splitlines() if line.startswith("  from alerts@lab.example to ")]
    assert len(arrived) >= 6
    assert all("mailtrust test" in line and "TLSv1.2" in line for line in arrived)


@pytest.mark.parametrize(
    ("host", "code"),
    [
        ("cairo", "MT411"),
        ("dublin", "MT221"),
        ("vienna", "MT101"),
        ("prague", "MT410"),
        (UNREACHABLE, "MT401"),
    ],
)
def test_it_says_who_could_not_be_helped_and_why(played: Done, host: str, code: str) -> None:
    """Each router that stays without mail is named at the end, with the finding."""
    _, _, ending = played.out.partition("Who could not be helped")
    assert [line for line in ending.splitlines() if line.split()[:2] == [host, code]]


def test_it_ends_with_what_to_try_next(played: Done) -> None:
    """The last lines are commands that can be typed."""
    _, _, ending = played.out.partition("Try next:")
    assert [line.split()[:2] for line in ending.splitlines() if line.startswith("  mailtrust ")] == [
        ["mailtrust", "lab"],
        ["mailtrust", "init"],
        ["mailtrust", "check"],
    ]


def test_no_password_is_shown(played: Done) -> None:
    """Not even the lab's own."""
    assert "lab-app-password" not in played.out + played.err
