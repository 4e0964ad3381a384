"""A service is a value; ``create_app`` makes the application of it: errors, telemetry, health, lifespan."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig
from sqlalchemy import MetaData

from chassis import health, openapi, problems, telemetry, tenancy
from chassis.auth import KeySource
from chassis.body_limit import BodyLimit
from chassis.consumer import Consumer, forever
from chassis.database import Database
from chassis.events import EventData
from chassis.problems import ErrorShape
from chassis.settings import Settings
from chassis.telemetry import Telemetry

if TYPE_CHECKING:
    from chassis.web import Pages

# FastAPI's own records query strings, and with them keys and addresses; ours is chassis.telemetry.
_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}

Command = Callable[[Any, list[str]], Awaitable[int]]
Task = Callable[[Database, Any], Awaitable[None]]


@dataclass(frozen=True)
class Service:
    """All there is to say about a capability: composition only, nothing runs when it is made."""

    name: str
    title: str
    settings: type[Settings]
    metadata: MetaData
    routers: Sequence[APIRouter] = ()
    publishes: Sequence[type[EventData]] = ()
    consumers: Sequence[Consumer] = ()
    shapes: Sequence[ErrorShape] = ()
    commands: Mapping[str, Command] = field(default_factory=dict)
    tasks: Mapping[str, Task] = field(default_factory=dict)  # what its worker does for ever, beside events
    start: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None
    version: str = ""  # the distribution's, unless said here
    keys: Callable[[FastAPI], KeySource] | None = None  # the issuer itself need not ask over HTTP
    pages: "Pages | None" = None  # for people; they need the chassis with its extra `web`

    @property
    def issues_tokens(self) -> bool:
        """The issuer holds the councils and revocations as its own record; all others follow its events."""
        return self.keys is not None

    @property
    def listens(self) -> Sequence[Consumer]:
        """The service's consumers, with the one every service but the issuer has."""
        return self.consumers if self.issues_tokens else (tenancy.councils, *self.consumers)

    @property
    def rows_secured(self) -> bool:
        """Whether some table is marked ``info={"row_level_security": True}``."""
        return any(table.info.get("row_level_security") for table in self.metadata.tables.values())

    def database(self, settings: Settings) -> Database:
        return Database(settings, self.name, rows_secured=self.rows_secured)


def create_app(service: Service, settings: Settings | None = None) -> FastAPI:
    """Make the service's application. Nothing is opened before its lifespan starts."""
    app = build(service)
    configure(app, settings or service.settings())
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
    for router in (*service.routers, tenancy.router(service.name), health.router):
        app.include_router(router)
    if service.pages is not None:
        _add_assets(app, service.pages)
    problems.install(app, service.shapes, service.pages)
    app.add_middleware(BodyLimit)
    app.add_middleware(Telemetry)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign] # FastAPI's documented way to extend it
    return app


def configure(app: FastAPI, settings: Settings) -> None:
    """Give an application its settings and what is made of them. Its lifespan must not be running."""
    from chassis.tokens import Verifier, keys_from  # noqa: PLC0415 - a worker need not carry cryptography

    service: Service = app.state.service
    app.state.settings = settings
    app.state.database = service.database(settings)
    app.state.directory = tenancy.Directory(app.state.database)
    source = service.keys(app) if service.keys else keys_from(settings.jwks_url)
    app.state.verifier = Verifier(settings.issuer, settings.audience, source)
    if service.pages is not None:
        from chassis.web import assets  # noqa: PLC0415 - only a service with pages carries templates

        app.state.assets = assets.Assets(service.pages.package, settings.assets)
    app.openapi_schema = None  # it names limits that are settings


def _add_assets(app: FastAPI, pages: "Pages") -> None:
    from chassis.web import assets  # noqa: PLC0415 - only a service with pages carries templates

    app.include_router(assets.router(pages.package))


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        settings: Settings = app.state.settings
        limits = {"body": settings.max_body, "timeout": settings.timeout}
        app.openapi_schema = openapi.document(app, app.state.service.shapes, limits)
    return app.openapi_schema


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    telemetry.start(service.name, app.state.settings)
    _match_routes(app)
    async with AsyncExitStack() as stack:
        await app.state.database.open()
        stack.push_async_callback(app.state.database.close)
        await app.state.directory.refresh()
        await stack.enter_async_context(_background("directory", app.state.directory.follow))
        if service.start is not None:
            await stack.enter_async_context(service.start(app))
        yield


def _match_routes(app: FastAPI) -> None:
    """Match every route once, so that nobody waits for it: FastAPI puts its tree of routers together then."""
    nowhere = {"type": "http", "method": "GET", "path": "/-", "root_path": "", "headers": [], "app": app}
    for route in app.routes:
        route.matches(dict(nowhere))


@asynccontextmanager
async def _background(what: str, work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    task = asyncio.create_task(forever(what, work))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
