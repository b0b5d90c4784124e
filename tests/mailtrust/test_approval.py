"""The digest that somebody approves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailtrust.approval import digest
from mailtrust.model import AppletText, InstallApplet, Observed, SetVariable, Trustpoint, Variable
from mailtrust.secret import Secret

ROUTER = Observed(
    (Trustpoint("T", ("enrollment terminal",), (b"der",)),),
    (Variable("_email_to", Secret("a@b.c")), Variable("_email_server", Secret("bob:0ne@x.y"))),
    (AppletText("A", ("event none",)),),
)
STEPS = (SetVariable(Variable("_email_to", Secret("new@b.c"))), InstallApplet(AppletText("A", ("event none", "x"))))


@pytest.mark.parametrize(
    ("router", "steps"),
    [
        (replace(ROUTER, trustpoints=()), STEPS),
        (replace(ROUTER, trustpoints=(Trustpoint("T", ("enrollment terminal",), (b"other",)),)), STEPS),
        (replace(ROUTER, trustpoints=(Trustpoint("T", ("revocation-check none",), (b"der",)),)), STEPS),
        (replace(ROUTER, variables=ROUTER.variables[1:]), STEPS),
        (replace(ROUTER, variables=(Variable("_email_to", Secret("z@b.c")), ROUTER.variables[1])), STEPS),
        (replace(ROUTER, applets=(AppletText("A", ("event none", "y")),)), STEPS),
        (replace(ROUTER, applets=(AppletText("A", ("event none",), "authorization bypass"),)), STEPS),
        (replace(ROUTER, applets=()), STEPS),
        (replace(ROUTER, policies=("mail.tcl",)), STEPS),
        (ROUTER, STEPS[:1]),
        (ROUTER, STEPS[::-1]),
        (ROUTER, ()),
    ],
)
def test_whatever_moves_moves_the_digest(router, steps):
    """The router's state, foreign things too, and what would be done."""
    assert digest(router, steps) != digest(ROUTER, STEPS)


def test_the_same_is_the_same():
    """From one process to another: nothing but the values counts."""
    again = replace(ROUTER, variables=tuple(Variable(each.name, each.value) for each in ROUTER.variables))
    assert digest(again, tuple(STEPS)) == digest(ROUTER, STEPS)
    assert len(digest(ROUTER, STEPS)) == 64


def test_a_password_leaves_no_trace():
    """A digest of a short secret would be a way to guess it."""
    other = replace(ROUTER, variables=(ROUTER.variables[0], Variable("_email_server", Secret("bob:An0ther@x.y"))))
    assert digest(other, STEPS) == digest(ROUTER, STEPS)
    mails = [AppletText("A", (f'action 1 mail server "bob:{word}@x.y"',)) for word in ("0ne", "An0ther")]
    literal = [replace(ROUTER, applets=(each,)) for each in mails]
    steps = [(InstallApplet(each),) for each in mails]
    assert digest(literal[0], steps[0]) == digest(literal[1], steps[1])
