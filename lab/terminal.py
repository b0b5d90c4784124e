"""Between characters and the command line: echo, editing keys, `--More--`, noise and faults.

Characters are handled strictly in order: what arrived while a command ran is echoed and edited when its turn comes, as
a VTY does. Output is collected and written when the terminal waits, so a burst of lines costs few packets.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from lab import answering, cli
from lab.keyboard import SHIFT, HungUpError, Keyboard, Line
from lab.session import Session

MORE = " --More-- "
RETURN, NEWLINE, CTRL_C, CTRL_V, CTRL_Z = "\r", "\n", "\x03", "\x16", "\x1a"
ERASE_ONE, ERASE_LINE, ERASE_WORD = ("\b", "\x7f"), ("\x15", "\x18"), "\x17"
DRIP = 64  # characters between two pauses of a slow line
NOISE = "%LINEPROTO-5-UPDOWN: Line protocol on Interface GigabitEthernet2, changed state to down"


class Terminal:
    """One VTY. `write` sends text to the client, `hang_up` drops the connection."""

    def __init__(self, session: Session, write: Callable[[str], None], hang_up: Callable[[], None]) -> None:
        self._session = session
        self._faults = session.router.personality.faults
        self._write = write
        self._hang_up = hang_up
        self._output: list[str] = []
        self._messages: list[str] = []
        self._after_return = False
        self._commands = 0
        self._command: str | None = None  # the one that the next prompt follows; None is the login
        self._idle = False
        self.keyboard = Keyboard(self._flush)
        session.before_wait = self._flush
        session.say = self._say
        session.width = self._faults.width or session.width

    async def serve(self) -> None:
        """Talk until the router or the client hangs up."""
        router = self._session.router
        router.listeners.append(self._heard)
        try:
            await self._show(router.personality.banner)
            self._prompt()
            while not self._session.closed:
                await self._turn()
            await self._flush()
        except HungUpError:
            pass
        finally:
            router.listeners.remove(self._heard)
            self._session.hang_up()

    async def one(self, command: str) -> None:
        """A command given on the client's command line: its output, without prompts."""
        self._session.length = 0
        await self._show(await cli.enter(self._session, command))
        await self._flush()

    def hung_up(self) -> None:
        """The client's line is gone: what it typed ahead is still executed, or not, as this router does."""
        if self._session.router.personality.executes_after_hangup:
            self.keyboard.end()
        else:
            self.keyboard.drop()

    async def _turn(self) -> None:
        dialogue = self._session.question is not None
        line = await self._read()
        self._command = self._command if dialogue else line.strip()
        self._commands += 1
        if self._faults.noise and self._commands % 2:
            self._output.append(f"{self._noise()}\r\n")
        output = await cli.enter(self._session, line)
        await self._strike()
        await self._show(output)
        if not self._session.closed:
            self._prompt()

    async def _strike(self) -> None:
        """Let a fault happen, if this is its place and it has times left."""
        router = self._session.router
        if not self._faults.at or self._session.point != self._faults.at or router.strikes >= self._faults.times:
            return
        router.strikes += 1
        await self._flush()
        if self._faults.act == "drop":
            self._hang_up()
            raise HungUpError
        while True:
            await self.keyboard.key()

    # -- reading ------------------------------------------------------------------------------------------------

    async def _read(self) -> str:
        """One line as edited by the client; its characters are echoed, unless it is a secret."""
        question = self._session.question
        if question and question.answer == "key":
            return await self._confirm()
        visible = self._session.width - len(self._session.prompt)
        line = Line(max(visible, SHIFT + 1) if self._session.width else 0)
        secret = question is not None and question.answer == "secret"
        while True:
            self._idle = not line.text
            piece = await self.keyboard.run()
            self._idle = False
            if piece == NEWLINE and self._after_return:
                self._after_return = False
                continue
            self._after_return = piece == RETURN
            if piece in (RETURN, NEWLINE):
                self._output.append("\r\n")
                return line.text
            if piece in (CTRL_C, CTRL_Z):
                return await self._break(piece, line)
            echo = await self._edit(piece, line)
            self._output.append("" if secret else echo)

    async def _edit(self, piece: str, line: Line) -> str:
        """Apply a run of characters or an editing key; returns its echo."""
        if piece in ERASE_ONE:
            return line.erase(1)
        if piece in ERASE_LINE:
            return line.erase(len(line.text))
        if piece == ERASE_WORD:
            return line.erase_word()
        if piece == CTRL_V:
            return line.insert(await self.keyboard.key())
        if piece == "?" and not self._session.question:
            listed = cli.help_for(self._session, line.text).replace("\n", "\r\n")
            return f"?\r\n{listed}\r\n{self._session.prompt}{line.text}"
        return line.insert(piece) if piece == "?" or piece >= " " or piece == "\t" else ""

    async def _break(self, key: str, line: Line) -> str:
        """Ctrl-Z takes the line and ends configuration, Ctrl-C forgets it."""
        session = self._session
        self._output.append("^Z\r\n" if key == CTRL_Z else "^C\r\n")
        if key == CTRL_C:
            session.interrupt()
        elif session.configuring and not session.question:
            await self._show(await cli.enter(session, line.text))
            session.end()
        return ""

    async def _confirm(self) -> str:
        """The one key of `[confirm]`: Return or y."""
        key = await self._key()
        self._output.append("\r\n" if key in (RETURN, NEWLINE) else f"{key}\r\n")
        return key.strip()

    async def _key(self) -> str:
        """One key; the LF of a CR LF is none of its own."""
        key = await self.keyboard.key()
        if key == NEWLINE and self._after_return:
            key = await self.keyboard.key()
        self._after_return = key == RETURN
        return key

    # -- writing ------------------------------------------------------------------------------------------------

    async def _show(self, text: str) -> None:
        """Print a command's output, a page at a time if the terminal has a length."""
        lines, page = text.split("\n"), self._session.length or sys.maxsize
        if len(text) < page and not self._session.drip:
            self._output.append("\r\n".join(lines))
            return
        left = page - 1
        for line in lines[:-1]:
            if left <= 0:
                left = await self._more()
            if left < 0:
                return
            self._output.append(f"{line}\r\n")
            left -= self._rows(line)
            if self._session.drip:
                await self._flush()
                await asyncio.sleep(self._session.drip)
        self._output.append(lines[-1])

    async def _say(self, text: str) -> str:
        """Show the beginning of an answer at once; nothing of it is left to show."""
        await self._show(text)
        await self._flush()
        return ""

    def _rows(self, line: str) -> int:
        return 1 if not self._session.width else max(1, -(-len(line) // self._session.width))

    async def _more(self) -> int:
        """Rows until the next `--More--`; -1 if the rest is not wanted."""
        self._output.append(MORE)
        key = await self._key()
        self._output.append("\b" * len(MORE) + " " * len(MORE) + "\b" * len(MORE))
        return {" ": self._session.length - 1, RETURN: 1, NEWLINE: 1}.get(key, -1)

    def _prompt(self) -> None:
        prompt = self._session.prompt
        self._output.extend(f"{message}\r\n" for message in self._messages)
        self._messages.clear()
        self._output.append(prompt)
        if self._faults.noise and prompt and not self._commands % 2:
            self._output.append(f"\r\n{self._noise()}\r\n{prompt}")
        self._interrupt()

    def _interrupt(self) -> None:
        """Behind a prompt, not behind a question: what the router has to say by itself; no prompt follows."""
        if self._session.question:
            return
        message, self._command = answering.message(self._session, self._command), ""
        if message:
            text = message.text.rstrip("\n").replace("\n", "\r\n")
            self._output.append(f"{text}\r\n" if message.same_line else f"\r\n{text}\r\n")

    def _noise(self) -> str:
        return f"{self._session.router.stamp()}: {NOISE}"

    def _heard(self, message: str) -> None:
        """A syslog message: shown at once at an idle prompt, before the next prompt otherwise."""
        if not self._session.monitor:
            return
        text = message.replace("\n", "\r\n")
        if self._idle:
            self._write(f"\r\n{text}\r\n{self._session.prompt}")
        else:
            self._messages.append(text)

    async def _flush(self) -> None:
        """Hand the collected output to the client, on a slow line bit by bit."""
        text = "".join(self._output)
        self._output.clear()
        step = DRIP if self._faults.drip else len(text)
        for at in range(0, len(text), step or 1):
            self._write(text[at : at + step])
            if self._faults.drip:
                await asyncio.sleep(self._faults.drip)
