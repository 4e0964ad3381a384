"""The small values of a case type's document: ids, words, quantities."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic import Field as Bounded

NO_IDS: list[str] = []
NO_MAP: dict[Any, Any] = {}


class Document(BaseModel):
    """A map with known keys and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=False)


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_words(value: Any) -> Any:
    return {"en": value} if isinstance(value, str) else value


def _as_quantity(value: Any) -> Any:
    return {"number": value} if isinstance(value, int) and not isinstance(value, bool) else value


NationName = Literal["england", "wales", "scotland", "northern_ireland"]
Id = Annotated[str, Bounded(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Code = Annotated[str, Bounded(pattern=r"^[a-z][a-z0-9-]*$", min_length=2, max_length=50)]
Text = Annotated[str, Bounded(min_length=1, max_length=4000)]
ExpressionText = Annotated[str, Bounded(min_length=1, max_length=400, description="CEL")]
Day = Annotated[str, Bounded(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Ids = Annotated[
    list[Id], Bounded(max_length=60), BeforeValidator(_as_list, json_schema_input_type=Id | list[Id])
]
Texts = Annotated[
    list[Annotated[str, Bounded(min_length=3, max_length=300)]],
    Bounded(max_length=20),
    BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
]


class TextPair(Document):
    """A text in English, and in Welsh where it does not stand in the catalogue."""

    en: Text
    cy: Text | None = None


class ChosenQuantity(Document):
    """A whole number, a parameter's, or one that a field's value chooses."""

    number: Annotated[int, Bounded(ge=0, le=10**9)] | None = None
    parameter: Id | None = None
    by_field: Id | None = None
    table: dict[Id, "QuantityDocument"] = NO_MAP


class ChosenText(Document):
    """A short text, or a parameter's."""

    text: Annotated[str, Bounded(min_length=1, max_length=50)] | None = None
    parameter: Id | None = None


def _as_chosen_text(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


WordsDocument = Annotated[TextPair, BeforeValidator(_as_words, json_schema_input_type=Text | TextPair)]
QuantityDocument = Annotated[
    ChosenQuantity, BeforeValidator(_as_quantity, json_schema_input_type=int | ChosenQuantity)
]
ChosenTextDocument = Annotated[
    ChosenText, BeforeValidator(_as_chosen_text, json_schema_input_type=str | ChosenText)
]
