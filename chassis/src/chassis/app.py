"""A service as a value, and its application: routes, errors, telemetry, health, lifespan."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from sqlalchemy import MetaData

from chassis import (
    council_events,
    council_routes,
    error_handlers,
    health,
    housekeeping,
    metrics,
    openapi,
    readiness,
    telemetry,
)
from chassis.auth import KeySource
from chassis.body_limit import BodyLimit
from chassis.commands import CommandError, ExitCode
from chassis.consumer import Consumer, run_forever
from chassis.database import Database
from chassis.deny_list import DenyList
from chassis.directory import Directory
from chassis.events import EventData
from chassis.hot_reads import HotRead, HotReads, HotTable
from chassis.jobs import CallContext, JobHandlers, Purge, Schedule
from chassis.jobs.purges import make_handlers, make_schedules
from chassis.messages import Messages, MessageSettings, sent_page
from chassis.problems import ErrorShape
from chassis.resync import AddSnapshots
from chassis.settings import Settings
from chassis.table_copies import TableCopies
from chassis.telemetry import Telemetry

if TYPE_CHECKING:
    from chassis.web import Pages
    from chassis.web.sign_in import SignIn
    from chassis.webhooks import Webhooks

# FastAPI's own telemetry records query strings, and with them keys and addresses; see chassis.telemetry.
_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}

Command = Callable[[Any, list[str]], Awaitable[int]]


@dataclass(frozen=True)
class Service:
    """The parts of a service: composition only, nothing runs when it is made."""

    name: str
    title: str
    settings: type[Settings]
    metadata: MetaData
    routers: Sequence[APIRouter] = ()
    hot_reads: Sequence[HotRead] = ()  # answered before the routers are tried, as their routes would
    publishes: Sequence[type[EventData]] = ()
    keeps_events: bool = False  # its stream has no end of age: a service installed later reads all of it
    consumers: Sequence[Consumer] = ()
    jobs: Sequence[JobHandlers] = ()
    schedules: Sequence[Schedule] = ()
    messages: Messages | None = None  # its settings are MessageSettings, and it has pages
    webhooks: "Webhooks | None" = None
    audited: bool = False  # it writes `chassis.audit`
    purges: Sequence[Purge] = ()  # what is deleted when it has expired
    shapes: Sequence[ErrorShape] = ()
    cross_origin: Sequence[openapi.CrossOrigin] = ()
    commands: Mapping[str, Command] = field(default_factory=dict)
    snapshots: Mapping[str, AddSnapshots] = field(default_factory=dict)  # by aggregate, for `resync`
    start: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None
    version: str = ""  # of the distribution if empty
    keys: Callable[[FastAPI], KeySource] | None = None  # the issuer reads its own keys without HTTP
    sign_in: "SignIn | None" = None  # of staff, to pages
    pages: "Pages | None" = None  # they need the chassis with its extra `web`
    path: str = ""  # the first part of its paths below a council, and of its scopes; its name if empty

    @property
    def base(self) -> str:
        """Return the first part of the service's paths below a council, and of its scopes."""
        return self.path or self.name

    @property
    def issues_tokens(self) -> bool:
        """Check whether this is the issuer: it owns councils and revocations, others follow its events."""
        return self.keys is not None

    @property
    def all_consumers(self) -> Sequence[Consumer]:
        """List the service's consumers, with the one every service but the issuer has."""
        return self.consumers if self.issues_tokens else (council_events.councils, *self.consumers)

    @property
    def rows_secured(self) -> bool:
        """Check whether a session must set its council: for a secured table that the service uses."""
        return (
            self.audited
            or self.webhooks is not None
            or self.sign_in is not None
            or any(table.info.get("row_level_security") for table in self.metadata.tables.values())
        )

    @property
    def all_purges(self) -> Sequence[Purge]:
        """List the service's purges, with those every service has."""
        webhooks = () if self.webhooks is None else self.webhooks.purges
        return (*housekeeping.PURGES, *webhooks, *self._sign_in_purges, *self.purges)

    @property
    def _sign_in_purges(self) -> Sequence[Purge]:
        if self.sign_in is None:
            return ()
        from chassis.web import sign_in  # noqa: PLC0415 - few services have staff who sign in

        return sign_in.PURGES

    @property
    def all_jobs(self) -> Sequence[JobHandlers]:
        """List the handlers of the service's jobs, with those of purges, of its messages and its webhooks."""
        handlers = (*self.jobs, make_handlers(self.all_purges))
        if self.messages is not None:
            handlers = (*handlers, self.messages.handlers)
        if self.webhooks is None:
            return handlers
        from chassis.webhooks import deliveries  # noqa: PLC0415 - few services have webhooks

        return (*handlers, deliveries.make_handlers(self.webhooks))

    @property
    def all_schedules(self) -> Sequence[Schedule]:
        """List the service's schedules, with those of purges."""
        return (*self.schedules, *make_schedules(self.all_purges))

    def check(self, settings: Settings) -> None:
        """Check that the settings have what the service's parts need. Raises CommandError.

        Raises ValueError if its messages can neither be sent nor shown.
        """
        if self.messages is not None:
            if self.pages is None or not isinstance(settings, MessageSettings):
                raise ValueError(f"{self.name}: messages need pages, and settings that are MessageSettings")
            self.messages.templates.check()
        if self.webhooks is not None or self.sign_in is not None:
            from chassis.webhooks.signatures import read_sealing_key  # noqa: PLC0415 - as above

            try:
                read_sealing_key(settings)
            except ValueError as error:
                raise CommandError(ExitCode.MISCONFIGURED, f"{error}.") from None

    def database(self, settings: Settings) -> Database:
        """Make the service's database; it connects at first use."""
        return Database(settings, self.name, rows_secured=self.rows_secured)


