"""What stands before the cursor: the hostname, or whatever the router is told to put there."""

from __future__ import annotations

import re

from lab.router import Router

PROMPT_HOSTNAME = 20  # characters of the hostname in a configuration prompt
MAINTENANCE_CUT = 2  # characters that maintenance loses there: `sw1(maint-mod(config)#`
TERMINAL_LINE = "2"


def exec_prompt(router: Router, character: str) -> str:
    """The prompt of user EXEC (`>`) or privileged EXEC (`#`)."""
    custom = _argument(router, "prompt ")
    if not custom:
        return f"{router.config.hostname}{_maintenance(router)}{character}"
    values = {"h": router.config.hostname, "p": character, "n": TERMINAL_LINE, "s": " ", "t": "\t", "%": "%"}
    return re.sub(r"%([hpnst%])", lambda found: values[found[1]], custom)


def configuration_prompt(router: Router, suffix: str) -> str:
    """The prompt of a configuration mode, `suffix` being its `(config)#`; `prompt ...` does not reach it."""
    if "no service prompt config" in router.config.lines:
        return exec_prompt(router, "#") if router.personality.hidden_prompt == "exec" else ""
    maintenance = _maintenance(router)
    return f"{router.config.hostname[:PROMPT_HOSTNAME]}{maintenance[:-MAINTENANCE_CUT]}{suffix}"


def _maintenance(router: Router) -> str:
    return f"({router.personality.maintenance})" if router.personality.maintenance else ""


def _argument(router: Router, start: str) -> str:
    return next((line.removeprefix(start) for line in router.config.lines if line.startswith(start)), "")
