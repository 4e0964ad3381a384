import asyncio
import os
import signal
import sys
import time

import psutil
import pytest

from dev import leftovers, logs, state, supervisor
from dev.supervisor import Process, Supervisor
from dev.trouble import Trouble

ENV = {"PATH": os.environ["PATH"]}


def python(code: str, name: str = "thing", **more) -> Process:
    return Process(name, [sys.executable, "-c", code], ENV, **more)


SLEEPER = "import time; time.sleep(60)"
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


@pytest.fixture
async def notes():
    return []


@pytest.fixture
async def keeper(tmp_path, notes):
    made = Supervisor(tmp_path, notes.append)
    yield made
    await made.stop()


async def until(check, seconds: float = 5.0):
    end = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)
    return found


def running(folder) -> list[psutil.Process]:
    """What was started with its state in `folder` and lives."""
    return list(leftovers.living(folder).values())


async def never() -> bool:
    return False


async def test_a_crash_at_start_names_the_process_the_code_and_its_last_lines(keeper, tmp_path):
    code = "import sys\nfor n in range(40): print('line', n)\nsys.exit(3)"
    with pytest.raises(Trouble) as trouble:
        await keeper.start(python(code, "mapping", ready=never))
    assert "mapping ended with exit code 3" in trouble.value.what
    assert "line 39" in trouble.value.what
    assert "line 24" not in trouble.value.what
    assert "line 25" in trouble.value.what
    assert str(logs.file(tmp_path, "mapping")) in trouble.value.way_out


async def test_a_program_that_is_not_there_is_told(keeper):
    with pytest.raises(Trouble, match="nowhere cannot be started"):
        await keeper.start(Process("nowhere", ["/no/such/program"], ENV))


async def test_a_process_that_is_never_ready_is_told(keeper, monkeypatch):
    monkeypatch.setattr(supervisor, "READY_WITHIN", 0.2)
    with pytest.raises(Trouble, match="not ready after"):
        await keeper.start(python(SLEEPER, ready=never))


async def test_a_step_that_fails_is_told(keeper):
    with pytest.raises(Trouble, match="exit code 4"):
        await keeper.run(python("raise SystemExit(4)"))


async def test_a_step_is_heard_line_by_line(keeper):
    heard = []
    await keeper.run(python("print('one'); print('two')"), heard.append)
    assert heard == ["one", "two"]


async def test_a_killed_process_is_started_again(keeper, notes, tmp_path):
    await keeper.start(python(SLEEPER, "casework"))
    (before,) = running(tmp_path)
    os.kill(before.pid, signal.SIGKILL)
    after = await until(lambda: [one for one in running(tmp_path) if one.pid != before.pid])
    assert after[0].is_running()
    assert notes == ["casework ended (signal SIGKILL); starting it again in 0.1 s"]


async def test_a_process_that_keeps_crashing_is_given_up(keeper, monkeypatch):
    monkeypatch.setattr(supervisor, "PAUSES", (0.01,))
    await keeper.start(python("print('no use'); raise SystemExit(1)", "payments"))
    trouble = await asyncio.wait_for(keeper.failed, 10)
    assert "payments ended 5 times in a minute, the last time with exit code 1" in trouble.what
    assert "no use" in trouble.what


async def test_stopping_leaves_no_process_and_no_grandchild(tmp_path, notes):
    keeper = Supervisor(tmp_path, notes.append)
    forks = "import os, time\nos.fork()\nprint(os.getpid(), flush=True)\ntime.sleep(60)"
    await keeper.start(python(forks))
    log = logs.file(tmp_path, "thing")
    pids = [
        int(pid) for pid in await until(lambda: len(log.read_text().split()) == 2 and log.read_text().split())
    ]
    await keeper.stop()
    await until(lambda: not any(_alive(pid) for pid in pids))
    assert notes == []


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_a_process_deaf_to_its_signal_is_killed(tmp_path, notes, monkeypatch):
    monkeypatch.setattr(supervisor.processes, "STOP_WITHIN", 0.2)
    keeper = Supervisor(tmp_path, notes.append)
    await keeper.start(python(DEAF))
    await until(lambda: "deaf" in logs.file(tmp_path, "thing").read_text())
    (process,) = running(tmp_path)
    await keeper.stop()
    assert not _alive(process.pid)
    assert notes == ["thing does not stop; it is killed"]


async def test_servers_stop_after_those_who_use_them(tmp_path, notes):
    keeper = Supervisor(tmp_path, notes.append)
    says = (
        "import signal, sys, time, pathlib\n"
        f"log = pathlib.Path({str(tmp_path / 'order')!r})\n"
        "def end(*_):\n"
        "    with log.open('a') as file: file.write(sys.argv[1] + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nprint('set', flush=True)\ntime.sleep(60)"
    )
    for name, server in (("server", True), ("user", False)):
        await keeper.start(Process(name, [sys.executable, "-c", says, name], ENV, server=server))
        await until(lambda name=name: "set" in logs.file(tmp_path, name).read_text())
    await keeper.stop()
    assert (tmp_path / "order").read_text().split() == ["user", "server"]


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal at a parent's death is Linux's")
async def test_children_die_with_a_supervisor_that_is_killed(tmp_path):
    code = f"""
import asyncio, pathlib
from dev.supervisor import Process, Supervisor
async def main():
    keeper = Supervisor(pathlib.Path({str(tmp_path)!r}), print)
    await keeper.start(Process("sleeper", ["sleep", "60"], {ENV!r}))
    await asyncio.sleep(60)
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=state.ROOT)
    child = await until(lambda: psutil.Process(parent.pid).children())
    await until(lambda: child[0].name() == "sleep")
    parent.kill()
    await parent.wait()
    await until(lambda: not _alive(child[0].pid))
