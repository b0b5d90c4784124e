"""The circle of one router: observe, plan, apply, observe again, prove by mail, save. One Nornir task does all of it.

Sub-tasks would lose a host at its first failure, so everything that happens becomes one Record here.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone

from nornir.core.task import Result, Task
from nornir_utils.plugins.tasks.networking import tcp_ping

from mailtrust.applet import TEST_APPLET, test_applet, token
from mailtrust.approval import digest
from mailtrust.describe import in_short, in_words
from mailtrust.errors import MailtrustError, Overtaken, RouterError, Silence, Unreachable
from mailtrust.findings import Finding, finding
from mailtrust.kept import Kept, recovered
from mailtrust.model import (
    Authenticate,
    ConfigureTrustpoint,
    Desired,
    InstallApplet,
    MailOutcome,
    Observed,
    RemoveApplet,
    RemoveTrustpoint,
    State,
    Step,
)
from mailtrust.obstacles import obstacles, remarks
from mailtrust.plan import missing_in, named, plan, unsaved
from mailtrust.preflight import preflight
from mailtrust.reading import QUESTIONS, SAVED, Reading, ReadingError, Unproven, saved
from mailtrust.refusals import quiet
from mailtrust.undo import differences, in_the_way, part_of, strangers, unsaved_back, way_back, without_halves
from mailtrust.unsaved import DIFFERENCES, names, unsaved_by_others
from tasks.applets import install_applets
from tasks.clean_up import clean_up
from tasks.configuration_mode import enter
from tasks.diagnose import find_missing_issuer, switch_off
from tasks.diary import Diary
from tasks.gate import Gate
from tasks.observe import TERMINAL, observe, understood
from tasks.order import Manner, Order, Record
from tasks.save import save
from tasks.session import Session, opened
from tasks.testmail import remove_test, send_test_mail
from tasks.trustpoints import install_trust
from tasks.undo import take_back

_LOST = frozenset({"MT404", "MT405"})


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
    diary = Diary(debugs=order.debugs if manner.until == "save" else ())
    state: State = "failed"
    try:
        diary.note(order.findings)
        state = _journeys(task, order, manner, gate, diary)
    except Unreachable as error:
        state = "failed" if diary.begun or _answers_tcp(task) else "unreachable"
        diary.findings += error.findings
    except Exception as error:  # noqa: BLE001  # one host's surprise must not take the others with it
        diary.findings += _told(error)
    if state == "failed":
        if any(each.code in _LOST for each in diary.findings):
            time.sleep(manner.pause)
        clean_up(lambda: _session(task, order, manner, diary), manner, task.host.name, diary)
    return diary.record(task.host.name, state, time.monotonic() - started, manner.redact)


def _told(error: Exception) -> Sequence[Finding]:
    """What a person has to know of an error."""
    match error:
        case RouterError():
            return error.findings
        case ReadingError():
            return (finding("MT427", str(error)),)
        case MailtrustError():
            return (finding("MT416", str(error)),)
    return (finding("MT499", f"{type(error).__name__} in {_place(error)}"),)


def _journeys(task: Task, order: Order, manner: Manner, gate: Gate, diary: Diary) -> State:
    """Round the circle, and once more when the line is lost on the way: what is done already has no step any more."""
    deadline = time.monotonic() + manner.deadlines.host
    for left in reversed(range(manner.journeys)):
        try:
            with _session(task, order, manner, diary, deadline) as session:
                return _go(session, task.host.name, order, manner, gate, diary)
        except (Silence, Overtaken) as silence:
            over = manner.stopping() or time.monotonic() > deadline
            if not left or over or not (diary.sessions and diary.sessions[-1].greeted):
                raise
            diary.findings += [finding("MT435", each.text) for each in silence.findings if isinstance(silence, Silence)]
            time.sleep(manner.pause)
    raise AssertionError("there is no journey to make")  # pragma: no cover  # Manner has at least one


@contextmanager
def _session(task: Task, order: Order, manner: Manner, diary: Diary, deadline: float = math.inf) -> Iterator[Session]:
    """A line of its own; all journeys of a host share one deadline, the way back has time of its own."""
    left = replace(manner.deadlines, host=min(manner.deadlines.host, deadline - time.monotonic()))
    note, heed = diary.findings.append, diary.sessions.append
    opening = opened(task.host, order.login, left, task.nornir.config, note, manner.connect_attempts, heed)
    with opening as session:
        yield session


def _go(session: Session, name: str, order: Order, manner: Manner, gate: Gate, diary: Diary) -> State:
    reading = observe(session, *TERMINAL)
    diary.note(preflight(reading.facts, now=datetime.now(timezone.utc)))
    if manner.until != "plan":
        _take(name, reading, manner)
        _switch_off(session, name, manner, diary)
    if order.kept is not None:
        return _go_back(session, recovered(order.kept, order.desired, reading.observed, None), reading, manner, diary)
    if manner.until != "plan":
        _look(name, order, reading, diary)
        order = replace(order, desired=_with_our_own(order.desired, reading.observed, diary))
    seen = without_halves(reading.observed, diary.begun)
    diary.note(remarks(order.desired, seen))
    diary.note(obstacles(order.desired, seen))
    steps = plan(order.desired, seen)
    diary.save_pending = unsaved(order.desired, reading.observed, reading.startup)
    first = not diary.digest
    diary.digest = diary.digest or digest(reading.observed, steps)
    if manner.until == "plan":
        diary.planned(steps)
        diary.note([finding("MT415", "a reload would lose what is installed")] if diary.save_pending else [])
        return "planned" if steps or diary.save_pending else "unchanged"
    if first and order.approved is not None and order.approved != diary.digest:
        diary.planned(steps)
        diary.note([finding("MT420", "the approved plan was made for another state of this router")])
        return "skipped"
    steps = (*steps, *diary.once_more(steps, reading.observed))
    diary.planned(steps)
    pending = bool(steps or diary.save_pending or diary.begun)
    if pending and manner.stopping() and not diary.begun:
        return "interrupted"
    if steps:
        _remember(name, manner, diary)
        _apply(session, order, steps, reading, diary, stay=manner.test != "none" and not diary.proven)
    if pending or manner.test == "all":
        _prove_and_save(session, name, order, manner, gate, diary, pending=pending)
    return "changed" if pending else "unchanged"


def _take(name: str, reading: Reading, manner: Manner) -> None:
    """One router is in one host's hands, whatever its names and addresses."""
    facts = reading.facts
    if (other := manner.identities.take(name, (facts.hostname, facts.serial))) is not None:
        raise RouterError(finding("MT428", f"{facts.hostname} with serial number {facts.serial} is host {other} too"))


