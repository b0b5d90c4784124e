"""The command line: words in, a verb called, its report shown, its exit code out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.rule import Rule

from mailtrust.errors import MailtrustError, UsageError
from runbooks import commands_check, commands_hostkeys, commands_probe
from runbooks.approval import save_plan
from runbooks.commands_check import show_check
from runbooks.demo import Stage, demo
from runbooks.fleet import find_config
from runbooks.init import init
from runbooks.lab import MAIL_FILE, lab
from runbooks.options import Options, Verb
from runbooks.progress import Silent, Watcher, watcher
from runbooks.run import Prepared, Run, run
from runbooks.screen import show_details, show_report

USAGE = 2
INTERRUPTED = 130

_EXAMPLES = """Keeps secure e-mail alerts working on a fleet of Cisco IOS XE routers.

\b
  mailtrust demo                          see it work on an emulated fleet
  mailtrust init fleet && cd fleet        write a config.yaml and an inventory to begin with
  mailtrust check                         read every file, lint every wish, touch nothing
  mailtrust plan --limit group:branches   show what would change
  mailtrust rollout --limit site=berlin   change it, prove it by a mail, save it
  mailtrust verify                        is it still so? exit code 4 when not
"""

app = typer.Typer(
    help=_EXAMPLES, no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)

Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="Nornir's configuration file.")]
Limit = Annotated[
    list[str] | None,
    typer.Option(
        "--limit",
        metavar="EXPR",
        help="Choose hosts: a name, a glob, group:NAME, key=value of data, @FILE; '!' negates. Repeatable.",
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Routers at the same time.")]
Runs = Annotated[Path | None, typer.Option(metavar="DIR", help="Where run directories are made.")]
Output = Annotated[Literal["text", "json"], typer.Option(help="json: the run's run.json and nothing else.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Print what happened on each host.")]
Adopt = Annotated[bool, typer.Option("--adopt", help="Take over applets of the wanted names that somebody made.")]
InstallLeaf = Annotated[
    bool, typer.Option("--install-leaf", help="Confirm a provider's `install: all`, which installs a leaf.")
]
Tests = Annotated[
    Literal["changed", "all", "none"] | None, typer.Option("--test", help="Which routers send a test mail.")
]
Saves = Annotated[
    Literal["proven", "changed", "never"] | None,
    typer.Option("--save", help="When the configuration is saved: after the test mail went, after any change, never."),
]
Keep = Annotated[bool, typer.Option("--keep", help="Do not undo what was done to a router that failed midway.")]
Journeys = Annotated[
    int, typer.Option(min=1, metavar="N", help="How often a router is begun, when its line is lost in the midst.")
]
Waves = Annotated[
    str | None, typer.Option(metavar="SIZES", help="Waves such as 1,5%,25%,rest; each must prove itself by its mails.")
]
WaveBy = Annotated[str | None, typer.Option(metavar="KEY", help="Sizes count values of this key of data, not hosts.")]
Soak = Annotated[float | None, typer.Option(min=0, metavar="SECONDS", help="Wait so long between two waves.")]
MaxFailed = Annotated[
    str | None, typer.Option(metavar="N|P%", help="Stop when more hosts than this have failed, over the whole run.")
]
MaxUnreachable = Annotated[
    str | None, typer.Option(metavar="N|P%", help="Stop when more hosts than this are out of reach.")
]
Resume = Annotated[str | None, typer.Option(metavar="RUN", help="Go on with an earlier run: its unfinished hosts.")]
FailedToo = Annotated[bool, typer.Option("--failed", help="With --resume: also the hosts that failed.")]
SaveOthers = Annotated[bool, typer.Option("--save-others", help="Save also what somebody else left unsaved.")]
Yes = Annotated[bool, typer.Option("--yes", help="Ask no question.")]
DEFAULT = Path("config.yaml")


@dataclass(frozen=True)
class _Manners:
    """How a run speaks to whoever started it."""

    output: Literal["text", "json"]
    verbose: bool
    ask: bool


@app.command("init")
def init_command(directory: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Write a commented config.yaml and an inventory."""
    for path in init(directory):
        print(f"wrote {path}")
    print(f"\nnext: put your routers into {directory / 'inventory' / 'hosts.yaml'}, then")
    print(f"  mailtrust check --config {directory / 'config.yaml'}")


