"""Headers that carry a token's claims from the token check to the filters after it.

Envoy fills them itself: it removes what a client sends under these names.
"""

from gateway.snapshot import Claim

CLIENT = "x-townhall-client"
REVOCABLE: dict[Claim, str] = {
    "jti": "x-townhall-token",
    "client_id": CLIENT,
    "sub": "x-townhall-subject",
    "mandate": "x-townhall-mandate",
}
"""Header by claim, for the claims whose value can be revoked."""
ISSUED_AT = "x-townhall-issued"