def _switch_off(session: Session, name: str, manner: Manner, diary: Diary) -> None:
    """What a run before this one, or a line before this one, has switched on and was not seen to switch off."""
    if debugs := diary.debugs:
        switch_off(session, debugs)
        diary.debugs = ()
        manner.jot("host-debugging", name, ())
        diary.note([finding("MT436", ", ".join(debugs))])


def _look(name: str, order: Order, reading: Reading, diary: Diary) -> None:
    """What was there before anything was done, be it by an earlier run that nobody has proven."""
    origin = order.origin and recovered(order.origin, order.desired, reading.observed, reading.startup)
    if diary.before is None and origin is not None:
        diary.note([finding("MT438", f"{name}: {in_short(origin.steps)}")])
    diary.looked(reading.observed, reading.startup, origin)
    diary.testing = diary.testing and named(reading.observed.applets, TEST_APPLET) is not None


def _remember(name: str, manner: Manner, diary: Diary) -> None:
    """Before the first line is typed: how the router was when it was last proven, and all that is to be done to it."""
    assert diary.before is not None  # it has been looked at
    touched = dict.fromkeys((*diary.begun, *diary.steps))
    if not diary.remembered >= touched.keys():
        manner.remember(name, diary.before, tuple(touched))
        diary.remembered = frozenset(touched)


def _with_our_own(desired: Desired, observed: Observed, diary: Diary) -> Desired:
    """The wish, which may take over what we have begun ourselves: an applet that broke off before its mark."""
    own = {
        step.target
        for step in diary.begun
        if isinstance(step, InstallApplet)
        and (there := named(observed.applets, step.target)) is not None
        and part_of(there, step.applet)
    }
    return replace(desired, adopt=desired.adopt | own)


