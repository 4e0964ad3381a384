"""A call of one operation: made by a generated function, sent by ``Townhall`` or ``AsyncTownhall``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol, TypeVar

import httpx

from townhall_client.problems import UnexpectedAnswerError

Result_co = TypeVar("Result_co", covariant=True)
Item_co = TypeVar("Item_co", covariant=True)

COUNCIL = "/-/"
"""How a path begins that is the council's; the client puts the council's slug there."""


@dataclass(frozen=True)
class Call(Generic[Result_co]):
    """A request that is not sent yet, and how its answer is read.

    ``takes_key``: the operation knows an ``Idempotency-Key``, so that it may be sent twice.
    """

    method: str
    path: str
    parse: Callable[[httpx.Response], Result_co]
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    takes_key: bool = False

    def with_params(self, **params: Any) -> "Call[Result_co]":
        """Make the same call with other values in its query."""
        return replace(self, params={**self.params, **params})

    def with_headers(self, **headers: str) -> "Call[Result_co]":
        """Make the same call with more headers: ``call.with_headers(Accept_Language="cy")``."""
        return replace(
            self, headers={**self.headers, **{key.replace("_", "-"): text for key, text in headers.items()}}
        )

    def once(self, key: str) -> "Call[Result_co]":
        """Make the same call with a key of yours, so that it takes effect once whoever sends it again.

        Raises ValueError for an operation that knows no key.
        """
        if not self.takes_key:
            raise ValueError(f"{self.method} {self.path} takes no Idempotency-Key")
        return self.with_headers(Idempotency_Key=key)

    def if_match(self, tag: str) -> "Call[Result_co]":
        """Make the same call for one version only, by the ``ETag`` of its answer."""
        return self.with_headers(If_Match=tag)

    def can_repeat(self) -> bool:
        """Check whether the body can be sent a second time: an open file that cannot go back cannot."""
        content = self.body.get("content")
        return "files" not in self.body and (content is None or isinstance(content, bytes | str))


class Page(Protocol[Item_co]):
    """A page of a list."""

    @property
    def items(self) -> Sequence[Item_co]:
        """Get the page's items."""


def unexpected(response: httpx.Response) -> UnexpectedAnswerError:
    """Make the error for a success that the contract does not name."""
    return UnexpectedAnswerError(response.status_code, str(response.request.url.path))


def read_next(page: object) -> str | None:
    """Read the cursor of the next page; None on the last."""
    cursor = getattr(page, "next_", None)
    return cursor if isinstance(cursor, str) else None
