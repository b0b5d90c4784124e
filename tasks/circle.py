"""The circle of one router: observe, plan, apply, observe again, prove by mail, save. One Nornir task does all of it.

Sub-tasks would lose a host at its first failure, so everything that happens becomes one Record here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

from nornir.core.task import Result, Task
from nornir_utils.plugins.tasks.networking import tcp_ping

from mailtrust.applet import test_applet
from mailtrust.describe import describe, in_words
from mailtrust.errors import MailtrustError, RouterError, Unreachable
from mailtrust.findings import Finding, finding
from mailtrust.model import (
    Authenticate,
    ConfigureTrustpoint,
    HostOutcome,
    MailOutcome,
    Observed,
    State,
    Step,
    StepOutcome,
)
from mailtrust.obstacles import obstacles, remarks
from mailtrust.plan import plan, unsaved
from mailtrust.preflight import preflight
from mailtrust.reading import Reading
from tasks.applets import install_applets
from tasks.diagnose import find_missing_issuer
from tasks.gate import Gate
from tasks.observe import TERMINAL, observe
from tasks.order import Manner, Order, Record
from tasks.save import save
from tasks.session import Session, opened
from tasks.testmail import REMOVE, send_test_mail
from tasks.trustpoints import install_trust

_SAVE = ("save", "startup-config")
_SAVE_DETAIL = "write memory, after the test mail has gone"


@dataclass
class _Diary:
    """What has happened so far on one journey; it survives whatever ends the journey."""

    findings: list[Finding]
    steps: tuple[Step, ...] = ()
    done: list[Step] = field(default_factory=list)
    save_pending: bool = False
    saved: bool = False
    mail: MailOutcome | None = None
    before: Observed | None = None
    session: Session | None = None

    def note(self, findings: Sequence[Finding]) -> None:
        """Write the findings down; the first error among them ends the journey."""
        errors = [each for each in findings if each.severity == "error"]
        if errors:
            self.findings += [each for each in findings if each.severity != "error"]
            raise RouterError(*errors)
        self.findings += findings


def circle(manner: Manner, gates: Mapping[str, Gate]) -> Callable[[Task], Result]:
    """The Nornir task of a run. A closure, because Nornir logs whatever is passed to a task as an argument."""

    def journey(task: Task) -> Result:
        order = manner.orders[task.host.name]
        record = _travel(task, order, manner, gates[order.provider.name])
        outcome = record.outcome
        return Result(
            host=task.host,
            result=in_words(outcome),
            changed=bool(outcome.saved or any(step.state == "done" for step in outcome.steps)),
            failed=outcome.state in {"failed", "unreachable"},
            record=record,
        )

    return journey


def _travel(task: Task, order: Order, manner: Manner, gate: Gate) -> Record:
    started = time.monotonic()
    diary = _Diary([])
    state: State = "failed"
    try:
        diary.note(order.findings)
        with opened(task.host, order.login, manner.deadlines, task.nornir.config) as session:
            diary.session = session
            state = _go_round(session, order, manner, gate, diary)
    except Unreachable as error:
        state = "failed" if _answers_tcp(task) else "unreachable"
        diary.findings += error.findings
    except RouterError as error:
        diary.findings += error.findings
    except MailtrustError as error:
        diary.findings.append(finding("MT416", str(error)))
    except Exception as error:  # noqa: BLE001  # one host's surprise must not take the others with it
        diary.findings.append(finding("MT499", f"{type(error).__name__} in {_place(error)}"))
    return _record(task.host.name, state, diary, time.monotonic() - started)


def _go_round(session: Session, order: Order, manner: Manner, gate: Gate, diary: _Diary) -> State:
    reading = observe(session, *TERMINAL)
    diary.before = reading.observed
    diary.note(preflight(reading.facts, now=datetime.now(timezone.utc)))
    diary.note(remarks(order.desired, reading.observed))
    diary.note(obstacles(order.desired, reading.observed))
    diary.steps = plan(order.desired, reading.observed)
    diary.save_pending = unsaved(order.desired, reading.observed, reading.startup)
    pending = bool(diary.steps) or diary.save_pending
    if manner.until == "plan":
        if diary.save_pending:
            diary.note([finding("MT415", "a reload would lose what is installed")])
        return "planned" if pending else "unchanged"
    if diary.steps:
        _apply(session, order, reading, diary)
    if manner.test == "all" or (pending and manner.test == "changed"):
        _prove_and_save(session, order, manner, gate, diary, pending=pending)
    elif pending:
        diary.note([finding("MT415", "no test mail was asked for, so nothing is proven and nothing saved")])
    return "changed" if pending else "unchanged"


def _apply(session: Session, order: Order, reading: Reading, diary: _Diary) -> None:
    trust = [step for step in diary.steps if isinstance(step, ConfigureTrustpoint | Authenticate)]
    others = [step for step in diary.steps if step not in trust]
    install_trust(session, trust, diary.done.append)
    after = install_applets(session, others, reading.observed)
    diary.done += others
    left = plan(order.desired, after.observed)
    if left:
        diary.done = [step for step in diary.done if step not in left]
        missing = ", ".join(f"{step.kind} {step.target}" for step in left)
        raise RouterError(finding("MT214", f"still to be done after it was done: {missing}"))
    diary.save_pending = True


def _prove_and_save(
    session: Session, order: Order, manner: Manner, gate: Gate, diary: _Diary, *, pending: bool
) -> None:
    with gate.passing() as waited:
        session.allow(waited)
        failures = _mail(session, order, manner.run_id)
    diary.mail = MailOutcome(sent=not failures, arrived=None)
    if failures or not pending:
        session.ask(*REMOVE)
        diary.note(failures)
        return
    failure = save(session, *REMOVE)
    diary.note([] if failure is None else [failure])
    diary.saved, diary.save_pending = True, False


def _mail(session: Session, order: Order, run_id: str) -> Sequence[Finding]:
    """Why the test mail did not go, () when it went; where certificates may be the cause the router is asked which."""
    applet = test_applet(run_id, session.prompt.hostname, order.account, order.provider)
    try:
        failures = send_test_mail(session, applet, run_id)
        if any(failure.code == "MT302" for failure in failures) and order.provider.security == "tls":
            failures = find_missing_issuer(session, run_id) or failures
    except RouterError:
        with suppress(RouterError):
            session.come_to_rest()
            session.ask(*REMOVE)
        raise
    return failures


def _record(name: str, state: State, diary: _Diary, seconds: float) -> Record:
    session = diary.session
    outcome = HostOutcome(
        name=name,
        state=state,
        seconds=round(seconds, 3),
        round_trips=0 if session is None else session.round_trips,
        saved=diary.saved,
        steps=_step_outcomes(diary, failed=state == "failed"),
        mail=diary.mail,
        findings=tuple(diary.findings),
    )
    return Record(outcome, diary.steps, diary.before, "" if session is None else "".join(session.transcript))


def _step_outcomes(diary: _Diary, *, failed: bool) -> tuple[StepOutcome, ...]:
    """Each step once; on a failed journey that had begun, the first step which is not done is the one that failed."""
    before = diary.before or Observed((), (), ())
    outcomes = [
        StepOutcome(step.kind, step.target, "done" if step in diary.done else "planned", describe(step, before))
        for step in diary.steps
    ]
    if diary.saved or diary.save_pending:
        outcomes.append(StepOutcome(*_SAVE, "done" if diary.saved else "planned", _SAVE_DETAIL))
    open_steps = [index for index, outcome in enumerate(outcomes) if outcome.state == "planned"]
    if failed and open_steps:
        outcomes[open_steps[0]] = replace(outcomes[open_steps[0]], state="failed")
    return tuple(outcomes)


def _answers_tcp(task: Task) -> bool:
    """Whether somebody listens there at all: then it is SSH that failed, and the router is not out of reach."""
    wanted = task.host.get_connection_parameters("scrapli")
    port = wanted.port or 22
    answer: dict[int, bool] = tcp_ping(task, ports=[port], host=wanted.hostname).result
    return answer[port]


def _place(error: BaseException) -> str:
    """File and line of our own code where it happened; never the message, which may hold anything."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "unknown place" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
