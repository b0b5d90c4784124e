"""Over real SSH: clients and parsers that nobody here wrote, connections that break, and a fleet with real mail."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import Encoding
from netmiko import ConnectHandler
from netmiko.exceptions import NetmikoAuthenticationException
from nornir import InitNornir
from ntc_templates.parse import parse_output
from scrapli.driver.core import IOSXEDriver
from scrapli.exceptions import ScrapliConnectionError, ScrapliTimeout

from lab.authority import Authority
from lab.certificate import Certificate, from_paste
from lab.fleet import Emulated, HostedFleet, Spec, applet_lines, host_lines, trustpoint_lines, variable_lines
from lab.inventory import MailService, write_inventory
from lab.mailhost import Account, MailHost
from lab.personality import Faults, Personality

LONG = "a-router-with-a-name-of-more-than-twenty"


def personality(name: str = "r1", **habits: Any) -> Spec:
    return Spec(name, Personality(hostname=name, **habits))


def iosxe(router: Emulated, transport: str = "ssh2") -> IOSXEDriver:
    """A scrapli driver for this router, opened by `with`."""
    username, password = router.core.personality.host_login
    return IOSXEDriver(
        host="127.0.0.1",
        port=router.port,
        auth_username=username,
        auth_password=password,
        auth_secondary=router.core.personality.enable_secret or "",
        auth_strict_key=False,
        transport=transport,
    )


@contextmanager
def doomed(router: Emulated) -> Iterator[IOSXEDriver]:
    """A scrapli driver whose connection will not survive: scrapli leaves its socket open then.

    The libssh2 session goes first: freed later, it would say goodbye on a file number that is somebody else's by then.
    """
    driver = iosxe(router)
    try:
        yield driver
    finally:
        line = driver.transport.socket.sock
        driver.transport.session_channel = driver.transport.session = None
        if line:
            line.close()


def hear(driver: IOSXEDriver, wanted: bytes) -> bytes:
    """Everything that comes until the pattern `wanted` has come."""
    heard = b""
    while not re.search(wanted, heard):
        heard += driver.channel.read()
    return heard


def authenticate(name: str, pem: list[str]) -> list[str]:
    return [f"crypto pki trustpoint {name}", "enrollment terminal", f"crypto pki authenticate {name}", *pem, "quit"]


HABITS: dict[str, dict[str, Any]] = {
    "privileged": {},
    "with enable": {"enable_secret": "sesame"},
    "far away": {"faults": Faults(rtt=0.01)},
}


@pytest.mark.parametrize("habits", HABITS.values(), ids=HABITS)
@pytest.mark.parametrize("transport", ["ssh2", "paramiko"])
def test_scrapli_logs_in_configures_and_reads(
    transport: str, habits: dict[str, Any], pem: Callable[[str], list[str]]
) -> None:
    """Plain scrapli: prompts, privilege, configuration, interaction and long output, over two of its transports."""
    with HostedFleet([personality(LONG, **habits)]) as fleet:
        router = fleet.routers[LONG]
        with iosxe(router, transport=transport) as driver:
            assert driver.get_prompt() == f"{LONG}#"
            configured = driver.send_configs(["crypto pki trustpoint TP", "enrollment terminal", "nonsense"])
            assert [response.failed for response in configured] == [False, False, True]
            driver.send_interactive([("clear logging", "[confirm]", False), ("", "#", False)])
            driver.acquire_priv("configuration")
            driver.channel.write("\n".join(["crypto pki authenticate TP", *pem("root"), "quit", "yes", ""]))
            hear(driver, b"% Certificate successfully imported")
            running = driver.send_command("show running-config").result
        assert " certificate ca 0A01\n" in running
        assert running.rstrip().endswith("end")
        assert router.core.trust()["TP"].serial_number == 0x0A01


def test_netmiko_logs_in_configures_and_saves(pem: Callable[[str], list[str]]) -> None:
    """netmiko's cisco_xe driver: the same by other habits, and state survives the reconnect."""
    with HostedFleet([personality(LONG, enable_secret="sesame")]) as fleet:
        router = fleet.routers[LONG]
        login = {"device_type": "cisco_xe", "host": "127.0.0.1", "port": router.port, "secret": "sesame"}
        with ConnectHandler(username="admin", password="admin", **login) as driver:
            driver.enable()
            driver.send_config_set(authenticate("TP", pem("root")), exit_config_mode=False, cmd_verify=False)
            driver.send_command("yes", expect_string=r"\(config\)#")
            driver.exit_config_mode()
            assert "[OK]" in driver.save_config()
        with ConnectHandler(username="admin", password="admin", **login) as driver:
            driver.enable()
            assert "crypto pki trustpoint TP" in driver.send_command(
                "show running-config | section crypto pki trustpoint"
            )
        with pytest.raises(NetmikoAuthenticationException):
            ConnectHandler(username="admin", password="wrong", **login)


