"""The log buffer: so many bytes, the oldest fall out, so that a full one starts in mid-line."""

from __future__ import annotations

from collections import deque

SEVERITIES = (
    "emergencies",
    "alerts",
    "critical",
    "errors",
    "warnings",
    "notifications",
    "informational",
    "debugging",
)
DEBUGGING = 7
DEFAULT_SIZE = 102400


class LogBuffer:
    """Lines kept for `show logging`. A message above `level` in number is not kept; `enabled` False keeps none."""

    def __init__(self, size: int = DEFAULT_SIZE, level: int = DEBUGGING, *, enabled: bool = True) -> None:
        self.size = size
        self.level = level
        self.enabled = enabled
        self.logged = 0
        self._lines: deque[str] = deque()
        self._bytes = 0

    def add(self, severity: int, line: str) -> None:
        if not self.enabled or severity > self.level:
            return
        self.logged += 1
        self._lines.append(line + "\n")
        self._bytes += len(line) + 1
        self._trim()

    def resize(self, size: int, level: int) -> None:
        self.enabled, self.size, self.level = True, size, level
        self._trim()

    def clear(self) -> None:
        self._lines.clear()
        self._bytes = 0

    def text(self) -> str:
        return "".join(self._lines)

    def _trim(self) -> None:
        while self._bytes > self.size:
            surplus = self._bytes - self.size
            oldest = self._lines.popleft()
            if len(oldest) > surplus:
                self._lines.appendleft(oldest[surplus:])
            self._bytes -= min(surplus, len(oldest))
