"""The models of batches of matching."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from chassis import ids

Count = Annotated[int, Field(ge=0, le=1_000_000)]


class BatchLinks(BaseModel):
    """Links to the batch and its files."""

    self: str
    results: str = Field(description="CSV `id,outcome,uprn,confidence,exact`, in the order of the input")
    rejects: str = Field(description="CSV `line,id,reason` of the rows that could not be used")


class Batch(BaseModel):
    """A batch of addresses to match, and its progress."""

    id: ids.Id
    status: Literal["queued", "running", "finished", "failed"]
    rows: Count
    done: Count
    matched: Count
    ambiguous: Count
    none: Count
    rejected: Count = Field(description="Rows that could not be used: the batch goes on without them")
    created: datetime
    started: datetime | None
    finished: datetime | None
    expires: datetime = Field(description="When it is deleted with its results")
    fault: str | None = Field(description="Why it failed, if it did")
    links: BatchLinks