def test_ntc_templates_parse_the_lab(pem: Callable[[str], list[str]]) -> None:
    """ntc-templates' own templates read the lab's version, clock, log, interfaces and certificates."""
    spec = Spec("r1", Personality(hostname="r1", release="17.12.04"), trustpoint_lines("TP", from_paste(pem("root"))))
    with HostedFleet([spec]) as fleet, iosxe(fleet.routers["r1"]) as driver:
        driver.send_configs(["crypto pki trustpoint NEW"])

        def parsed(command: str) -> list[dict[str, Any]]:
            return parse_output("cisco_ios", command, driver.send_command(command).result)

        version = parsed("show version")[0]
        assert (version["hostname"], version["version"], version["hardware"]) == ("r1", "17.12.4", ["C8000V"])
        assert parsed("show clock")[0]["timezone"] == "UTC"
        assert [row["mnemonic"] for row in parsed("show logging")] == ["RESTART", "TRUSTPOINT_CREATE", "CONFIG_I"]
        certificate = parsed("show crypto pki certificates")[0]
        assert (certificate["serial_number"], certificate["subject_cn"]) == ("0A01", "Golden Root")
        assert certificate["end_date"] == "00:00:00 UTC Dec 31 2099"
        assert certificate["associated_trustpoints"] == "TP"
        assert parsed("show ip interface brief")[0]["interface"] == "Loopback0"


def test_a_burst_is_answered_in_order(pem: Callable[[str], list[str]]) -> None:
    """Everything at once, three pastes among it: one write, and the last prompt comes after the last output."""
    certificate = from_paste(pem("root"))
    lines = ["terminal width 511", "terminal length 0", "configure terminal"]
    for name in ("ONE", "TWO", "THREE"):
        start, enrollment, *paste = authenticate(name, pem("root"))
        lines += [start, enrollment, f"fingerprint {certificate.sha1}", *paste]
    lines += ["end", "show crypto pki trustpoints status", "show clock"]
    with HostedFleet([personality(faults=Faults(rtt=0.02))]) as fleet, iosxe(fleet.routers["r1"]) as driver:
        driver.channel.write("\n".join(lines) + "\n")
        heard = hear(driver, rb"show clock\n.+\nr1#$")
        assert heard.count(b"Certificate validated - fingerprints matched.") == 3
        assert heard.count(b"Issuing CA authenticated ....... Yes") == 3
        assert list(fleet.routers["r1"].core.trust()) == ["ONE", "TWO", "THREE"]


def test_a_dropped_connection_leaves_the_router_as_it_was(pem: Callable[[str], list[str]]) -> None:
    """A connection that drops in mid-paste installs nothing and frees the router; the next login carries on."""
    with HostedFleet([personality(faults=Faults(at="mid-paste"))]) as fleet:
        router = fleet.routers["r1"]
        with doomed(router) as driver:
            driver.open()
            driver.acquire_priv("configuration")
            driver.channel.write("\n".join(authenticate("TP", pem("root"))) + "\n")
            with pytest.raises(ScrapliConnectionError):
                hear(driver, b"Certificate has")
        assert router.core.trust() == {}
        assert list(router.core.config.trustpoints) == ["TP"]
        with iosxe(router) as driver:
            assert "TP" in driver.send_command("show running-config | section crypto").result


def test_login_can_be_refused() -> None:
    """A router that refuses logins refuses the right password too, and says that it is the login.

    Not over scrapli's ssh2: it tries a refused password again as keyboard-interactive, and while ssh2-python waits for
    the answer it lets no other thread run, the router's among them.
    """
    refusing = personality(faults=Faults(refuse_login=True))
    refused = pytest.raises(NetmikoAuthenticationException)
    with HostedFleet([refusing]) as fleet, refused:
        ConnectHandler(
            "127.0.0.1", port=fleet.routers["r1"].port, device_type="cisco_xe", username="admin", password="admin"
        )


