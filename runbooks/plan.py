"""``mailtrust plan``: what a rollout would change, and nothing changed."""

from __future__ import annotations

from mailtrust.report.model import Report
from runbooks.options import Options
from runbooks.run import run


def plan(options: Options) -> Report:
    """Look at every selected router; hosts that a rollout would change are ``planned``."""
    return run("plan", options).report