def _apply(
    session: Session, order: Order, steps: Sequence[Step], reading: Reading, diary: Diary, *, stay: bool
) -> None:
    trust = [step for step in steps if isinstance(step, ConfigureTrustpoint | Authenticate)]
    others = [step for step in steps if step not in trust]
    # The answer to DIFFERENCES counts when it is asked again before saving; but a router that hangs on it shall hang
    # before it is changed. It is slow, so the router is looked at once more behind it, right before the first line.
    answers = enter(session, DIFFERENCES, *QUESTIONS)
    if understood(session, answers[1:]).observed != reading.observed:
        raise Overtaken(finding("MT441", "what it holds has changed since it was looked at"))
    install_trust(session, trust, diary.begin, diary.done.append)
    after = install_applets(session, others, reading.observed, diary.begin, stay=stay)
    diary.done += others
    diary.left_open.clear()
    diary.save_pending = True
    diary.testing = False  # a test applet that was left from a line before is gone by a step
    if appeared := strangers(reading.observed, after.observed, diary.begun):
        raise RouterError(finding("MT437", f"it did not show {', '.join(appeared)} before"))
    diary.note(obstacles(order.desired, after.observed))
    left = plan(order.desired, after.observed)
    if left:
        diary.done = [step for step in diary.done if step not in left]
        raise RouterError(finding("MT214", f"still to be done after it was done: {in_short(left)}"))


def _prove_and_save(
    session: Session, name: str, order: Order, manner: Manner, gate: Gate, diary: Diary, *, pending: bool
) -> None:
    """The mail first; what is saved is proven, unless the user wants it otherwise."""
    if manner.test != "none" and not diary.proven:
        _prove(session, name, order, manner, gate, diary)
    if not pending and not diary.testing:
        return
    unsaved_lines, now = remove_test(session) if diary.testing else _look_again(session)
    diary.testing = False
    if left := plan(order.desired, now.observed):
        raise RouterError(finding("MT214", f"somebody has changed it meanwhile: {in_short(left)}"))
    if not pending:
        return
    ours = missing_in(now.startup, order.desired, now.observed)
    diary.unsaved_by_others = unsaved_by_others(unsaved_lines, names(order.desired), ours)
    if _may_save(manner, diary, proven=diary.proven):
        _save(session, diary, lambda startup: bool(missing_in(startup, order.desired, now.observed)))


def _look_again(session: Session) -> tuple[str, Reading]:
    unsaved_lines, *replies = session.ask(DIFFERENCES, *QUESTIONS, seconds=math.inf)
    return unsaved_lines, understood(session, replies)


def _prove(session: Session, name: str, order: Order, manner: Manner, gate: Gate, diary: Diary) -> None:
    manner.jot("host-testing", name, ())
    diary.testing = True
    with gate.passing() as waited:
        session.allow(waited)
        failures = _mail(session, name, order, manner, diary)
    diary.mail = MailOutcome(sent=not failures, arrived=None)
    diary.note(failures)
    diary.proven = True


def _save(session: Session, diary: Diary, lacking: Callable[[Observed], bool]) -> None:
    """Saved is what startup-config shows afterwards, whatever the router said."""
    failure = save(session)
    diary.note([] if failure is None else [failure])
    (reply,) = session.ask(SAVED, seconds=math.inf)
    if lacking(saved(reply)):
        diary.note([finding("MT414", "'write memory' said [OK], and startup-config does not show it")])
    diary.saved, diary.save_pending = True, False


def _may_save(manner: Manner, diary: Diary, *, proven: bool) -> bool:
    """Whether the running configuration is proven, and nobody else's unsaved work would be saved along."""
    if manner.save == "never" or (manner.save == "proven" and not proven):
        diary.note([finding("MT415", "not saved: no test mail was asked for, or --save never")])
        return False
    if manner.save_others or diary.unsaved_by_others == ():
        return True
    diary.note([_not_saved(diary.unsaved_by_others)])
    return False


