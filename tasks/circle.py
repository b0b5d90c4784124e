"""The circle of one router: observe, plan, apply, observe again, prove by mail, save. One Nornir task does all of it.

Sub-tasks would lose a host at its first failure, so everything that happens becomes one Record here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone

from nornir.core.task import Result, Task
from nornir_utils.plugins.tasks.networking import tcp_ping

from mailtrust.applet import TEST_APPLET, test_applet, token
from mailtrust.approval import digest
from mailtrust.describe import in_short, in_words
from mailtrust.errors import MailtrustError, RouterError, Unreachable
from mailtrust.findings import Finding, finding
from mailtrust.kept import Kept
from mailtrust.model import Authenticate, ConfigureTrustpoint, MailOutcome, RemoveApplet, State
from mailtrust.obstacles import obstacles, remarks
from mailtrust.plan import plan, unsaved
from mailtrust.preflight import preflight
from mailtrust.reading import Reading
from mailtrust.undo import in_the_way, way_back
from mailtrust.unsaved import DIFFERENCES, names, unsaved_by_others
from tasks.applets import install_applets
from tasks.configuration_mode import enter
from tasks.diagnose import find_missing_issuer
from tasks.diary import Diary
from tasks.gate import Gate
from tasks.observe import TERMINAL, observe
from tasks.order import Manner, Order, Record
from tasks.save import save
from tasks.session import Session, opened
from tasks.testmail import REMOVE, send_test_mail
from tasks.trustpoints import install_trust, trustpoint_lines
from tasks.undo import take_back


def circle(manner: Manner, gates: Mapping[str, Gate]) -> Callable[[Task], Result]:
    """The Nornir task of a run. A closure, because Nornir logs whatever is passed to a task as an argument."""

    def journey(task: Task) -> Result:
        order = manner.orders[task.host.name]
        record = _travel(task, order, manner, gates[order.provider.name])
        outcome = record.outcome
        return Result(
            host=task.host,
            result=in_words(outcome),
            changed=any(step.state == "done" for step in outcome.steps),
            failed=outcome.state in {"failed", "unreachable"},
            record=record,
        )

    return journey


def _travel(task: Task, order: Order, manner: Manner, gate: Gate) -> Record:
    started = time.monotonic()
    diary = Diary()
    state: State = "failed"
    try:
        diary.note(order.findings)
        with _session(task, order, manner, diary) as session:
            state = _go(session, task.host.name, order, manner, gate, diary)
    except Unreachable as error:
        state = "failed" if _answers_tcp(task) else "unreachable"
        diary.findings += error.findings
    except RouterError as error:
        diary.findings += error.findings
    except MailtrustError as error:
        diary.findings.append(finding("MT416", str(error)))
    except Exception as error:  # noqa: BLE001  # one host's surprise must not take the others with it
        diary.findings.append(finding("MT499", f"{type(error).__name__} in {_place(error)}"))
    if state == "failed" and diary.to_undo and not manner.keep:
        _undo(task, order, manner, diary)
    return diary.record(task.host.name, state, time.monotonic() - started)


@contextmanager
def _session(task: Task, order: Order, manner: Manner, diary: Diary) -> Iterator[Session]:
    configuration = task.nornir.config
    note = diary.findings.append
    with opened(task.host, order.login, manner.deadlines, configuration, note, manner.connect_attempts) as session:
        diary.sessions.append(session)
        yield session


def _go(session: Session, name: str, order: Order, manner: Manner, gate: Gate, diary: Diary) -> State:
    reading = observe(session, *TERMINAL)
    diary.before = reading.observed
    diary.note(preflight(reading.facts, now=datetime.now(timezone.utc)))
    if order.kept is not None:
        return _go_back(session, order.kept, reading, manner, diary)
    diary.note(remarks(order.desired, reading.observed))
    diary.note(obstacles(order.desired, reading.observed))
    diary.steps = plan(order.desired, reading.observed)
    diary.save_pending = unsaved(order.desired, reading.observed, reading.startup)
    diary.digest = digest(reading.observed, diary.steps)
    pending = bool(diary.steps) or diary.save_pending
    if manner.until == "plan":
        diary.note([finding("MT415", "a reload would lose what is installed")] if diary.save_pending else [])
        return "planned" if pending else "unchanged"
    if order.approved is not None and order.approved != diary.digest:
        diary.note([finding("MT420", "the approved plan was made for another state of this router")])
        return "skipped"
    if pending and manner.stopping():
        return "interrupted"
    if diary.steps:
        manner.remember(name, reading.observed, diary.steps)
        _apply(session, order, reading, diary)
    elif pending:
        (differences,) = session.ask(DIFFERENCES)
        diary.unsaved_by_others = unsaved_by_others(differences, names(order.desired))
    if pending or manner.test == "all":
        _prove_and_save(session, name, order, manner, gate, diary, pending=pending)
    return "changed" if pending else "unchanged"


def _apply(session: Session, order: Order, reading: Reading, diary: Diary) -> None:
    trust = [step for step in diary.steps if isinstance(step, ConfigureTrustpoint | Authenticate)]
    others = [step for step in diary.steps if step not in trust]
    diary.to_undo = diary.steps
    (differences,) = enter(session, *trustpoint_lines(trust), ahead=[DIFFERENCES])
    diary.unsaved_by_others = unsaved_by_others(differences, names(order.desired))
    install_trust(session, trust, diary.done.append)
    after = install_applets(session, others, reading.observed)
    diary.done += others
    diary.save_pending = True
    diary.note(obstacles(order.desired, after.observed))
    left = plan(order.desired, after.observed)
    if left:
        diary.done = [step for step in diary.done if step not in left]
        raise RouterError(finding("MT214", f"still to be done after it was done: {in_short(left)}"))


def _prove_and_save(
    session: Session, name: str, order: Order, manner: Manner, gate: Gate, diary: Diary, *, pending: bool
) -> None:
    """The mail first; what is saved is proven, unless the user wants it otherwise."""
    tested = manner.test != "none"
    if tested:
        changes, test = diary.to_undo, (RemoveApplet(TEST_APPLET),)
        diary.to_undo = (*changes, *test)
        with gate.passing() as waited:
            session.allow(waited)
            failures = _mail(session, order, token(manner.run_id, name))
        diary.mail = MailOutcome(sent=not failures, arrived=None)
        if failures:
            session.ask(*REMOVE)
            diary.to_undo = changes
            diary.note(failures)
        diary.to_undo = test
    rest = REMOVE if tested else ()
    if pending and _may_save(manner, diary, tested=tested):
        failure = save(session, *rest)
        diary.to_undo = () if tested else diary.to_undo
        diary.note([] if failure is None else [failure])
        diary.saved, diary.save_pending = True, False
    elif rest:
        session.ask(*rest)


def _may_save(manner: Manner, diary: Diary, *, tested: bool) -> bool:
    if diary.unsaved_by_others and not manner.save_others and manner.save != "never":
        lines = "; ".join(diary.unsaved_by_others[:3])
        diary.note([finding("MT425", f"{len(diary.unsaved_by_others)} lines, so nothing was saved: {lines}")])
        return False
    if manner.save == "never" or (manner.save == "proven" and not tested):
        diary.note([finding("MT415", "not saved: no test mail was asked for, or --save never")])
        return False
    return True


def _mail(session: Session, order: Order, mark: str) -> Sequence[Finding]:
    """Why the test mail did not go, () when it went; where certificates may be the cause the router is asked which."""
    applet = test_applet(mark, session.prompt.hostname, order.account, order.provider)
    try:
        failures = send_test_mail(session, applet, mark)
        if any(failure.code == "MT302" for failure in failures) and order.provider.security == "tls":
            failures = find_missing_issuer(session, mark) or failures
    except RouterError:
        with suppress(RouterError):
            session.come_to_rest()
            session.ask(*REMOVE)
        raise
    return failures


def _go_back(session: Session, kept: Kept, reading: Reading, manner: Manner, diary: Diary) -> State:
    """To the state that an earlier run wrote down, as far as it is still that run's doing."""
    touched = (*kept.steps, RemoveApplet(TEST_APPLET))  # that run may have died while it tested
    diary.steps = way_back(kept.before, touched, reading.observed)
    strange = (
        *in_the_way(kept.before, kept.steps, reading.observed),
        *(finding("MT424", f"the old value of {name}") for name in kept.lost),
    )
    if diary.steps and manner.stopping():
        return "interrupted"
    if diary.steps:
        after, (differences,) = take_back(session, diary.steps, reading.observed, [DIFFERENCES])
        diary.unsaved_by_others = unsaved_by_others(differences, {step.target for step in touched})
        left = way_back(kept.before, touched, after.observed)
        diary.done += [step for step in diary.steps if step not in left]
        if left:
            diary.note([finding("MT423", in_short(left))])
        if _may_save(manner, diary, tested=True):
            failure = save(session)
            diary.note([] if failure is None else [failure])
            diary.saved = True
    diary.note(strange)
    return "changed" if diary.steps else "unchanged"


def _undo(task: Task, order: Order, manner: Manner, diary: Diary) -> None:
    """After a failure midway: back to how the router was, over a new line, since the old one may be dead."""
    assert diary.before is not None  # nothing is done to a router before it has been looked at
    try:
        with _session(task, order, manner, diary) as session:
            now = observe(session, *TERMINAL).observed
            back = left = way_back(diary.before, diary.to_undo, now)
            if back:
                after, _ = take_back(session, back, now)
                left = way_back(diary.before, diary.to_undo, after.observed)
    except MailtrustError as error:
        diary.findings.append(finding("MT423", str(error)))
    except Exception as error:  # noqa: BLE001  # what was done so far must not be lost from the report
        diary.findings.append(finding("MT423", f"{type(error).__name__} in {_place(error)}"))
    else:
        if left:
            diary.findings.append(finding("MT423", in_short(left)))
        elif set(diary.steps) <= set(diary.to_undo):
            diary.undone, diary.save_pending = True, False
            diary.findings.append(finding("MT421", in_short(back) or "nothing was left of it"))


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
