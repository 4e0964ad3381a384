"""What is at a point, what is near it, and the areas of many points."""

from dataclasses import replace
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Response

from chassis.types import Slug
from mapping.collections.routes.access import BASE, Reader, audience_of
from mapping.locate.actions.batches import look_up_many
from mapping.locate.actions.lookups import Question, find_near, look_up
from mapping.locate.routes.dependencies import (
    TheMoment,
    ThePlace,
    TheQuestion,
    TheReads,
    Within,
    read_names,
    refuse,
    respond,
    to_moment,
)
from mapping.locate.rules.points import read_crs
from mapping.locate.schemas import BatchRequest, BatchView, LocateView, NearView

router = APIRouter(prefix=BASE, tags=["look-ups"])


@router.get("/locate", response_model=LocateView)
async def locate(
    council: Slug,
    caller: Reader,
    place: ThePlace,
    question: TheQuestion,
    reads: TheReads,
    within: Within = 50,
    open_cases: Annotated[bool, Query(description="Also list open cases within 50 m")] = False,  # noqa: FBT002 - a query's
    kinds: Annotated[
        str,
        Query(
            max_length=1_000,
            description="What to look for around the point: names of layers by commas, or `assets`, `lines`, "
            "`places` for all of a kind; without it all assets",
        ),
    ] = "",
) -> Response:
    """Get what is at a point: its areas and zones, its street, assets near it, and open cases if you ask."""
    question = replace(question, within=within, kinds=read_names(kinds, "query.kinds"))
    answer = await look_up(reads.of(council), place, question)
    answer["open_cases"] = None
    if open_cases and reads.find_cases is not None:
        is_staff = audience_of(caller) != "public"
        answer["open_cases"] = await reads.find_cases(
            reads.database, council, caller.mode, place, is_staff=is_staff
        )
    return respond(answer)


@router.post("/locate:batch", response_model=BatchView)
async def locate_batch(
    council: Slug,
    caller: Reader,
    reads: TheReads,
    body: BatchRequest,
) -> Response:
    """Get the areas and zones of up to 10,000 points at once. It changes nothing."""
    try:
        crs = read_crs(body.crs)
    except ValueError as error:
        raise refuse("body.crs", str(error), "unknown_crs") from error
    moment = to_moment(body.moment, "body.datetime")
    question = Question(moment, audience_of(caller), areas=body.areas)
    answer = await look_up_many(reads.of(council), np.array(body.points, dtype=np.float64), crs, question)
    return Response(answer, media_type="application/json")


@router.get("/near", response_model=NearView)
async def list_near(
    council: Slug,
    caller: Reader,
    place: ThePlace,
    moment: TheMoment,
    reads: TheReads,
    kind: Annotated[
        str,
        Query(min_length=1, max_length=60, description="The name of a layer, or `assets`, `lines`, `places`"),
    ],
    within: Within = 500,
    limit: Annotated[int, Query(ge=1, le=100, description="At most so many")] = 10,
) -> Response:
    """Get what of a kind is nearest to a point: grit bins, benches, defibrillators."""
    question = Question(moment, audience_of(caller), within, kinds=[kind])
    return respond(await find_near(reads.of(council), place, question, limit))