def _not_saved(others: Sequence[str] | None) -> Finding:
    if others is None:
        return finding("MT434", f"'{DIFFERENCES}' gave no answer that tells, so nothing was saved")
    return finding("MT425", f"{len(others)} lines, so nothing was saved: {'; '.join(others[:3])}")


def _mail(session: Session, name: str, order: Order, manner: Manner, diary: Diary) -> Sequence[Finding]:
    """Why the test mail did not go, () when it went; where certificates may be the cause one router is asked which."""
    mark = token(manner.run_id, name)
    applet = test_applet(mark, session.prompt.name or session.prompt.hostname, order.account, order.provider)
    failures = send_test_mail(session, applet, mark)
    may_be_trust = order.provider.security == "tls" and any(failure.code == "MT302" for failure in failures)
    if not may_be_trust or not manner.may_diagnose(order.provider.name):
        return failures

    def debugging(debugs: Sequence[str]) -> None:
        manner.jot("host-debugging", name, debugs)
        diary.debugs = debugs

    return find_missing_issuer(session, mark, debugging) or failures


def _go_back(session: Session, kept: Kept, reading: Reading, manner: Manner, diary: Diary) -> State:
    """To the state that an earlier run wrote down; a router on which somebody has built on since is not touched."""
    touched = (*kept.steps, RemoveApplet(TEST_APPLET))  # that run may have died while it tested
    lost = [finding("MT424", f"the old value of {name}") for name in kept.lost]
    if blocked := in_the_way(kept.before, kept.steps, reading.observed, kept.others):
        diary.note((*blocked, *lost))
    gone = [each.name for each in kept.before.applets if _nowhere(each.name, reading)]
    diary.note([finding("MT422", f"applet {name} has been removed since") for name in gone])
    diary.planned(way_back(kept.before, touched, reading.observed, kept.others))
    pending = bool(diary.steps) or unsaved_back(kept.steps, reading.observed, reading.startup)
    if pending and manner.stopping():
        return "interrupted"
    now = reading.observed
    diary.note(_referred_to(session, [step.name for step in diary.steps if isinstance(step, RemoveTrustpoint)]))
    if diary.steps:
        after, _ = take_back(session, diary.steps, reading.observed, [DIFFERENCES], sure=True)
        now = after.observed
        left = differences(kept.before, after.observed, kept.steps)
        diary.done += [step for step in diary.steps if step not in way_back(kept.before, touched, after.observed)]
        diary.note([finding("MT423", ", ".join(left))] if left else [])
    if pending:
        (unsaved_lines,) = session.ask(DIFFERENCES, seconds=math.inf)
        ours = {*kept.lost, *(step.target for step in (*touched, *kept.held_back))}
        diary.unsaved_by_others = unsaved_by_others(unsaved_lines, ours)
        if _may_save(manner, diary, proven=True):  # that state had been there before
            _save(session, diary, lambda startup: unsaved_back(kept.steps, now, startup))
    diary.note(lost)
    return "changed" if pending else "unchanged"


def _nowhere(applet: str, reading: Reading) -> bool:
    """Whether somebody has removed it for good: a run that died in the midst has not saved that."""
    return not (named(reading.observed.applets, applet) or named(reading.startup.applets, applet))


def _referred_to(session: Session, trustpoints: Sequence[str]) -> Sequence[Finding]:
    """Lines elsewhere in the configuration that name one of these trustpoints: somebody has put it to use since."""
    if not trustpoints:
        return ()
    question = f"show running-config | include {'|'.join(name[-8:] for name in trustpoints)}"
    (reply,) = session.ask(question, seconds=math.inf)
    lines = [line.strip() for line in quiet(reply)]
    if not all(f"crypto pki trustpoint {name}" in lines for name in trustpoints):
        raise Unproven(f"{question}: the answer does not show the trustpoints themselves")
    own = ("crypto pki trustpoint ", "crypto pki certificate chain ", "certificate ", "!")
    told = [line for line in lines if any(name in line for name in trustpoints) and not line.startswith(own)]
    return [finding("MT422", f"'{line}' relies on it since") for line in told]


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
