"""How a router says no: one table for all rooms, whether it answers a question or a line of configuration.

Words that are not in the table are no consent either: what a mode, a question or a save needs as proof stands where
it is asked for (``prompts.mode``, ``reading``, ``dialogue``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_STAMP = r"(?:[*.]?\d+: )?[*.]?(?:\w{3} +\d+ (?:\d{4} )?\d\d:\d\d:\d\d[.\d]*(?: \S+)?|\d+[ywdh:][\w:]*): "
NOISE = re.compile(
    rf"\s*(?:(?:{_STAMP})?%[A-Z][A-Z0-9_]*(?:-[A-Z0-9_]+)*-[0-7]-[A-Z0-9_]+:"
    r"|SECURITY WARNING - |INSECURE DYNAMIC WARNING - |(?:% ?)?(?:WARNING|Warning|NOTE|Note): ?|\*\*\*)"
)
"""How a message begins that comes unasked: syslog, `send`, a shutdown, the security warnings of 17.18 and 26.x."""
_CONTINUED = re.compile(r" {10,}\S")

# A percent sign begins refusals, and these notices: what a router says while it does as it was told.
_NOTICE = re.compile(
    r"%+ ?(?:warning|note\b|info\b|removing an enrolled|be sure to|certificate successfully|please answer|"
    r"do you accept|generating|the key modulus|key pair)",
    re.IGNORECASE,
)

# At the beginning of a line. Sources: unicon's and scrapli's patterns and cisco.ios' terminal plugin for the parser's
# and AAA's words; public configuration readers for the busy ones; IOS' file system error texts for the rest.
_WORDS = re.compile(
    r"(?:"
    r"%"
    r"|(?:command |user )?authorization (?:failed|denied)"
    r"|command (?:rejected|denied|not |is not )"
    r"|(?:permission|access) denied"
    r"|error\b"
    r"|(?:invalid|unrecognized) (?:input|command|host)|(?:incomplete|ambiguous|unknown|bad) (?:command|ip address)"
    r"|unable to |cannot |can't |could not |failed to |not enough |insufficient |low on memory|out of memory"
    r"|(?:configuration (?:mode )?(?:is )?|config )locked|config(?:uration)? mode cannot"
    r"|startup-config (?:file )?(?:open failed|is not )"
    r"|.*\b(?:not (?:authorized|permitted|allowed)|try again later|resource busy|no space left|no memory|"
    r"you may not|not privileged)\b"
    r")",
    re.IGNORECASE,
)
_LONGEST = 400
_LOCKED = re.compile(r"configuration (?:mode )?(?:is )?locked|config mode cannot be entered", re.IGNORECASE)


def quiet(text: str) -> Iterator[str]:
    """The lines that say something: without blank ones, messages that ran in between, and their continuations."""
    noisy = False
    for line in text.replace("\r", "").split("\n"):  # other ends of lines are characters of a line to a router
        noisy = bool(NOISE.match(line)) or (noisy and bool(_CONTINUED.match(line)))
        if line.strip() and not noisy:
            yield line


def refusal(reply: str) -> str | None:
    """The router's own words when it did not take a line, None when it did. Notices and messages are no refusal."""
    return next((line for line in _told(reply) if _WORDS.match(line)), None)


def said(reply: str) -> str | None:
    """Whatever the router said to a line that it takes in silence; None when it said nothing."""
    return next((line for line in _told(reply) if line != "^"), None)


def _told(reply: str) -> Iterator[str]:
    """The lines that are neither messages nor notices, bare and cut: nobody refuses in more words than that."""
    bare = (line.strip()[:_LONGEST] for line in quiet(reply))
    return (line for line in bare if not _NOTICE.match(line))


def locked(reply: str) -> bool:
    """Whether somebody else holds the configuration."""
    return _LOCKED.search(reply) is not None
