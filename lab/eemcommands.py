"""`event manager ...`: configuration, `run`, and the show commands."""

from __future__ import annotations

import re
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import replace
from typing import Any

from lab import eem
from lab.configcommands import no_line, one_line
from lab.configuration import Applet
from lab.grammar import InvalidError
from lab.router import job_time
from lab.session import Mode, Result, Session

Args = Mapping[str, str]

EVENTS = (
    "none",
    "syslog",
    "track",
    "timer",
    "cli",
    "config",
    "counter",
    "env",
    "interface",
    "ioswdsysmon",
    "ipsla",
    "oir",
    "resource",
    "rf",
    "routing",
    "rpc",
    "snmp",
    "snmp-notification",
)
KEPT = ("policy", "directory", "session", "scheduler", "history", "detector")
OPTIONS = re.compile(r"(authorization bypass)?( ?\bclass ([A-Z]|default))?( ?\btrap)?")
POLICY_HEADER = "No.  Class     Type    Event Type          Trap  Time Registered           Name\n"
HISTORY_HEADER = "\nNo.  Job Id Proc Status   Time of Event            Event Type        Name\n\n"
ENVIRONMENT_HEADER = f"{'No.':5}{'Name':30}{'Value':30}\n"


# -- configuration ------------------------------------------------------------------------------------------------


def environment(session: Session, args: Args) -> Result:
    session.router.config.environment[args["NAME"]] = args["LINE"]
    session.router.touch()
    return ""


def no_environment(session: Session, args: Args) -> Result:
    if session.router.config.environment.pop(args["NAME"], None) is None:
        return "Environment variable not found\n"
    session.router.touch()
    return ""


def applet(session: Session, args: Args) -> Result:
    """Enter applet mode. The applet is registered when the mode is left."""
    name, options = args["NAME"], args.get("LINE", "")
    if options and not OPTIONS.fullmatch(options):
        raise InvalidError(at=0)
    known = session.router.config.applets.get(name, Applet(name))
    _put(session, replace(known, options=options or known.options))
    session.go(Mode("applet", "(config-applet)#", name, leave=lambda: eem.register(session.router, name)))
    return ""


def no_applet(session: Session, args: Args) -> Result:
    if session.router.config.applets.pop(args["NAME"], None) is None:
        return f"EEM: applet {args['NAME']} not found\n"
    session.router.registered.pop(args["NAME"], None)
    session.router.touch()
    return ""


def _put(session: Session, applet: Applet) -> None:
    session.router.config.applets[applet.name] = applet
    session.router.touch()


def _edited(session: Session) -> Applet:
    """The applet whose mode this is; another session may have removed it meanwhile."""
    name = session.mode.subject
    return session.router.config.applets.get(name, Applet(name))


def description(session: Session, args: Args) -> Result:
    if not session.router.personality.applet_description:
        raise InvalidError(at=-len("description "))
    _put(session, replace(_edited(session), description=args["LINE"]))
    return ""


def no_description(session: Session, _args: Args) -> Result:
    _put(session, replace(_edited(session), description=""))
    return ""


def tagged_event(session: Session, args: Args) -> Result:
    """`event tag T ...`: an applet may have several of these, for its trigger to combine."""
    edited = _edited(session)
    _put(session, replace(edited, tagged={**edited.tagged, args["TAG"]: args["LINE"]}))
    return ""


def no_tagged_event(session: Session, args: Args) -> Result:
    edited = _edited(session)
    _put(session, replace(edited, tagged={k: v for k, v in edited.tagged.items() if k != args["TAG"]}))
    return ""


def trigger(session: Session, args: Args) -> Result:
    """Enter trigger mode, which lies within applet mode: the applet is not registered by it."""
    edited = _edited(session)
    _put(session, replace(edited, trigger=(f"trigger {args.get('LINE', '')}".strip(), *edited.trigger[1:])))
    session.go(Mode("trigger", "(config-applet-trigger)#", edited.name, parent=session.mode))
    return ""


def no_trigger(session: Session, _args: Args) -> Result:
    _put(session, replace(_edited(session), trigger=()))
    return ""


def in_trigger(session: Session, args: Args) -> Result:
    edited, line = _edited(session), f"{next(iter(args))} {args['LINE']}"
    _put(session, replace(edited, trigger=(*(old for old in edited.trigger if old != line), line)))
    return ""


