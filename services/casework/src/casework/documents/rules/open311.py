"""The part of a case type's document for sites where residents report problems (Open311)."""

from typing import Annotated

from pydantic import Field as Bounded

from casework.documents.rules.values import Document, Id, WordsDocument
from casework.model.rules.open311 import STATUSES

Keyword = Annotated[str, Bounded(pattern=r"^[^,\x00-\x1f]+$", min_length=1, max_length=40)]
Status = Annotated[Id, Bounded(json_schema_extra={"enum": list(STATUSES)})]  # the language says what is wrong
_NO_KEYWORDS: list[str] = []


class Open311Document(Document):
    """How a case type is offered as a service of Open311."""

    description: WordsDocument
    group: WordsDocument
    keywords: Annotated[list[Keyword], Bounded(max_length=20)] = _NO_KEYWORDS
    private: Annotated[
        bool, Bounded(description="Reports are taken, and shown to nobody but who sent them.")
    ] = False
    action: Annotated[Id, Bounded(description="The action by which a resident opens a case.")]
    place: Annotated[Id | None, Bounded(description="The field for where it is, in words.")] = None
    details: Annotated[Id | None, Bounded(description="The personal field for what the resident writes.")] = (
        None
    )
    contact: Annotated[Id | None, Bounded(description="The personal field for who they are.")] = None
    photos: Annotated[Id | None, Bounded(description="The personal list of addresses of photos.")] = None
    statuses: Annotated[dict[Id, Status], Bounded(min_length=2, max_length=40)]
