import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis import ids
from identity.clients.store import api_keys, clients
from identity.councils import store as councils
from identity.issuer import store as stored_keys

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
NIL = UUID(int=0)


def api_key(**overrides):
    return {
        "id": ids.new(),
        "kid": "kid",
        "name": "Website",
        "mode": "live",
        "scopes": ["address:read"],
        "created_by": "somebody",
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=365),
        **overrides,
    }


def client(**overrides):
    return {
        "id": ids.new(),
        "name": "Revenues",
        "mode": "live",
        "scopes": ["address:read"],
        "jwks": None,
        "secret_hash": b"h" * 32,
        "generation": 1,
        "created_by": "somebody",
        "created_at": NOW,
        **overrides,
    }


async def add_key(session, kid, signs_from=NOW):
    await stored_keys.add_key(session, kid, {"kid": kid}, b"sealed", NOW, signs_from, "ES256")


async def test_a_council_sees_its_own_api_keys_only(session):
    await api_keys.add_api_key(session, "citytown", api_key())
    await session.set_council("hillshire")
    await api_keys.add_api_key(session, "hillshire", api_key())
    assert len(await api_keys.list_page(session, "hillshire", NIL, 10)) == 1
    assert (
        await api_keys.list_page(session, "citytown", NIL, 10) == []
    )  # even when the WHERE asks for another's


async def test_a_council_cannot_write_anothers_row(session):
    with pytest.raises(DBAPIError, match="row-level security"):
        await api_keys.add_api_key(session, "hillshire", api_key())


async def test_without_a_council_nothing_is_seen(session):
    await clients.add_client(session, "citytown", client())
    await session.set_council("")
    assert await clients.list_page(session, "citytown", NIL, 10) == []


async def test_a_council_cannot_revoke_anothers_client(session):
    theirs = client()
    await clients.add_client(session, "citytown", theirs)
    await session.set_council("hillshire")
    assert not await clients.revoke_client(session, "citytown", theirs["id"], NOW)
    assert not await clients.revoke_client(session, "hillshire", theirs["id"], NOW)


async def test_an_api_key_is_revoked_once(session):
    key = api_key()
    await api_keys.add_api_key(session, "citytown", key)
    assert await api_keys.revoke_api_key(session, "citytown", key["id"], NOW) == key["expires_at"]
    assert await api_keys.revoke_api_key(session, "citytown", key["id"], NOW) is None
    assert await api_keys.get_kid(session, "citytown", key["id"]) == "kid"
    assert await api_keys.list_page(session, "citytown", NIL, 10) == []


async def test_pages_go_on_after_the_last_id(session):
    keys = [api_key() for _ in range(5)]
    for key in keys:
        await api_keys.add_api_key(session, "citytown", key)
    first = await api_keys.list_page(session, "citytown", NIL, 3)
    rest = await api_keys.list_page(session, "citytown", first[-1].id, 3)
    assert [row.id for row in (*first, *rest)] == sorted(key["id"] for key in keys)


async def test_a_name_is_one_client_while_it_is_in_use(session):
    first = client()
    assert await clients.add_client(session, "citytown", first)
    assert not await clients.add_client(session, "citytown", client())
    await clients.revoke_client(session, "citytown", first["id"], NOW)
    assert await clients.add_client(session, "citytown", client())


async def test_a_client_authenticates_in_one_way(session):
    with pytest.raises(DBAPIError, match="one_way_to_authenticate"):
        await clients.add_client(session, "citytown", client(jwks=[{"kid": "x"}]))


async def test_two_councils_cannot_have_one_code(session):
    council = {"slug": "newtown", "name": "Newtown", "gss": "E06000022", "region": "local"}
    assert await councils.add_council(session, council) is None
    assert [row.slug for row in await councils.list_conflicting(session, "newtown", "E06000022")] == [
        "citytown"
    ]


async def test_a_change_of_an_old_version_changes_nothing(session):
    assert await councils.update_council(session, "nowhere", "Other", "active") is None
    changed = await councils.update_council(session, "citytown", "Other", "active")
    assert (changed.name, changed.version) == ("Other", 2)


async def test_a_key_is_known_with_the_expiry_of_its_last_live_api_key(session):
    await add_key(session, "kid")
    first, last = api_key(), api_key(expires_at=NOW + timedelta(days=400))
    for key in (first, last):
        await api_keys.add_api_key(session, "citytown", key)
    until = {row.kid: row.api_keys_until for row in await stored_keys.list_keys(session)}
    assert until["kid"] == last["expires_at"]
    await api_keys.revoke_api_key(session, "citytown", last["id"], NOW)
    until = {row.kid: row.api_keys_until for row in await stored_keys.list_keys(session)}
    assert until["kid"] == first["expires_at"]


async def test_other_keys_are_deleted(session):
    for kid in ("one", "two"):
        await add_key(session, kid)
    await stored_keys.delete_others(session, ["two"])
    assert [row.kid for row in await stored_keys.list_keys(session)] == ["two"]


async def test_an_erased_key_has_no_private_half(session):
    await add_key(session, "one")
    await stored_keys.erase_private_keys(session, ["one"])
    assert [row.sealed for row in await stored_keys.list_keys(session) if row.kid == "one"] == [None]


@pytest.fixture
async def pool(settings):
    """Connections like the token endpoint's."""
    async with asyncpg.create_pool(
        settings.database_url, min_size=1, max_size=4, server_settings={"app.council": "*"}
    ) as connections:
        yield connections


async def test_of_many_uses_of_an_assertion_at_once_one_succeeds(pool):
    async def use():
        return await clients.use_assertion(pool, "citytown", NIL, "race", NOW + timedelta(60), NOW)

    assert sorted(await asyncio.gather(*(use() for _ in range(8)))) == [False] * 7 + [True]


async def test_expired_assertions_are_purged(pool):
    for number in range(5):
        await clients.use_assertion(pool, "citytown", NIL, f"old-{number}", NOW, NOW)
    later = NOW + timedelta(seconds=1)
    await clients.use_assertion(pool, "citytown", NIL, "new", later + timedelta(60), later)
    remaining = await pool.fetch("SELECT jti FROM assertion_use WHERE jti LIKE 'old-%' OR jti = 'new'")
    assert [row["jti"] for row in remaining] == ["new"]


async def test_a_revoked_client_does_not_authenticate(pool, database):
    in_use, revoked = client(name="Kept"), client(name="Gone")
    async with database.writing("citytown") as session:
        for values in (in_use, revoked):
            await clients.add_client(session, "citytown", values)
        await clients.revoke_client(session, "citytown", revoked["id"], NOW)
    assert (await clients.get_record(pool, in_use["id"])).secret_hash == b"h" * 32
    assert await clients.get_record(pool, revoked["id"]) is None
    assert await clients.get_record(pool, NIL) is None


async def test_the_runtime_role_is_bound_by_row_level_security(session):
    role = await session.first(
        text("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    )
    assert (role.rolsuper, role.rolbypassrls) == (False, False)
    forced = "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity ORDER BY 1"
    assert {"api_key", "client", "relying_party"} <= {row.relname for row in await session.all(text(forced))}
