"""The secret keys of accounts at their processors: sealed in the database, open in a call."""

from uuid import UUID

from chassis import encryption, ids
from chassis.database import Database
from payments.processors import store
from payments.processors.rules import Credentials, ProcessorError
from payments.settings import Settings

_MISSING = "the account has no credentials: PUT them to the gateway account first"


async def read_credentials(
    database: Database, settings: Settings, council: str, merchant: str
) -> Credentials:
    """Read the credentials of a merchant, as the port names them. Raises ProcessorError if it has none."""
    account_id = ids.read(merchant)
    async with database.reading(council) as session:
        row = await store.find_credential(session, council, account_id)
    if row is None:
        raise ProcessorError(_MISSING)
    plain = encryption.unseal(_read_key(settings), bytes(row.secret_key), account_id.bytes)
    return Credentials(plain.decode(), row.created_at)


def seal_key(settings: Settings, account_id: UUID, secret_key: str) -> bytes:
    """Seal the secret key of an account, bound to it."""
    return encryption.seal(_read_key(settings), secret_key.encode(), account_id.bytes)


def _read_key(settings: Settings) -> bytes:
    key = encryption.parse_key(settings.sealing_key.get_secret_value(), "PAYMENTS_SEALING_KEY")
    return encryption.derive_key(key, "payments credentials")
