"""``mailtrust plan``: what a rollout would change, and nothing changed."""

from __future__ import annotations

from mailtrust.report.model import Report
from runbooks.run import Options, run


def plan(options: Options) -> Report:
    """Look at every selected router; hosts that a rollout would change are ``planned``."""
    return run("plan", "plan", options).report
