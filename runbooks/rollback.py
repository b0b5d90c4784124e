"""``mailtrust rollback RUN``: bring routers back to how they were before an earlier run touched them."""

from __future__ import annotations

from dataclasses import replace

from mailtrust.report.model import Report
from runbooks.options import Options
from runbooks.run import run


def rollback(earlier: str, options: Options) -> Report:
    """Only the hosts that this run had begun to change, and only what it touched on them."""
    return run("rollback", replace(options, undo=earlier)).report
