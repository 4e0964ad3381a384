"""Renders a service's pages."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import (
    ChainableUndefined,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
)
from markupsafe import escape

from chassis.problems import Problem
from chassis.web.assets import Assets
from chassis.web.browsers import PagePolicy, remember_browser, security_headers
from chassis.web.languages import (
    NAMES,
    Language,
    catalogue,
    choose_language,
    folders_of,
    remember_language,
)
from chassis.web.origin import CSRF_FIELD, csrf_token

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a service. Templates and catalogues are read at first use.

    ``package`` is the service's name and import package, ``path`` the service's if it has one. ``name`` is
    the header's text without a council.
    ``libraries`` are files of npm packages that its pages use (``maplibre-gl/dist/maplibre-gl.mjs``); a
    template has their URLs from ``asset`` by the last part of the name.
    """

    package: str
    name: str
    libraries: tuple[str, ...] = ()
    path: str = ""

    @property
    def base(self) -> str:
        """Return the first part of the service's paths."""
        return self.path or self.package

    def render(
        self,
        request: Request,
        template: str,
        status: int = 200,
        *,
        language: Language | None = None,
        form_action: tuple[str, ...] = (),
        frames: tuple[str, ...] = (),
        is_framed: bool = False,
        has_map: bool = False,
        **context: Any,
    ) -> HTMLResponse:
        """Render a page in the reader's language, with security headers; no cache keeps it.

        ``form=`` is the ``Form`` whose values and errors the page shows, ``council_name=`` the header's text.
        ``form_action=``: origins (``https://council.example``) that a form's answer may redirect to, because
        browsers apply the page's policy to that redirect; by default ``request.state.form_action``.
        ``frames=``: origins of what the page shows in a frame; ``is_framed``: another page of ours shows it.
        ``has_map``: it draws a map, and may ask for the person's location.
        With ``request.state.test_service`` every page says that the service is a test.
        """
        language = language or choose_language(request)
        nonce = secrets.token_urlsafe(16)
        values = {**self._common_values(request, language), "cspNonce": nonce, **context}
        body = _environment(self.package, language).get_template(template).render(values)
        origins = form_action or getattr(request.state, "form_action", ())
        policy = PagePolicy(origins, frames, is_framed, has_map)
        headers = {**security_headers(request, nonce, policy), "Content-Language": language}
        response = HTMLResponse(body, status, headers)
        if not is_framed:  # there the browser may have sent no cookies, and new ones would replace its own
            remember_browser(request, response)
            remember_language(request, response)
        return response

    def _common_values(self, request: Request, language: Language) -> dict[str, Any]:
        """Return the values that every template gets."""
        assets: Assets = request.app.state.assets
        return {
            "language": language,
            "htmlLang": language,
            "languages": [(tag, name, _translated_url(request, tag)) for tag, name in NAMES.items()],
            "product": self.name,
            "council_name": _council_name(request),
            "home": f"/{self.base}/",
            "staff": getattr(request.state, "staff", None),
            "sign_out": f"/{request.path_params.get('council', '')}/{self.base}/sign-out",
            "test_service": getattr(request.state, "test_service", False),
            "asset": assets.url,
            "csrf_field": CSRF_FIELD,
            "csrf_token": csrf_token(request),
        }

    def render_problem(self, request: Request, problem: Problem) -> Response:
        """Render the page that tells a person what went wrong and what to do, or lead them to sign in.

        A service has its own page for one of its problems in ``pages/problem-<code>.html``.
        """
        location = getattr(problem, "location", "")
        if location and request.method == "GET":
            return see_other(location)
        template = _choose_problem_page(self.package, problem.code)
        response = self.render(request, template, problem.status_code, problem=problem)
        for name, value in (problem.headers or {}).items():
            response.headers.setdefault(name, value)
        return response

    def accepts_page(self, request: Request) -> bool:
        """Check whether a person with a browser sent the request, and not a program."""
        path = request.url.path
        return "text/html" in request.headers.get("accept", "") and "/v1/" not in path


def see_other(url: str) -> RedirectResponse:
    """Redirect after a form (303): the browser gets the next page, and going back sends nothing twice."""
    return RedirectResponse(url, 303, {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"})


def _translated_url(request: Request, language: str) -> str:
    """Return this page's address in a language."""
    query = [(name, value) for name, value in parse_qsl(request.url.query) if name != "lang"]
    return f"?{urlencode([*query, ('lang', language)])}"


def _council_name(request: Request) -> str:
    council = request.app.state.directory.councils.get(request.path_params.get("council", ""))
    return council.name if council else ""


@cache
def _choose_problem_page(package: str, code: str) -> str:
    template = f"problem-{code}.html"
    folders = folders_of(package, "pages")
    return template if any((folder / template).is_file() for folder in folders) else "problem.html"


@cache
def _environment(package: str, language: Language) -> Environment:
    loaders = [
        FileSystemLoader(folders_of(package, "pages")),
        FileSystemLoader(_TEMPLATES),
        PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
    ]
    environment = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        auto_reload=False,  # else every page asks for the age of each of its files
        extensions=["jinja2.ext.i18n"],
        undefined=ChainableUndefined,  # GOV.UK's macros read members of missing options
        trim_blocks=True,
        lstrip_blocks=True,
    )
    texts = catalogue(package, language)
    install: Callable[..., None] = environment.install_gettext_callables  # type: ignore[attr-defined]
    # Escaped here, because newstyle marks its texts as HTML, and they also stand in attributes.
    install(
        lambda text: str(escape(texts.ugettext(text))),
        lambda singular, plural, n: str(escape(texts.ungettext(singular, plural, n))),
        newstyle=True,
    )
    return environment
