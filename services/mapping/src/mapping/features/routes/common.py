"""What all resources at ``/{council}/mapping/ogc`` share: who reads, in which form, and what goes out."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from chassis.auth import Caller, check_credential, public, read_credential
from chassis.etags import NOT_MODIFIED, respond_hashed
from chassis.openapi import CrossOrigin
from chassis.problems import Problem, document_problems, invalid
from chassis.types import Slug
from mapping.collections.routes.access import audience_of
from mapping.collections.rules.layers import Audience
from mapping.features.rules.extensions import Extension
from mapping.features.rules.links import HTML, JSON, Site
from mapping.features.rules.parameters import MAX_LENGTH, ParameterError, choose_form
from mapping.filters.rules.nodes import FilterError
from mapping.shared.coordinates import Crs, OutsideGreatBritainError
from mapping.shared.pages import pages
from mapping.snapshots.actions import Snapshots

BASE = "mapping/ogc"
PREFIX = f"/{{council}}/{BASE}"
EXPOSED = ("Content-Crs", "ETag", "Link", "Location")
cross_origin = CrossOrigin(BASE, ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"), EXPOSED)
_ALWAYS_KNOWN = frozenset({"f", "key", "lang"})
_MAX_FILTER = 9_000  # characters: a filter's own limit is in bytes, and says so
Allowed = Collection[str]


@dataclass(frozen=True, slots=True)
class Reader:
    """A request for a resource: of whom, for which council, and in which form."""

    request: Request
    council: str
    audience: Audience
    is_identified: bool
    site: Site

    @property
    def snapshots(self) -> Snapshots:
        """Return the layers in memory."""
        snapshots: Snapshots = self.request.app.state.snapshots
        return snapshots

    @property
    def extensions(self) -> Sequence[Extension]:
        """Return what stands beside features at the same address."""
        extensions: Sequence[Extension] = getattr(self.request.app.state, "ogc_extensions", ())
        return extensions

    @property
    def council_name(self) -> str:
        """Return the council's name, for titles."""
        council = self.request.app.state.directory.councils.get(self.council)
        return str(council.name) if council else self.council

    def parameter(self, name: str) -> str | None:
        """Return a parameter; None if it is missing. Raises Problem 400 if it is given twice or too long."""
        texts = self.request.query_params.getlist(name)
        if len(texts) > 1:
            raise invalid(f"query.{name}", "is given more than once")
        if texts and len(texts[0]) > (_MAX_FILTER if name == "filter" else MAX_LENGTH):
            raise invalid(f"query.{name}", "is too long")
        return texts[0] if texts else None

    def check_parameters(self, allowed: Allowed = ()) -> None:
        """Refuse parameters that the resource does not have. Raises Problem 400."""
        names = _ALWAYS_KNOWN | set(allowed)
        for name in self.request.query_params:
            if name not in names:
                detail = f"is not known here. Known are: {', '.join(sorted(names - {'key', 'lang'}))}"
                raise invalid(f"query.{name[:80]}", detail, "unknown_parameter")

    def wants_page(self, media_types: Sequence[str] = (JSON,)) -> bool:
        """Tell whether the answer is a page for people. Raises Problem 400 or 406."""
        form = self.parameter("f")
        if form is not None and form not in ("json", "html"):
            raise invalid("query.f", "must be json or html")
        if form is None:
            form = choose_form(self.request.headers.get("accept", ""), media_types)
        if form is None:
            detail = f"This is there as {', '.join([*media_types, HTML])}. Say so in Accept, or with f=json."
            raise Problem(406, "not-acceptable", detail)
        return form == "html"

    def headers(self, links: Sequence[Mapping[str, Any]] = (), crs: Crs | None = None) -> dict[str, str]:
        """Make the headers that every answer has."""
        headers = {
            "Vary": "Accept, Authorization, X-Api-Key, Key",
            "Cache-Control": "private, no-cache" if self.is_identified else "public, no-cache",
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": ", ".join(EXPOSED),
        }
        if links:
            headers["Link"] = ", ".join(_write_link(each) for each in links)
        if crs is not None:
            headers["Content-Crs"] = f"<{crs.uri}>"
        return headers

    def respond(self, document: Mapping[str, Any], media_type: str = JSON) -> Response:
        """Respond with a JSON document, tagged by its content; 304 when the caller has it."""
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        headers = self.headers(document.get("links", ()))
        tags = self.request.headers.get("if-none-match")
        return respond_hashed(body, tags, headers["Cache-Control"], headers=headers, media_type=media_type)

    def render(self, template: str, **values: Any) -> Response:
        """Respond with a page."""
        response = pages.render(
            self.request, template, language="en", site=self.site, council_name=self.council_name, **values
        )
        response.headers["Vary"] = "Accept, Cookie, Authorization, X-Api-Key, Key"
        return response


