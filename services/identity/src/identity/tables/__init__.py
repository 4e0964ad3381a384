"""Identity's own tables. The councils themselves are in ``chassis.tables.council``, which is theirs here."""

from identity.tables.accounts import account, account_email, browser_session
from identity.tables.base import REGION, SECURED, metadata
from identity.tables.issuer import api_key, assertion_use, client, signing_key

__all__ = [
    "REGION",
    "SECURED",
    "account",
    "account_email",
    "api_key",
    "assertion_use",
    "browser_session",
    "client",
    "metadata",
    "signing_key",
]
