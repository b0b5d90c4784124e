"""``write memory``, and how often it is tried."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mailtrust.dialogue import Saving
from mailtrust.findings import finding
from mailtrust.prompts import Prompt
from tasks.save import save

BUSY = finding("MT414", "startup-config file open failed (Device or resource busy)")
ASKED = finding("MT414", "'write memory': the router asked 'Really? [yes/no]:', and got no")


class Router:
    """A session that is given the answers to each attempt, and keeps what was typed, and for how long it waits."""

    prompt = Prompt("R1")

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.typed: list[Any] = []

    def converse(self, lines: Any, dialogue: Any, *, seconds: float) -> Any:
        assert dialogue == Saving(self.prompt)
        self.typed.append((tuple(lines), seconds))
        return self.answers.pop(0)


@pytest.mark.parametrize(
    ("answers", "times", "failure"),
    [
        ([None], 1, None),
        ([BUSY, None], 2, None),
        ([BUSY, BUSY, None], 3, None),
        ([BUSY, BUSY, BUSY, None], 3, BUSY),
        ([ASKED, None], 1, ASKED),
        ([BUSY, ASKED, None], 2, ASKED),
    ],
)
def test_a_busy_file_system_is_tried_three_times(answers: Any, times: int, failure: Any) -> None:
    """It may take as long as it wants; who asks what nobody knows is not asked again; the last failure is the answer."""
    router = Router(*answers)
    assert save(router) == failure
    assert router.typed == [(("write memory",), math.inf)] * times