def event(session: Session, args: Args) -> Result:
    kind = list(args)[1]
    text = " ".join([kind, *([args["LINE"]] if "LINE" in args else [])])
    _put(session, replace(_edited(session), event=text))
    return ""


def no_event(session: Session, _args: Args) -> Result:
    _put(session, replace(_edited(session), event=""))
    return ""


def action(session: Session, args: Args) -> Result:
    text = eem.action(args["LINE"], mail_tls=session.router.personality.mail_tls)
    edited = _edited(session)
    _put(session, replace(edited, actions={**edited.actions, args["LABEL"]: text}))
    return ""


def no_action(session: Session, args: Args) -> Result:
    edited = _edited(session)
    _put(session, replace(edited, actions={k: v for k, v in edited.actions.items() if k != args["LABEL"]}))
    return ""


# -- running and showing ------------------------------------------------------------------------------------------


def run(session: Session, args: Args) -> Result:
    router, name = session.router, args["NAME"]
    if name not in router.registered or eem.event_type(router.config.applets[name].event) != "none":
        return f"EEM policy {name} not registered with event none Event Detector\n"
    session.point = "run"
    running = eem.run(router, router.config.applets[name])
    if router.personality.blocking_run:
        return _finished(running)
    router.spawn(running)
    return ""


async def _finished(running: Coroutine[Any, Any, None]) -> str:
    await running
    return ""


def show_policies(session: Session, _args: Args) -> Result:
    return POLICY_HEADER + "".join(f"{line}\n" for line in _policies(session))


def _policies(session: Session) -> Iterator[str]:
    router = session.router
    scripts = [line.split()[3] for line in router.config.lines if line.startswith("event manager policy ")]
    for number, name in enumerate(scripts, 1):
        yield f"{number:<5}{'script':10}{'user':8}{'syslog':20}{'Off':6}{job_time(router.booted):26}{name}"
    for number, (name, since) in enumerate(router.registered.items(), len(scripts) + 1):
        applet = router.config.applets[name]
        kind = eem.event_type(applet.event)
        yield f"{number:<5}{'applet':10}{'user':8}{kind:20}{'Off':6}{job_time(since):26}{name}"
        if kind == "none":
            yield f" policyname {{{name}}} sync {{yes}}"
        yield f" maxrun {eem.maxrun(applet):.3f}"
        yield from applet.action_lines()
        yield ""


def show_history(session: Session, _args: Args) -> Result:
    rows = (
        f"{number:<5}{job.number:<7}Actv {job.status:9}{job_time(job.at):25}{job.event:18}applet: {job.applet}\n"
        for number, job in enumerate(session.router.history, 1)
    )
    return HISTORY_HEADER + "".join(rows)


def show_environment(session: Session, args: Args) -> Result:
    known, name = session.router.config.environment, args.get("NAME")
    if name:
        return f"{name}: {known[name]}\n" if name in known else "Environment variable not found\n"
    rows = (f"{number:<5}{key:30}{value:30}\n" for number, (key, value) in enumerate(known.items(), 1))
    return ENVIRONMENT_HEADER + "".join(rows)


def show_version(_session: Session, _args: Args) -> Result:
    return "Embedded Event Manager Version 4.00\nComponent Versions:\neem: (rel4)1.0.8\n"


CONFIG = (
    ("event manager environment NAME LINE", environment),
    ("no event manager environment NAME [LINE]", no_environment),
    ("event manager applet NAME [LINE]", applet),
    ("no event manager applet NAME", no_applet),
    *((f"event manager {kind} LINE", one_line) for kind in KEPT),
    *((f"no event manager {kind} LINE", no_line) for kind in KEPT),
)
TRIGGER = (("correlate LINE", in_trigger), ("attribute LINE", in_trigger))
APPLET = (
    ("description LINE", description),
    ("no description [LINE]", no_description),
    *((f"event {kind} [LINE]", event) for kind in EVENTS),
    ("event tag TAG LINE", tagged_event),
    ("no event [LINE]", no_event),
    ("no event tag TAG [LINE]", no_tagged_event),
    ("trigger [LINE]", trigger),
    ("no trigger [LINE]", no_trigger),
    ("action LABEL LINE", action),
    ("no action LABEL [LINE]", no_action),
)
EXEC = (
    ("event manager run NAME", run),
    ("show event manager policy registered", show_policies),
    ("show event manager history events", show_history),
    ("show event manager environment", show_environment),
    ("show event manager environment all", show_environment),
    ("show event manager environment NAME", show_environment),
    ("show event manager version", show_version),
)
