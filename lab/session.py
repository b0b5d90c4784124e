"""One VTY's state: its mode, the question that is open, its terminal settings. No socket, no characters."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from typing import Literal

from lab import prompting
from lab.personality import Point
from lab.router import Router


@dataclass(frozen=True)
class Ask:
    """A question in a dialogue: what is printed first, the prompt, and how the answer is typed."""

    text: str
    prompt: str = ""
    answer: Literal["line", "secret", "key", "paste"] = "line"


@dataclass(frozen=True)
class Pause(Ask):
    """Silence in a dialogue, in seconds, after the text; it goes on by itself."""

    seconds: float = 0.0


Dialogue = Generator[Ask, str, str]
Result = str | Dialogue | Awaitable[str]


@dataclass(frozen=True)
class Mode:
    """A mode of the command line. `subject` is what is being configured; `leave` runs on the way out.

    `parent`: the mode that this one lies within, and that is not left on the way in.
    """

    name: str
    suffix: str
    subject: str = ""
    leave: Callable[[], None] | None = None
    parent: Mode | None = None

    @property
    def around(self) -> tuple[Mode, ...]:
        """The modes in which a line is tried that this one does not know."""
        if self.name in (USER.name, ENABLE.name, CONFIG.name):
            return ()
        outer = self.parent or CONFIG
        return (outer, *outer.around)


async def _nothing() -> None:
    pass


async def _nobody(text: str) -> str:
    return text


USER = Mode("user", ">")
ENABLE = Mode("enable", "#")
CONFIG = Mode("config", "(config)#")


@dataclass
class Session:
    """A login. `enter` in `lab.cli` types lines into it; `closed` says that the router hung up."""

    router: Router
    user: str = "admin"
    mode: Mode = ENABLE
    length: int = 24
    width: int = 80
    monitor: bool = False
    timestamps: bool = False  # `terminal exec prompt timestamp`
    closed: bool = False
    exempt: bool = False  # somebody whom neither faults nor AAA nor a lack of rights concern
    point: Point = ""  # the place in the dialogue that the last line reached, for faults
    question: Ask | None = None
    dialogue: Dialogue | None = field(default=None, repr=False)
    before_wait: Callable[[], Awaitable[None]] = field(default=_nothing, repr=False)  # before a command that takes time
    say: Callable[[str], Awaitable[str]] = field(default=_nobody, repr=False)  # shows text early; what is left of it
    aloud: bool = True  # whether the last line's answer may be shown before all of it is there
    drip: float = 0.0  # seconds after each line of the last line's answer

    @property
    def prompt(self) -> str:
        """What stands before the cursor. Empty while a certificate is being pasted."""
        if self.question:
            return self.question.prompt
        prompt = prompting.configuration_prompt if self.configuring else prompting.exec_prompt
        return prompt(self.router, self.mode.suffix)

    @property
    def configuring(self) -> bool:
        return self.mode.name not in (USER.name, ENABLE.name)

    def go(self, mode: Mode) -> None:
        """Change the mode; those that are left are told, the innermost first."""
        left: Mode | None = self.mode
        self.mode = mode
        while left and left not in (mode, mode.parent):
            if left.leave:
                left.leave()
            left = left.parent

    def end(self) -> None:
        """Back to privileged EXEC, from any configuration mode."""
        if self.configuring:
            self.go(ENABLE)
            self.router.unlock(self)
            self.router.log(5, "SYS", "CONFIG_I", f"Configured from console by {self.user} on vty0 (127.0.0.1)")

    def begin(self, dialogue: Dialogue) -> str:
        """Start a dialogue; its first question is open now."""
        self.dialogue = dialogue
        return self._step(lambda: next(dialogue))

    def answer(self, line: str) -> str:
        """Answer the open question."""
        assert self.dialogue
        dialogue = self.dialogue
        return self._step(lambda: dialogue.send(line))

    def _step(self, advance: Callable[[], Ask]) -> str:
        try:
            self.question = advance()
        except StopIteration as over:
            self.question = self.dialogue = None
            return str(over.value or "")
        return self.question.text

    def interrupt(self) -> None:
        """Ctrl-C: give up the open question, or leave configuration."""
        if self.dialogue:
            self.dialogue.close()
            self.question = self.dialogue = None
        else:
            self.end()

    def hang_up(self) -> None:
        """The connection is gone: what was half typed is forgotten, what was configured stays."""
        self.closed = True
        if self.dialogue:
            self.dialogue.close()
        self.router.unlock(self)
