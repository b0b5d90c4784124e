"""One open line to one router, spoken in bursts: many lines in one write, then read until the last prompt.

scrapli is the pipe and nothing else: the login prompt, bursts, questions and deadlines are ours. ``round_trips``
counts every wait for the router.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from textwrap import shorten
from typing import Protocol, TypeVar

from nornir.core.configuration import Config
from nornir.core.inventory import Host
from scrapli.driver import NetworkDriver
from scrapli.exceptions import ScrapliException
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from mailtrust.dialogue import Done, Listen, Move, Press, Say
from mailtrust.errors import Refused, Silence, Unreachable
from mailtrust.findings import Finding, finding
from mailtrust.prompts import Prompt, asking, echoed_prompt, last_line, login_prompt, mode, ready, replies, talked_over
from mailtrust.refusals import locked, refusal
from mailtrust.secret import Secret
from mailtrust.typed import at_exec, untypable
from tasks.connection import Deadlines, Login, connect
from tasks.heard import Heard

T = TypeVar("T")

_MAIL_ACTION = re.compile(r"\s*action \S+ mail ")

# A router that shows its prompt and says nothing for so long has lost what was typed ahead.
_QUIET_SECONDS = 5.0
# One that has said something and shows no prompt that we know: a return may bring it.
_LOGIN_SECONDS = 2.0
_HIDDEN_SECONDS = 2.0
# A message may hide the prompt again after the return that has brought it; somewhere it has to end.
_RETURNS = 3
_LONGEST_BANNER = 1024 * 1024
_TOLD = 160


class Conversation(Protocol):
    """A dialogue of ``mailtrust.dialogue``, or anything that hears text and answers with a move."""

    def hear(self, heard: str) -> tuple[Conversation, Move]: ...


class Session:
    """An open, privileged line. Everything heard is kept in ``transcript``, secrets included: redact before use."""

    def __init__(self, connection: NetworkDriver, deadlines: Deadlines) -> None:
        self.round_trips = 0
        self.transcript: list[str] = []
        self.prompt = Prompt("")
        self.configuring = False
        """Whether configuration mode was seen, and not left since."""
        self.paged = False
        """Whether the router pages although it was told not to: a page swallows what is typed ahead."""
        self.greeted = False
        """Whether the router has let us in: a line that is lost later was lost in the midst of the work."""
        self.mode: str | None = None
        """The configuration mode that the last prompt named."""
        self._shows_modes = False
        self._certain = False
        self._connection = connection
        self._silence = deadlines.burst
        self._end = time.monotonic() + deadlines.host

    # -- at the door ----------------------------------------------------------------------------------------------

    def greet(self, enable: Secret) -> None:
        """Wait for the prompt and climb to privileged mode; learns what the router writes when it is ready."""
        self.prompt, privileged = self._first_prompt()
        if not privileged:
            self._climb(enable)
        self.greeted = True

    def _first_prompt(self) -> tuple[Prompt, bool]:
        found = self._listen(login_prompt, at_rest=_anything, rest=_LOGIN_SECONDS)
        if found is None:  # no prompt that we know, or something unasked behind it
            self._write([""])
            heard: list[str] = []
            found = self._listen(partial(_any_prompt, heard), at_rest=_anything)
        if found is None:
            raise Silence(finding("MT404", f"this does not look like a prompt: {_last_words(heard[-1])!r}"))
        return found

    def _climb(self, enable: Secret) -> None:
        """``enable``: whatever follows and is no prompt is the question, which is answered once and never again."""
        question = self._enabling("enable")
        if question is None:
            return
        if not enable.reveal():
            raise Refused(finding("MT406", f"the router asked {question!r}, and there is no enable secret"))
        if (words := self._enabling(None, enable)) is not None:
            raise Refused(finding("MT406", f"the router asked {question!r}, then said {words!r}"))

    def _enabling(self, command: str | None, secret: Secret | None = None) -> str | None:
        """Type it; None once privileged, else what the router asked or said."""
        heard = [""]
        if secret is None:
            self._write([command or ""])
        elif not secret.reveal().isprintable():
            raise Refused(
                finding("MT103", "the enable secret was not typed: it holds a control character or a line break")
            )
        else:
            self._send(secret.reveal() + "\n")
        step = self._listen(lambda text: _enable_step(text, self._learned(text, ["enable"]), heard), at_rest=_anything)
        if step == "privileged":
            return None
        if step == "refused":
            raise Refused(finding("MT406", f"the router said {_last_words(heard[-1], prompt=self.prompt)!r}"))
        return _last_words(heard[-1])

    # -- talking --------------------------------------------------------------------------------------------------

    def ask(self, *lines: str, seconds: float | None = None, must: bool | str = False) -> tuple[str, ...]:
        """Type all the lines in one go and return what the router said to each.

        ``seconds`` is how long it may keep silent. A burst that does not come back as expected is typed once more
        line by line; with ``must`` the first line that is refused then ends it, before the next one is typed: any line,
        or this one.
        """
        before = self.mode
        self._belongs(lines[0])
        if len(lines) == 1 or not self.paged:
            self._write(lines)
            answers = self._listen(
                lambda heard: replies(heard, self._learned(heard, lines), lines),
                seconds,
                at_rest=self._at_rest,
                typed=lines,
            )
            if answers is not None and (len(lines) == 1 or not self.paged):
                self.configuring = self.configuring and "end" not in lines
                return answers
            if len(lines) > 1 and not all(map(at_exec, lines)):
                self._back_in(before, lines[0])
        if len(lines) == 1:
            what = f"'{_shown(lines[0])}' was not answered in a way that can be read"
            raise Silence(finding("MT404", f"{what}; heard last: {self._heard_last()!r}"))
        one_by_one: list[str] = []
        for line in lines:
            one_by_one += self.ask(line, seconds=seconds)
            if must in {True, line}:
                must_be_taken([line], one_by_one[-1:])
        return tuple(one_by_one)

    def configure(self, *lines: str) -> None:
        """Type configuration lines in one go; raises Refused with the router's words for the first refused line."""
        must_be_taken(lines, self.ask(*lines, must=True))

    def converse(self, lines: Sequence[str], dialogue: Conversation, *, seconds: float | None = None) -> Finding | None:
        """Type the lines, then let the dialogue speak until it is done; returns why it failed, None when it did not."""
        self._belongs(lines[0])
        self._write(lines)
        typed: Sequence[str] = lines
        while True:
            dialogue, move = self._listen(partial(_moved, dialogue), seconds, typed=typed)
            match move:
                case Say(said):
                    self._write(said)
                    typed = said
                case Press(key):
                    self._send(key)
                case Done(found):
                    return found

    def knows(self, name: str) -> None:
        """What the router calls itself in ``show version``: its configuration prompts are made of that."""
        self.prompt = replace(self.prompt, name=name)

    def allow(self, seconds: float) -> None:
        """More time for the whole host: it was spent waiting for others, not for this router."""
        self._end += seconds

    def come_to_rest(self) -> None:
        """Get back to a prompt when it is not known what the router waits for: a blank line is harmless everywhere."""
        self._write([""])
        self._listen(lambda heard: ready(heard, self.prompt) or None)

    def _belongs(self, line: str) -> None:
        """Raises Silence for a line of configuration when the router was last seen at EXEC."""
        if self._shows_modes and self.mode is None and not at_exec(line):
            where = f"the router is at EXEC, where '{_shown(line)}' does not belong"
            raise Silence(finding("MT404", f"{where}; heard last: {self._heard_last()!r}"))

    def _back_in(self, mode: str | None, line: str) -> None:
        """Raises Silence when the router is not seen in this mode: lines that belong there are not typed elsewhere."""
        self.come_to_rest()
        if self.mode is None or self.mode != mode:
            what = f"it cannot be told what became of '{_shown(line)}' and the lines behind it"
            raise Silence(finding("MT404", f"{what}; heard last: {self._heard_last()!r}"))

    def _heard_last(self) -> str:
        return _last_words(self.transcript[-1] if self.transcript else "")

    def _learned(self, heard: str, lines: Sequence[str]) -> Prompt:
        """The prompt, made certain by an echo: at login the end of a banner may have looked like one.

        The second line's echo is the better proof, since a banner without an end of line stands before the first.
        """
        if not self._certain and (prompt := echoed_prompt(heard, lines[:2][-1])) is not None:
            self.prompt, self._certain = replace(prompt, name=self.prompt.name), len(lines) > 1
        return self.prompt

    def _at_rest(self, tail: str) -> bool:
        return ready(tail, self.prompt) or asking(tail) or _promptless(tail)

    # -- the pipe -------------------------------------------------------------------------------------------------

    def _write(self, lines: Sequence[str]) -> None:
        """The one gate for whatever is typed; raises Refused for what a router would take for something else."""
        for line in lines:
            if (reason := untypable(line)) is not None:
                raise Refused(finding("MT103", f"'{_shown(line)}' was not typed: {reason}"))
        self._send("\n".join(lines) + "\n")

    def _send(self, text: str) -> None:
        self.round_trips += 1
        with _as_silence():
            self._connection.channel.write(text, redacted=True)

    def _listen(
        self,
        understand: Callable[[str], T | None],
        seconds: float | None = None,
        *,
        at_rest: Callable[[str], bool] | None = None,
        rest: float = _QUIET_SECONDS,
        typed: Sequence[str] = (),
    ) -> T:
        """Read until the text can be understood; what counts is how long the router keeps silent.

        With ``at_rest`` the wait ends early, with None, when the text ends like that and nothing more comes. A message
        that hides the prompt behind the last line ``typed`` costs a return. Raises Silence with what was heard last.
        """
        heard = Heard() if self.greeted else Heard(_LONGEST_BANNER)
        returns = 0
        while True:
            if heard.promising and (understood := understand(heard.text)) is not None:
                self._seen(heard.tail)
                return understood
            hidden = returns < _RETURNS and bool(typed) and talked_over(heard.tail, self.prompt, _last(typed))
            resting = hidden or (at_rest is not None and at_rest(heard.tail))
            limit = _HIDDEN_SECONDS if hidden else rest if resting else math.inf
            chunk = self._read(min(self._patience(seconds), limit))
            if chunk is not None:
                heard.add(chunk)
                self._turn_page(heard)
                continue
            if hidden:
                returns += 1
                self._send("\n")
            elif (understood := understand(heard.text)) is not None:
                self._seen(heard.tail)
                return understood
            elif resting:
                if asking(heard.tail) and typed:
                    self._decline(heard.tail)
                if _promptless(heard.tail):
                    raise Refused(
                        finding("MT408", "configuration mode shows no prompt here; 'service prompt config' would")
                    )
                return None  # type: ignore[return-value]  # only who gave ``at_rest`` can get it
            else:
                raise Silence(finding("MT404", f"{self._waited(seconds)}; heard last: {_last_words(heard.text)!r}"))

    def _seen(self, tail: str) -> None:
        """Where the router is, as its last prompt has it."""
        self.mode = mode(tail, self.prompt) if self.prompt.hostname else None
        self._shows_modes = self._shows_modes or self.mode is not None

    def _patience(self, seconds: float | None) -> float:
        """How long to wait for the next byte: as long as silence is allowed, within the host's own time."""
        return min(self._silence if seconds is None else seconds, self._end - time.monotonic())

    def _waited(self, seconds: float | None) -> str:
        if self._end <= time.monotonic():
            return "the time for this host is over (host_seconds)"
        return f"nothing to understand came within {self._silence if seconds is None else seconds:.0f} s"

    def _decline(self, tail: str) -> None:
        """No to a question that nobody expected; raises Refused with its words."""
        self._send("n" if tail.rstrip().endswith("[confirm]") else "no\n")
        raise Refused(finding("MT408", f"the router asked {_last_words(tail)!r}, and got no"))

    def _turn_page(self, heard: Heard) -> None:
        """Where a router pages although it was told not to."""
        if heard.paging:
            self.paged = True
            heard.turned()
            self._send(" ")

    def _read(self, seconds: float) -> bytes | None:
        """What comes next; None when nothing comes in time."""
        if seconds <= 0:
            return None
        self._connection.timeout_transport = seconds
        watchdog = _watchdog(self._connection, seconds)
        try:
            chunk = self._connection.channel.read()
        except (ScrapliException, OSError) as error:
            if _timed_out(error) and self._connection.transport.isalive():
                return None
            raise Silence(finding("MT405", "the connection was lost")) from error
        finally:
            if watchdog is not None:
                watchdog.cancel()
        if not chunk and not self._connection.transport.isalive():
            raise Silence(finding("MT405", "the router closed the connection"))
        self.transcript.append(chunk.decode(errors="replace"))
        return chunk


