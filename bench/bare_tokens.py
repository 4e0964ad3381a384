"""The limit of token issuing: FastAPI and joserfc, one client in a dictionary, no database."""

import hmac
import time
import uuid
from typing import Annotated

from fastapi import FastAPI, Form, HTTPException, Response
from joserfc import jwt
from joserfc.jwk import ECKey

_KEY = ECKey.generate_key("P-256", {"kid": "bare", "use": "sig", "alg": "ES256"})
_SECRETS = {"bare": "a-secret-of-some-length-as-they-are-usually"}


def create() -> FastAPI:
    """Build the application, for uvicorn's ``--factory``."""
    app = FastAPI()

    @app.post("/token")
    async def token(
        grant_type: Annotated[str, Form()],
        client_id: Annotated[str, Form()],
        client_secret: Annotated[str, Form()],
    ) -> dict[str, str | int]:
        expected = _SECRETS.get(client_id, "")
        if grant_type != "client_credentials" or not hmac.compare_digest(expected, client_secret):
            raise HTTPException(401)
        now = int(time.time())
        claims = {
            "iss": "http://bench.invalid/", "aud": "townhall", "sub": client_id, "client_id": client_id,
            "jti": uuid.uuid4().hex, "iat": now, "exp": now + 600, "scope": "address:read",
            "councils": ["citytown"], "mode": "live",
        }  # fmt: skip
        access_token = jwt.encode({"alg": "ES256", "kid": "bare", "typ": "at+jwt"}, claims, _KEY)
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 600,
            "scope": "address:read",
        }

    @app.get("/live")
    async def live() -> Response:
        return Response()

    return app
