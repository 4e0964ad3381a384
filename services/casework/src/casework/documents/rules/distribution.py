"""Which cases belong together, become two, and go to which team, in a case type's document."""

from typing import Annotated

from pydantic import Field as Bounded

from casework.documents.rules.values import NO_IDS, NO_MAP, Code, Document, Id, Ids, WordsDocument


class DuplicatesDocument(Document):
    """Which other cases are likely about the same."""

    types: Annotated[list[Code], Bounded(max_length=10, description="Other types too.")] = NO_IDS
    days: Annotated[int, Bounded(ge=1, le=366, description="Opened at most so many days before.")] = 28
    metres: Annotated[int, Bounded(ge=1, le=2000)] = 50


AreaName = Annotated[
    str, Bounded(pattern=r"^[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$", min_length=1, max_length=100)
]


class TeamsDocument(Document):
    """Which team works on the cases of an area; a council's own teams go before."""

    areas: Annotated[dict[AreaName, Id], Bounded(max_length=200)] = NO_MAP
    otherwise: Annotated[Id | None, Bounded(description="The team of any other area.")] = None
    kind: Annotated[Id | None, Bounded(description="The kind of area that counts, such as ward.")] = None


class SplitDocument(Document):
    """A case that staff open of a part of this one."""

    name: WordsDocument
    type: Code
    sources: Annotated[Ids, Bounded(alias="from", min_length=1)]
    by: Annotated[Ids, Bounded(min_length=1)]
    copies: Annotated[
        dict[Id, Id], Bounded(max_length=60, description="Its field: ours. Staff choose among these.")
    ] = NO_MAP
    restricted: Id | None = None
