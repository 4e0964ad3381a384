"""What routes need of accounts, as FastAPI dependencies."""

from typing import Annotated

from fastapi import Depends, Request

from identity.verification.actions.context import AuthContext


async def _auth_context(request: Request) -> AuthContext:
    auth: AuthContext = request.app.state.auth
    return auth


TheAuthContext = Annotated[AuthContext, Depends(_auth_context)]
