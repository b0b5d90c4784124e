"""One open line to one router, spoken in bursts: many lines in one write, then read until the last prompt.

scrapli is the pipe and nothing else: the login prompt, bursts, questions and deadlines are ours. A burst that does
not come back as expected is asked again line by line. ``round_trips`` counts every wait for the router.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from textwrap import shorten
from typing import Protocol, TypeVar

from nornir.core.configuration import Config
from nornir.core.inventory import Host
from scrapli.driver import NetworkDriver
from scrapli.exceptions import ScrapliException
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from mailtrust.dialogue import Done, Listen, Move, Say
from mailtrust.errors import Refused, Silence, Unreachable
from mailtrust.findings import Finding, finding
from mailtrust.prompts import Prompt, asking, echoed_prompt, locked, login_prompt, ready, refusal, replies
from mailtrust.secret import Secret
from tasks.connection import Deadlines, Login, connect

T = TypeVar("T")

_MAIL_ACTION = re.compile(r"\s*action \S+ mail ")

# A router that shows its prompt and says nothing for so long has lost what was typed ahead.
_QUIET_SECONDS = 5.0


class Conversation(Protocol):
    """A dialogue of ``mailtrust.dialogue``, or anything that hears text and answers with a move."""

    def hear(self, heard: str) -> tuple[Conversation, Move]: ...


class Session:
    """An open, privileged line. Everything heard is kept in ``transcript``, secrets included: redact before use."""

    def __init__(self, connection: NetworkDriver, deadlines: Deadlines) -> None:
        self.round_trips = 0
        self.transcript: list[str] = []
        self.prompt = Prompt("")
        self._certain = False
        self._connection = connection
        self._burst_seconds = deadlines.burst
        self._end = time.monotonic() + deadlines.host

    def greet(self, enable: Secret) -> None:
        """Wait for the prompt and climb to privileged mode; learns what the router calls itself."""
        self.prompt, privileged = self._listen(login_prompt)
        if privileged:
            return
        self._write(["enable"])
        if self._listen(lambda heard: _enable_step(heard, self._learned(heard, "enable"))) == "password":
            self._write([enable.reveal()])
            if self._listen(lambda heard: _enable_step(heard, self.prompt)) != "privileged":
                raise Refused(finding("MT406", "the router did not accept the enable secret"))

    def ask(self, *lines: str, seconds: float | None = None) -> tuple[str, ...]:
        """Type all the lines in one go and return what the router said to each."""
        self._write(lines)
        answers = self._listen(
            lambda heard: replies(heard, self._learned(heard, lines[0]), lines), seconds, self._at_rest
        )
        if answers is not None:
            return answers
        if len(lines) == 1:
            raise Silence(finding("MT404", f"the router did not answer '{_shown(lines[0])}' in a way that can be read"))
        return tuple(reply for line in lines for reply in self.ask(line, seconds=seconds))

    def configure(self, *lines: str) -> None:
        """Type configuration lines in one go; raises Refused with the router's words for the first refused line."""
        must_be_taken(lines, self.ask(*lines))

    def converse(self, lines: Sequence[str], dialogue: Conversation, *, seconds: float | None = None) -> Finding | None:
        """Type the lines, then let the dialogue speak until it is done; returns why it failed, None when it did not."""
        self._write(lines)
        while True:
            dialogue, move = self._listen(partial(_moved, dialogue), seconds)
            if isinstance(move, Say):
                self._write(move.lines)
            elif isinstance(move, Done):
                return move.finding

    def allow(self, seconds: float) -> None:
        """More time for the whole host: it was spent waiting for others, not for this router."""
        self._end += seconds

    def come_to_rest(self) -> None:
        """Get back to a prompt when it is not known what the router waits for: a blank line is harmless everywhere."""
        self._write([""])
        self._listen(lambda heard: ready(heard, self.prompt) or None)

    def _learned(self, heard: str, typed: str) -> Prompt:
        """The prompt, made certain by the first echo: at login a line of the banner may have looked like one."""
        if not self._certain and (prompt := echoed_prompt(heard, typed)) is not None:
            self.prompt, self._certain = prompt, True
        return self.prompt

    def _at_rest(self, heard: str) -> bool:
        return ready(heard, self.prompt) or asking(heard)

    def _write(self, lines: Sequence[str]) -> None:
        self.round_trips += 1
        with _as_silence():
            self._connection.channel.write("\n".join(lines) + "\n", redacted=True)

    def _listen(
        self,
        understand: Callable[[str], T | None],
        seconds: float | None = None,
        at_rest: Callable[[str], bool] | None = None,
    ) -> T:
        """Read until the text can be understood.

        With ``at_rest`` the wait ends early, with None, when the text ends like that and nothing more comes.
        """
        begun = time.monotonic()
        end = min(begun + (self._burst_seconds if seconds is None else seconds), self._end)
        heard = b""
        while True:
            text = heard.decode(errors="replace")
            if (understood := understand(text)) is not None:
                return understood
            left = end - time.monotonic()
            resting = at_rest is not None and at_rest(text)
            chunk = self._read(min(left, _QUIET_SECONDS) if resting else left)
            if chunk is None and resting:
                return None  # type: ignore[return-value]  # only who gave ``at_rest`` can get it
            if chunk is None:
                raise Silence(finding("MT404", f"nothing to understand came within {max(end - begun, 0):.0f} s"))
            heard += chunk

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
            code = "MT224" if _MAIL_ACTION.match(line) else "MT408"
            raise Refused(finding(code, f"'{_shown(line)}': {words}"))


@contextmanager
def opened(
    host: Host,
    login: Login,
    deadlines: Deadlines,
    configuration: Config,
    note: Callable[[Finding], None],
    attempts: int = 1,
) -> Iterator[Session]:
    """A session with this host: opened, privileged, closed again whatever happens.

    Connecting alone is tried again, and only where nobody answered; ``note`` hears what is worth saying of the login.
    Raises Unreachable, Refused (login, host key,
    enable) or Silence.
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


def _enable_step(heard: str, prompt: Prompt) -> str | None:
    """Where the way up has come to: ``password`` is asked, ``privileged``, ``refused``; None while it is open."""
    if heard.rstrip().endswith("assword:"):
        return "password"
    if not ready(heard, prompt):
        return None
    return "privileged" if heard.rstrip().endswith("#") else "refused"


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