@app.command("plan")
def plan_command(
    config: Config = DEFAULT,
    limit: Limit = None,
    workers: Workers = None,
    runs: Runs = None,
    adopt: Adopt = False,
    install_leaf: InstallLeaf = False,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the plan, to be approved.")] = None,
    output: Output = "text",
    verbose: Verbose = False,
) -> None:
    """Show what a rollout would change; nothing is changed. Exit code 4 when something would be."""
    options = Options(config, tuple(limit or ()), workers, runs, adopt, install_leaf)
    done = _run("plan", options, _Manners(output, verbose, ask=False))
    if save is not None:
        hosts = save_plan(save, done.report, done.digests, done.directory.redactor)
        print(f"the plan of {hosts} hosts is in {save}; next: mailtrust rollout --plan {save}", file=sys.stderr)
    raise typer.Exit(done.report.exit_code)


@app.command("verify")
def verify_command(
    config: Config = DEFAULT,
    limit: Limit = None,
    workers: Workers = None,
    runs: Runs = None,
    adopt: Adopt = False,
    install_leaf: InstallLeaf = False,
    output: Output = "text",
    verbose: Verbose = False,
) -> None:
    """See whether every router still has what it should have. Exit code 4 on drift."""
    options = Options(config, tuple(limit or ()), workers, runs, adopt, install_leaf)
    raise typer.Exit(_run("verify", options, _Manners(output, verbose, ask=False)).report.exit_code)


@app.command("rollout")
def rollout_command(
    config: Config = DEFAULT,
    limit: Limit = None,
    workers: Workers = None,
    runs: Runs = None,
    adopt: Adopt = False,
    install_leaf: InstallLeaf = False,
    test: Tests = None,
    save: Saves = None,
    keep: Keep = False,
    waves: Waves = None,
    wave_by: WaveBy = None,
    soak: Soak = None,
    max_failed: MaxFailed = None,
    max_unreachable: MaxUnreachable = None,
    resume: Resume = None,
    failed: FailedToo = False,
    plan: Annotated[Path | None, typer.Option(metavar="FILE", help="Do exactly what a saved plan says.")] = None,
    save_others: SaveOthers = False,
    journeys: Journeys = 2,
    output: Output = "text",
    verbose: Verbose = False,
    yes: Yes = False,
) -> None:
    """Change what differs, prove it by a test mail from the router itself, save it."""
    options = Options(
        config=config,
        limit=tuple(limit or ()),
        workers=workers,
        runs=runs,
        adopt=adopt,
        install_leaf=install_leaf,
        test=test,
        save=save,
        keep=keep,
        waves=waves,
        wave_by=wave_by,
        soak=soak,
        max_failed=max_failed,
        max_unreachable=max_unreachable,
        resume=resume,
        failed_too=failed,
        plan=plan,
        save_others=save_others,
        journeys=journeys,
    )
    raise typer.Exit(_run("rollout", options, _Manners(output, verbose, ask=not yes)).report.exit_code)


@app.command("rollback")
def rollback_command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory, its name, or last.")],
    config: Config = DEFAULT,
    limit: Limit = None,
    workers: Workers = None,
    runs: Runs = None,
    save: Saves = None,
    save_others: SaveOthers = False,
    journeys: Journeys = 2,
    output: Output = "text",
    verbose: Verbose = False,
    yes: Yes = False,
) -> None:
    """Bring routers back to how they were before a run; one on which something was built since is left alone."""
    options = Options(
        config,
        tuple(limit or ()),
        workers,
        runs,
        save=save,
        save_others=save_others,
        journeys=journeys,
        undo=run,
    )
    raise typer.Exit(_run("rollback", options, _Manners(output, verbose, ask=not yes)).report.exit_code)


