"""What a request carries: parameters of the query, or of a form."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

from starlette.requests import Request

from simulators.openid_provider.errors import PageError

_MOST = 65_536  # bytes
_FIELDS = 100


async def sent(request: Request) -> Sequence[tuple[str, str]]:
    """The parameters in their order, of a form unless it is a GET. PageError for another kind of body."""
    try:
        if request.method == "GET":
            return parse_qsl(request.url.query, keep_blank_values=True, max_num_fields=_FIELDS)
        kind = request.headers.get("content-type", "").partition(";")[0].strip()
        body = await request.body()
        if kind != "application/x-www-form-urlencoded" or len(body) > _MOST:
            raise PageError("Send a form as application/x-www-form-urlencoded")
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError as error:
        raise PageError(f"What was sent cannot be read: {error}") from error
