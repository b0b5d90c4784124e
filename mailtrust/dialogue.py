"""The three conversations in which a router may ask back, as state machines: text heard in, next move out.

``crypto pki authenticate``::

    opening --paste invited--> pasted --question, fingerprint is the wanted one--> answered (yes) --prompt--> Done
                                 |  `--question, any other fingerprint----------> answered (no)  --prompt--> Done
                                 `--prompt-------------------------------------------------------------> Done

No channel, no clock: whoever holds the channel feeds what was heard since the last thing said.
Sources of the wordings: docs/reference.md, "What the router says".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from mailtrust.certificates import pem_lines, same_fingerprint
from mailtrust.findings import Finding, finding
from mailtrust.model import Certificate
from mailtrust.prompts import Prompt, last_line, ready
from mailtrust.refusals import quiet, refusal

_INVITED = re.compile(r'End with a blank line or the word "quit" on a line by itself\s*\Z')
_QUESTION = re.compile(r"\[yes/no\]: ?\Z")
_ACCEPT = re.compile(r"% ?Do you accept this certificate\? \[yes/no\]: ?\Z")
_REMOVE = re.compile(r"Are you sure you want to do this\? \[yes/no\]: ?\Z")
# Bounded, and never over the end of a line: hostile text must not keep the search busy.
_SHA1 = re.compile(r"^[^\S\n]*Fingerprint SHA1: {0,20}([0-9A-Fa-f ]{1,80}?)[^\S\n]{0,20}$", re.MULTILINE)
_ACCEPTED = re.compile(r"^Trustpoint CA certificate accepted\.", re.MULTILINE)
_FAILED = re.compile(
    r"% Error in saving certificate: status = \S+"
    r"|CA certificate is rejected\. Abort"
    r"|Trustpoint fingerprint must be supplied"
    r"|% Please delete your existing CA certificate first"
    r"|% Certificate Authority \(trustpoint\) .{0,80} is unknown"
    r"|CA server trustpoint is not known"
    r"|% Error in receiving Certificate Authority certificate.*"
)

_GONE = re.compile(r"not found|can't find|unknown|does not exist", re.IGNORECASE)

_END = "-----END CERTIFICATE-----"

_OVERWRITE = re.compile(
    r"Overwrite the previous NVRAM configuration\?\s?\[confirm\] ?\Z|Destination filename \[startup-config\]\? ?\Z"
)
_CONFIRM = re.compile(r"\[confirm\] ?\Z")
_ASKED = re.compile(r"(?:\[confirm\]|(?:\[[^\[\]\n]{1,40}\]|\([yY]/[nN]\)) ?[:?]) ?\Z")
# In a burst other prompts come first; what follows the confirmation has no echo of the command.
_SAVING = re.compile(r"write memory|Building configuration|startup-config file open failed")

# A router that does not understand our answer asks again; after this many times somebody else should look.
_PATIENCE = 3


@dataclass(frozen=True, slots=True)
class Say:
    """Type these lines."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Press:
    """Press one key and no Return: at ``[confirm]`` a Return would be a yes to whatever is asked next."""

    key: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Nothing to say yet: the router has not finished."""


@dataclass(frozen=True, slots=True)
class Done:
    """The conversation is over; ``finding`` says why it failed, None when it did what was wanted."""

    finding: Finding | None


Move = Say | Press | Listen | Done


@dataclass(frozen=True, slots=True)
class Authentication:
    """``crypto pki authenticate`` for one certificate, from any point on."""

    trustpoint: str
    certificate: Certificate
    prompt: Prompt
    stage: Literal["opening", "pasted", "answered"] = "opening"
    matched: bool = False
    """The wanted fingerprint has been printed, and no other."""
    mismatch: str | None = None
    """The fingerprint that was answered with no."""
    answers: int = 0
    refused: str | None = None
    """The router's words for a line that was typed ahead of the command: then nothing is pasted."""

    def hear(self, heard: str) -> tuple[Authentication, Move]:
        """The next move upon what was heard since the last move."""
        if self.stage == "opening" and _INVITED.search(heard):
            words = refusal(heard.partition(f"crypto pki authenticate {self.trustpoint}")[0])
            if words is not None:
                return replace(self, stage="answered", refused=words), Say(("",))
            return replace(self, stage="pasted"), Say(paste(self.certificate))
        if self.stage != "opening" and _QUESTION.search(heard):
            return self._answer(heard)
        if self._over(heard):
            return self, Done(self._verdict(heard))
        return self, Listen()

    def _answer(self, heard: str) -> tuple[Authentication, Move]:
        """Yes to the wanted fingerprint and to nothing else in the world."""
        if self.answers >= _PATIENCE:
            return self, Done(finding("MT212", f"{self.trustpoint}: the router keeps asking and takes no answer"))
        answered = replace(self, stage="answered", answers=self.answers + 1)
        wrong = self._wrong(heard)
        matched = self.matched or _SHA1.search(heard) is not None
        if _ACCEPT.search(heard) and matched and not wrong and self.mismatch is None:
            return replace(answered, matched=True), Say(("yes",))
        shown = self.mismatch or next(iter(wrong), "a question that is not the expected one")
        return replace(answered, mismatch=shown), Say(("no",))

    def _wrong(self, heard: str) -> list[str]:
        """The fingerprints that are not the wanted one."""
        return [each for each in _SHA1.findall(heard) if not same_fingerprint(each, self.certificate.sha1)]

    def _over(self, heard: str) -> bool:
        """Whether the prompt is back, and is not the one of before: what was typed must have been echoed.

        A log message brings the prompt again, and a refused burst one prompt for each line.
        """
        echo = {"opening": f"crypto pki authenticate {self.trustpoint}", "pasted": _END, "answered": ""}[self.stage]
        return echo in heard and ready(heard, self.prompt)

    def _verdict(self, heard: str) -> Finding | None:
        """A router that did not ask may have taken another certificate all the same: what it printed counts."""
        if self.refused is not None:
            return finding("MT408", f"ahead of 'crypto pki authenticate {self.trustpoint}': {self.refused}")
        shown = self.mismatch or next(iter(self._wrong(heard)), None)
        if shown is not None:
            wanted = self.certificate.sha1
            return finding("MT211", f"{self.trustpoint}: the router printed {shown}, wanted SHA1 {wanted}")
        failed = _FAILED.search(heard)
        if failed is not None:
            return finding("MT212", f"{self.trustpoint}: {failed[0]}")
        if _ACCEPTED.search(heard) is None:
            said = refusal(heard) or "it did not say that it accepted the certificate"
            return finding("MT212", f"{self.trustpoint}: {said}")
        return None


