"""What routes need of accounts, as FastAPI dependencies."""

from typing import Annotated

from fastapi import Depends, Request

from identity.verification.actions.context import People


async def _people(request: Request) -> People:
    people: People = request.app.state.people
    return people


ThePeople = Annotated[People, Depends(_people)]
