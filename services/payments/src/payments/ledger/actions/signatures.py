"""Sign the roots of chains."""

from typing import Any

from chassis.signed_statements import StatementSigner
from payments.ledger.rules import Root
from payments.settings import Settings


class RootSigner:
    """Signs with this installation's key, which is derived from its sealing key."""

    def __init__(self, settings: Settings) -> None:
        self._signer = StatementSigner(settings, "payments ledger roots")

    def sign(self, root: Root) -> str:
        """Sign a root: a compact JWS."""
        return self._signer.sign(root.describe())

    def public_key(self) -> dict[str, Any]:
        """Return the public key as a JWK, for auditors to keep."""
        return self._signer.public_key()
