"""Creates a service's database and its two roles: the owner, which migrates, and the runtime role."""

import asyncpg

from chassis.database import keepalives
from chassis.settings import TCP_TIMEOUT

_KEEPALIVES = keepalives(TCP_TIMEOUT)
_ROLE = "CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"


async def provision(admin_url: str, name: str, *, owner_password: str, password: str) -> None:
    """Create ``name`` (database), ``{name}_owner`` and ``{name}`` (roles), or set these passwords.

    ``admin_url`` is a superuser's. The runtime role gets SELECT, INSERT, UPDATE and DELETE on whatever the
    owner creates, and nothing else. Names come from code, never from input.
    """
    connection = await asyncpg.connect(admin_url, timeout=10, server_settings=_KEEPALIVES)
    try:
        for role, secret in ((f"{name}_owner", owner_password), (name, password)):
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                await connection.execute(_ROLE.format(role=role))
            quoted = await connection.fetchval("SELECT quote_literal($1)", secret)
            await connection.execute(f"ALTER ROLE {role} PASSWORD {quoted}")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f"CREATE DATABASE {name} OWNER {name}_owner")
    finally:
        await connection.close()
    await _grant(admin_url, name)


async def _grant(admin_url: str, name: str) -> None:
    connection = await asyncpg.connect(admin_url, database=name, timeout=10, server_settings=_KEEPALIVES)
    try:
        await connection.execute(f"""
            REVOKE ALL ON DATABASE {name} FROM PUBLIC;
            GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {name};
            REVOKE ALL ON SCHEMA public FROM PUBLIC;
            GRANT USAGE ON SCHEMA public TO {name};
            GRANT ALL ON SCHEMA public TO {name}_owner;
            ALTER DEFAULT PRIVILEGES FOR ROLE {name}_owner IN SCHEMA public
                GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {name};
            ALTER DEFAULT PRIVILEGES FOR ROLE {name}_owner IN SCHEMA public
                GRANT USAGE ON SEQUENCES TO {name}""")
    finally:
        await connection.close()