@dataclass(frozen=True, slots=True)
class Removal:
    """``no crypto pki trustpoint NAME``: the question comes only when the trustpoint holds a certificate."""

    trustpoint: str
    prompt: Prompt
    answers: int = 0
    unknown: bool = False
    """A question was answered with no because it is not the one that we know."""

    def hear(self, heard: str) -> tuple[Removal, Move]:
        """The next move upon what was heard since the last move."""
        if _QUESTION.search(heard):
            if self.answers >= _PATIENCE:
                return self, Done(finding("MT408", f"{self.trustpoint}: the router keeps asking and takes no answer"))
            known = _REMOVE.search(heard) is not None and not self.unknown
            return replace(self, answers=self.answers + 1, unknown=not known), Say(("yes" if known else "no",))
        if ready(heard, self.prompt) and (self.answers or f"no crypto pki trustpoint {self.trustpoint}" in heard):
            return self, Done(self._verdict(heard))
        return self, Listen()

    def _verdict(self, heard: str) -> Finding | None:
        if self.unknown:
            return finding("MT408", f"{self.trustpoint}: the router asked an unknown question before removing it")
        words = refusal(heard)
        if words is not None and not _GONE.search(words):
            return finding("MT408", f"'no crypto pki trustpoint {self.trustpoint}': {words}")
        return None


@dataclass(frozen=True, slots=True)
class Saving:
    """``write memory``, which may ask whether to overwrite what another release wrote; anything else is answered no."""

    prompt: Prompt
    answers: int = 0
    unknown: str | None = None
    """A question that was answered with no because it is not one that we know."""

    def hear(self, heard: str) -> tuple[Saving, Move]:
        """The next move upon what was heard since the last move."""
        if _ASKED.search(heard):
            return self._answer(last_line(heard))
        if (self.answers or _SAVING.search(heard)) and ready(heard, self.prompt):
            return self, Done(self._verdict(heard))
        return self, Listen()

    def _answer(self, question: str) -> tuple[Saving, Move]:
        if self.answers >= _PATIENCE:
            return self, Done(finding("MT414", f"'write memory': the router keeps asking {question.strip()!r}"))
        answered = replace(self, answers=self.answers + 1)
        if self.unknown is None and _OVERWRITE.search(question):
            return answered, Say(("",))
        told = replace(answered, unknown=self.unknown or question.strip())
        return told, Press("n") if _CONFIRM.search(question) else Say(("no",))

    def _verdict(self, heard: str) -> Finding | None:
        """Saved is what the last words say: an ``[OK]`` that something else follows is none."""
        _, _, answer = heard.rpartition("write memory")
        said = [line.strip() for line in quiet(answer) if not self.prompt.whole.fullmatch(line)]
        if self.unknown is not None:
            return finding("MT414", f"'write memory': the router asked {self.unknown!r}, and got no")
        if said and said[-1].endswith("[OK]") and not any(map(refusal, said)):
            return None
        return finding("MT414", f"'write memory': the router said {' / '.join(said[-2:]) or 'nothing'}")


def paste(certificate: Certificate) -> tuple[str, ...]:
    """The lines of the paste, ended by one blank line.

    Never by ``quit``: where the paste was not wanted after all, a stray ``quit`` would leave the session, while a
    stray blank line is harmless at every prompt of IOS.
    """
    return (*pem_lines(certificate), "")
