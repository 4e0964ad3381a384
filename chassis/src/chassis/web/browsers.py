"""Cookies, and what is known of the browser that asks."""

import re
import secrets
from collections.abc import Mapping

from fastapi import Request, Response

_BROWSER = "townhall-browser"
_BROWSER_LIFE = 365 * 86_400
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def is_https(request: Request) -> bool:
    """Whether people reach this region over https: as its issuer says, whatever stands in front."""
    return str(request.app.state.settings.issuer).startswith("https://")


def secure_cookie(request: Request, name: str) -> str:
    """The cookie's full name: ``__Host-`` over https, where no other host can then set it."""
    return f"__Host-{name}" if is_https(request) else name


def set_cookie(
    request: Request, response: Response, name: str, value: str, max_age: int | None = None
) -> None:
    """Set an HttpOnly, SameSite=Lax cookie for this host alone. ``max_age`` s; None: until the browser ends.

    SameSite=Strict would hide it when a person comes back from the council's own site.
    """
    response.set_cookie(
        secure_cookie(request, name),
        value,
        max_age=max_age,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )


def delete_cookie(request: Request, response: Response, name: str) -> None:
    """Make the browser forget it."""
    set_cookie(request, response, name, "", max_age=0)


def browser_secret(request: Request) -> str:
    """256 random bits only this browser has, made at its first page; it says nothing of who sits there."""
    known: str | None = getattr(request.state, "browser_secret", None)
    if known is None:
        sent = request.cookies.get(secure_cookie(request, _BROWSER), "")
        known = sent if _SECRET.fullmatch(sent) else secrets.token_urlsafe(32)
        request.state.browser_secret = known
    return known


def posted_elsewhere(request: Request) -> bool:
    """Whether another site posted this, as the browser says: it then comes without our cookies."""
    return request.method == "POST" and request.headers.get("sec-fetch-site") == "cross-site"


def remember_browser(request: Request, response: Response) -> None:
    """Set the browser's secret where the browser did not send it.

    Never after a form of another site: it would take the place of the secret the browser has and kept back.
    """
    secret = browser_secret(request)
    if request.cookies.get(secure_cookie(request, _BROWSER)) != secret and not posted_elsewhere(request):
        set_cookie(request, response, _BROWSER, secret, _BROWSER_LIFE)


def security_headers(request: Request, nonce: str, form_action: tuple[str, ...] = ()) -> Mapping[str, str]:
    """The headers of every page. No inline style; the one inline script carries the nonce.

    ``form_action``: origins beside our own to which the answer to a form may send the browser on.
    """
    policy = (
        "default-src 'none'",
        f"script-src 'self' 'nonce-{nonce}'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        " ".join(("form-action 'self'", *form_action)),
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
    headers = {
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",  # no-referrer would make a form's Origin "null"
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "Vary": "Cookie, Accept-Language",
    }
    if is_https(request):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers
