"""The life of a stack: started step by step, kept running, stopped as a whole."""

import asyncio
import signal
import time

import httpx

from chassis.provision import provision
from dev import (
    broker,
    card_processor,
    counter_offices,
    demo_data,
    demo_service,
    direct_debit,
    disk,
    gateway,
    logs,
    nats,
    orphans,
    ports,
    postgres,
    resident_clients,
    sandbox,
    service_processes,
    staff_sign_in,
    state,
    steps,
    suppliers,
    testers,
    upstream_setup,
)
from dev.errors import UserError
from dev.progress import Reporter
from dev.stack import SERVICES, Stack, admin_url, own_ports, secrets_of
from dev.steps import Step
from dev.supervisor import Process, Supervisor

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(stack: Stack, reporter: Reporter) -> int:
    """Start the stack and keep it running until a signal; return the exit code.

    Raises UserError if it does not start, or cannot be kept running. Everything is stopped by then.
    """
    with state.locked(stack.folder, stack.ports.base):
        for name in orphans.stop_all(stack.folder):
            reporter.note(f"Stopped {name}, left behind by an earlier run.")
        ports.require_free(stack.ports, own_ports())
        disk.require_room(stack.folder, stack.data)
        logs.rotate(stack.folder)
        return asyncio.run(_run(stack, reporter))


async def _run(stack: Stack, reporter: Reporter) -> int:
    started = time.monotonic()
    supervisor = Supervisor(stack.folder, reporter.note)
    stop_requested = _stop_requested()
    all_steps = _steps(stack, supervisor, reporter)
    reporter.expect(len(all_steps))
    start = asyncio.create_task(_start(all_steps, reporter))
    log_check = asyncio.create_task(logs.keep_bounded(stack.folder))
    try:
        await _wait_for_first(start, stop_requested, supervisor.failed)
        if not stop_requested.done():
            reporter.ready(stack.folder, time.monotonic() - started)
            await _wait_for_first(stop_requested, supervisor.failed)
        reporter.stopping()
        return 0
    finally:
        for task in (start, log_check):
            task.cancel()
        await asyncio.gather(start, log_check, return_exceptions=True)
        await supervisor.stop()


async def _start(all_steps: list[Step], reporter: Reporter) -> None:
    try:
        await steps.run(all_steps, reporter.step)
    except httpx.HTTPError as error:
        problem = f"{error.request.url} does not answer: {error!r}."
        raise UserError(problem, "Read the logs; then try again.") from error


async def _wait_for_first(*futures: "asyncio.Future[None] | asyncio.Future[UserError]") -> None:
    """Wait for the first future; raise its exception, or the UserError that is its result."""
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
    for future in futures:
        if future.done() and isinstance(error := future.result(), UserError):
            raise error


def _stop_requested() -> "asyncio.Future[None]":
    """Return a future that a signal completes."""
    loop = asyncio.get_running_loop()
    requested: asyncio.Future[None] = loop.create_future()

    def request_stop() -> None:
        if not requested.done():
            requested.set_result(None)

    for number in SIGNALS:
        loop.add_signal_handler(number, request_stop)
    return requested


def _steps(stack: Stack, supervisor: Supervisor, reporter: Reporter) -> list[Step]:
    """List every step of a start, and what it waits for."""
    workers = [f"{name} worker" for name in SERVICES]
    return [
        *_server_steps(stack, supervisor, reporter),
        Step("databases", lambda: _provision(stack), ("postgres",)),
        Step("tables", lambda: supervisor.run(service_processes.migrations(stack)), ("databases",)),
        Step("streams", lambda: supervisor.run(broker.streams(stack)), ("nats",)),
        *(step for name in SERVICES for step in _service_steps(stack, supervisor, name)),
        *gateway.steps(stack, supervisor),
        Step("clients", lambda: sandbox.ensure_credentials(stack, supervisor), ("identity",)),
        Step("resident clients", lambda: resident_clients.ensure(stack), ("clients",)),
        Step("councils", lambda: sandbox.wait_until_known(stack), ("gateway", "envoy", *SERVICES, *workers)),
        Step("demo service", lambda: demo_service.start(stack, supervisor), ("clients",)),
        Step("testers", lambda: testers.ensure(stack), ("demo service",)),
        Step("staff sign-in", lambda: staff_sign_in.ensure(stack), ("councils",)),
        Step("counter offices", lambda: counter_offices.ensure(stack), ("councils",)),
        Step("card processor", lambda: supervisor.start(card_processor.process(stack))),
        Step("direct debit", lambda: supervisor.start(direct_debit.process(stack))),
        Step("suppliers", lambda: supervisor.start(suppliers.process(stack))),
        Step("upstream", lambda: supervisor.start(upstream_setup.process(stack))),
        Step("sign-in from upstream", lambda: upstream_setup.register(stack), ("upstream", "councils")),
        *demo_data.steps(stack, supervisor, reporter),
    ]


def _server_steps(stack: Stack, supervisor: Supervisor, reporter: Reporter) -> list[Step]:
    async def use_external() -> None:
        """Start nothing: the environment names a server that runs already."""

    async def start_postgres() -> None:
        cluster = await asyncio.to_thread(_create_cluster, stack)
        if cluster.home != stack.folder / "postgres":
            reason = "PostgreSQL does not run as root, and the user it runs as may not enter"
            reporter.note(f"{reason} {stack.folder}: its data are in {cluster.home}.")
        await supervisor.start(_postgres(cluster))

    async def start_nats() -> None:
        await supervisor.start(_nats(stack))

    own_servers = own_ports()
    return [
        Step("postgres", start_postgres if "postgres" in own_servers else use_external),
        Step("nats", start_nats if "nats" in own_servers else use_external),
    ]


def _create_cluster(stack: Stack) -> postgres.Cluster:
    """Create the stack's own cluster on the first run."""
    password = secrets_of(stack)[postgres.SUPERUSER]
    cluster = postgres.describe_cluster(stack.folder / "postgres", stack.ports.of("postgres"), password)
    postgres.create(cluster)
    return cluster


def _postgres(cluster: postgres.Cluster) -> Process:
    async def ready() -> bool:
        return await asyncio.to_thread(postgres.is_ready, cluster)

    return Process(
        "postgres",
        postgres.command(cluster),
        postgres.environment(),
        ready,
        user=cluster.owner,
        stop_signal=postgres.FAST_SHUTDOWN,
        server=True,
    )


def _nats(stack: Stack) -> Process:
    port = stack.ports.of("nats")

    async def ready() -> bool:
        return await asyncio.to_thread(nats.is_ready, port)

    return Process("nats", nats.command(broker.configure(stack)), nats.environment(), ready, server=True)


async def _provision(stack: Stack) -> None:
    """Create a database and two roles for each service."""
    passwords = secrets_of(stack)
    for name in SERVICES:
        owner_password, password = passwords[f"{name}_owner"], passwords[name]
        await provision(admin_url(stack), name, owner_password=owner_password, password=password)


def _service_steps(stack: Stack, supervisor: Supervisor, name: str) -> list[Step]:
    return [
        Step(name, lambda: supervisor.start(service_processes.web(stack, name)), ("tables",)),
        Step(
            f"{name} worker",
            lambda: supervisor.start(service_processes.worker(stack, name)),
            ("tables", "streams"),
        ),
    ]
