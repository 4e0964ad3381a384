"""Tables, migrations and transactions of every service."""

import ast
import importlib
import inspect
import re
from pathlib import Path
from typing import Annotated

import asyncpg
import pytest
from fastapi import APIRouter, Depends
from sqlalchemy import Column, Integer, MetaData, Table, Text

from chassis import migrations, readiness, tables
from chassis.testing import fresh_database
from tests.guards.conftest import NAMES, service_of
from tests.guards.sources import ROOT, production

# Tables whose key does not start with `council`, each with its reason.
REGIONAL = {
    "council": "it is the list of councils",
    "outbox": "a queue read by id across councils",
    "job": "a queue read by id across councils",
    "schedule": "the clock is the region's",
    "rate_limit": "hashes of whom or what is counted, often before a council is known",
    "signing_key": "one issuer per region",
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
    "postcode": "one file of postcodes serves every council of the region",
    "outcode": "made from the region's file of postcodes",
    "postcode_file": "which file of postcodes the region has",
    "proof": "a person is proven once, for every council's services",
    "proof_person": "what a proof proved, apart so that it can be erased",
    "proclamation": "bank holidays are proclaimed for nations, not for councils",
    "desk_code": "an account shows it at a desk before a council knows whose it is",
}


@pytest.fixture
async def owner_url(postgres_url, service):
    async with fresh_database(postgres_url, service) as url:
        yield url.replace(f"//{service.name}:", f"//{service.name}_owner:")


def all_tables(service):
    return {**tables.platform.tables, **service.metadata.tables}


def test_every_tables_key_starts_with_the_council(service):
    assert find_keys_without_council(all_tables(service)) == []


def find_keys_without_council(by_name):
    return [
        name
        for name, table in by_name.items()
        if name not in REGIONAL and next(iter(table.primary_key.columns)).name != "council"
    ]


def test_a_table_that_forgets_the_council_is_found():
    table = Table("case_note", MetaData(), Column("id", Integer, primary_key=True), Column("council", Text))
    assert find_keys_without_council({"case_note": table}) == ["case_note"]


def test_every_regional_table_is_there():
    """The list of exceptions only shrinks: a name of no table is taken off it."""
    tables = {name for service in map(service_of, NAMES) for name in all_tables(service)}
    assert set(REGIONAL) - tables == set()


async def test_tables_and_migrations_agree(service, owner_url):
    assert await migrations.find_drift(service.metadata, owner_url) == []


async def test_migrations_go_down_and_up_again(service, owner_url):
    await migrations.migrate(service.name, owner_url, to="base")
    connection = await asyncpg.connect(owner_url)
    relations = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    )
    await connection.close()
    assert {row["relname"] for row in relations} == {
        f"{table}{suffix}"
        for table in ("alembic_version", "alembic_version_platform")
        for suffix in ("", "_pkc")
    }
    await migrations.migrate(service.name, owner_url)
    assert await migrations.find_drift(service.metadata, owner_url) == []


def test_a_service_has_one_migration_head_and_readiness_knows_it(service):
    assert migrations.read_scripts(service.name).get_heads() == [readiness.find_newest_revision(service.name)]


async def test_every_migration_runs_under_a_lock_timeout(service, owner_url, monkeypatch):
    timeouts = {}
    scripts = {package: migrations.read_scripts(package) for package in ("chassis", service.name)}
    revisions = [revision for history in scripts.values() for revision in history.walk_revisions()]
    for revision in revisions:
        monkeypatch.setattr(revision.module, "upgrade", probe(revision, timeouts))
    monkeypatch.setattr(migrations, "read_scripts", scripts.get)
    await migrations.migrate(service.name, owner_url, to="base")
    await migrations.migrate(service.name, owner_url)
    assert timeouts == {revision.path: migrations.LOCK_TIMEOUT for revision in revisions}


