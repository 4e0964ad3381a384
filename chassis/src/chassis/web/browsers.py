"""Cookies, the secret of each browser, and the security headers of pages."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request, Response

_COOKIE = "townhall-browser"
_COOKIE_AGE = 365 * 86_400  # seconds
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def is_https(request: Request) -> bool:
    """Check whether people reach this region over https, by the issuer's URL."""
    return str(request.app.state.settings.issuer).startswith("https://")


def cookie_name(request: Request, name: str) -> str:
    """Return the cookie's full name: over https ``__Host-``, so that no other host can set it."""
    return f"__Host-{name}" if is_https(request) else name


def set_cookie(
    request: Request, response: Response, name: str, value: str, max_age: int | None = None
) -> None:
    """Set an HttpOnly, SameSite=Lax cookie for this host. ``max_age`` in seconds; None: a session cookie.

    With SameSite=Strict the browser would not send it when a person comes from the council's own site.
    """
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=max_age,
        path="/",
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )


def delete_cookie(request: Request, response: Response, name: str) -> None:
    """Delete a cookie from the browser."""
    set_cookie(request, response, name, "", max_age=0)


def browser_secret(request: Request) -> str:
    """Return 256 random bits that only this browser has, made for its first page."""
    secret: str | None = getattr(request.state, "browser_secret", None)
    if secret is None:
        cookie = request.cookies.get(cookie_name(request, _COOKIE), "")
        secret = cookie if _SECRET.fullmatch(cookie) else secrets.token_urlsafe(32)
        request.state.browser_secret = secret
    return secret


def is_cross_site_post(request: Request) -> bool:
    """Check whether another site posted this: the browser then sends it without our cookies."""
    return request.method == "POST" and request.headers.get("sec-fetch-site") == "cross-site"


def remember_browser(request: Request, response: Response) -> None:
    """Set the cookie of the browser's secret if the browser did not send it.

    Not after a form from another site: the browser has the cookie then but does not send it, and a new one
    would replace it.
    """
    secret = browser_secret(request)
    if request.cookies.get(cookie_name(request, _COOKIE)) != secret and not is_cross_site_post(request):
        set_cookie(request, response, _COOKIE, secret, _COOKIE_AGE)


@dataclass(frozen=True, slots=True)
class PagePolicy:
    """What a page may do beyond what every page may.

    ``form_action``: other origins that a form's answer may redirect to. ``frames``: origins of pages that it
    shows in a frame. ``is_framed``: it is shown in a frame of another page of ours. ``has_map``: it draws a
    map, in workers whose script is ours, and may ask for the person's location.
    """

    form_action: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    is_framed: bool = False
    has_map: bool = False


def security_headers(request: Request, nonce: str, policy: PagePolicy) -> Mapping[str, str]:
    """Make the headers of a page."""
    location = "self" if policy.has_map else ""
    headers = {
        "Content-Security-Policy": _make_policy(nonce, policy),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",  # no-referrer would make a form's Origin "null"
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN" if policy.is_framed else "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": f"camera=(), geolocation=({location}), microphone=(), payment=()",
        "Vary": "Cookie, Accept-Language",
    }
    if is_https(request):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def _make_policy(nonce: str, policy: PagePolicy) -> str:
    """Make the Content-Security-Policy: no inline style, and only the inline script with the nonce."""
    rules = (
        "default-src 'none'",
        f"script-src 'self' 'nonce-{nonce}'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        " ".join(("form-action 'self'", *policy.form_action)),
        *([" ".join(("frame-src", *policy.frames))] if policy.frames else []),
        *(["worker-src 'self'"] if policy.has_map else []),
        "base-uri 'none'",
        "frame-ancestors 'self'" if policy.is_framed else "frame-ancestors 'none'",
    )
    return "; ".join(rules)
