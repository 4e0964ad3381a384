"""Prepares a bundle at casework, through the gateway: its case type, bound with parameters and prices.

Everything here may be done again: a binding is named by what it holds, and publishing what is published
changes nothing.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

import httpx

from apps.recipes.bundle import Bundle
from apps.recipes.compile.bindings import make_draft
from chassis import problems
from chassis.problems import FieldError
from resident.publication.rules import name_binding
from townhall_client import AsyncTownhall, Call, Problem, TownhallError

_BASE = "/-/casework/v1/case-types"
_NOT_FOUND = 404
_PUBLISHED = "published"


class Prepared(NamedTuple):
    """What a bundle was prepared for: the version of its case type, and the names of its fields."""

    number: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseTypes:
    """The case types of a council, as its publisher may change them."""

    platform: AsyncTownhall

    async def prepare(self, bundle: Bundle) -> Prepared:
        """Write the version that a bundle needs; nothing becomes visible.

        Raises BindingError for what the type does not allow, and Problem with casework's own reason.
        """
        code, _, major = bundle.case.partition("@")
        shipped = await self._send(_get(f"{_BASE}/{code}/shipped"))
        if shipped["number"].partition(".")[0] != major:
            detail = f"The recipe needs {bundle.case}; casework ships {code} {shipped['number']}."
            raise problems.conflict("not-prepared", detail)
        body = make_draft(bundle, shipped["declared_parameters"], shipped["declared_lines"])
        number = name_binding(shipped["number"], shipped["digest"], body)
        version = await self._send(
            Call("PUT", f"{_BASE}/{code}/versions/{number}", _read, body={"json": body})
        )
        return Prepared(number, tuple(version["fields_schema"]["properties"]))

    async def publish(self, bundle: Bundle, number: str) -> None:
        """Let new cases begin with a version that was prepared. Raises Problem."""
        path = f"{_BASE}/{bundle.case.partition('@')[0]}/versions/{number}"
        version = await self._send(_get(path))
        if version["state"] == _PUBLISHED:
            return
        call = Call("POST", f"{path}/publish", _read).if_match(f'"{version["version"]}"')
        await self._send(call)

    async def _send(self, call: Call[dict[str, Any]]) -> dict[str, Any]:
        try:
            return await self.platform.send(call)
        except Problem as error:
            _refuse(error)
        except TownhallError as error:
            detail = "Casework does not answer. Nothing was changed: try again."
            raise problems.Problem(503, "not-prepared", detail, headers={"Retry-After": "5"}) from error


def _get(path: str) -> Call[dict[str, Any]]:
    return Call("GET", path, _read)


def _read(response: httpx.Response) -> dict[str, Any]:
    body: dict[str, Any] = response.json()
    return body


def _refuse(error: Problem) -> NoReturn:
    """Refuse with casework's own reason. Raises Problem 409."""
    missing = " Is the case type one that ships?" if error.status == _NOT_FOUND else ""
    errors = [
        FieldError(field=f"casework.{each.field}", message=each.message, code=each.code)
        for each in error.errors
    ]
    detail = f"Casework refused: {error.detail}{missing}"
    raise problems.Problem(409, "not-prepared", detail, errors=errors) from error
