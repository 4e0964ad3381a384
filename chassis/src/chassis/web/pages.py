"""Renders a service's pages."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import Request
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
from chassis.web.browsers import remember_browser, security_headers
from chassis.web.languages import (
    NAMES,
    Language,
    catalogue,
    folders_of,
    language_of,
    remember_language,
    say,
)
from chassis.web.origin import CSRF_FIELD, csrf_token

_OWN = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of a service: a value; templates and catalogues are read at first use.

    ``package`` is the service's name and import package. ``name`` stands in the header where no council does.
    """

    package: str
    name: str = say("Townhall account")

    def render(
        self,
        request: Request,
        template: str,
        status: int = 200,
        *,
        language: Language | None = None,
        form_action: tuple[str, ...] = (),
        **context: Any,
    ) -> HTMLResponse:
        """A page in the reader's language, with its security headers; never kept by a cache.

        ``form=`` a ``Form`` whose values and errors the page shows. ``council_name=`` for the header.
        ``form_action=`` origins (``https://council.example``) a form's answer may redirect to: browsers hold
        the redirects after a form to the page's policy too. ``request.state.form_action`` where not given.
        """
        language = language or language_of(request)
        nonce = secrets.token_urlsafe(16)
        values = {**self._always(request, language), "cspNonce": nonce, **context}
        body = _environment(self.package, language).get_template(template).render(values)
        onward = form_action or getattr(request.state, "form_action", ())
        headers = security_headers(request, nonce, onward)
        response = HTMLResponse(body, status, {**headers, "Content-Language": language})
        remember_browser(request, response)
        remember_language(request, response)
        return response

    def _always(self, request: Request, language: Language) -> dict[str, Any]:
        """What every page knows."""
        assets: Assets = request.app.state.assets
        return {
            "language": language,
            "htmlLang": language,
            "languages": [(tag, name, _in(request, tag)) for tag, name in NAMES.items()],
            "product": self.name,
            "council_name": _council_name(request),
            "home": f"/{self.package}/",
            "asset": assets.url,
            "csrf_field": CSRF_FIELD,
            "csrf_token": csrf_token(request),
        }

    def problem(self, request: Request, problem: Problem) -> HTMLResponse:
        """The page that tells a person of an error and what to do."""
        response = self.render(request, "problem.html", problem.status_code, problem=problem)
        for name, value in (problem.headers or {}).items():
            response.headers.setdefault(name, value)
        return response

    def wanted(self, request: Request) -> bool:
        """Whether the one who asks is a person with a browser rather than a program."""
        path = request.url.path
        return "text/html" in request.headers.get("accept", "") and "/v1/" not in path


def see_other(url: str) -> RedirectResponse:
    """After a form: the browser fetches the next page, and going back sends nothing twice."""
    return RedirectResponse(url, 303, {"Cache-Control": "no-store", "Referrer-Policy": "same-origin"})


def _in(request: Request, language: str) -> str:
    """This page's address in a language."""
    query = [(name, value) for name, value in parse_qsl(request.url.query) if name != "lang"]
    return f"?{urlencode([*query, ('lang', language)])}"


def _council_name(request: Request) -> str:
    council = request.app.state.directory.councils.get(request.path_params.get("council", ""))
    return council.name if council else ""


@cache
def _environment(package: str, language: Language) -> Environment:
    loaders = [
        FileSystemLoader(folders_of(package, "pages")),
        FileSystemLoader(_OWN),
        PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
    ]
    environment = Environment(
        loader=ChoiceLoader(loaders),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        undefined=ChainableUndefined,  # GOV.UK's macros look into options that were not given
        trim_blocks=True,
        lstrip_blocks=True,
    )
    texts = catalogue(package, language)
    install: Callable[..., None] = environment.install_gettext_callables  # type: ignore[attr-defined]
    # Escaped here: newstyle marks what it gets as HTML, and a text is a text, in an attribute too.
    install(
        lambda text: str(escape(texts.ugettext(text))),
        lambda one, many, n: str(escape(texts.ungettext(one, many, n))),
        newstyle=True,
    )
    return environment
