"""Identity's own tables. The councils themselves are in ``chassis.tables.council``, which is theirs here."""

from identity.tables.accounts import account, account_email, browser_session
from identity.tables.base import REGION, SECURED, metadata
from identity.tables.issuer import api_key, assertion_use, client, signing_key
from identity.tables.protocol import (
    access_token,
    authorisation,
    authorisation_code,
    consent,
    logout_notice,
    refresh_token,
    relying_party,
    token_grant,
)

__all__ = [
    "REGION",
    "SECURED",
    "access_token",
    "account",
    "account_email",
    "api_key",
    "assertion_use",
    "authorisation",
    "authorisation_code",
    "browser_session",
    "client",
    "consent",
    "logout_notice",
    "metadata",
    "refresh_token",
    "relying_party",
    "signing_key",
    "token_grant",
]
