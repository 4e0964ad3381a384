"""Identity as a service: composition only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from fastapi import FastAPI

from chassis.app import Service, create_app
from chassis.auth import KeySource
from chassis.consumer import forever
from chassis.database import EVERY_COUNCIL
from identity.actions import client_keys, commands, sweeping, telling
from identity.actions.issuer import Issuer
from identity.actions.known_clients import KnownClients
from identity.actions.mail import posting
from identity.actions.people import People
from identity.actions.provider import Provider
from identity.actions.upstream_providers import Providers
from identity.consumers import CONSUMERS
from identity.events import (
    AccountChanged,
    AccountClosed,
    AccountCreated,
    CouncilChanged,
    CouncilCreated,
    IdentityAccess,
    MandateAccepted,
    MandateRevoked,
    SessionEnded,
    TokenRevoked,
)
from identity.routes import (
    account,
    across,
    api_keys,
    authorize,
    clients,
    consents,
    emails,
    factors,
    history,
    issuer,
    logout,
    mandates,
    outbox,
    own_identity,
    phones,
    proofs,
    protocol,
    proving,
    region,
    registering,
    scim,
    scim_about,
    scim_parts,
    services,
    signing_in,
    staff,
    texts,
    themes,
    upstream,
    upstream_choice,
    upstream_failed,
    upstream_links,
    upstream_logout,
    upstreams,
    userinfo,
)
from identity.routes.parts import pages
from identity.settings import Settings
from identity.tables import metadata


@asynccontextmanager
async def _start(app: FastAPI) -> AsyncIterator[None]:
    """The signing keys, kept up to date, and the token endpoint's connections."""
    settings: Settings = app.state.settings
    app.state.issuer = Issuer(settings)
    app.state.people = People(settings)
    app.state.providers = Providers(settings)
    async with app.state.database.writing() as session:
        await app.state.issuer.prepare(session)
    database, known = app.state.database, KnownClients()
    following = [
        asyncio.create_task(app.state.issuer.follow(database)),
        asyncio.create_task(forever("known clients", lambda: known.follow(database))),
    ]
    try:
        async with _issuing_pool(settings) as pool:
            app.state.provider = Provider(app.state.issuer, database, pool, known)
            yield
    finally:
        app.state.people.passwords.close()
        for task in following:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _issuing_pool(settings: Settings) -> Any:
    """Connections that see across councils, for the token endpoint alone.

    A client is looked up before it is known whose it is, and a plain asyncpg statement costs a
    quarter of a transaction. Each borrower runs one statement and leaves nothing behind, so the
    usual RESET on return, a round trip of its own, is left out.
    """

    async def leave_as_is(_: object) -> None:
        return None

    return asyncpg.create_pool(
        settings.database_url,
        min_size=1,
        max_size=settings.issuing_pool_size,
        timeout=5,
        reset=leave_as_is,
        server_settings={
            "application_name": "identity-tokens",
            "app.council": EVERY_COUNCIL,
            "statement_timeout": str(int(settings.timeout * 1000)),
        },
    )


def _own_keys(app: FastAPI) -> KeySource:
    async def read() -> dict[str, Any]:
        return {"keys": app.state.issuer.published()}

    return read


service = Service(
    name="identity",
    title="Townhall identity",
    settings=Settings,
    metadata=metadata,
    routers=(
        issuer.router,
        across.router,
        authorize.router,
        proving.router,
        protocol.router,
        userinfo.router,
        logout.router,
        outbox.router,
        region.router,
        clients.router,
        api_keys.router,
        services.router,
        upstreams.router,
        signing_in.router,
        registering.router,
        account.router,
        emails.router,
        consents.router,
        history.router,
        own_identity.router,
        factors.router,
        upstream_choice.router,  # before the next, whose paths are of two parts that may be any
        upstream.router,
        upstream_failed.router,
        upstream_links.router,
        upstream_logout.router,
        phones.router,
        texts.router,
        staff.router,
        scim.router,
        scim_about.router,
        mandates.router,
        themes.router,
        proofs.router,
    ),
    publishes=(
        CouncilCreated,
        CouncilChanged,
        TokenRevoked,
        AccountCreated,
        AccountChanged,
        AccountClosed,
        SessionEnded,
        MandateAccepted,
        MandateRevoked,
        IdentityAccess,
    ),
    consumers=CONSUMERS,
    shapes=(issuer.TOKEN_ERRORS, *protocol.SHAPES, userinfo.SHAPE, scim_parts.SCIM_ERRORS),
    commands={
        "operator": commands.operator,
        "client": commands.client,
        "rotate-keys": commands.rotate_keys,
    },
    tasks={
        "sweep": sweeping.sweep,
        "logout notices": telling.tell,
        "client keys": client_keys.keep_fresh,
        "post": posting.post,
    },
    start=_start,
    keys=_own_keys,
    pages=pages,
)


def create() -> FastAPI:
    """The application, with settings from the environment."""
    return create_app(service)
