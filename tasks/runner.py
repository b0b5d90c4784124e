"""A Nornir runner that is kind to AAA servers and can be stopped between two hosts.

Nornir's own runner starts every host it was given and knows no stop; this one asks before each.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import copy

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, Task

from tasks.pace import Pace


class FleetRunner:
    """Bounded workers, a limit on connections a second, a splay, and caps on hosts of one group at the same time.

    A host that was not started because of ``stop`` is not in the result: the caller knows whom it had chosen.
    """

    def __init__(
        self,
        num_workers: int = 100,
        connects_per_second: float | None = None,
        splay: float = 0.0,
        caps: Mapping[str, int] | None = None,
    ) -> None:
        if any(cap < 1 for cap in (caps or {}).values()):
            raise ValueError("caps: a cap below 1 would keep its group waiting for ever")
        self.num_workers = num_workers
        self._pace = Pace(1 / connects_per_second if connects_per_second else 0.0, splay)
        self._caps = dict(caps or {})
        self.stop: Callable[[], bool] = lambda: False

    def stopped_by(self, stop: Callable[[], bool]) -> FleetRunner:
        """The same runner, which starts no further host once ``stop`` says so."""
        runner = copy(self)
        runner.stop = stop
        return runner

    def with_workers(self, workers: int) -> FleetRunner:
        """The same runner with another number of workers."""
        runner = copy(self)
        runner.num_workers = workers
        return runner

    def run(self, task: Task, hosts: Sequence[Host]) -> AggregatedResult:
        """Nornir's door: each host once, results as they come."""
        result = AggregatedResult(task.name)
        queue = _Queue(hosts, self._caps)
        workers = [
            threading.Thread(target=self._work, args=(task, queue, result), name=f"worker-{number}")
            for number in range(min(self.num_workers, len(hosts)))
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return result

    def _work(self, task: Task, queue: _Queue, result: AggregatedResult) -> None:
        while (host := queue.take()) is not None:
            try:
                self._pace.wait(self.stop)
                if not self.stop():
                    result[host.name] = task.copy().start(host)
            finally:
                queue.done(host)


class _Queue:
    """The hosts that wait, and which groups have a place free."""

    def __init__(self, hosts: Sequence[Host], caps: Mapping[str, int]) -> None:
        self._waiting = [(host, frozenset(map(str, host.extended_groups())) & set(caps)) for host in hosts]
        self._caps = caps
        self._busy: Counter[str] = Counter()
        self._groups: dict[str, frozenset[str]] = {host.name: groups for host, groups in self._waiting}
        self._changed = threading.Condition()

    def take(self) -> Host | None:
        """The next host whose groups have a place; waits for one; None when nobody waits any more."""
        with self._changed:
            while self._waiting:
                for entry in self._waiting:
                    host, groups = entry
                    if all(self._busy[group] < self._caps[group] for group in groups):
                        self._waiting.remove(entry)
                        self._busy.update(groups)
                        return host
                self._changed.wait()
            return None

    def done(self, host: Host) -> None:
        with self._changed:
            self._busy.subtract(self._groups[host.name])
            self._changed.notify_all()
