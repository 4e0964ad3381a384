"""SQL statements of gateway accounts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis import clock
from chassis.database import ReadSession, Session

_COLUMNS = """a.id, a.name, a.mode, a.processor, a.fund, a.settings, a.is_default, a.version, a.created_at,
    a.updated_at, a.closed_at"""
_FIND = text(f"""SELECT {_COLUMNS} FROM account_client c
    JOIN gateway_account a ON a.council = c.council AND a.id = c.account
    WHERE c.council = :council AND c.client_id = :client_id AND c.mode = :mode AND a.mode = :mode
    UNION ALL
    SELECT {_COLUMNS} FROM gateway_account a
    WHERE a.council = :council AND a.mode = :mode AND a.is_default
    LIMIT 1""")  # noqa: S608
_GET = text(f"SELECT {_COLUMNS} FROM gateway_account a WHERE a.council = :council AND a.id = :account_id")  # noqa: S608
_LIST = text("""SELECT council, id FROM gateway_account
    WHERE (:mode = '' OR mode = :mode) AND (:council = '*' OR council = :council) ORDER BY council, id""")
_INSERT = text("""INSERT INTO gateway_account
        (council, id, name, mode, processor, fund, settings, is_default, version, created_at, updated_at)
    VALUES (:council, :id, :name, :mode, :processor, :fund, CAST(:settings AS jsonb), :is_default, 1,
        :now, :now)
    ON CONFLICT (council, mode) WHERE is_default DO NOTHING""")
_LOCK = text("SELECT pg_advisory_xact_lock(7420612, hashtext(:council))")
_PAGE = text(f"""SELECT {_COLUMNS} FROM gateway_account a
    WHERE a.council = :council AND (:mode = '' OR a.mode = :mode) AND a.id > :after
    ORDER BY a.id LIMIT :most""")  # noqa: S608
_COUNT = text("SELECT count(*) FROM gateway_account WHERE council = :council")
_UPDATE = text("""UPDATE gateway_account SET name = :name, fund = :fund, settings = CAST(:settings AS jsonb),
        is_default = :is_default, closed_at = :closed_at, version = version + 1, updated_at = :now
    WHERE council = :council AND id = :id""")
_UNSET_DEFAULT = text("""UPDATE gateway_account
    SET is_default = false, version = version + 1, updated_at = :now
    WHERE council = :council AND mode = :mode AND is_default AND id <> :id RETURNING id""")
_SET_DEFAULT = text("UPDATE gateway_account SET is_default = true WHERE council = :council AND id = :id")
_CLIENTS = text("""SELECT client_id, created_at FROM account_client
    WHERE council = :council AND account = :account AND client_id > :after ORDER BY client_id LIMIT :most""")
_FIND_CLIENT = text("""SELECT account FROM account_client
    WHERE council = :council AND client_id = :client_id AND mode = :mode""")
_COUNT_CLIENTS = text("SELECT count(*) FROM account_client WHERE council = :council AND account = :account")
_ASSIGN = text("""INSERT INTO account_client (council, client_id, mode, account, created_at)
    VALUES (:council, :client_id, :mode, :account, :now)
    ON CONFLICT (council, client_id, mode)
    DO UPDATE SET account = excluded.account, created_at = excluded.created_at""")
_UNASSIGN = text("""DELETE FROM account_client
    WHERE council = :council AND client_id = :client_id AND account = :account""")
_FIND_SECRET = text(
    "SELECT webhook_secret FROM gateway_account WHERE council = :council AND id = :account_id"
)
_SAVE_SECRET = text("""UPDATE gateway_account SET webhook_secret = :secret
    WHERE council = :council AND id = :account_id AND webhook_secret IS NULL""")
_REPLACE_SECRET = text("""UPDATE gateway_account SET webhook_secret = :secret
    WHERE council = :council AND id = :account_id""")


async def find_webhook_secret(session: ReadSession, council: str, account_id: UUID) -> bytes | None:
    """Find an account's sealed secret."""
    row = await session.first(_FIND_SECRET, {"council": council, "account_id": account_id})
    return None if row is None or row.webhook_secret is None else bytes(row.webhook_secret)


async def save_webhook_secret(session: Session, council: str, account_id: UUID, secret: bytes) -> None:
    """Write an account's sealed secret, unless it has one."""
    params = {"council": council, "account_id": account_id, "secret": secret}
    await session.execute(_SAVE_SECRET, params)


