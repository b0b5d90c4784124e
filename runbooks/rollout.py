"""``mailtrust rollout``: bring every router to what it should have, prove it by a mail, save it."""

from __future__ import annotations

from mailtrust.report.model import Report
from runbooks.options import Options
from runbooks.run import run


def rollout(options: Options) -> Report:
    """Change only what differs; a host is ``changed`` when all is in place, the test mail went and it is saved."""
    return run("rollout", options).report
