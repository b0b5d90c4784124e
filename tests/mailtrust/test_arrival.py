"""What a host has come to when its test mail was looked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailtrust.arrival import Arrivals, judged
from mailtrust.findings import finding
from mailtrust.model import HostOutcome, Mailbox, MailOutcome

MAILBOX = Mailbox("imap.example.com", 993, "noc", "env:NOC")
EARLIER = finding("MT412", "seen before")
SENT = HostOutcome("r1", "changed", 1.0, 8, saved=True, steps=(), mail=MailOutcome(True, None), findings=(EARLIER,))


def test_a_mail_that_was_seen() -> None:
    """The host stays what it was, and its mail has arrived; trouble with other mails is not its own."""
    for trouble in (None, "lost"):
        arrived = judged(SENT, "id-1", Arrivals({"id-1": 0.4}, trouble), MAILBOX, 120)
        assert arrived == replace(SENT, mail=MailOutcome(True, True))


@pytest.mark.parametrize(
    ("trouble", "arrived", "code", "text"),
    [
        (None, False, "MT311", "sent, but not in any folder of noc at imap.example.com:993 after 120 s; "),
        ("refused", None, "MT312", "noc at imap.example.com:993: refused; "),
    ],
)
@pytest.mark.parametrize(("saved", "kept"), [(True, "and was saved"), (False, "unsaved")])
def test_a_mail_that_was_not_seen(trouble, arrived, code, text, saved, kept) -> None:
    """The host has failed, whether it is late or nobody could look; the text says that its configuration stands."""
    late = judged(replace(SENT, saved=saved), "id-1", Arrivals({"id-2": 0.4}, trouble), MAILBOX, 120)
    assert (late.state, late.saved, late.mail) == ("failed", saved, MailOutcome(True, arrived))
    kept_before, why = late.findings
    assert (kept_before, why.code, why.severity) == (EARLIER, code, "error")
    assert why.text.startswith(text)
    assert "the configuration is in place" in why.text
    assert why.text.endswith(kept)
