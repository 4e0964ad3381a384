import asyncio
import os
import signal
import sys
import time

import psutil
import pytest

from dev import logs, orphans, state, supervisor
from dev.errors import UserError
from dev.supervisor import Process, Supervisor

ENV = {"PATH": os.environ["PATH"]}


def python(code: str, name: str = "thing", **more) -> Process:
    return Process(name, [sys.executable, "-c", code], ENV, **more)


SLEEPER = "import time; time.sleep(60)"
UNSTOPPABLE = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("unstoppable", flush=True)
time.sleep(60)
"""


@pytest.fixture
async def notes():
    return []


@pytest.fixture
async def running_supervisor(tmp_path, notes):
    started = Supervisor(tmp_path, notes.append)
    yield started
    await started.stop()


async def until(check, seconds: float = 5.0):
    end = time.monotonic() + seconds
    while not (result := check()):
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)
    return result


def running(folder) -> list[psutil.Process]:
    """The running processes that have their state in `folder`."""
    return list(orphans.find_running(folder).values())


async def never() -> bool:
    return False


async def test_a_crash_at_start_names_the_process_the_code_and_its_last_lines(running_supervisor, tmp_path):
    code = "import sys\nfor n in range(40): print('line', n)\nsys.exit(3)"
    with pytest.raises(UserError) as raised:
        await running_supervisor.start(python(code, "mapping", ready=never))
    assert "mapping ended with exit code 3" in raised.value.problem
    assert "line 39" in raised.value.problem
    assert "line 24" not in raised.value.problem
    assert "line 25" in raised.value.problem
    assert str(logs.path(tmp_path, "mapping")) in raised.value.remedy


async def test_a_missing_program_is_named(running_supervisor):
    with pytest.raises(UserError, match="nowhere cannot be started"):
        await running_supervisor.start(Process("nowhere", ["/no/such/program"], ENV))


async def test_a_process_that_is_never_ready_is_an_error(running_supervisor, monkeypatch):
    monkeypatch.setattr(supervisor, "READY_WITHIN", 0.2)
    with pytest.raises(UserError, match="not ready after"):
        await running_supervisor.start(python(SLEEPER, ready=never))


async def test_a_command_that_fails_is_an_error(running_supervisor):
    with pytest.raises(UserError, match="exit code 4"):
        await running_supervisor.run(python("raise SystemExit(4)"))


async def test_the_output_of_a_command_is_passed_on_line_by_line(running_supervisor):
    lines = []
    await running_supervisor.run(python("print('one'); print('two')"), lines.append)
    assert lines == ["one", "two"]


async def test_a_killed_process_is_started_again(running_supervisor, notes, tmp_path):
    await running_supervisor.start(python(SLEEPER, "casework"))
    (before,) = running(tmp_path)
    os.kill(before.pid, signal.SIGKILL)
    after = await until(lambda: [process for process in running(tmp_path) if process.pid != before.pid])
    assert after[0].is_running()
    assert notes == ["casework ended (signal SIGKILL); starting it again in 0.1 s"]


async def test_a_process_that_keeps_crashing_is_given_up(running_supervisor, monkeypatch):
    monkeypatch.setattr(supervisor, "RESTART_DELAYS", (0.01,))
    await running_supervisor.start(python("print('no use'); raise SystemExit(1)", "payments"))
    error = await asyncio.wait_for(running_supervisor.failed, 10)
    assert "payments ended 5 times in a minute, the last time with exit code 1" in error.problem
    assert "no use" in error.problem


async def test_a_stop_leaves_no_process_and_no_grandchild(tmp_path, notes):
    running_supervisor = Supervisor(tmp_path, notes.append)
    forks = "import os, time\nos.fork()\nprint(os.getpid(), flush=True)\ntime.sleep(60)"
    await running_supervisor.start(python(forks))
    log = logs.path(tmp_path, "thing")
    pids = [
        int(pid) for pid in await until(lambda: len(log.read_text().split()) == 2 and log.read_text().split())
    ]
    await running_supervisor.stop()
    await until(lambda: not any(_alive(pid) for pid in pids))
    assert notes == []


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_process_that_ignores_its_signal_is_killed(tmp_path, notes, monkeypatch):
    monkeypatch.setattr(supervisor.processes, "STOP_WITHIN", 0.2)
    running_supervisor = Supervisor(tmp_path, notes.append)
    await running_supervisor.start(python(UNSTOPPABLE))
    await until(lambda: "unstoppable" in logs.path(tmp_path, "thing").read_text())
    (process,) = running(tmp_path)
    await running_supervisor.stop()
    assert not _alive(process.pid)
    assert notes == ["thing does not stop; it is killed"]


async def test_servers_stop_after_the_processes_that_use_them(tmp_path, notes):
    running_supervisor = Supervisor(tmp_path, notes.append)
    code = (
        "import signal, sys, time, pathlib\n"
        f"log = pathlib.Path({str(tmp_path / 'order')!r})\n"
        "def end(*_):\n"
        "    with log.open('a') as file: file.write(sys.argv[1] + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nprint('set', flush=True)\ntime.sleep(60)"
    )
    for name, server in (("server", True), ("user", False)):
        await running_supervisor.start(Process(name, [sys.executable, "-c", code, name], ENV, server=server))
        await until(lambda name=name: "set" in logs.path(tmp_path, name).read_text())
    await running_supervisor.stop()
    assert (tmp_path / "order").read_text().split() == ["user", "server"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal at a parent's death is Linux's")
async def test_children_die_with_a_supervisor_that_is_killed(tmp_path):
    code = f"""
import asyncio, pathlib
from dev.supervisor import Process, Supervisor
async def main():
    running_supervisor = Supervisor(pathlib.Path({str(tmp_path)!r}), print)
    await running_supervisor.start(Process("sleeper", ["sleep", "60"], {ENV!r}))
    await asyncio.sleep(60)
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=state.ROOT)
    child = await until(lambda: psutil.Process(parent.pid).children())
    await until(lambda: child[0].name() == "sleep")
    parent.kill()
    await parent.wait()
    await until(lambda: not _alive(child[0].pid))