def create_app(service: Service, settings: Settings | None = None) -> FastAPI:
    """Make the service's application. Nothing is opened before its lifespan starts."""
    app = build(service)
    settings = settings or service.settings()
    service.check(settings)
    configure(app, settings)
    return app


def build(service: Service) -> FastAPI:
    """Make the application without settings: its routes, errors and middleware."""
    app = FastAPI(
        title=service.title,
        version=service.version or version(f"townhall-{service.name}"),
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        telemetry=_NO_TELEMETRY,
    )
    app.state.service = service
    for router in (*service.routers, council_routes.make_router(service.base), health.router):
        app.include_router(router)
    if service.webhooks is not None:
        _add_webhooks(app, service.base, service.webhooks)
    if service.sign_in is not None:
        _add_sign_in(app, service.base, service.sign_in)
    if service.pages is not None:
        _add_assets(app, service.pages)
    if service.messages is not None:
        app.include_router(sent_page.make_router(service.base))
    error_handlers.install(app, service.shapes, service.pages)
    app.add_middleware(BodyLimit)
    app.state.hot_reads = HotTable(service.hot_reads)
    if service.hot_reads:
        app.add_middleware(HotReads, table=app.state.hot_reads)
    app.add_middleware(Telemetry)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign] # as FastAPI documents it
    return app


def configure(app: FastAPI, settings: Settings) -> None:
    """Give an application its settings and what depends on them. Its lifespan must not be running."""
    # A worker needs neither.
    from chassis.outbound import Outbound  # noqa: PLC0415
    from chassis.tokens import TokenVerifier, make_key_source  # noqa: PLC0415

    service: Service = app.state.service
    app.state.settings = settings
    app.state.database = service.database(settings)
    app.state.calls = CallContext(app.state.database, settings)
    app.state.readiness = readiness.for_web(app.state.database, service.name, settings.nats_url)
    app.state.table_copies = TableCopies(app.state.database)
    app.state.directory = Directory(app.state.table_copies)
    app.state.deny_list = DenyList(app.state.table_copies)
    source = service.keys(app) if service.keys else make_key_source(settings.jwks_url, Outbound(settings))
    app.state.verifier = TokenVerifier(settings.issuer, settings.audience, source)
    if service.pages is not None:
        from chassis.web import assets  # noqa: PLC0415 - only a service with pages needs templates

        pages = service.pages
        app.state.assets = assets.Assets(pages.package, settings.assets, pages.libraries, pages.base)
    if service.sign_in is not None:
        from chassis.web.sign_in.relying_party import RelyingParty  # noqa: PLC0415 - as above

        app.state.relying_party = RelyingParty(settings, app.state.verifier)
    app.openapi_schema = None  # it holds limits that are settings


def _add_webhooks(app: FastAPI, service: str, webhooks: "Webhooks") -> None:
    from chassis.webhooks import routes  # noqa: PLC0415 - only a service with webhooks needs them

    app.include_router(routes.make_router(service, webhooks))


def _add_sign_in(app: FastAPI, service: str, sign_in: "SignIn") -> None:
    from chassis.web.sign_in import make_router  # noqa: PLC0415 - few services have staff who sign in

    app.include_router(make_router(service, sign_in))


def _add_assets(app: FastAPI, pages: "Pages") -> None:
    from chassis.web import assets  # noqa: PLC0415 - only a service with pages needs templates

    app.include_router(assets.make_router(pages.base))


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        service: Service = app.state.service
        settings: Settings = app.state.settings
        limits = {"body": settings.max_body, "timeout": settings.timeout}
        app.openapi_schema = openapi.make_document(app, service.shapes, limits, service.cross_origin)
        if service.path:
            app.openapi_schema["x-path"] = service.path
    return app.openapi_schema


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    telemetry.start(service.name, app.state.settings)
    _match_routes(app)
    async with AsyncExitStack() as stack:
        await app.state.database.open()
        stack.push_async_callback(app.state.database.close)
        stack.push_async_callback(app.state.readiness.close)
        await app.state.table_copies.refresh()
        await stack.enter_async_context(run_in_background("table copies", app.state.table_copies.follow))
        await stack.enter_async_context(run_in_background("loop lag", metrics.measure_loop_lag))
        if service.start is not None:
            await stack.enter_async_context(service.start(app))
        yield


def _match_routes(app: FastAPI) -> None:
    """Match every route once: FastAPI builds its tree of routers then, and no request should wait for it."""
    scope = {"type": "http", "method": "GET", "path": "/-", "root_path": "", "headers": [], "app": app}
    for route in app.routes:
        route.matches(dict(scope))
    app.state.hot_reads.fill(app)


@asynccontextmanager
async def run_in_background(name: str, work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Run a coroutine for ever beside the block, again when it fails: for a service's own ``start``, too."""
    task = asyncio.create_task(run_forever(name, work))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
