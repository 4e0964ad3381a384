"""Request parameters: read from a query or a form, and added to a URL."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from starlette.requests import Request

from simulators.openid_provider.errors import PageError

_MAX_BYTES = 65_536
_MAX_FIELDS = 100


async def read_parameters(request: Request) -> Sequence[tuple[str, str]]:
    """Read the parameters in their order: of the query of a GET, else of a form.

    Raises PageError for another kind of body.
    """
    try:
        if request.method == "GET":
            return parse_qsl(request.url.query, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        media_type = request.headers.get("content-type", "").partition(";")[0].strip()
        body = await request.body()
        if media_type != "application/x-www-form-urlencoded" or len(body) > _MAX_BYTES:
            raise PageError("Send a form as application/x-www-form-urlencoded")
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise PageError(f"The parameters cannot be read: {error}") from error


def add_parameters(url: str, parameters: Mapping[str, str]) -> str:
    """Add parameters to a URL's query."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    return urlunsplit(parts._replace(query=query))
