"""People on their way to another provider and back."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, LargeBinary, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, UUID

from identity.tables.base import metadata, moment

_ID = UUID(as_uuid=True)

# One question to a provider. It is answered once, in the browser that asked it; then ``found`` holds who came
# back while the person decides which account that is.
upstream_visit = Table(
    "upstream_visit",
    metadata,
    Column("state_hash", LargeBinary, primary_key=True),  # SHA-256 of the state in the address
    Column("browser", LargeBinary, nullable=False),  # SHA-256 of the browser's secret
    Column("council", Text, nullable=False),
    Column("upstream", _ID, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("account", _ID),  # of the person who is signed in: for all but sign-in
    Column("vot", Text),  # the vector of trust asked of GOV.UK One Login
    Column("fresh", Boolean, nullable=False),  # the person was to sign in anew
    Column("redirect_uri", Text, nullable=False),
    Column("request", Text),  # a service's request, and the page of the account, to go on to
    Column("page", Text),
    Column("found", JSONB(none_as_null=True)),
    Column("chosen", Boolean, nullable=False),  # to be linked with the account that signs in next
    moment("created_at"),
    moment("expires_at"),
    moment("returned_at", nullable=True),
    Index("ix_upstream_visit_browser", "browser"),
    Index("ix_upstream_visit_expires_at", "expires_at"),
    Index("ix_upstream_visit_account", "account"),
    CheckConstraint("purpose IN ('sign-in', 'prove', 'link')", name="purpose"),
    CheckConstraint("(purpose = 'sign-in') = (account IS NULL)", name="account"),
)