def test_a_slow_line_is_only_slow() -> None:
    """Output that drips arrives whole, and an impatient client times out."""
    with HostedFleet([personality(faults=Faults(drip=0.01))]) as fleet:
        with iosxe(fleet.routers["r1"]) as driver:
            assert driver.send_command("show version | include operating").result == "Router operating mode: Autonomous"
        with doomed(fleet.routers["r1"]) as driver:
            driver.open()
            with pytest.raises((ScrapliTimeout, ScrapliConnectionError)):
                driver.send_command("show running-config", timeout_ops=0.1)


def test_a_fleet_sends_real_mail_through_an_inventory(tmp_path: Path) -> None:
    """Routers configured from outside send over real STARTTLS; the inventory written for them is one Nornir can load."""
    authority = Authority.mint(hosts=["smtp.lab.example"])
    account = Account("alerts", "app-password", ("alerts@lab.example",))
    with MailHost.in_thread(authority.chain(), [account]) as host:
        anchor = Certificate(authority.chain().anchor.public_bytes(Encoding.DER))
        variables = {"_email_server": "alerts:app-password@smtp.lab.example", "_email_from": "alerts@lab.example"}
        mail = 'mail server "$_email_server" to "noc@lab.example" from "$_email_from" subject "S" body "B"'
        ready = (
            *host_lines({"smtp.lab.example": host.address}),
            *variable_lines(variables),
            *applet_lines("Mail", "event none", f"action 0010 {mail} port {host.port} secure tls"),
        )
        specs = [
            Spec("trusting", Personality(hostname="trusting"), (*ready, *trustpoint_lines("CA-1", anchor))),
            Spec("wary", Personality(hostname="wary", enable_secret="sesame"), ready),
        ]
        with HostedFleet(specs) as fleet:
            for router in fleet.routers.values():
                with iosxe(router) as driver:
                    driver.send_command("event manager run Mail")
            assert [message.subject for message in host.messages()] == ["S"]
            assert "FMPD_SMTP" not in fleet.routers["trusting"].core.buffer.text()
            assert (
                "%HA_EM-3-FMPD_SMTP: Error occurred when sending mail to SMTP server: "
                "alerts:app-password@smtp.lab.example : error in connecting to SMTP server"
            ) in fleet.routers["wary"].core.buffer.text()
            service = MailService("smtp.lab.example", host.port, authority.trust_set(), "alerts", "app-password")
            config = write_inventory(tmp_path, fleet, service, host_data={"wary": {"mail": {"login": "a@b"}}})
    check_inventory(config, fleet)


def check_inventory(config: Path, fleet: HostedFleet) -> None:
    content = yaml.safe_load(config.read_text())
    options = {name: str(config.parent / path) for name, path in content["inventory"]["options"].items()}
    nornir = InitNornir(inventory={**content["inventory"], "options": options}, logging={"enabled": False})
    hosts = nornir.inventory.hosts
    assert {name: host.port for name, host in hosts.items()} == {name: r.port for name, r in fleet.routers.items()}
    assert (hosts["trusting"].platform, hosts["trusting"].username) == ("cisco_iosxe", "admin")
    assert hosts["wary"].get_connection_parameters("scrapli").extras == {
        "auth_strict_key": False,
        "auth_secondary": "sesame",
    }
    assert hosts["trusting"]["mail"]["sender"] == "alerts@lab.example"
    assert hosts["wary"]["mail"] == {"login": "a@b"}
    secret = config.parent / "inventory" / "smtp-password"
    assert hosts["trusting"]["mail"]["password"] == f"file:{secret}"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert secret.read_text() == "app-password\n"
    provider = yaml.safe_load((config.parent / "inventory" / "providers.yaml").read_text())["lab"]
    assert (config.parent / "inventory" / provider["trust"]).read_text().count("BEGIN CERTIFICATE") == 3


def test_an_initial_configuration_that_is_refused_is_an_error() -> None:
    """A fleet does not start with a router whose initial configuration it refused: the line is named."""
    with (
        pytest.raises(ValueError, match=r"r1: 'nonsense here' was refused"),
        HostedFleet([Spec("r1", Personality(hostname="r1"), ("nonsense here",))]),
    ):
        pass


def test_a_hundred_routers_in_one_process() -> None:
    """A hundred routers listen side by side, each with its own port and state."""
    with HostedFleet([personality(f"r{number}") for number in range(100)]) as fleet:
        assert len({router.port for router in fleet.routers.values()}) == 100
        with iosxe(fleet.routers["r7"]) as seven, iosxe(fleet.routers["r8"]) as eight:
            seven.send_config("hostname lucky")
            seven.acquire_priv("privilege_exec")
            assert (seven.get_prompt(), eight.get_prompt()) == ("lucky#", "r8#")
