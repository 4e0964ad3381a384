"""Identity's own tables. The councils themselves are in ``chassis.tables.council``, which is theirs here."""

from identity.tables.accounts import account, account_email, browser_session
from identity.tables.base import REGION, SECURED, metadata
from identity.tables.factors import (
    account_history,
    account_password,
    attempt,
    authenticator,
    known_browser,
    one_time_code,
    passkey,
    passkey_challenge,
    recovery_code,
    sign_in,
)
from identity.tables.issuer import api_key, assertion_use, client, signing_key
from identity.tables.mail import mail
from identity.tables.mandates import mandate, mandate_offer
from identity.tables.phones import account_phone, text_count
from identity.tables.proofs import desk_code, identity_access, proof, proof_person
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
from identity.tables.services import jwks_reading, service_history
from identity.tables.staff import (
    role,
    role_change,
    staff,
    staff_group,
    staff_group_member,
    staff_person,
    staff_role,
)
from identity.tables.themes import theme
from identity.tables.upstream_visits import upstream_visit
from identity.tables.upstreams import (
    upstream,
    upstream_account,
    upstream_history,
    upstream_key,
    upstream_logout,
)

__all__ = [
    "REGION",
    "SECURED",
    "access_token",
    "account",
    "account_email",
    "account_history",
    "account_password",
    "account_phone",
    "api_key",
    "assertion_use",
    "attempt",
    "authenticator",
    "authorisation",
    "authorisation_code",
    "browser_session",
    "client",
    "consent",
    "desk_code",
    "identity_access",
    "jwks_reading",
    "known_browser",
    "logout_notice",
    "mail",
    "mandate",
    "mandate_offer",
    "metadata",
    "one_time_code",
    "passkey",
    "passkey_challenge",
    "proof",
    "proof_person",
    "recovery_code",
    "refresh_token",
    "relying_party",
    "role",
    "role_change",
    "service_history",
    "sign_in",
    "signing_key",
    "staff",
    "staff_group",
    "staff_group_member",
    "staff_person",
    "staff_role",
    "text_count",
    "theme",
    "token_grant",
    "upstream",
    "upstream_account",
    "upstream_history",
    "upstream_key",
    "upstream_logout",
    "upstream_visit",
]
