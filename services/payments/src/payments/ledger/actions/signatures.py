"""Sign the roots of chains, and check signatures: JWS with Ed25519 (RFC 8037)."""

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.jwk import OKPKey

from chassis import encryption
from payments.ledger.rules import Root
from payments.settings import Settings

_ALGORITHM = "Ed25519"


class RootSigner:
    """Signs with this installation's key, which is derived from its sealing key."""

    def __init__(self, settings: Settings) -> None:
        key = encryption.parse_key(settings.sealing_key.get_secret_value(), "PAYMENTS_SEALING_KEY")
        private = Ed25519PrivateKey.from_private_bytes(encryption.derive_key(key, "payments ledger roots"))
        self._key = OKPKey.import_key(
            private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        self._key.ensure_kid()

    def sign(self, root: Root) -> str:
        """Sign a root: a compact JWS."""
        header = {"alg": _ALGORITHM, "kid": self._key.kid}
        return jws.serialize_compact(header, json.dumps(root.describe()), self._key, [_ALGORITHM])

    def public_key(self) -> dict[str, Any]:
        """Return the public key as a JWK, for auditors to keep."""
        return dict(self._key.as_dict(private=False))


def read_root(statement: str, public_key: dict[str, Any]) -> dict[str, Any]:
    """Read a signed root. Raises joserfc's errors when the signature is not the key's."""
    signed = jws.deserialize_compact(statement, OKPKey.import_key(public_key), [_ALGORITHM])
    return dict(json.loads(signed.payload))
