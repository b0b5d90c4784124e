"""What has happened so far on one router's journey; it survives whatever ends the journey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from mailtrust.describe import describe
from mailtrust.errors import RouterError
from mailtrust.findings import Finding
from mailtrust.model import HostOutcome, MailOutcome, Observed, State, Step, StepOutcome
from tasks.order import Record
from tasks.session import Session

_SAVE = StepOutcome("save", "startup-config", "planned", "write memory, when the test mail has gone")


@dataclass
class Diary:
    """One journey. ``to_undo`` is set before the first line that changes something."""

    findings: list[Finding] = field(default_factory=list)
    steps: tuple[Step, ...] = ()
    done: list[Step] = field(default_factory=list)
    digest: str = ""
    unsaved_by_others: tuple[str, ...] = ()
    to_undo: tuple[Step, ...] = ()
    """What has to be taken back should the journey end here; nothing that a test mail has proven."""
    undone: bool = False
    save_pending: bool = False
    saved: bool = False
    mail: MailOutcome | None = None
    before: Observed | None = None
    sessions: list[Session] = field(default_factory=list)

    def note(self, findings: Sequence[Finding]) -> None:
        """Write the findings down; the first error among them ends the journey."""
        errors = [each for each in findings if each.severity == "error"]
        self.findings += [each for each in findings if each.severity != "error"]
        if errors:
            raise RouterError(*errors)

    def record(self, name: str, state: State, seconds: float) -> Record:
        """The journey as a value."""
        outcome = HostOutcome(
            name=name,
            state=state,
            seconds=round(seconds, 3),
            round_trips=sum(session.round_trips for session in self.sessions),
            saved=self.saved,
            steps=self._step_outcomes(failed=state == "failed"),
            mail=self.mail,
            findings=tuple(dict.fromkeys(self.findings)),
        )
        transcript = "".join(text for session in self.sessions for text in session.transcript)
        return Record(outcome, transcript, self.digest)

    def _step_outcomes(self, *, failed: bool) -> tuple[StepOutcome, ...]:
        """Each step once; on a failed journey the first step that is not done is the one that failed."""
        before = self.before or Observed((), (), ())
        did: Literal["undone", "done"] = "undone" if self.undone else "done"
        outcomes = [
            StepOutcome(step.kind, step.target, did if step in self.done else "planned", describe(step, before))
            for step in self.steps
        ]
        if self.saved or self.save_pending:
            outcomes.append(replace(_SAVE, state="done" if self.saved else "planned"))
        still = [index for index, outcome in enumerate(outcomes) if outcome.state == "planned"]
        if failed and still:
            outcomes[still[0]] = replace(outcomes[still[0]], state="failed")
        return tuple(outcomes)
