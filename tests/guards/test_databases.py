"""Tables, migrations and transactions of every service."""

import ast
import importlib
import inspect
from pathlib import Path

import asyncpg
import pytest

from chassis import health, migrations, tables
from chassis.testing import fresh_database

# Tables whose key does not start with `council`, each with its reason.
REGIONAL = {
    "council": "it is the list of councils",
    "outbox": "a queue read in commit order across councils",
    "signing_key": "one issuer per region",
    "assertion_jti": "a client is known by its id before its council is",
    "account": "accounts belong to the region: one for every council's services",
    "account_email": "of an account",
    "account_history": "of an account",
    "account_password": "of an account",
    "account_phone": "of an account",
    "text_count": "how many texts the region sent on a day: it pays for them",
    "authenticator": "of an account",
    "recovery_code": "of an account",
    "passkey": "of an account",
    "known_browser": "of an account",
    "browser_session": "of an account",
    "sign_in": "of a browser, on its way to an account",
    "one_time_code": "of a browser, on its way to an account",
    "passkey_challenge": "of a browser, before anybody is known",
    "upstream_visit": "of a browser, on its way to a provider and back to an account",
    "attempt": "counted before it is known whose account is meant",
    "mail": "e-mails and SMS to people, whose accounts belong to the region",
    "postcode": "one file of postcodes serves every council of the region",
    "outcode": "made from the region's file of postcodes",
    "postcode_file": "which file of postcodes the region has",
    "proof": "a person is proven once, for every council's services",
    "proof_person": "what a proof proved, apart so that it can be erased",
    "desk_code": "an account shows it at a desk before a council knows whose it is",
}


@pytest.fixture
async def owner_url(postgres_url, service):
    async with fresh_database(postgres_url, service) as url:
        yield url.replace(f"//{service.name}:", f"//{service.name}_owner:")


def all_tables(service):
    return {**tables.platform.tables, **service.metadata.tables}


def test_every_tables_key_starts_with_the_council(service):
    for name, table in all_tables(service).items():
        if name not in REGIONAL:
            assert next(iter(table.primary_key.columns)).name == "council", name


async def test_tables_and_migrations_agree(service, owner_url):
    assert await migrations.drift(service.metadata, owner_url) == []


async def test_migrations_go_down_and_up_again(service, owner_url):
    await migrations.migrate(service.name, owner_url, to="base")
    connection = await asyncpg.connect(owner_url)
    left = await connection.fetch("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    await connection.close()
    assert {row["relname"] for row in left} == {"alembic_version", "alembic_version_pkc"}
    await migrations.migrate(service.name, owner_url)
    assert await migrations.drift(service.metadata, owner_url) == []


def test_a_service_has_one_migration_head_and_readiness_knows_it(service):
    assert migrations.script(service.name).get_heads() == [health.newest_revision(service.name)]


async def test_every_migration_runs_under_a_lock_timeout(service, owner_url, monkeypatch):
    seen = {}
    scripts = migrations.script(service.name)
    for revision in scripts.walk_revisions():
        monkeypatch.setattr(revision.module, "upgrade", probe(revision, seen))
    monkeypatch.setattr(migrations, "script", lambda _: scripts)
    await migrations.migrate(service.name, owner_url, to="base")
    await migrations.migrate(service.name, owner_url)
    assert seen == {revision.revision: migrations.LOCK_TIMEOUT for revision in scripts.walk_revisions()}


def probe(revision, seen):
    upgrade = revision.module.upgrade

    def probed():
        from alembic import op  # noqa: PLC0415

        seen[revision.revision] = op.get_bind().exec_driver_sql("SHOW lock_timeout").scalar()
        upgrade()

    return probed


def test_no_migration_lifts_the_lock_timeout(service):
    for revision in migrations.script(service.name).walk_revisions():
        source = inspect.getsource(revision.module).lower()
        assert "lock_timeout" not in source, revision.path
        assert ".commit(" not in source, revision.path


def test_the_transaction_ends_before_the_answer_leaves(service):
    """A dependency that yields must be declared scope="function", or its commit comes after the response."""
    late = [
        f"{route.path}: {dependant.call}"
        for router in service.routers
        for route in routes_of(router)
        for dependant in dependants_of(route.dependant)
        if inspect.isasyncgenfunction(dependant.call) and dependant.scope != "function"
    ]
    assert late == []


def routes_of(router):
    for route in router.routes:
        if hasattr(route, "dependant"):
            yield route
        elif hasattr(route, "original_router"):
            yield from routes_of(route.original_router)


def dependants_of(dependant):
    yield dependant
    for nested in dependant.dependencies:
        yield from dependants_of(nested)


def test_store_functions_take_the_session_first(service):
    store = importlib.import_module(f"{service.name}.store")
    for path in Path(store.__file__).parent.glob("store*/*.py" if hasattr(store, "__path__") else "store.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_"):
                assert node.args.args[0].arg in {"session", "pool", "connection"}, f"{path}: {node.name}"


async def test_row_level_security_is_forced_where_it_is_declared(service, owner_url):
    declared = {n for n, t in service.metadata.tables.items() if t.info.get("row_level_security")}
    connection = await asyncpg.connect(owner_url)
    rows = await connection.fetch("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
    await connection.close()
    assert {row["relname"] for row in rows} == declared


async def test_the_runtime_role_neither_owns_nor_bypasses(service, postgres_url, owner_url):
    connection = await asyncpg.connect(postgres_url)
    role = await connection.fetchrow("SELECT * FROM pg_roles WHERE rolname = $1", service.name)
    await connection.close()
    assert (role["rolsuper"], role["rolbypassrls"], role["rolcreatedb"], role["rolcreaterole"]) == (
        False,
    ) * 4
