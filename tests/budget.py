"""A pytest plugin: what the tests of each part cost, and a budget that every service keeps.

Counted in CPU-seconds of the test processes; servers are not in it. On a machine that is slow or busy with
other work the same tests take up to twice as much: its pace is measured beside the tests.
"""

import os
import random
import resource
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
MOST_CPU = 60.0
"""CPU-seconds of all the tests of a service in one run, on a machine that does nothing else."""
BUSY = 1.25
"""So much more a busy or slower machine may take: the processor's clock and caches are shared."""
ADDITIONS = 200_000
"""Of a measurement of how fast the machine computes, made now and then beside the tests."""
ADDITIONS_TAKE = 0.0115
"""CPU-seconds that they took where the budget was set, with two processes of tests beside."""
LOOKUPS = 10_000
"""In no order, of a dictionary that no cache holds: how fast the machine's memory is. Tests wait for it as
much as they compute: where a look-up took five times as long, they took two and a half times as much.
"""
LOOKUPS_TAKE = 0.002
"""CPU-seconds of look-ups that wait for ordinary memory, 0.2 microseconds each."""
SAMPLED = 300
"""Reports of tests between two measurements."""
MOST_SETUP = 0.2
"""CPU-seconds of the set-up of a module, on average over a service's modules; its first pays for the run."""
PROCESSES = 2
"""Of a run: `make test`."""
MOST_JOURNEYS = 5
NAMED = 5
"""So many modules, the costliest, are named when a part costs too much."""
_COST = "cpu"
_Key = tuple[str, str]


class Costs:
    """CPU-seconds by part (``services/identity``, ``tests/guards``) and module."""

    def __init__(self) -> None:
        self.modules: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        self.setup: dict[str, dict[str, float]] = defaultdict(dict)
        self.journeys: dict[str, int] = defaultdict(int)
        self.samples: list[float] = []

    def add(self, module: str, phase: str, seconds: float) -> None:
        part = "/".join(Path(module).parts[:2])
        self.modules[part][module] += seconds
        if phase == "setup":  # the first test of a module sets up what all of its tests share
            self.setup[part].setdefault(module, seconds)

    @property
    def total(self) -> dict[str, float]:
        """What each part cost."""
        return {part: sum(modules.values()) for part, modules in self.modules.items()}

    @property
    def slowness(self) -> float:
        """How much slower this machine was than that of the budget; 1 for one that was faster."""
        return max(1.0, sum(self.samples) / len(self.samples)) if self.samples else 1.0

    def list_faults(self) -> list[str]:
        """List the budgets that were not kept."""
        faults = [
            f"{part}: {seconds:.0f} CPU-seconds, {MOST_CPU:.0f} at most; {self._name_costliest(part)}"
            for part, seconds in self.total.items()
            if part.startswith("services/") and seconds > MOST_CPU * BUSY * self.slowness
        ]
        for part, modules in self.setup.items():
            # The first module of each process of the run pays for its templates and servers.
            later = sorted(modules.values())[:-PROCESSES]
            if (
                part.startswith("services/")
                and later
                and (mean := sum(later) / len(later)) > MOST_SETUP * self.slowness
            ):
                faults.append(f"{part}: set-up of {mean:.2f} CPU-seconds a module, {MOST_SETUP} at most")
        faults += [
            f"{service}: {count} everyday browser journeys, {MOST_JOURNEYS} at most"
            for service, count in self.journeys.items()
            if count > MOST_JOURNEYS
        ]
        return faults

    def _name_costliest(self, part: str) -> str:
        costliest = sorted(self.modules[part].items(), key=lambda item: -item[1])[:NAMED]
        names = [(seconds, module.removeprefix(f"{part}/tests/")) for module, seconds in costliest]
        return ", ".join(f"{seconds:.1f} {name}" for seconds, name in names)


_costs = pytest.StashKey[Costs]()


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_costs] = Costs()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Note what a phase cost; xdist carries the note to the run's first process."""
    report: Any = yield
    now = _cpu_seconds()
    before = item.config.stash.get(_before, now)
    item.config.stash[_before] = now
    report.user_properties.append((f"{_COST}-{call.when}", now - before))
    return report


_before = pytest.StashKey[float]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.config.stash[_before] = _cpu_seconds()


class Pace:
    """Measures how much slower this machine is, shared as it may be, than that of the budget."""

    def __init__(self) -> None:
        self._memory = {number: str(number) for number in range(300_000)}
        self._keys = random.Random(0).sample(range(len(self._memory)), LOOKUPS)

    def measure(self) -> float:
        """Measure once: the mean of computing and of waiting for memory, 1 on the machine of the budget."""
        return (self._add() / ADDITIONS_TAKE + self._look_up() / LOOKUPS_TAKE) / 2

    def _add(self) -> float:
        before = time.process_time()
        total = 0
        for number in range(ADDITIONS):
            total += number
        return time.process_time() - before

    def _look_up(self) -> float:
        before, memory = time.process_time(), self._memory
        for key in self._keys:
            memory.get(key)
        return time.process_time() - before


class _Collector:
    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._reports = 0
        self._pace = Pace()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._reports % SAMPLED == 0:
            self._config.stash[_costs].samples.append(self._pace.measure())
        self._reports += 1
        for name, seconds in report.user_properties:
            if name == f"{_COST}-{report.when}":
                self._config.stash[_costs].add(report.nodeid.partition("::")[0], report.when, float(seconds))


def pytest_sessionstart(session: pytest.Session) -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        session.config.pluginmanager.register(_Collector(session.config), "costs")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        for mark in item.iter_markers("everyday"):
            config.stash[_costs].journeys[mark.args[0]] += 1


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run that costs too much has failed, long proofs aside."""
    first = "PYTEST_XDIST_WORKER" not in os.environ
    if (
        first
        and not exitstatus
        and _is_everyday(session.config)
        and session.config.stash[_costs].list_faults()
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_everyday(config: pytest.Config) -> bool:
    return "not long" in (config.getoption("markexpr") or "")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    costs = config.stash[_costs]
    parts = sorted(costs.total.items(), key=lambda item: -item[1])
    if sum(costs.total.values()) < 10 or not _is_everyday(config):
        return
    terminalreporter.section("CPU-seconds")
    for part, seconds in parts:
        modules = costs.setup[part]
        terminalreporter.line(
            f"{part:28} {seconds:7.1f}   set-up {sum(modules.values()):6.1f} in {len(modules)} modules"
        )
    terminalreporter.line(f"this machine took {costs.slowness:.2f} times as long as that of the budget")
    for fault in costs.list_faults():
        terminalreporter.line(f"over budget: {fault}", red=True)
