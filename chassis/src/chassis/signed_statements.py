"""Sign statements that auditors keep, and check their signatures: JWS with Ed25519 (RFC 8037)."""

import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.jwk import OKPKey

from chassis import encryption
from chassis.settings import Settings

_ALGORITHM = "Ed25519"


class StatementSigner:
    """Signs with a key of an installation, which is derived for a purpose from the service's sealing key."""

    def __init__(self, settings: Settings, purpose: str) -> None:
        name = f"{settings.model_config.get('env_prefix', '')}SEALING_KEY"
        key = encryption.parse_key(settings.sealing_key.get_secret_value(), name)
        private = Ed25519PrivateKey.from_private_bytes(encryption.derive_key(key, purpose))
        self._key = OKPKey.import_key(
            private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        self._key.ensure_kid()

    def sign(self, statement: Mapping[str, Any]) -> str:
        """Sign a statement: a compact JWS."""
        header = {"alg": _ALGORITHM, "kid": self._key.kid}
        return jws.serialize_compact(header, json.dumps(statement), self._key, [_ALGORITHM])

    def public_key(self) -> dict[str, Any]:
        """Return the public key as a JWK, for auditors to keep."""
        return dict(self._key.as_dict(private=False))


def read_statement(signed: str, public_key: Mapping[str, Any]) -> dict[str, Any]:
    """Read a signed statement. Raises joserfc's errors when the signature is not the key's."""
    signature = jws.deserialize_compact(signed, OKPKey.import_key(dict(public_key)), [_ALGORITHM])
    return dict(json.loads(signature.payload))
