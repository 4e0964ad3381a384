"""Identity as a service: composition only."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from fastapi import FastAPI

from chassis.app import Service, create_app
from chassis.auth import KeySource
from chassis.consumer import run_forever
from chassis.database import ALL_COUNCILS, keepalives
from identity.authorization.routes import authorize, identity_proof, par
from identity.clients.actions import client_keys
from identity.clients.actions.authentication import Provider
from identity.clients.actions.client_cache import ClientCache
from identity.clients.routes import api_keys, clients, cors, services
from identity.consumers import CONSUMERS
from identity.councils import routes as councils
from identity.councils.actions import commands, snapshots
from identity.delegation.routes import answers
from identity.delegation.routes import mandates as own_mandates
from identity.discovery import routes as discovery
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
from identity.housekeeping import actions as housekeeping
from identity.issuer.actions.signing_keys import Issuer
from identity.logout import routes as logout
from identity.logout.actions import backchannel_logout
from identity.mandates.routes import mandates, themes
from identity.messages.actions import messages
from identity.proofs import routes as proofs
from identity.self_service.routes import (
    account,
    consents,
    emails,
    history,
    identity_proofs,
    linked_accounts,
    phones,
)
from identity.settings import Settings
from identity.shared.dependencies import pages
from identity.shared.tables import metadata
from identity.sign_in.routes import (
    registration,
    second_step,
    sign_in,
    upstream,
    upstream_failure,
    upstream_link,
)
from identity.sign_in_methods.routes import (
    authenticator,
    passkeys,
    passwords,
    recovery_codes,
    second_step_choice,
)
from identity.sign_in_methods.routes import sms as sms_step
from identity.staff.routes import members, roles, scim_groups, scim_metadata, scim_protocol, scim_users
from identity.testers import routes as testers
from identity.tokens.routes import introspection, revocation, token, userinfo
from identity.upstream_login import routes as upstream_logout
from identity.upstreams import routes as upstreams
from identity.upstreams.actions.providers import Providers
from identity.verification.actions.context import AuthContext


@asynccontextmanager
async def _start(app: FastAPI) -> AsyncIterator[None]:
    """Keep the signing keys and the clients up to date, and hold the connections of the token endpoint."""
    settings: Settings = app.state.settings
    app.state.issuer = Issuer(settings)
    app.state.auth = AuthContext(settings)
    app.state.providers = Providers(settings)
    async with app.state.database.writing() as session:
        await app.state.issuer.ensure_keys(session)
    database, clients_cache = app.state.database, ClientCache()
    tasks = [
        asyncio.create_task(app.state.issuer.follow_keys(database)),
        asyncio.create_task(run_forever("known clients", lambda: clients_cache.follow_changes(database))),
    ]
    try:
        async with _issuing_pool(settings) as pool:
            app.state.provider = Provider(
                app.state.issuer, database, pool, clients_cache, client_keys.KeyRefresher(settings)
            )
            yield
    finally:
        app.state.auth.passwords.close()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def _issuing_pool(settings: Settings) -> Any:
    """Create the pool of the token endpoint, whose connections see across councils.

    A client is looked up before its council is known, and a plain asyncpg statement costs a quarter of a
    transaction. Each borrower runs one statement and leaves nothing behind, so the usual RESET on return, a
    round trip of its own, is left out.
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
            **keepalives(settings.tcp_timeout),
            "application_name": "identity-tokens",
            "app.council": ALL_COUNCILS,
            "statement_timeout": str(int(settings.timeout * 1000)),
        },
    )


def _own_keys(app: FastAPI) -> KeySource:
    async def read() -> dict[str, Any]:
        return {"keys": app.state.issuer.list_published_keys()}

    return read


service = Service(
    name="identity",
    title="Townhall identity",
    settings=Settings,
    metadata=metadata,
    audited=True,
    routers=(
        discovery.router,
        cors.router,
        token.router,
        authorize.router,
        identity_proof.router,
        par.router,
        introspection.router,
        revocation.router,
        userinfo.router,
        logout.router,
        councils.router,
        clients.router,
        api_keys.router,
        services.router,
        upstreams.router,
        testers.router,
        sign_in.router,
        second_step.router,
        registration.router,
        account.router,
        emails.router,
        consents.router,
        history.router,
        answers.router,  # before the next, whose `{mandate_id}` would match `code`
        own_mandates.router,
        identity_proofs.router,
        passwords.router,
        passkeys.router,
        authenticator.router,
        recovery_codes.router,
        second_step_choice.router,
        # Before upstream, whose `{council}/{upstream_id}` would match its paths.
        upstream_link.router,
        upstream.router,
        upstream_failure.router,
        linked_accounts.router,
        upstream_logout.router,
        phones.router,
        sms_step.router,
        roles.router,
        members.router,
        scim_users.router,
        scim_groups.router,
        scim_metadata.router,
        mandates.router,
        themes.router,
        proofs.router,
    ),
    snapshots={"councils": snapshots.add_councils, "revocations": snapshots.add_revocations},
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
    keeps_events=True,  # they say which councils there are: a service installed years later must learn them
    consumers=CONSUMERS,
    shapes=(
        token.TOKEN_ERRORS,
        par.SHAPE,
        introspection.SHAPE,
        revocation.SHAPE,
        userinfo.SHAPE,
        scim_protocol.SCIM_ERRORS,
    ),
    commands={
        "operator": commands.create_operator,
        "client": commands.create_client,
        "rotate-keys": commands.rotate_keys,
    },
    jobs=[backchannel_logout.handlers, client_keys.handlers],
    schedules=client_keys.schedules,
    purges=housekeeping.PURGES,
    messages=messages,
    start=_start,
    keys=_own_keys,
    pages=pages,
)


def create() -> FastAPI:
    """The application, with settings from the environment."""
    return create_app(service)
