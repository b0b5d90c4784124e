"""What a login with fewer rights sees: less of running-config, and not a word that it is less."""

from __future__ import annotations

from lab.session import USER, Session

BLANK = "!\n!\nboot-start-marker\nboot-end-marker\n!\n!\n!\n!\nend\n"
IN_A_VIEW = ("version ", "hostname ", "boot-", "interface ", "control-plane", "end")


def level(session: Session) -> int:
    """The privilege level of this session."""
    return 1 if session.mode is USER else session.router.personality.privilege


def visible(session: Session, text: str) -> str:
    """As much of running-config as this session's rights show."""
    if session.exempt:
        return text
    if session.router.personality.view:
        return _of_view(text)
    return text if level(session) >= 15 else _whole(BLANK)


def _of_view(text: str) -> str:
    """The blocks that a view's commands reach."""
    kept, inside = ["!"], False
    for line in text.partition("!\n")[2].splitlines():
        inside = inside if line.startswith(" ") else line.startswith(IN_A_VIEW)
        if inside:
            kept.append(line)
    return _whole("".join(f"{line}\n" for line in kept))


def _whole(body: str) -> str:
    return f"Building configuration...\n\nCurrent configuration : {len(body)} bytes\n{body}\n"
