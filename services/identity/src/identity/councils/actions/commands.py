"""Commands for the operator of the region: ``python -m chassis run identity COMMAND``."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.commands import ExitCode, make_reporter
from chassis.database import Database, Session
from identity.clients.actions import clients
from identity.issuer.actions.signing_keys import Issuer
from identity.settings import Settings
from identity.shared.oauth import scopes
from identity.shared.rules import crypto


async def create_operator(settings: Settings, arguments: list[str]) -> int:
    """Create the operator's client, which holds every scope, or give it a new secret; print id and secret."""
    argparse.ArgumentParser(prog="run identity operator", description=create_operator.__doc__).parse_args(
        arguments
    )
    return await _install_client(settings, "operator", list(scopes.CATALOGUE))


async def create_client(settings: Settings, arguments: list[str]) -> int:
    """Create a client of the region, or give it these scopes and a new secret; print id and secret."""
    parser = argparse.ArgumentParser(prog="run identity client", description=create_client.__doc__)
    parser.add_argument("--name", required=True)
    parser.add_argument("--scopes", required=True, nargs="+", metavar="SCOPE")
    parsed = parser.parse_args(arguments)
    if missing := scopes.list_unknown(parsed.scopes):
        parser.error(f"no such scope: {', '.join(missing)}")
    return await _install_client(settings, parsed.name, parsed.scopes)


async def rotate_keys(settings: Settings, arguments: list[str]) -> int:
    """Publish the next signing key, which signs once everybody knows it; delete those no longer needed."""
    argparse.ArgumentParser(prog="run identity rotate-keys", description=rotate_keys.__doc__).parse_args(
        arguments
    )
    async with _open_session(settings) as (session, issuer):
        rotated = await issuer.rotate_keys(session)
    newest = max(issuer.keys, key=lambda key: (key.signs_from, key.algorithm == crypto.ES256))
    signs_from = issuer.to_datetime(newest.signs_from).isoformat()
    make_reporter().print_result(rotated=rotated, next=newest.kid, signs_from=signs_from)
    return ExitCode.DONE


async def _install_client(settings: Settings, name: str, requested: list[str]) -> int:
    async with _open_session(settings) as (session, issuer):
        client_id, secret = await clients.install_client(session, issuer, name, requested)
    make_reporter().print_result(client_id=client_id, client_secret=secret)
    return ExitCode.DONE


@asynccontextmanager
async def _open_session(settings: Settings) -> AsyncIterator[tuple[Session, Issuer]]:
    """Open a transaction that sees across councils, with the issuer and its keys."""
    database = Database(settings, "identity-command", rows_secured=True)
    issuer = Issuer(settings)
    try:
        async with database.writing() as session:
            await issuer.ensure_keys(session)
            yield session, issuer
    finally:
        await database.close()
