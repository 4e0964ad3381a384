"""Two replicas of each service behind a gateway of their own, on the platform's databases and NATS."""

import asyncio
import json
import os
import shutil
import signal
import sys
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from dev import binaries, gateway, ports, processes
from dev.ports import HOST, Ports
from dev.readiness import http_ready
from dev.stack import SERVICES, Stack, service_environment

START_WITHIN = 120.0  # seconds; a machine with much else to do is slow
SETTLE = 2.0  # seconds that a new replica is ready before the next one stops: minReadySeconds


@dataclass
class Replica:
    """One process of a service."""

    service: str
    environment: dict[str, str]
    log: Path
    port: int
    process: asyncio.subprocess.Process | None = None
    exits: list[int] = field(default_factory=list)

    async def start(self):
        argv = [sys.executable, "-m", "chassis", "serve", self.service, "--port", str(self.port)]
        options = processes.popen_options(self.log, self.environment)
        try:
            self.process = await asyncio.create_subprocess_exec(*argv, **options)
        finally:
            os.close(options["stdout"])
        await wait_until(http_ready(self.port, "/health/ready"), self.process, self.log)

    async def stop(self, number=signal.SIGTERM):
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)
            async with asyncio.timeout(40):
                self.exits.append(await self.process.wait())

    async def restart(self):
        await self.stop()
        await self.start()
        await asyncio.sleep(SETTLE)


class Replicas:
    """The replicas of every service, and the gateway before them."""

    def __init__(self, platform, folder, drain_wait):
        self.stack = Stack(platform.state, Ports(platform.base))
        self.folder = folder
        # Below the ports of outgoing connections: one of those could take a port while a replica restarts.
        port = count(ports.free_ports().base)
        self.port, self.admin_port = next(port), next(port)
        self.by_service = {
            name: [
                Replica(
                    name,
                    service_environment(self.stack, name) | {f"{name.upper()}_DRAIN_WAIT": str(drain_wait)},
                    folder / f"{name}-{number}.log",
                    next(port),
                )
                for number in range(2)
            ]
            for name in SERVICES
        }

    def gateway_environment(self):
        hosts = {
            name: ",".join(f"{HOST}:{replica.port}" for replica in replicas)
            for name, replicas in self.by_service.items()
        }
        return {
            **gateway._environment(self.stack),
            "GATEWAY_PORT": str(self.port),
            "GATEWAY_ADMIN_PORT": str(self.admin_port),
            "GATEWAY_UPSTREAMS": json.dumps(hosts),
            "GATEWAY_OUT": str(self.folder / "gateway"),
            "GATEWAY_CREDENTIAL_RATE": "100000",
            "GATEWAY_CREDENTIAL_BURST": "100000",
        }

    async def render(self):
        """Write Envoy's files with the platform's councils."""
        out = self.folder / "gateway"
        out.mkdir(parents=True)
        shutil.copy(self.stack.folder / "gateway" / "state.json", out)
        argv = [sys.executable, "-m", "gateway", "render"]
        render = await asyncio.create_subprocess_exec(*argv, env=self.gateway_environment())
        assert await render.wait() == 0

    async def start_envoy(self):
        argv = [binaries.envoy(), "-c", self.folder / "gateway" / "bootstrap.json", "--concurrency", "2"]
        argv += ["--log-level", "warning", "--disable-hot-restart"]
        options = processes.popen_options(self.folder / "envoy.log", dict(os.environ))
        try:
            envoy = await asyncio.create_subprocess_exec(*map(str, argv), **options)
        finally:
            os.close(options["stdout"])
        await wait_until(http_ready(self.admin_port, "/ready"), envoy, self.folder / "envoy.log")
        return envoy


async def wait_until(is_ready, process, log):
    """Wait until a process is ready; fail with the end of its log if it ends, or takes too long."""
    end = time.monotonic() + START_WITHIN
    while not await is_ready():
        assert process.returncode is None, processes.last_lines(log, 5)
        assert time.monotonic() < end, processes.last_lines(log, 5)
        await asyncio.sleep(0.1)


@asynccontextmanager
async def running(platform, folder, *, drain_wait=5.0, services=SERVICES, change_files=None):
    """Run the replicas of some services and their gateway. ``change_files`` may alter Envoy's files."""
    replicas = Replicas(platform, folder, drain_wait)
    async with AsyncExitStack() as stack:
        for name in services:
            for replica in replicas.by_service[name]:
                stack.push_async_callback(replica.stop, signal.SIGKILL)
            await asyncio.gather(*(replica.start() for replica in replicas.by_service[name]))
        await replicas.render()
        if change_files:
            change_files(folder / "gateway" / "dynamic")
        envoy = await replicas.start_envoy()
        try:
            yield replicas
        finally:
            envoy.kill()
            await envoy.wait()
