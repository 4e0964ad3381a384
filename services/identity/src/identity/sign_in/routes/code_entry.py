"""The pages where a code is typed in: to sign in or open an account, and to change how one is reached."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from chassis.database import Session
from chassis.web import Form, say, see_other
from identity.factors.actions.authentication import AuthState
from identity.shared.dependencies import pages
from identity.sign_in.routes.interaction import Interaction, go_on, show
from identity.verification.actions import codes
from identity.verification.actions.context import AuthContext, ClientContext

NO_CODE = say("Enter the code from the email")
WRONG_CODE = say("That code is not right, or it has expired. Check it, or ask for a new one")
MOST = 20


@dataclass(frozen=True, slots=True)
class Second:
    """A second step: its factor, its page, and what is said when no code or a wrong one is typed."""

    factor: str
    template: str
    missing: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Way:
    """What a code is for: its purpose, the page where it is asked for, and what it proves when right."""

    purpose: str
    start: str
    prove: Callable[[Session, AuthContext, ClientContext, str], Awaitable[AuthState | None]]

    async def page(
        self,
        request: Request,
        session: Session,
        auth: AuthContext,
        client_context: ClientContext,
        interaction: Interaction,
        form: Form,
    ) -> Response:
        """Where the code is typed in; back to the start when none was asked for."""
        address = await codes.waiting(session, auth, client_context, self.purpose)
        if address is None:
            return see_other(interaction.at(self.start))
        status, start = 200 if form.ok else 400, interaction.at(self.start)
        return show(request, interaction, "code.html", status, form=form, address=address, back=start)

    async def typed(
        self,
        request: Request,
        session: Session,
        auth: AuthContext,
        client_context: ClientContext,
        interaction: Interaction,
        form: Form,
    ) -> Response:
        """The next step with the right code; the page once more with a wrong one."""
        typed = form.get("code", MOST)
        auth_state = await self.prove(session, auth, client_context, typed) if typed else None
        if auth_state is not None:
            return await go_on(session, request, auth, client_context, interaction, auth_state)
        form.error("code", WRONG_CODE if typed else NO_CODE)
        return await self.page(request, session, auth, client_context, interaction, form)


@dataclass(frozen=True, slots=True)
class Change:
    """What a code changes in the account of who is signed in.

    ``shown``: what the page's ``template`` knows of the address or number the code is on its way to.
    ``missing``: what is said when no code is typed.
    """

    purpose: str
    start: str
    template: str
    missing: str
    shown: Callable[[str], dict[str, Any]]

    async def page(
        self,
        request: Request,
        session: Session,
        auth: AuthContext,
        client_context: ClientContext,
        account: UUID,
        form: Form,
    ) -> Response:
        """Where the code is typed in; back to the start when this account asked for none."""
        waiting = await codes.waiting(session, auth, client_context, self.purpose, account)
        if waiting is None:
            return see_other(self.start)
        return pages.render(request, self.template, 200 if form.ok else 400, form=form, **self.shown(waiting))

    async def wrong(
        self,
        request: Request,
        session: Session,
        auth: AuthContext,
        client_context: ClientContext,
        account: UUID,
        form: Form,
    ) -> Response:
        """The page once more, for who has typed in no code or a wrong one."""
        form.error("code", WRONG_CODE if form.get("code", MOST) else self.missing)
        return await self.page(request, session, auth, client_context, account, form)