def must_be_taken(lines: Sequence[str], answers: Sequence[str]) -> None:
    """Raises Refused for the first line that the router did not take; answers beyond the lines are not looked at."""
    for line, answer in zip(lines, answers, strict=False):
        if locked(answer):
            raise Refused(finding("MT407", f"the router said: {answer.strip().splitlines()[-1]}"))
        if (words := refusal(answer)) is not None:
            code = "MT224" if _MAIL_ACTION.match(line) and "Invalid input" in words else "MT408"
            raise Refused(finding(code, f"'{_shown(line)}': {words}"))


@contextmanager
def opened(
    host: Host,
    login: Login,
    deadlines: Deadlines,
    configuration: Config,
    note: Callable[[Finding], None],
    attempts: int = 1,
    heed: Callable[[Session], None] = lambda _: None,
) -> Iterator[Session]:
    """A session with this host: opened, privileged, closed again whatever happens.

    Connecting alone is tried again, and only where nobody answered; ``note`` hears what is worth saying of the login,
    ``heed`` gets the session before anything is heard. Raises Unreachable, Refused (login, key, enable) or Silence.
    """
    retrying = Retrying(
        retry=retry_if_exception_type(Unreachable),
        stop=stop_after_attempt(attempts),
        wait=wait_random_exponential(multiplier=0.2, max=5),
        reraise=True,
    )
    connection = retrying(connect, host, login, deadlines, configuration, note)
    try:
        session = Session(connection, deadlines)
        heed(session)
        session.greet(login.enable)
        yield session
    finally:
        with suppress(
            Exception
        ):  # a line that is lost cannot be closed politely; ssh2-python has an error tree of its own
            host.close_connection("scrapli")