@app.command("lab")
def lab_command(
    routers: Annotated[int, typer.Option(min=1, help="How many.")] = 12,
    directory: Annotated[Path, typer.Option("--dir", metavar="DIR", help="Where the inventory is written.")] = Path(
        "lab-fleet"
    ),
) -> None:
    """Run emulated routers and a real mail server on this machine, until Ctrl-C."""

    def ready(config: Path) -> None:
        print(f"{routers} routers and a mail server are up. In another terminal:\n")
        for verb in ("check", "plan", "rollout", "verify"):
            print(f"  mailtrust {verb} --config {config}")
        print(f"\nwhat arrives stands in {directory / MAIL_FILE}; Ctrl-C ends the lab", flush=True)

    lab(directory, routers, ready)


@app.command("demo")
def demo_command(verbose: Verbose = False) -> None:
    """See all of it work on twelve emulated routers, in a minute and without any preparation."""
    console = Console()
    stage = Stage(
        headline=lambda title, text: console.print(Rule(f"[bold]{title}[/]: {text}", align="left")),
        checked=lambda checked: show_check(console, checked),
        watch=lambda prepared: (
            watcher(console, prepared.verb, len(prepared.orders)) if console.is_terminal else Silent()
        ),
        ran=lambda done: _show_report(console, done, verbose=verbose),
    )
    demo(stage, console)


commands_check.add_to(app)
commands_hostkeys.add_to(app)
commands_probe.add_to(app)


@app.command("version")
def version_command() -> None:
    """Print the version."""
    print(version("mailtrust"))


def _run(verb: Verb, options: Options, manners: _Manners) -> Run:
    find_config(options.config)
    screen, errors = Console(), Console(stderr=True)

    def announce(prepared: Prepared) -> None:
        errors.print(prepared.announcement, highlight=False, soft_wrap=True)
        if manners.ask and sys.stdin.isatty():
            typer.confirm("Go on?", abort=True, err=True)

    def watch(prepared: Prepared) -> Watcher:
        return Silent() if manners.output == "json" else watcher(errors, verb, len(prepared.orders))

    done = run(verb, options, announce, watch)
    if manners.output == "json":
        print(done.report_text, end="")
    else:
        _show_run(screen, done, verbose=manners.verbose)
    return done


def _show_run(screen: Console, done: Run, *, verbose: bool) -> None:
    _show_report(screen, done, verbose=verbose)
    print(f"all of it: {done.directory.path}")
    for line in next_commands(done):
        print(line)


def _show_report(screen: Console, done: Run, *, verbose: bool) -> None:
    redactor = done.directory.redactor
    if verbose:
        print(show_details(done.results, redactor))
    show_report(screen, done.report, redactor)


def next_commands(done: Run) -> list[str]:
    """What one would type next, after a run that ended like this."""
    totals = done.report.totals
    if done.report.stopped is not None:
        return [f"next: mailtrust rollout --resume {done.report.id} goes on with the hosts that are not finished"]
    if totals["planned"]:
        return ["next: mailtrust rollout (with the same options) makes it so"]
    if totals["failed"] or totals["unreachable"]:
        return ["next: follow the remedies above, then run the same command again; what is done is kept"]
    return []


def main() -> None:
    """The entry point: one line for what we know, an exit code for everything."""
    try:
        sys.exit(app(sys.argv[1:] or ["--help"], standalone_mode=False))
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except typer.TyperException as error:
        print(f"mailtrust: {error.format_message()} (see mailtrust --help)", file=sys.stderr)
        sys.exit(USAGE)
    except UsageError as error:
        print(f"mailtrust: {error}", file=sys.stderr)
        sys.exit(USAGE)
    except MailtrustError as error:
        print(f"mailtrust: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
