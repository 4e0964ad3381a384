"""A town's life: started step by step, kept running, stopped as a whole."""

import asyncio
import signal
import time

import httpx

from chassis.provision import provision
from dev import (
    demonstration,
    edge,
    leftovers,
    logs,
    nats,
    outside,
    plan,
    ports,
    postgres,
    sandbox,
    state,
    steps,
    trial,
)
from dev.plan import Town
from dev.steps import Step
from dev.supervisor import Process, Supervisor
from dev.telling import Teller
from dev.trouble import Trouble

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def live(town: Town, teller: Teller) -> int:
    """Start the town and keep it until a signal asks it to end; the exit code.

    Raises:
        Trouble: it does not start, or cannot be kept running. Everything is stopped by then.
    """
    with state.held(town.folder, town.ports.base):
        for name in leftovers.sweep(town.folder):
            teller.note(f"Stopped {name}, left behind by an earlier run.")
        ports.require_free(town.ports, plan.own_ports())
        logs.begin(town.folder)
        return asyncio.run(_live(town, teller))


async def _live(town: Town, teller: Teller) -> int:
    began = time.monotonic()
    supervisor = Supervisor(town.folder, teller.note)
    asked = _stop_asked()
    planned = _steps(town, supervisor, teller)
    teller.expect(len(planned))
    starting = asyncio.create_task(_start(planned, teller))
    tidying = asyncio.create_task(logs.bound(town.folder))
    try:
        await _first(starting, asked, supervisor.failed)
        if not asked.done():
            teller.ready(town.folder, time.monotonic() - began)
            await _first(asked, supervisor.failed)
        teller.stopping()
        return 0
    finally:
        for task in (starting, tidying):
            task.cancel()
        await asyncio.gather(starting, tidying, return_exceptions=True)
        await supervisor.stop()


async def _start(planned: list[Step], teller: Teller) -> None:
    try:
        await steps.run(planned, teller.step)
    except httpx.HTTPError as error:
        what = f"{error.request.url} does not answer: {error!r}."
        raise Trouble(what, "The logs tell more; then try again.") from error


async def _first(*waits: "asyncio.Future[None] | asyncio.Future[Trouble]") -> None:
    """Wait for the first of them; raise what it failed with, or the Trouble it brought."""
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for one in waits:
        if one.done() and isinstance(trouble := one.result(), Trouble):
            raise trouble


def _stop_asked() -> "asyncio.Future[None]":
    loop = asyncio.get_running_loop()
    asked: asyncio.Future[None] = loop.create_future()

    def ask() -> None:
        if not asked.done():
            asked.set_result(None)

    for number in SIGNALS:
        loop.add_signal_handler(number, ask)
    return asked


def _steps(town: Town, supervisor: Supervisor, teller: Teller) -> list[Step]:
    """Everything that has to happen, and what each waits for."""
    made = [
        *_servers(town, supervisor, teller),
        Step("databases", lambda: _provision(town), ("postgres",)),
        Step("tables", lambda: supervisor.run(plan.migrate(town)), ("databases",)),
    ]
    for name in plan.SERVICES:
        made += _service(town, supervisor, name)
    made += edge.steps(town, supervisor)
    known = ("gateway", "envoy", *plan.SERVICES, *(f"{name} worker" for name in plan.SERVICES))
    made += [
        Step("clients", lambda: sandbox.make(town, supervisor), ("identity",)),
        Step("councils", lambda: sandbox.known_everywhere(town), known),
        Step("service", lambda: trial.start(town, supervisor), ("clients",)),
        Step("upstream", lambda: supervisor.start(plan.upstream(town))),
        Step("sign-in from upstream", lambda: outside.register(town), ("upstream", "councils")),
    ]
    made += demonstration.steps(town, supervisor, teller)
    return made


def _servers(town: Town, supervisor: Supervisor, teller: Teller) -> list[Step]:
    async def nothing() -> None:
        """The environment names a server that runs already."""

    async def start_postgres() -> None:
        cluster = await asyncio.to_thread(_cluster, town)
        if cluster.home != town.folder / "postgres":
            why = "PostgreSQL does not run as root, and the account it runs as may not enter"
            teller.note(f"{why} {town.folder}: its data are in {cluster.home}.")
        await supervisor.start(_postgres(cluster))

    async def start_nats() -> None:
        await supervisor.start(_nats(town))

    own = plan.own_ports()
    return [
        Step("postgres", start_postgres if "postgres" in own else nothing),
        Step("nats", start_nats if "nats" in own else nothing),
    ]


def _cluster(town: Town) -> postgres.Cluster:
    """The town's own cluster, made on the first run."""
    password = plan.secrets_of(town)[postgres.SUPERUSER]
    cluster = postgres.cluster(town.folder / "postgres", town.ports.of("postgres"), password)
    postgres.create(cluster)
    return cluster


def _postgres(cluster: postgres.Cluster) -> Process:
    async def ready() -> bool:
        return await asyncio.to_thread(postgres.ready, cluster)

    return Process(
        "postgres",
        postgres.command(cluster),
        postgres.environment(),
        ready,
        account=cluster.owner,
        polite=postgres.FAST_SHUTDOWN,
        server=True,
    )


def _nats(town: Town) -> Process:
    port = town.ports.of("nats")

    async def ready() -> bool:
        return await asyncio.to_thread(nats.ready, port)

    configuration = nats.configure(town.folder / "nats", port)
    return Process("nats", nats.command(configuration), nats.environment(), ready, server=True)


async def _provision(town: Town) -> None:
    """A database and two roles for each service."""
    known = plan.secrets_of(town)
    for name in plan.SERVICES:
        await provision(
            plan.admin_url(town), name, owner_password=known[f"{name}_owner"], password=known[name]
        )


def _service(town: Town, supervisor: Supervisor, name: str) -> list[Step]:
    """The service's two processes."""
    return [
        Step(name, lambda: supervisor.start(plan.serve(town, name)), ("tables",)),
        Step(f"{name} worker", lambda: supervisor.start(plan.work(town, name)), ("tables", "nats")),
    ]
