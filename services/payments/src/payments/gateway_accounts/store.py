"""SQL statements of gateway accounts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis import clock
from chassis.database import ReadSession, Session

_COLUMNS = "a.id, a.name, a.mode, a.processor, a.fund, a.settings, a.version"
_FIND = text(f"""SELECT {_COLUMNS} FROM account_client c
    JOIN gateway_account a ON a.council = c.council AND a.id = c.account
    WHERE c.council = :council AND c.client_id = :client_id AND a.mode = :mode
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


_FIND_SECRET = text(
    "SELECT webhook_secret FROM gateway_account WHERE council = :council AND id = :account_id"
)
_SAVE_SECRET = text("""UPDATE gateway_account SET webhook_secret = :secret
    WHERE council = :council AND id = :account_id AND webhook_secret IS NULL""")


async def find_webhook_secret(session: ReadSession, council: str, account_id: UUID) -> bytes | None:
    """Find an account's sealed secret."""
    row = await session.first(_FIND_SECRET, {"council": council, "account_id": account_id})
    return None if row is None or row.webhook_secret is None else bytes(row.webhook_secret)


async def save_webhook_secret(session: Session, council: str, account_id: UUID, secret: bytes) -> None:
    """Write an account's sealed secret, unless it has one."""
    params = {"council": council, "account_id": account_id, "secret": secret}
    await session.execute(_SAVE_SECRET, params)


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
