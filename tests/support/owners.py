"""What others do to a router, as rules of a game, and what makes and wishes there are."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from lab import fleet
from mailtrust.applet import TEST_APPLET
from mailtrust.certificates import from_der, trustpoint_name
from tests.support.one_router import ACTION, CERTIFICATES, GOOD, OLD, SERVERS, WRONG, OneRouter, Wish
from tests.support.world import emulated

APPLETS = ("Alerts", "Reports")
FOREIGN = ("Corporate", "Somebodys")
OURS = ("_email_server", "_email_from", "_email_to")

makes = st.fixed_dictionaries(
    {
        "demands_fingerprint": st.booleans(),
        "asks_even_with_fingerprint": st.booleans(),
        "hides_defaults": st.booleans(),
        "applet_description": st.booleans(),
        "blocking_run": st.booleans(),
        "default_trustpoints": st.booleans(),
        "executes_after_hangup": st.booleans(),
        "mail_tls": st.sampled_from([True, True, True, False]),
        "save": st.sampled_from(
            ["ok", "compressed", "overwrite", "busy", "busy-once", "ok-but-failed", "failed", "asks", "confirms"]
        ),
        "startup": st.sampled_from(["ok", "ok", "ok", "absent", "busy-once"]),
        "differences": st.sampled_from(["ok", "ok", "old", "fails"]),
    }
)
wishes = st.builds(
    Wish,
    server=st.sampled_from(sorted(SERVERS)),
    password=st.sampled_from([GOOD, GOOD, GOOD, WRONG]),
    trust=st.frozensets(st.sampled_from(sorted(CERTIFICATES)), min_size=1),
    applets=st.lists(st.sampled_from(APPLETS), min_size=1, unique=True).map(tuple),
    body=st.sampled_from(["one", "two"]),
    adopt=st.booleans(),
)
trustpoints = st.tuples(
    st.sampled_from([*FOREIGN, *(trustpoint_name(from_der(emulated(each).der)) for each in CERTIFICATES.values())]),
    st.sampled_from([None, *sorted(CERTIFICATES)]),
    st.sampled_from(["none", "crl"]),
)
servers = st.sampled_from(["$_email_server", f"alerts:{GOOD}@smtp.one.test", f"alerts:{GOOD}@smtp.two.test"])
headers = st.sampled_from(["", "", " authorization bypass", " class B trap"])
oddities = st.sampled_from(
    [
        (),
        (),
        (),
        ('action 0020 regexp "(Gig)?abit" "$x"',),
        ('action 0020 syslog msg "Zürich"',),
        ('action 0020 cli command "x  y"',),
    ]
)


class Owners:
    """Whoever else configures the router."""

    here: OneRouter

    @rule(trustpoint=trustpoints)
    def somebody_makes_a_trustpoint(self, trustpoint: tuple[str, str | None, str]) -> None:
        name, held, check = trustpoint
        if name in self.here.router.config.trustpoints:
            return
        certificate = None if held is None else emulated(CERTIFICATES[held])
        self.here.typed(*fleet.trustpoint_lines(name, certificate, "enrollment terminal", f"revocation-check {check}"))

    @rule(
        name=st.sampled_from([*OURS, "site", "_x_server"]),
        value=st.sampled_from([f"alerts:{GOOD}@smtp.one.test", f"alerts:{OLD}@smtp.two.test", "x@y.z"]),
    )
    def somebody_sets_a_variable(self, name: str, value: str) -> None:
        self.here.typed(f"event manager environment {name} {value}")

    @rule(
        name=st.sampled_from([*APPLETS, "Backup"]), server=servers, marked=st.booleans(), header=headers, odd=oddities
    )
    def somebody_writes_an_applet(
        self, name: str, server: str, marked: bool, header: str, odd: tuple[str, ...]
    ) -> None:
        mark = ["action 0000 comment mailtrust 0badc0de"] if marked else []
        lines = ["event none", *mark, f"action 0010 {ACTION.format(server)}", *odd]
        self.here.typed(f"no event manager applet {name}", *fleet.applet_lines(f"{name}{header}", *lines))

    @rule(name=st.sampled_from(APPLETS), to=st.sampled_from(["Copy", *APPLETS]), more=oddities)
    def somebody_copies_an_applet(self, name: str, to: str, more: tuple[str, ...]) -> None:
        """Mark and all."""
        there = self.here.router.config.applets.get(name)
        if there is not None and to != name:
            lines = [line.strip() for line in list(there.lines())[1:]]
            self.here.typed(f"no event manager applet {to}", *fleet.applet_lines(to, *lines, *more))

    @rule(name=st.sampled_from([*APPLETS, "Backup", "Copy", TEST_APPLET]))
    def somebody_removes_an_applet(self, name: str) -> None:
        self.here.typed(f"no event manager applet {name}")

    @rule(name=st.sampled_from(["sl_intf_down.tcl", "check.py"]), gone=st.sampled_from([True, False]))
    def somebody_registers_a_script(self, name: str, gone: bool) -> None:
        self.here.typed(f"{'no ' if gone else ''}event manager policy {name}")

    @rule()
    def somebody_changes_something_else(self) -> None:
        count = sum("ip route 172." in line for line in self.here.router.config.lines)
        self.here.typed(f"ip route 172.16.{count}.0 255.255.255.0 Null0")

    @rule(flag=st.sampled_from(["crypto pki messages", "event manager action mail"]), on=st.booleans())
    def somebody_debugs(self, flag: str, on: bool) -> None:
        self.here.exec(f"{'' if on else 'no '}debug {flag}")

    @rule()
    def somebody_saves(self) -> None:
        self.here.router.save()

    @rule()
    def the_router_reloads(self) -> None:
        self.here.reloaded()
