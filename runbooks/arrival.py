"""After a wave: whose test mail has come to the mailbox that its provider names."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

from mailtrust.applet import token
from mailtrust.arrival import judged
from mailtrust.certificates import CertificateError, from_pem
from mailtrust.errors import InventoryError
from mailtrust.model import HostOutcome
from runbooks.fleet import Fleet
from runbooks.logins import Resolve
from runbooks.recorder import Recorder
from runbooks.yaml_file import read_text
from tasks.mailbox import Inbox, look_for
from tasks.order import Order


def inboxes(fleet: Fleet, wishes: Mapping[str, Order], resolve: Resolve) -> Mapping[str, Inbox]:
    """By host, where its provider has a mailbox; raises InventoryError for a reference or file that is of no use."""
    ca = cache(partial(_ca, fleet.providers_file.parent))
    return {
        name: Inbox(mailbox, resolve(mailbox.password), ca(mailbox.ca))
        for name, order in wishes.items()
        if (mailbox := order.provider.mailbox) is not None
    }


def _ca(folder: Path, name: str | None) -> str | None:
    if name is None:
        return None
    path = folder / name
    try:
        found = from_pem(text := read_text(path))
    except CertificateError as error:
        raise InventoryError(path, str(error)) from error
    if not found:
        raise InventoryError(path, "expected the PEM of the CA that vouches for the mailbox's server, got none")
    return text


def await_mails(
    inboxes: Mapping[str, Inbox], recorder: Recorder, *, run_id: str, seconds: float, stopping: threading.Event
) -> None:
    """Look for the test mail of each of these hosts that has sent one, and record what is known then.

    All mailboxes at the same time, each once. A run that is stopping looks once; then what has not come stays open.
    """
    waiting: dict[Inbox, list[HostOutcome]] = defaultdict(list)
    for outcome in map(recorder.outcome, inboxes):
        if outcome.mail is not None and outcome.mail.sent:
            waiting[inboxes[outcome.name]].append(outcome)

    def look(inbox: Inbox) -> None:
        tokens = {outcome.name: token(run_id, outcome.name) for outcome in waiting[inbox]}
        arrivals = look_for(tokens.values(), inbox, common=run_id, seconds=seconds, stopping=stopping)
        for outcome in waiting[inbox]:
            mine = tokens[outcome.name]
            if mine in arrivals.seen or not stopping.is_set():
                result = judged(outcome, mine, arrivals, inbox.mailbox, seconds)
                recorder.arrival(result, arrivals.seen.get(mine))

    if waiting:
        with ThreadPoolExecutor(len(waiting)) as pool:
            list(pool.map(look, waiting))
