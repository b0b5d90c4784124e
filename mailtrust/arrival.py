"""What it means for a host that its test mail was seen in the mailbox, was not, or that nobody could look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mailtrust.findings import Finding, finding
from mailtrust.model import HostOutcome, Mailbox, MailOutcome


@dataclass(frozen=True, slots=True)
class Arrivals:
    """``seen``: by token, after how many seconds of looking; ``trouble``: why the mailbox could not be read at last."""

    seen: Mapping[str, float]
    trouble: str | None


def judged(outcome: HostOutcome, token: str, arrivals: Arrivals, mailbox: Mailbox, seconds: float) -> HostOutcome:
    """The outcome of a host whose mail was sent, with what is known of its arrival after so many seconds.

    A host fails also when the mailbox cannot be read: the proof that was asked for is missing. Nothing is undone, since
    the router has done its part.
    """
    if token in arrivals.seen:
        return replace(outcome, mail=MailOutcome(sent=True, arrived=True))
    where = f"{mailbox.user} at {mailbox.server}:{mailbox.port}"
    kept = "the configuration is in place and was saved" if outcome.saved else "the configuration is in place, unsaved"
    if arrivals.trouble is not None:
        return _failed(outcome, None, finding("MT312", f"{where}: {arrivals.trouble}; {kept}"))
    late = f"sent, but not in any folder of {where} after {seconds:.0f} s; {kept}"
    return _failed(outcome, arrived=False, why=finding("MT311", late))


def _failed(outcome: HostOutcome, arrived: bool | None, why: Finding) -> HostOutcome:
    return replace(
        outcome, state="failed", mail=MailOutcome(sent=True, arrived=arrived), findings=(*outcome.findings, why)
    )
