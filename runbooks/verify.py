"""``mailtrust verify``: does every router still have what it should have?"""

from __future__ import annotations

from mailtrust.report.model import Report
from runbooks.options import Options
from runbooks.run import run


def verify(options: Options) -> Report:
    """Look at every selected router; an empty plan is a pass (``unchanged``), anything else is drift (``planned``)."""
    return run("verify", options).report
