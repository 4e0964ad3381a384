"""What is said of a data set before it is published."""

from pydantic import BaseModel, Field


class IssueView(BaseModel):
    """Something to mend before the national data set takes the row as it is meant."""

    reference: str = Field(description="The row")
    field: str = Field(description="The column")
    type: str = Field(description="The kind of issue, as planning.data.gov.uk names it")
    message: str
    severity: str = Field(description="`error`: mend it before you publish; `warning`")


class DatasetReport(BaseModel):
    """A data set of planning.data.gov.uk, checked by its rules."""

    dataset: str
    layer: str = Field(description="The layer that it is made of")
    version: int = Field(description="The layer's version")
    vintage: str
    licence: str
    attribution: str
    synthetic: bool = Field(description="The data are invented, for a demonstration: never publish them")
    specification: str
    columns: list[str]
    rows: int
    errors: int
    warnings: int
    issues: list[IssueView] = Field(description="The first 1,000")
    csv: str = Field(description="Where the CSV is")