def _moved(dialogue: Conversation, heard: str) -> tuple[Conversation, Move] | None:
    after, move = dialogue.hear(heard)
    return None if isinstance(move, Listen) else (after, move)


def _promptless(tail: str) -> bool:
    """Whether configuration mode was entered and no prompt follows: then nothing can be told there."""
    return tail.rstrip().endswith("End with CNTL/Z.")


def _anything(tail: str) -> bool:
    return bool(tail.strip())


def _any_prompt(told: list[str], heard: str) -> tuple[Prompt, bool] | None:
    """Whatever ends like a prompt; what was heard is left in ``told``."""
    told.append(heard)
    return login_prompt(heard) or login_prompt(heard, odd=True)


def _enable_step(heard: str, prompt: Prompt, told: list[str]) -> str | None:
    """Where the way up has come to: ``asked`` something, ``privileged``, ``refused``; None while it is open."""
    told.append(heard)
    if ready(heard, prompt):
        return "privileged" if heard.rstrip().endswith("#") else "refused"
    return "asked" if last_line(heard).rstrip().endswith((":", "?")) else None


def _last(typed: Sequence[str]) -> str:
    """The last line that says something: the blank one that ends a paste has no echo to be found by."""
    return next((line.strip() for line in reversed(typed) if line.strip()), "")


