"""The parameters of Open311, of queries and forms. An empty one counts as absent."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field, ValidationError

from casework.model.rules.open311 import STATUSES
from chassis.types import Uprn

MOST_REPORTS = 1000
MOST_IDS = 100
_ATTRIBUTE = re.compile(r"attribute\[([A-Za-z0-9_]{1,60})\](?:\[\])?")
_REPEATED = {"media_url"}  # it may come as `media_url` or `media_url[]`, several times
_URL = re.compile(r"https?://[\x21-\x7e]{1,2000}")


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _check_url(value: str) -> str:
    if not _URL.fullmatch(value):
        raise ValueError("is not an address of the web")
    return value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _check_status(value: str) -> str:
    if value not in STATUSES:
        raise ValueError(f"must be one of {', '.join(STATUSES)}")
    return value


Key = Annotated[str, Field(max_length=4096, description="Your API key; it may be sent as X-Api-Key instead")]
Short = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=4000)]
Url = Annotated[str, Field(max_length=2010), AfterValidator(_check_url)]
Codes = Annotated[list[Annotated[str, Field(max_length=60)]], BeforeValidator(_split), Field(max_length=100)]
Moment = Annotated[AwareDatetime, Field(description="With its zone, such as 2026-04-01T09:00:00Z")]


class Params(BaseModel):
    """Parameters that every operation takes; others that it does not know are passed over."""

    jurisdiction_id: Short | None = None
    api_key: Key | None = None

    @classmethod
    def read(cls, items: Iterable[tuple[str, str]], place: str = "query") -> Self:
        """Read parameters. Raises RequestValidationError, as FastAPI does."""
        try:
            return cls.model_validate(_collect(items))
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False, include_input=False)
            raise RequestValidationError(
                [{**fault, "loc": (place, *fault["loc"])} for fault in faults]
            ) from None

    @classmethod
    def document_query(cls) -> dict[str, Any]:
        """Return the parameters of a query for the OpenAPI document."""
        schema = cls.model_json_schema()
        names = schema["properties"].items()
        required = schema.get("required", ())
        return {
            "parameters": [
                {"name": name, "in": "query", "required": name in required, "schema": each}
                for name, each in names
            ]
        }

    @classmethod
    def document_form(cls) -> dict[str, Any]:
        """Return the body of a form for the OpenAPI document."""
        schema = {"schema": cls.model_json_schema()}
        kinds = ("application/x-www-form-urlencoded", "multipart/form-data")
        return {"requestBody": {"required": True, "content": dict.fromkeys(kinds, schema)}}


def _collect(items: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Collect what was sent by name: attributes by their code, repeated parameters as lists."""
    params: dict[str, Any] = {}
    attributes: dict[str, list[str]] = {}
    for name, value in items:
        if not value.strip():
            continue
        attribute, plain = _ATTRIBUTE.fullmatch(name), name.removesuffix("[]")
        if attribute:
            attributes.setdefault(attribute[1], []).append(value)
        elif plain in _REPEATED:
            params.setdefault(plain, []).append(value)
        else:
            params[name] = f"{params[name]},{value}" if name in _LISTS and name in params else value
    return params | ({"attributes": attributes} if attributes else {})


_LISTS = {"service_request_id", "service_code", "status"}


class ExtensionQuery(Params):
    """Whether to show more than the standard has."""

    extensions: bool = False


class ReportQuery(ExtensionQuery):
    """Which reports to list."""

    service_request_id: Annotated[
        list[Annotated[str, Field(max_length=20)]], BeforeValidator(_split), Field(max_length=MOST_IDS)
    ] = []
    service_code: Codes = []
    status: Annotated[
        list[Literal["open", "closed"]], BeforeValidator(_lower), BeforeValidator(_split), Field(max_length=2)
    ] = []
    start_date: Moment | None = None
    end_date: Moment | None = None
    updated_after: Moment | None = None
    updated_before: Moment | None = None
    page: Annotated[int, Field(ge=1, le=1000)] = 1
    page_size: Annotated[int, Field(ge=1, le=MOST_REPORTS)] = MOST_REPORTS


class UpdateQuery(Params):
    """Which updates to list: at most 24 hours up to now without dates."""

    start_date: Moment | None = None
    end_date: Moment | None = None


class _Person(Params):
    email: Short | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None
    first_name: Short | None = None
    last_name: Short | None = None
    media_url: Annotated[list[Url], Field(max_length=10)] = []
    attributes: Annotated[
        Mapping[str, Annotated[list[Text], Field(max_length=100)]],
        Field(max_length=100, description="Sent as `attribute[code]` or `attribute[code][]`"),
    ] = {}

    def describe_person(self) -> str:
        """Write who sent it and how they are reached, in one line."""
        name = " ".join(filter(None, (self.first_name, self.last_name)))
        return ", ".join(filter(None, (name, self.email, self.phone)))


class ReportForm(_Person):
    """A report."""

    service_code: Annotated[str, Field(max_length=60)]
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    long: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    address_string: Annotated[str, Field(max_length=500)] | None = None
    address_id: Uprn | None = None
    description: Text | None = None
    device_id: Short | None = None
    account_id: Short | None = None


class UpdateForm(_Person):
    """What a sender has to add to a report of theirs."""

    service_request_id: Annotated[str, Field(max_length=20)]
    update_id: Annotated[str, Field(min_length=1, max_length=100)]
    status: Annotated[str, Field(max_length=40), BeforeValidator(_lower), AfterValidator(_check_status)]
    updated_datetime: Moment
    description: Text = ""
    title: Short | None = None
    service_code: Annotated[str, Field(max_length=60)] | None = None
