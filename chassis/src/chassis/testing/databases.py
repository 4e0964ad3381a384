"""Databases for tests: a migrated template once a run, and copies of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from chassis import ids, migrations
from chassis.app import Service, create_app
from chassis.database import lock_session
from chassis.provision import provision
from chassis.testing import event_order
from chassis.testing.clients import running

PASSWORD = "for-tests-only"  # noqa: S105 - of databases that live as long as the test run
COUNCILS = (
    ("citytown", "Citytown Council", "E06000022"),
    ("hillshire", "Hillshire Council", "S12000030"),
    ("sleepton", "Sleepton Council", "E06000999"),  # suspended
)
_TEMPLATE_LOCK = 7_420_599  # key of the advisory lock
_IS_TEMPLATE = "SELECT true FROM pg_database WHERE datistemplate AND datname = $1"
_templates: set[tuple[str, str]] = set()  # superuser's URL and service


@asynccontextmanager
async def fresh_database(
    admin_url: str, service: Service, settings: Mapping[str, Any] | None = None
) -> AsyncIterator[str]:
    """Create a database for the service and return its runtime role's URL; drop it afterwards.

    ``settings``: those with which the service makes what it makes at its first start, once a run.
    """
    template = await _ensure_template(admin_url, service, settings or {})
    name = f"{service.name}_{ids.show(ids.new())}"
    connection = await asyncpg.connect(admin_url)
    try:
        await _copy(connection, service, template, name)
        yield _url(admin_url, service.name, name)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()


async def _ensure_template(admin_url: str, service: Service, settings: Mapping[str, Any]) -> str:
    """Make the service's template once a run: processes of the run share the server, the first makes it.

    A second template holds what the service makes at its first start with ``settings``.
    """
    name = f"{service.name}_started" if settings else service.name
    if (admin_url, name) in _templates:
        return name
    connection = await asyncpg.connect(admin_url)
    try:
        await lock_session(connection, _TEMPLATE_LOCK)
        if not await connection.fetchval(_IS_TEMPLATE, service.name):
            await _migrate(admin_url, service)
            await connection.execute(f"ALTER DATABASE {service.name} IS_TEMPLATE true")
        if settings and not await connection.fetchval(_IS_TEMPLATE, name):
            await _copy(connection, service, service.name, name)
            url = _url(admin_url, service.name, name)
            async with running(create_app(service, service.settings(database_url=url, **settings))):
                pass
            await connection.execute(f"ALTER DATABASE {name} IS_TEMPLATE true")
    finally:
        await connection.close()
    _templates.add((admin_url, name))
    return name


async def _copy(connection: Any, service: Service, template: str, name: str) -> None:
    """Copy a template. By files it costs a third of the write-ahead log's way, where nothing is synced."""
    copied = f"TEMPLATE {template} STRATEGY FILE_COPY OWNER {service.name}_owner"
    await connection.execute(f"CREATE DATABASE {name} {copied}")
    await connection.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {service.name}")


async def _migrate(admin_url: str, service: Service) -> None:
    """Create and migrate a database with the test councils."""
    await provision(admin_url, service.name, owner_password=PASSWORD, password=PASSWORD)
    await migrations.migrate(service.name, _url(admin_url, f"{service.name}_owner", service.name))
    connection = await asyncpg.connect(admin_url, database=service.name)
    await connection.executemany(
        "INSERT INTO council (slug, name, gss, region, version) VALUES ($1, $2, $3, 'local', 1)", COUNCILS
    )
    await connection.execute("UPDATE council SET status = 'suspended' WHERE slug = 'sleepton'")
    await event_order.install(connection, service)
    await connection.close()


def _url(admin_url: str, role: str, database: str) -> str:
    server = urlsplit(admin_url)
    return f"postgresql://{role}:{PASSWORD}@{server.hostname}:{server.port}/{database}"
