"""Whether a router could be worked on now: key, login, clock, names, the way out. It is looked at, never changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone

from nornir.core.task import Result, Task

from mailtrust.errors import MailtrustError, RouterError, Unreachable
from mailtrust.findings import Finding, finding
from mailtrust.model import HostOutcome, State
from mailtrust.plain import one_line
from mailtrust.preflight import preflight, unfit
from mailtrust.reading import ReadingError, facts_proven
from mailtrust.redact import Redactor
from mailtrust.surroundings import questions, surroundings
from tasks.connection import Deadlines
from tasks.observe import TERMINAL
from tasks.order import Order
from tasks.session import Session, opened

_redact = Redactor(()).redact
_FACTS = ("show version", "show clock", "show event manager version", "show privilege")


def preconditions(orders: Mapping[str, Order], deadlines: Deadlines) -> Callable[[Task], Result]:
    """The Nornir task of ``check --connect``. A closure, because Nornir logs whatever is passed as an argument."""

    def look(task: Task) -> Result:
        outcome = _look(task, orders[task.host.name], deadlines)
        return Result(host=task.host, result=outcome, failed=outcome.state != "unchanged")

    return look


def _look(task: Task, order: Order, deadlines: Deadlines) -> HostOutcome:
    started = time.monotonic()
    found: list[Finding] = []
    round_trips = 0
    unreachable = False
    try:
        with opened(task.host, order.login, deadlines, task.nornir.config, found.append) as session:
            found += _ask(session, order)
            round_trips = session.round_trips
    except RouterError as error:
        unreachable = isinstance(error, Unreachable)
        found += error.findings
    except ReadingError as error:
        found.append(finding("MT427", str(error)))
    except MailtrustError as error:
        found.append(finding("MT416", str(error)))
    except Exception as error:  # noqa: BLE001  # one host's surprise must not take the others with it
        found.append(finding("MT499", f"{type(error).__name__} while looking at the router"))
    state: State = "failed" if any(each.severity == "error" for each in found) else "unchanged"
    return HostOutcome(
        name=task.host.name,
        state="unreachable" if unreachable else state,
        seconds=round(time.monotonic() - started, 3),
        round_trips=round_trips,
        saved=False,
        steps=(),
        mail=None,
        findings=tuple(replace(each, text=_redact(one_line(each.text))) for each in found),
    )


def _ask(session: Session, order: Order) -> tuple[Finding, ...]:
    """All of it in one wait."""
    answers = session.ask(*TERMINAL, *_FACTS, *questions(order.account))[len(TERMINAL) :]
    version, clock, eem, privilege, *others = answers
    facts = facts_proven(version, clock, eem, privilege)
    standing = unfit(facts, session.prompt.hostname) or preflight(facts, now=datetime.now(timezone.utc))
    hosts, interfaces, route = others
    return (*standing, *surroundings(hosts, interfaces, route, order.account, order.provider))