def _last_words(heard: str, prompt: Prompt | None = None) -> str:
    """The last line that says something, for a person; ``prompt`` is not what is looked for."""
    lines = [line.strip() for line in heard.splitlines() if line.strip()]
    said = [line for line in lines if prompt is None or not prompt.whole.fullmatch(line)]
    return shorten((said or lines or ["nothing"])[-1], _TOLD, placeholder=" ...")


def _shown(line: str) -> str:
    """A line as an error may show it: the value of a variable may be a secret."""
    words = line.split()
    if words[:3] == ["event", "manager", "environment"]:
        return " ".join([*words[:4], "***"])
    return shorten(line, 60, placeholder=" ...")


def _timed_out(error: Exception) -> bool:
    """Whether a read ended because nothing came; ssh2 calls a connection that was reset alive for a while."""
    cause = error.__cause__ or error
    return isinstance(cause, TimeoutError) or type(cause).__name__ in {"Timeout", "ScrapliTimeout"}


def _watchdog(connection: NetworkDriver, seconds: float) -> threading.Timer | None:
    """For transports that cannot time out by themselves (an OpenSSH child): closing ends the read."""
    if hasattr(connection.transport, "_set_timeout"):
        return None
    timer = threading.Timer(seconds, connection.transport.close)
    timer.daemon = True
    timer.start()
    return timer


@contextmanager
def _as_silence() -> Iterator[None]:
    try:
        yield
    except (ScrapliException, OSError) as error:
        raise Silence(finding("MT405", "the connection was lost")) from error
    except Exception as error:  # ssh2-python raises its own tree from writes, which scrapli does not translate
        raise Silence(finding("MT405", f"the connection was lost ({type(error).__name__})")) from error