def probe(revision, timeouts):
    upgrade = revision.module.upgrade

    def probed():
        from alembic import op  # noqa: PLC0415

        timeouts[revision.path] = op.get_bind().exec_driver_sql("SHOW lock_timeout").scalar()
        upgrade()

    return probed


@pytest.mark.parametrize("package", ["chassis", *NAMES])
def test_no_migration_lifts_the_lock_timeout(package):
    revisions = list(migrations.read_scripts(package).walk_revisions())
    assert revisions
    assert [
        revision.path for revision in revisions if lifts_timeout(inspect.getsource(revision.module))
    ] == []


def lifts_timeout(source):
    return "lock_timeout" in source.lower() or ".commit(" in source


def test_a_migration_that_lifts_the_lock_timeout_is_found():
    assert lifts_timeout('op.execute("SET LOCK_TIMEOUT = 0")')
    assert lifts_timeout("op.get_bind().commit()")


def test_the_transaction_ends_before_the_answer_leaves(service):
    assert [fault for router in service.routers for fault in find_late(router)] == []


def find_late(router):
    """List dependencies that yield and are not ``scope="function"``: they commit after the response."""
    return [
        f"{route.path}: {dependant.call}"
        for route in routes_of(router)
        for dependant in dependants_of(route.dependant)
        if inspect.isasyncgenfunction(dependant.call) and dependant.scope != "function"
    ]


def test_a_commit_after_the_answer_is_found():
    async def session():
        yield

    router, outer = APIRouter(), APIRouter()

    @router.get("/late")
    async def late(_: Annotated[None, Depends(session)]): ...

    outer.include_router(router)
    assert len(find_late(router)) == len(find_late(outer)) == 1


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
    folder = Path(importlib.import_module(service.name).__file__).parent
    paths = find_stores(folder)
    assert paths, "no store was looked at"
    assert [fault for path in paths for fault in find_sessionless(path.read_text(), path)] == []


def find_stores(folder):
    """List the modules of SQL: ``store.py`` and ``store/*.py`` of the service and of its domains."""
    return sorted(
        path for path in folder.rglob("*.py") if path.name == "store.py" or path.parent.name == "store"
    )


def find_sessionless(source, path):
    """List the public functions of a store that take something else before the session."""
    return [
        f"{path}: {node.name}"
        for node in ast.parse(source).body
        if isinstance(node, ast.AsyncFunctionDef)
        and not node.name.startswith("_")
        and not (node.args.args and node.args.args[0].arg in {"session", "pool", "connection"})
    ]


def test_every_store_is_looked_at(tmp_path):
    for name in ("store.py", "grants/store.py", "staff/store/roles.py", "staff/routes/roles.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    stores = [str(path.relative_to(tmp_path)) for path in find_stores(tmp_path)]
    assert stores == ["grants/store.py", "staff/store/roles.py", "store.py"]
    assert find_sessionless("async def get_role(name, session): ...", "store.py") == ["store.py: get_role"]
    assert find_sessionless("async def get_role(): ...", "store.py") == ["store.py: get_role"]


async def test_row_level_security_is_forced_where_it_is_declared(service, owner_url):
    declared = {n for n, t in all_tables(service).items() if t.info.get("row_level_security")}
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


def find_writers(table, paths):
    """List the modules that add rows to a table which one module of the chassis writes for everybody."""
    pattern = re.compile(rf"insert\(\s*(?:tables\.)?{table}\s*\)|INSERT\s+INTO\s+{table}\b", re.IGNORECASE)
    return [str(path) for path in paths if pattern.search(path.read_text())]


@pytest.mark.parametrize("table", ["outbox", "audit"])
def test_the_outbox_and_the_audit_have_one_writer(tmp_path, table):
    modules = (path for path in production() if not {"bench", "migrations"} & set(path.parts))
    assert find_writers(table, modules) == [str(ROOT / f"chassis/src/chassis/{table}.py")]
    (tmp_path / "store.py").write_text(f"_ADD = insert(tables.{table})")
    assert find_writers(table, [tmp_path / "store.py"])
