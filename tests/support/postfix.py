"""A real Postfix with a configuration, a queue and a port of its own: the host's is not touched."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lab.authority import Chain
from tasks.provider import Look, look

POSTFIX = shutil.which("postfix")
LONGEST_WAIT = 30.0
NOTHING: Mapping[str, object] = {}

MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = smtp.lab.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
alias_maps =
alias_database =
default_transport = error:outside mail is off
smtpd_tls_chain_files = {home}/etc/tls.pem
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_relay_restrictions = reject
maillog_file = {home}/log/maillog
maillog_file_prefixes = {home}
"""
# service type private unpriv chroot wakeup maxproc command
MASTER = """\
127.0.0.1:{ports[usual]} inet n - n - - smtpd
127.0.0.1:{ports[TLS 1.3 only]} inet n - n - - smtpd
  -o {{ smtpd_tls_protocols = >=TLSv1.3 }}
127.0.0.1:{ports[no STARTTLS]} inet n - n - - smtpd
  -o smtpd_tls_security_level=none
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
error unix - - n - - error
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A running Postfix, one port for each way to be, and the means to change what it presents."""

    home: Path
    ports: Mapping[str, int]

    def present(self, chain: Chain) -> Look:
        """Exchange the key and the chain, reload, and wait until they are served; the look that saw it."""
        self.put(chain)
        self.run("reload")
        return self.until(lambda seen: [one.der for one in seen.chain] == [_der(one) for one in chain.presented])

    def put(self, chain: Chain) -> None:
        beside = self.home / "etc/tls.new"
        beside.write_bytes(chain.pem)
        beside.chmod(0o600)
        beside.replace(self.home / "etc/tls.pem")

    def run(self, verb: str) -> None:
        """What its daemons inherit must be nobody's pipe: they would keep it open."""
        assert POSTFIX
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([POSTFIX, "-c", self.home / "etc", verb], check=True, timeout=LONGEST_WAIT, **quiet)

    def until(self, served: Callable[[Look], bool]) -> Look:
        """Look again and again, as a router, until it is so."""
        last = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < last:
            (seen,) = look("127.0.0.1", self.ports["usual"], deadline=LONGEST_WAIT, manners=("router",))
            if served(seen):
                return seen
        raise AssertionError((self.home / "log/maillog").read_text())


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def free_port() -> int:
    """Postfix cannot be told to take any port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def postfix(
    chain: Chain, *, main: str = "", master: str = "", words: Mapping[str, object] = NOTHING
) -> Iterator[Postfix]:
    """A Postfix that presents this chain, gone without a trace afterwards. Needs root, and its users on this machine.

    ``main`` and ``master`` are more of its files, with ``words`` for their gaps; what stands there later counts.
    """
    home = Path(tempfile.mkdtemp(prefix="mailtrust-postfix-"))
    home.chmod(0o755)  # its daemons are another user
    ports = {way: free_port() for way in ("usual", "TLS 1.3 only", "no STARTTLS")}
    for folder in ("etc", "spool", "data", "log"):
        (home / folder).mkdir(mode=0o755)
    owner = pwd.getpwnam("postfix")
    os.chown(home / "data", owner.pw_uid, owner.pw_gid)
    (home / "etc/main.cf").write_text((MAIN + main).format(home=home, **words))
    (home / "etc/master.cf").write_text((MASTER + master).format(ports=ports))
    running = Postfix(home, ports)
    running.put(chain)
    try:
        running.run("start")
        running.until(lambda seen: seen.stopped is None)
        yield running
    finally:
        running.run("stop")
        shutil.rmtree(home, ignore_errors=True)
