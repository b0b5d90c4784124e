"""After a failure midway: a router is left as it was when it was last proven, and nothing of the test stays.

Over a new line, since the old one may be dead. What was taken back is seen, name by name, and what was not is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from mailtrust.applet import TEST_APPLET
from mailtrust.describe import in_short
from mailtrust.errors import MailtrustError, Refused, Silence
from mailtrust.findings import finding
from mailtrust.model import InstallApplet, Observed, RemoveApplet, Step, Trustpoint
from mailtrust.plan import named, predict
from mailtrust.reading import Reading, ReadingError
from mailtrust.undo import differences, out_of_sight, way_back
from tasks.diagnose import switch_off
from tasks.diary import Diary
from tasks.observe import TERMINAL, observe
from tasks.order import Manner
from tasks.session import Session
from tasks.undo import take_back

Opening = Callable[[], AbstractContextManager[Session]]


def clean_up(opening: Opening, manner: Manner, name: str, diary: Diary) -> None:
    """Take back what was begun and never proven (not with ``keep``), the test applet and the debugs; say what is left.

    Writes findings, raises nothing.
    """
    steps = tuple(step for step in diary.to_undo if not manner.keep or step == RemoveApplet(TEST_APPLET))
    if not any(session.greeted for session in diary.sessions):
        return  # nobody has let us in: nothing was begun, and there is no way in either
    if not steps and not diary.debugs:
        _say_what_stays(diary)
        return
    for left in reversed(range(manner.journeys)):
        try:
            with opening() as session:
                _clean(session, steps, manner, name, diary)
        except (Silence, ReadingError) as unseen:
            if left:
                continue  # over another line: what was taken back may be seen there
            _failed(diary, str(unseen))
        except MailtrustError as error:
            _failed(diary, str(error))
        except Exception as error:  # noqa: BLE001  # what was done so far must not be lost from the report
            _failed(diary, type(error).__name__)
        return


def _clean(session: Session, steps: Sequence[Step], manner: Manner, name: str, diary: Diary) -> None:
    reading = observe(session, *TERMINAL)
    now = reading.observed
    _switch_off(session, manner, name, diary)
    if not steps:
        return
    assert diary.before is not None  # nothing is done to a router before it has been looked at
    _see_all(diary, now, () if diary.going_back else diary.done)
    back = way_back(diary.before, steps, now, diary.others)
    back = (*_unmarked(diary.before, steps, back, now), *back)
    back = (*back, *(step for step in diary.put_back if step not in back and step.applet in now.applets))
    diary.put_back += [step for step in back if isinstance(step, InstallApplet) and step not in diary.put_back]
    diary.going_back = diary.going_back or bool(back)
    last = take_back(session, back, now)[0] if back else reading
    _see_all(diary, last.observed, ())
    _judge(diary, steps, back, last)


def _unmarked(before: Observed, steps: Sequence[Step], back: Sequence[Step], now: Observed) -> Sequence[Step]:
    """The test applet that came with us, where the router has refused our mark in it."""
    remove = RemoveApplet(TEST_APPLET)
    came = named(before.applets, TEST_APPLET) is None and named(now.applets, TEST_APPLET) is not None
    return [remove] if came and remove in steps and remove not in back else []


def _see_all(diary: Diary, now: Observed, done: Sequence[Step]) -> None:
    """Raises ReadingError when the router does not show what was there before, or what was seen to be done."""
    assert diary.before is not None
    expected = predict(diary.before, done)
    hidden = out_of_sight(expected, now, [step for step in diary.begun if step not in done])
    if hidden:
        raise ReadingError(f"the router does not show {', '.join(hidden)} any more")


def _switch_off(session: Session, manner: Manner, name: str, diary: Diary) -> None:
    """The debugs; that they cannot be switched off keeps nobody from taking back the rest."""
    if not diary.debugs:
        return
    try:
        switch_off(session, diary.debugs)
    except Refused as refused:
        diary.findings.append(finding("MT439", f"{', '.join(diary.debugs)}: {refused}"))
        return
    diary.debugs = ()
    manner.jot("host-debugging", name, ())


def _judge(diary: Diary, steps: Sequence[Step], back: Sequence[Step], last: Reading) -> None:
    """Taken back is what is seen to be as before, to the letter, also where a reload would begin."""
    assert diary.before is not None
    after = last.observed
    saved = differences(_by_name(diary.startup), _by_name(last.startup), steps) if diary.startup else ()
    left = (*differences(diary.before, after, steps), *diary.lost, *(f"{each} in startup-config" for each in saved))
    diary.testing = diary.testing and named(after.applets, TEST_APPLET) is not None
    if diary.testing:
        diary.findings.append(finding("MT439", f"applet {TEST_APPLET}"))
    if not set(diary.begun) <= set(steps) or not diary.begun:
        return
    if left:
        diary.findings.append(finding("MT423", ", ".join(left)))
    else:
        diary.undone, diary.save_pending = True, False
        diary.findings.append(finding("MT421", in_short(back) or "nothing was left of it"))


def _by_name(startup: Observed) -> Observed:
    """Certificates stand there as names of files: trustpoints count by name."""
    return replace(startup, trustpoints=tuple(Trustpoint(each.name, (), ()) for each in startup.trustpoints))


def _failed(diary: Diary, why: str) -> None:
    """Nobody could see to it: what is left is told."""
    only_of_the_test = set(diary.to_undo) <= {RemoveApplet(TEST_APPLET)}
    left = in_short(diary.to_undo) or ", ".join(diary.debugs)
    diary.findings.append(finding("MT439" if only_of_the_test else "MT423", f"{left}: {why}"))


def _say_what_stays(diary: Diary) -> None:
    """Where the first look cannot be believed nothing is taken back upon it."""
    if diary.begun and not diary.proven and not diary.to_undo:
        diary.findings.append(finding("MT423", f"left as it is: {in_short(diary.begun)}"))
