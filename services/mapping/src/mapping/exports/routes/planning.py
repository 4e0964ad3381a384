"""Data sets for planning.data.gov.uk: the report of its checks, and the CSV."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response

from chassis.auth import public
from chassis.database import Reading
from chassis.problems import Problem, document_problems
from chassis.types import Slug
from mapping.exports.actions import planning
from mapping.exports.routes.downloads import FILE_LIMITS
from mapping.exports.schemas import DatasetReport, IssueView

router = APIRouter(prefix="/{council}/mapping/v1/exports/planning", tags=["Downloads"])
_SPECIFICATION = "https://github.com/digital-land/specification/tree/5e802e8"
_MOST_ISSUES = 1_000
DatasetName = Literal[
    "conservation-area",
    "conservation-area-document",
    "tree-preservation-order",
    "tree-preservation-zone",
    "tree",
]
Name = Annotated[DatasetName, Path(description="A data set of planning.data.gov.uk")]


@router.get("/{dataset}", responses=document_problems(400, 404))
async def check_dataset(
    council: Slug, dataset: Name, session: Reading, _: Annotated[None, public]
) -> DatasetReport:
    """Check a data set by the rules of planning.data.gov.uk, before you publish it."""
    checked = await planning.check_dataset(session, council, dataset)
    layer = checked.layer
    return DatasetReport(
        dataset=dataset,
        layer=layer.name,
        version=layer.version,
        vintage=layer.vintage,
        licence=layer.licence,
        attribution=layer.attribution,
        synthetic=layer.synthetic,
        specification=_SPECIFICATION,
        columns=list(checked.dataset.columns),
        rows=len(checked.rows),
        errors=checked.errors,
        warnings=len(checked.issues) - checked.errors,
        issues=[
            IssueView(
                reference=issue.reference,
                field=issue.field,
                type=issue.type,
                message=issue.message,
                severity=issue.severity,
            )
            for issue in checked.issues[:_MOST_ISSUES]
        ],
        csv=f"/{council}/mapping/v1/exports/planning/{dataset}/csv",
    )


@router.get(
    "/{dataset}/csv",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        **document_problems(400, 404, 409),
    },
    openapi_extra=FILE_LIMITS,
)
async def download_dataset(
    council: Slug,
    dataset: Name,
    session: Reading,
    *,
    with_issues: Annotated[bool, Query(description="The CSV also where the checks find errors")] = False,
    _: Annotated[None, public],
) -> Response:
    """Download the CSV of a data set that has passed the checks."""
    checked = await planning.check_dataset(session, council, dataset)
    if checked.errors and not with_issues:
        detail = (
            f"The checks find {checked.errors} errors in {dataset}: /v1/exports/planning/{dataset} has them."
        )
        raise Problem(409, "dataset-has-errors", f"{detail} Mend them, or ask with with_issues=true.")
    headers = {
        "Cache-Control": "public, max-age=300",
        "Content-Disposition": f'attachment; filename="{dataset}.csv"',
    }
    return Response(planning.write_csv(checked), 200, headers, media_type="text/csv; charset=utf-8")
