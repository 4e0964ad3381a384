"""The page where a code is entered that confirms a change of your account."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Response

from chassis.web import Form, see_other
from identity.shared.dependencies import pages
from identity.sign_in.routes.interaction import WritingInteraction
from identity.sign_in.routes.sign_in import MAX_CODE, WRONG_CODE
from identity.verification.actions import codes


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
