"""How much bursts gain: `mailtrust verify` against nornir-scrapli's own tasks that ask the same five questions.

    .venv/bin/python benchmarks/bursts.py [ROUTERS] [RTT_MILLISECONDS]

Both look at the same emulated fleet in one run; read the ratio, not the seconds.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from nornir import InitNornir
from nornir_scrapli.tasks import send_commands

from lab.authority import Authority
from lab.fleet import HostedFleet, Spec
from lab.inventory import MailService, write_inventory
from lab.personality import Faults, Personality
from mailtrust.reading import QUESTIONS
from runbooks.options import Options
from runbooks.verify import verify

WORKERS = 100
PORT = 587  # nobody listens: looking sends no mail


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(routers: int, rtt: float) -> None:
    """Print both times and their ratio."""
    makes = [Personality(hostname=f"r{number:03}", faults=Faults(rtt=rtt)) for number in range(routers)]
    specs = [Spec(make.hostname, make) for make in makes]
    with tempfile.TemporaryDirectory() as folder, HostedFleet(specs) as fleet:
        service = MailService("smtp.lab.test", PORT, Authority.mint().trust_set(), "alerts", "lab-app-password")
        config = write_inventory(Path(folder), fleet, service, workers=WORKERS)
        inventory = Path(folder) / "inventory"
        files = {f"{name}_file": str(inventory / f"{name}s.yaml") for name in ("host", "group")}
        nornir = InitNornir(
            inventory={
                "plugin": "SimpleInventory",
                "options": {**files, "defaults_file": str(inventory / "defaults.yaml")},
            },
            runner={"plugin": "threaded", "options": {"num_workers": WORKERS}},
            logging={"enabled": False},
        )
        for host in nornir.inventory.hosts.values():
            host.connection_options.clear()
            host.get_connection_parameters("scrapli").extras["transport"] = "ssh2"
        bursts = seconds(lambda: verify(Options(config)))
        tasks = seconds(lambda: nornir.run(task=send_commands, commands=list(QUESTIONS)))
    failed = len(nornir.data.failed_hosts)
    if failed:
        sys.exit(f"{failed} of the tasks failed, so there is nothing to compare")
    figures = f"bursts {bursts:.2f} s, tasks {tasks:.2f} s, {tasks / bursts:.1f} times"
    print(f"{routers} routers, {rtt * 1000:.0f} ms: {figures}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100, float(sys.argv[2]) / 1000 if sys.argv[2:] else 0.02)
