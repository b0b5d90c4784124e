"""``write memory``, and how often it is tried."""

from __future__ import annotations

from typing import Any

import pytest

from mailtrust.dialogue import Saving
from mailtrust.findings import finding
from mailtrust.prompts import Prompt
from tasks.save import save

BUSY = finding("MT414", "startup-config file open failed (Device or resource busy)")


class Router:
    """A session that is given the answers to each attempt, and keeps what was typed."""

    prompt = Prompt("R1")

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.typed = []

    def converse(self, lines: Any, dialogue: Any) -> Any:
        assert isinstance(dialogue, Saving)
        self.typed.append(list(lines))
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("answers", "typed", "failure"),
    [
        ([None], [["end", "write memory"]], None),
        ([BUSY, None], [["end", "write memory"], ["write memory"]], None),
        ([BUSY, BUSY, None], [["end", "write memory"], ["write memory"], ["write memory"]], None),
        ([BUSY, BUSY, BUSY, None], [["end", "write memory"], ["write memory"], ["write memory"]], BUSY),
    ],
)
def test_a_busy_file_system_is_tried_three_times(answers: Any, typed: Any, failure: Any) -> None:
    """What goes before the first attempt is typed once; the last failure is the answer."""
    router = Router(*answers)
    assert save(router, "end") == failure
    assert router.typed == typed
