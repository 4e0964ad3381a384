"""A token issuer for measurements: one key, its public half in a file."""

import json
import time
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from chassis import ids


class Issuer:
    """Issues tokens that a service configured with its ``jwks_url`` accepts."""

    name = "http://bench.invalid/identity/"

    def __init__(self, folder: Path) -> None:
        self._key = ECKey.generate_key("P-256", {"kid": "bench", "use": "sig", "alg": "ES256"})
        file = folder / "jwks.json"
        file.write_text(json.dumps(KeySet([self._key]).as_dict(private=False)))
        self.jwks_url = file.as_uri()

    def token(self, scopes: list[str]) -> str:
        """Issue a token for an hour."""
        now = int(time.time())
        claims = {
            "iss": self.name,
            "aud": "townhall",
            "sub": "bench",
            "client_id": "bench",
            "jti": ids.show(ids.new()),
            "iat": now,
            "exp": now + 3600,
            "scope": " ".join(scopes),
            "councils": ["citytown", "grown"],
            "mode": "sandbox",
        }
        return jwt.encode({"alg": "ES256", "kid": "bench", "typ": "key+jwt"}, claims, self._key)