async def replace_webhook_secret(session: Session, council: str, account_id: UUID, secret: bytes) -> None:
    """Write an account's sealed secret, whatever it had."""
    params = {"council": council, "account_id": account_id, "secret": secret}
    await session.execute(_REPLACE_SECRET, params)


async def find_account(session: ReadSession, council: str, client_id: str, mode: str) -> Row[Any] | None:
    """Find the account of a client in a mode: its own, else the default one."""
    return await session.first(_FIND, {"council": council, "client_id": client_id, "mode": mode})


async def get_account(session: ReadSession, council: str, account_id: UUID) -> Row[Any] | None:
    """Get an account by its id."""
    return await session.first(_GET, {"council": council, "account_id": account_id})


async def list_accounts(session: ReadSession, council: str, mode: str) -> Sequence[Row[Any]]:
    """List a council's accounts of a mode, or those of all councils (``*``) and modes."""
    return await session.all(_LIST, {"council": council, "mode": mode})


async def insert_account(session: Session, council: str, account_id: UUID, values: dict[str, Any]) -> bool:
    """Write an account; False if it would be a second default one of its mode."""
    row = {"council": council, "id": account_id, "now": clock.now(), **values}
    return await session.execute(_INSERT, row) > 0


async def lock_accounts(session: Session, council: str) -> None:
    """Lock a council's accounts until the transaction ends: nobody else adds or changes any."""
    await session.execute(_LOCK, {"council": council})


async def list_page(
    session: ReadSession, council: str, mode: str, after: UUID | None, fetch: int
) -> Sequence[Row[Any]]:
    """List accounts of a mode, or of both (empty), in the order in which they were made."""
    params = {"council": council, "mode": mode, "after": after or UUID(int=0), "most": fetch}
    return await session.all(_PAGE, params)


async def count_accounts(session: ReadSession, council: str) -> int:
    """Count a council's accounts."""
    return int(await session.scalar(_COUNT, {"council": council}))


async def update_account(session: Session, council: str, account_id: UUID, values: dict[str, Any]) -> None:
    """Change a locked account: name, fund, settings, is_default, closed_at."""
    await session.execute(_UPDATE, {"council": council, "id": account_id, "now": clock.now(), **values})


async def unset_default(session: Session, council: str, mode: str, account_id: UUID) -> UUID | None:
    """Make the default account of a mode, unless it is this one, an ordinary one; return its id."""
    params = {"council": council, "mode": mode, "id": account_id, "now": clock.now()}
    former: UUID | None = await session.scalar(_UNSET_DEFAULT, params)
    return former


async def set_default(session: Session, council: str, account_id: UUID) -> None:
    """Make an account the default one of its mode, which has none."""
    await session.execute(_SET_DEFAULT, {"council": council, "id": account_id})


async def list_clients(
    session: ReadSession, council: str, account_id: UUID, after: str, fetch: int
) -> Sequence[Row[Any]]:
    """List the clients of an account by their ids."""
    params = {"council": council, "account": account_id, "after": after, "most": fetch}
    return await session.all(_CLIENTS, params)


async def count_clients(session: ReadSession, council: str, account_id: UUID) -> int:
    """Count the clients of an account."""
    return int(await session.scalar(_COUNT_CLIENTS, {"council": council, "account": account_id}))


async def find_client_account(session: ReadSession, council: str, client_id: str, mode: str) -> UUID | None:
    """Find the account of its own that a client has in a mode."""
    row = await session.first(_FIND_CLIENT, {"council": council, "client_id": client_id, "mode": mode})
    return None if row is None else row.account


async def assign_client(session: Session, council: str, client_id: str, mode: str, account_id: UUID) -> None:
    """Let a client use an account, instead of the one that it used in the mode."""
    params = {"council": council, "client_id": client_id, "mode": mode, "account": account_id}
    await session.execute(_ASSIGN, {**params, "now": clock.now()})


async def unassign_client(session: Session, council: str, client_id: str, account_id: UUID) -> bool:
    """Take an account from a client; False if it did not use it."""
    params = {"council": council, "client_id": client_id, "account": account_id}
    return await session.execute(_UNASSIGN, params) > 0
