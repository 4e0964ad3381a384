"""The pages where a code is typed in: to sign in, to open an account, and to change how it is reached."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Response

from chassis.database import Session
from chassis.web import Form, say, see_other
from identity.factors.actions.authentication import AuthState
from identity.shared.dependencies import pages
from identity.sign_in.routes.interaction import WritingInteraction
from identity.verification.actions import codes
from identity.verification.actions.context import AuthContext, ClientContext

NO_CODE = say("Enter the code from the email")
WRONG_CODE = say("That code is not right, or it has expired. Check it, or ask for a new one")
MAX_CODE = 20


@dataclass(frozen=True, slots=True)
class SignInCode:
    """A code sent by e-mail that signs somebody in.

    ``purpose``: of the code. ``start``: the page where it is asked for. ``check``: the action that checks it.
    """

    purpose: str
    start: str
    check: Callable[[Session, AuthContext, ClientContext, str], Awaitable[AuthState | None]]

    async def show(self, interaction: WritingInteraction, form: Form) -> Response:
        """Show where the code is typed in; go back to the start when none was asked for."""
        address = await codes.get_destination(*interaction.contexts, self.purpose)
        if address is None:
            return interaction.redirect(self.start)
        return interaction.show_form("code.html", form, address=address, back=interaction.at(self.start))

    async def enter(self, interaction: WritingInteraction, form: Form) -> Response:
        """Go on to the next step with the right code; show the page again with a wrong one."""
        code = form.get("code", MAX_CODE)
        state = await self.check(*interaction.contexts, code) if code else None
        if state is not None:
            return await interaction.advance(state)
        form.error("code", WRONG_CODE if code else NO_CODE)
        return await self.show(interaction, form)


@dataclass(frozen=True, slots=True)
class ChangeCode:
    """A code that confirms a change of the account of the person who is signed in.

    ``context``: what the page's ``template`` needs, made from the address or number the code went to.
    ``missing``: the error when no code is typed.
    """

    purpose: str
    start: str
    template: str
    missing: str
    context: Callable[[str], dict[str, Any]]

    async def show(self, interaction: WritingInteraction, account: UUID, form: Form) -> Response:
        """Show where the code is typed in; go back to the start when this account asked for none."""
        destination = await codes.get_destination(*interaction.contexts, self.purpose, account)
        if destination is None:
            return see_other(self.start)
        context = self.context(destination)
        return pages.render(interaction.request, self.template, 200 if form.ok else 400, form=form, **context)

    async def show_wrong(self, interaction: WritingInteraction, account: UUID, form: Form) -> Response:
        """Show the page again: no code was typed in, or a wrong one."""
        form.error("code", WRONG_CODE if form.get("code", MAX_CODE) else self.missing)
        return await self.show(interaction, account, form)
