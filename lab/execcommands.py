"""Privileged EXEC: modes, terminal settings, saving, clearing, debugging."""

from __future__ import annotations

from collections.abc import Mapping

from lab.grammar import InvalidError
from lab.session import CONFIG, ENABLE, USER, Ask, Dialogue, Pause, Result, Session
from lab.shows import BUSY, running_config

Args = Mapping[str, str]

LOCKED = "Configuration mode locked exclusively by user 'console' process '3' from terminal '0'. Please try later.\n"
BUILDING = "Building configuration...\n"
OVERWRITE = """Warning: Attempting to overwrite an NVRAM configuration previously written
by a different version of the system image.
"""
CORRUPT = """Warning: Saving this config to nvram may corrupt any network management or security files \
stored at the end of nvram.
"""
CHANGED = "Warning: the boot variables have changed since the last write.\n"
QUESTIONS = {
    "overwrite": (OVERWRITE, "Overwrite the previous NVRAM configuration?[confirm]", ("", "y", "Y")),
    "confirms": (CHANGED, "Proceed with the write?[confirm]", ("", "y", "Y")),
    "asks": (CORRUPT, "Continue? [no]: ", ("y", "yes")),
}
WORDS = {
    "compressed": "Compressed configuration from 22772 bytes to 7054 bytes[OK]\n",
    "ok-but-failed": "[OK]\n%Error opening nvram:/startup-config (No space left on device)\n",
    "failed": "startup-config file write failed (No space left on device)\n",
}
NOT_SAVED = ("ok-but-failed", "failed")
TRIES = 3
MOST_LINES = 512

DEBUGS = {
    "event manager action mail": "Debug EEM action mail debugging is on",
    "crypto pki api": "Crypto PKI API debugging is on",
    "crypto pki callbacks": "Crypto PKI callbacks debugging is on",
    "crypto pki messages": "Crypto PKI Msg debugging is on",
    "crypto pki scep": "Crypto PKI SCEP debugging is on",
    "crypto pki server": "Crypto PKI Certificate Server debugging is on",
    "crypto pki transactions": "Crypto PKI Trans debugging is on",
    "crypto pki validation": "Crypto PKI Validation Path debugging is on",
    "ssl openssl errors": "SSL openssl errors debugging is on",
    "ssl openssl ext": "SSL openssl ext debugging is on",
    "ssl openssl msg": "SSL openssl msg debugging is on",
    "ssl openssl states": "SSL openssl states debugging is on",
}


# -- modes --------------------------------------------------------------------------------------------------------


def enable(session: Session, _args: Args) -> Result:
    if session.mode is not USER:
        return ""
    secret = session.router.personality.enable_secret
    return "% No password set\n" if secret is None else _enable(session, secret)


def _enable(session: Session, secret: str) -> Dialogue:
    for _ in range(TRIES):
        if (yield Ask("", session.router.personality.enable_question, "secret")) == secret:
            session.go(ENABLE)
            return ""
    return "% Bad secrets\n\n"


def disable(session: Session, _args: Args) -> Result:
    session.go(USER)
    return ""


def leave(session: Session, _args: Args) -> Result:
    session.closed = True
    return ""


def configure(session: Session, args: Args) -> Result:
    router = session.router
    if router.personality.mode == "controller":
        raise InvalidError(at=0)
    if router.lock not in (None, session):
        return LOCKED
    if "lock" in args:
        router.lock = session
    session.point = "configure"
    session.go(CONFIG)
    return "Enter configuration commands, one per line.  End with CNTL/Z.\n"


# -- terminal -----------------------------------------------------------------------------------------------------


def length(session: Session, args: Args) -> Result:
    session.length = _number(args["NUMBER"])
    return ""


def width(session: Session, args: Args) -> Result:
    session.width = _number(args["NUMBER"])
    return ""


def _number(text: str) -> int:
    if not text.isdigit() or int(text) > MOST_LINES:
        raise InvalidError(at=0)
    return int(text)


def monitor(session: Session, args: Args) -> Result:
    session.monitor = "no" not in args
    return ""


def timestamps(session: Session, args: Args) -> Result:
    session.timestamps = "no" not in args
    return ""


# -- saving and clearing ----------------------------------------------------------------------------------------------


def write(session: Session, _args: Args) -> Result:
    return _write(session)


def copy(session: Session, _args: Args) -> Result:
    return _copy(session)


def _copy(session: Session) -> Dialogue:
    yield Ask("", "Destination filename [startup-config]? ")
    return (yield from _write(session))


def _write(session: Session) -> Dialogue:
    """Save, in the way of this router's personality."""
    session.point = "write-memory"
    router, habit = session.router, session.router.personality.save
    if router.save_refused():
        return BUSY
    if habit in QUESTIONS and not (habit == "overwrite" and router.saved):
        text, prompt, wanted = QUESTIONS[habit]
        if (yield Ask(text, prompt, "key" if "[confirm]" in prompt else "line")).strip() not in wanted:
            return ""
    if router.personality.save_seconds:
        yield Pause(BUILDING, seconds=router.personality.save_seconds)
    if habit not in NOT_SAVED:
        router.save()
    words = WORDS.get(habit, "[OK]\n")
    return words if router.personality.save_seconds else BUILDING + words


def clear_logging(session: Session, _args: Args) -> Result:
    return _clear(session)


def _clear(session: Session) -> Dialogue:
    if (yield Ask("", "Clear logging buffer [confirm]", "key")) in ("", "y", "Y"):
        session.router.buffer.clear()
    return ""


# -- debugging ----------------------------------------------------------------------------------------------------


def debug(session: Session, args: Args) -> Result:
    flag = " ".join(list(args)[1:])
    session.router.debugs[flag] = DEBUGS[flag]
    return f"{DEBUGS[flag]}\n"


def no_debug(session: Session, args: Args) -> Result:
    flag = " ".join(word for word in args if word not in ("no", "debug", "undebug"))
    session.router.debugs.pop(flag, None)
    return DEBUGS[flag].removesuffix("on") + "off\n"


def no_debugs(session: Session, _args: Args) -> Result:
    session.router.debugs.clear()
    return "All possible debugging has been turned off\n"


USER_EXEC = (
    ("enable", enable),
    ("exit", leave),
    ("logout", leave),
    ("quit", leave),
    ("terminal length NUMBER", length),
    ("terminal width NUMBER", width),
    ("terminal exec prompt timestamp", timestamps),
    ("terminal no exec prompt timestamp", timestamps),
)
EXEC = (
    *USER_EXEC,
    ("disable", disable),
    ("configure terminal [lock]", configure),
    ("terminal monitor", monitor),
    ("terminal no monitor", monitor),
    ("write [memory]", write),
    ("write terminal", running_config),
    ("copy running-config startup-config", copy),
    ("clear logging", clear_logging),
    *((f"debug {flag}", debug) for flag in DEBUGS),
    *((f"no debug {flag}", no_debug) for flag in DEBUGS),
    *((f"undebug {flag}", no_debug) for flag in DEBUGS),
    ("undebug all", no_debugs),
    ("no debug all", no_debugs),
)
