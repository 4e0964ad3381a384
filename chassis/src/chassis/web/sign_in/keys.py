"""The keys of sign-in, all derived from the service's sealing key: sealing, and signing as a client."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from chassis import clock, encryption, ids
from chassis.settings import Settings

_SEALING = "townhall staff sessions"
_SIGNING = "townhall sign-in client"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_ASSERTION_SECONDS = 60


class SignInKeys:
    """Seals tokens for their session's row, and signs the client's assertions (``private_key_jwt``).

    Raises ValueError, which names the variable to set, without a sealing key.
    """

    def __init__(self, settings: Settings) -> None:
        name = f"{settings.model_config.get('env_prefix', '')}SEALING_KEY"
        text = settings.sealing_key.get_secret_value()
        if not text:
            raise ValueError(f"{name} is not set; give it 32 random bytes as URL-safe base64")
        key = encryption.parse_key(text, name)
        self.sealing = encryption.derive_key(key, _SEALING)
        number = int.from_bytes(encryption.derive_key(key, _SIGNING)) % (_ORDER - 1) + 1
        private = ec.derive_private_key(number, ec.SECP256R1())
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self._signing = ECKey.import_key(pem, {"use": "sig", "alg": "ES256"})
        self._signing.ensure_kid()

    def list_public(self) -> dict[str, Any]:
        """Return the public key as a JWKS, to register at the issuer."""
        return {"keys": [self._signing.as_dict(private=False)]}

    def sign_assertion(self, client_id: str, audience: str) -> str:
        """Sign a client's assertion, good once (RFC 7523)."""
        now = int(clock.unix_time())
        claims = {
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "jti": ids.show(ids.new()),
            "iat": now,
            "exp": now + _ASSERTION_SECONDS,
        }
        return jwt.encode({"alg": "ES256", "kid": self._signing.kid}, claims, self._signing)