def _write_link(link: Mapping[str, Any]) -> str:
    title = (
        f'; title="{link["title"]}"' if link.get("title", "").isascii() and '"' not in link["title"] else ""
    )
    return f'<{link["href"]}>; rel="{link["rel"]}"; type="{link["type"]}"{title}'


@contextmanager
def refusals_as_problems() -> Iterator[None]:
    """Make Problem 400 of what the rules refuse: a parameter, a filter, a place that a CRS does not cover."""
    try:
        yield
    except ParameterError as error:
        raise invalid(f"query.{error.name}", str(error)) from None
    except FilterError as error:
        raise invalid("query.filter", str(error)) from None
    except OutsideGreatBritainError as error:
        raise invalid("query.crs", f"does not cover this collection: a feature {error}") from None


async def find_caller(request: Request) -> Caller | None:
    """Find who reads, if they say so: layers of the public need no credential. Raises Problem 401 or 403."""
    try:
        credential = read_credential(request)
    except Problem:
        return None
    return await check_credential(request, credential)


async def _read_reader(request: Request, council: Slug, _: Annotated[None, public]) -> Reader:
    return await make_reader(request, council)


async def make_reader(request: Request, council: str) -> Reader:
    """Make the reader of a request in a council that is there. Raises Problem 401 or 403."""
    caller = await find_caller(request)
    return Reader(request, council, audience_of(caller), caller is not None, make_site(request, council))


def make_site(request: Request, council: str) -> Site:
    """Make the address from outside at which the council's maps are."""
    return Site(str(request.url.replace(path=PREFIX.format(council=council), query="")))


TheReader = Annotated[Reader, Depends(_read_reader)]
"""A parameter of routes: who reads what."""

Route = Callable[..., Any]


def read_route(
    router: APIRouter, path: str, media_types: Sequence[str], *errors: int, query: Sequence[str] = ()
) -> Callable[[Route], Route]:
    """Register a route for GET and HEAD, with and without the last slash; ``query`` documents parameters."""

    def add(route: Route) -> Route:
        content = {media_type: {"schema": {"type": "object"}} for media_type in media_types}
        content[HTML] = {"schema": {"type": "string"}}
        responses = {200: {"content": content}, **NOT_MODIFIED, **document_problems(404, 406, *errors)}
        extra = {"parameters": [_document_parameter(name) for name in ("f", *query)]}
        for suffix, name in (("", route.__name__), ("/", f"{route.__name__}_with_slash")):
            router.add_api_route(
                path + suffix,
                route,
                name=name,
                methods=["GET"],
                response_class=Response,
                response_model=None,
                responses=dict(responses),
                openapi_extra=extra,
            )
            router.add_api_route(
                path + suffix, route, name=f"{name}_head", methods=["HEAD"], include_in_schema=False
            )
        return route

    return add


def _document_parameter(name: str) -> dict[str, Any]:
    schema = {"type": "string", "maxLength": _MAX_FILTER if name == "filter" else MAX_LENGTH}
    return {"name": name, "in": "query", "required": False, "schema": schema}
