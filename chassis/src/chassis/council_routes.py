"""``GET /{council}/{capability}/v1/council``: what a service knows about the council."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from chassis.auth import Caller, permission
from chassis.directory import Directory
from chassis.types import Slug


class CouncilView(BaseModel):
    """What this service knows about the council. It keeps its own copy, updated by identity's events."""

    slug: str = Field(examples=["citytown"])
    name: str = Field(examples=["Citytown Council"])
    gss: str = Field(examples=["E06000022"])
    region: str = Field(examples=["local"])
    status: str = Field(examples=["active"])
    version: int = Field(description="Goes up with every change to the council")


def make_router(capability: str) -> APIRouter:
    """Make the router of ``GET /{council}/{capability}/v1/council``, the same in every service."""
    router = APIRouter()

    @router.get(f"/{{council}}/{capability}/v1/council", tags=["council"])
    async def read_council(
        request: Request,
        council: Slug,
        _: Annotated[Caller, permission(f"{capability}:read")],
    ) -> CouncilView:
        """Get what this service knows about the council."""
        directory: Directory = request.app.state.directory
        return CouncilView.model_validate(directory.councils[council], from_attributes=True)

    return router
