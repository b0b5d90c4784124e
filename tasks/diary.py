"""What has happened so far on one router's journey; it survives whatever ends the journey."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from mailtrust.applet import TEST_APPLET, same
from mailtrust.describe import describe
from mailtrust.errors import RouterError
from mailtrust.findings import Finding
from mailtrust.kept import Kept, as_before
from mailtrust.model import HostOutcome, InstallApplet, MailOutcome, Observed, RemoveApplet, State, Step, StepOutcome
from mailtrust.plain import one_line, plain
from mailtrust.plan import named
from mailtrust.unsaved import brief
from tasks.order import Record
from tasks.session import Session

_SAVE = StepOutcome("save", "startup-config", "planned", "write memory, when the test mail has gone")

_CONTRADICTED = "MT437"


@dataclass
class Diary:
    """One journey, or several over one line after the other. What is begun is written down before it is typed."""

    findings: list[Finding] = field(default_factory=list)
    steps: tuple[Step, ...] = ()
    begun: list[Step] = field(default_factory=list)
    """Steps of which a line has been typed, those of an earlier run without a proof among them."""
    done: list[Step] = field(default_factory=list)
    left_open: set[str] = field(default_factory=set)
    """Applets that may not run though they stand there: IOS takes one up when its mode is left, which nobody saw."""
    put_back: list[InstallApplet] = field(default_factory=list)
    """Applets of before that are typed again on the way back; over a new line once more, for the same reason."""
    digest: str = ""
    unsaved_by_others: tuple[str, ...] | None = None
    """Changed lines of others; None when nobody could tell."""
    proven: bool = False
    """A test mail has gone: nothing of what was done is taken back any more."""
    testing: bool = False
    """The test applet may be on the router."""
    debugs: Sequence[str] = ()
    """What may be switched on."""
    undone: bool = False
    save_pending: bool = False
    saved: bool = False
    mail: MailOutcome | None = None
    before: Observed | None = None
    """How the router was when it was last proven, or first looked at."""
    others: Sequence[str] = ()
    """What applets and scripts were there then, besides those in ``before``: see ``mailtrust.kept``."""
    going_back: bool = False
    """Something has been taken back already: what was done may be gone."""
    startup: Observed | None = None
    """What the router would have come back with then."""
    inherited: bool = False
    """Some of what is begun is an earlier run's, which only a proof settles."""
    lost: Sequence[str] = ()
    """What was there then under these names was not kept."""
    remembered: frozenset[Step] = frozenset()
    sessions: list[Session] = field(default_factory=list)

    def note(self, findings: Sequence[Finding]) -> None:
        """Write the findings down; the first error among them ends the journey."""
        errors = [each for each in findings if each.severity == "error"]
        self.findings += [each for each in findings if each.severity != "error"]
        if errors:
            raise RouterError(*errors)

    def looked(self, observed: Observed, startup: Observed, origin: Kept | None) -> None:
        """The first look at a router; what an earlier run began without a proof counts as begun by this one."""
        if self.before is not None:
            return
        self.before, self.startup = observed, startup
        if origin is not None:
            self.lost = origin.lost
            self.inherited = True
            self.before = as_before(observed, origin)
            self.others = origin.others
            for step in origin.steps:
                self.begin(step)

    def planned(self, steps: Sequence[Step]) -> None:
        """What is to be done; on a second journey what is not any more has been done on the first."""
        self.done += [step for step in self.steps if step not in steps and step not in self.done]
        self.done = [step for step in self.done if step not in steps]
        self.steps = tuple(dict.fromkeys((*self.steps, *steps)))

    def begin(self, step: Step) -> None:
        """A line of this step will be typed now."""
        if step not in self.begun:
            self.begun.append(step)
        if isinstance(step, InstallApplet):
            self.left_open.add(step.target)

    def once_more(self, steps: Sequence[Step], observed: Observed) -> tuple[Step, ...]:
        """What was begun over a line that was lost, stands there, and has to be done again all the same."""
        doubtful = [step for step in self.begun if isinstance(step, InstallApplet) and step.target in self.left_open]
        there = [named(observed.applets, step.target) for step in doubtful]
        again = [step for step, now in zip(doubtful, there, strict=True) if now is not None and same(now, step.applet)]
        return tuple(step for step in again if step.target not in {each.target for each in steps})

    @property
    def contradicted(self) -> bool:
        """Whether the router has shown that the first look was wrong: nothing may be taken back upon it."""
        return any(each.code == _CONTRADICTED for each in self.findings)

    @property
    def to_undo(self) -> tuple[Step, ...]:
        """What has to be taken back should the journey end here."""
        steps = () if self.proven or self.contradicted else tuple(self.begun)
        return (*steps, *((RemoveApplet(TEST_APPLET),) if self.testing else ()))

    def _settled(self, state: State) -> bool:
        """Whether the next run needs to know nothing: it ended well, was taken back, or is not to be believed."""
        ended = state in {"changed", "unchanged"} or self.undone or self.proven or self.contradicted
        untouched = self.before is not None and not self.begun
        return (ended and (self.proven or not self.inherited or self.undone)) or untouched

    def record(self, name: str, state: State, seconds: float, redact: Callable[[str], str]) -> Record:
        """The journey as a value, without secrets and without anything that acts on a terminal."""

        def shown(text: str) -> str:
            return redact(plain(text))

        outcome = HostOutcome(
            name=name,
            state=state,
            seconds=round(seconds, 3),
            round_trips=sum(session.round_trips for session in self.sessions),
            saved=self.saved,
            steps=tuple(
                replace(step, detail=shown(step.detail)) for step in self._step_outcomes(failed=state == "failed")
            ),
            mail=self.mail,
            findings=tuple(dict.fromkeys(replace(each, text=redact(one_line(each.text))) for each in self.findings)),
        )
        transcript = "".join(text for session in self.sessions for text in session.transcript)
        return Record(outcome, shown(brief(transcript)), self.digest, settled=self._settled(state))

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
