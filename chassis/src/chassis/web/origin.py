"""Protects forms from other sites (CSRF): by a token of the browser and by the headers it sends."""

import base64
import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import Request

from chassis.problems import Problem
from chassis.web.browsers import browser_secret

CSRF_FIELD = "csrf"
CSRF_HEADER = "X-Csrf-Token"
_DETAIL = "The form was not sent from our own page, or the page was open for too long."


def csrf_token(request: Request) -> str:
    """Return the token of this browser's forms: derived, so that no page shows the cookie's value."""
    digest = hmac.digest(browser_secret(request).encode(), b"townhall form", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def require_token(request: Request, token: str) -> None:
    """Raise Problem 403 ``form-refused`` unless the token is this browser's. Takes constant time."""
    if not hmac.compare_digest(token.encode(), csrf_token(request).encode()):
        raise Problem(403, "form-refused", _DETAIL)


def require_same_origin(request: Request) -> None:
    """Raise Problem 403 ``form-refused`` if the browser says that another site sent this.

    For an old browser that says nothing the token alone must do.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site != "same-origin":
        raise Problem(403, "form-refused", _DETAIL)
    if origin is not None and origin not in _own_origins(request):
        raise Problem(403, "form-refused", _DETAIL)


def _own_origins(request: Request) -> set[str]:
    """Return the issuer's origin and that of the Host header: a service also answers without the gateway."""
    issuer = urlsplit(str(request.app.state.settings.issuer))
    return {f"{issuer.scheme}://{host}" for host in (issuer.netloc, request.headers.get("host", ""))}
