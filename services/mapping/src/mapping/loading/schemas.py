"""Models of the API of loads."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from chassis.ids import Id
from chassis.types import reject_control_characters
from mapping.loading.rules.loads import Consent

Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000),
    AfterValidator(reject_control_characters),
]
FileWords = Annotated[
    str, StringConstraints(min_length=1, max_length=200), AfterValidator(reject_control_characters)
]
Change = Literal["added", "changed", "moved", "refused"]


class LoadOptions(BaseModel):
    """What the sender says of a file, which goes before what the file says."""

    crs: Literal[27700, 84, 4326, 3857] | None = None
    source_layer: FileWords | None = None
    encoding: Literal["utf-8", "cp1252", "latin-1"] | None = None
    effective_from: AwareDatetime | None = None


class LoadPublication(BaseModel):
    """Publish a load: it becomes the layer's next version."""

    model_config = ConfigDict(extra="forbid")

    reason: Words = Field(examples=["The yearly survey of grit bins"])
    vintage: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = Field(
        default=None, description="As of when the layer is from then on; without one it stays"
    )
    accept: list[Consent] = Field(
        default_factory=list,
        max_length=3,
        description="What you agree to, of what the load lists in `consents`",
    )


class LoadProblem(BaseModel):
    """Why a file was refused whole, or why a comparison was made again."""

    code: str
    detail: str
    layers: list[dict[str, Any]] = Field(description="Of a file with several layers, those to choose from")


class LoadNote(BaseModel):
    """Something to know of the file. A guess must be agreed to."""

    code: str
    detail: str
    guess: bool


class LoadCounts(BaseModel):
    """How the file compares with the layer."""

    added: int
    changed: int = Field(description="Their properties alone")
    moved: int = Field(description="Their place, perhaps their properties too")
    same: int
    missing: int = Field(description="In the layer and not in the file")
    refused: int = Field(description="Rows of the file that cannot be features")
    standing: int = Field(description="Features of the layer")


class LoadConsent(BaseModel):
    """What must be agreed to before the load is published."""

    accept: Consent
    detail: str


class LayerLoad(BaseModel):
    """A file on its way into a layer, which stays as it is until the load is `published`."""

    id: Id
    state: str = Field(
        description="`waiting` until it is read, then `compared` or `refused`; `publishing`, then"
        " `published`; `discarded`"
    )
    file_name: str
    size: int = Field(description="Bytes")
    rows_read: int = Field(description="How far the reading is")
    rows_total: int | None = Field(
        default=None, description="Of how many, while it is read and as far as the file tells"
    )
    file_format: str | None
    crs: str | None = Field(description="In which coordinates the file was taken to be")
    repaired: int | None = Field(description="Shapes that were mended")
    without_place: int | None
    notes: list[LoadNote]
    samples: list[str] = Field(description="Texts with letters beyond ASCII: are they right?")
    counts: LoadCounts | None
    consents: list[LoadConsent]
    problem: LoadProblem | None
    effective_from: AwareDatetime | None
    created_by: str
    created_at: AwareDatetime
    version: int


class LoadRow(BaseModel):
    """A row of a load."""

    row: int = Field(description="Its number in the file, from 1; of a table, below the header")
    feature: str = Field(description="The feature's id; empty if there is none")
    change: Change
    code: str | None
    detail: str | None = Field(description="Why it was refused")
