"""The page where people choose a second factor, because a service requires two."""

from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from chassis.auth import public
from chassis.web import see_other
from identity.accounts.rules import factors
from identity.assurance.routes import SignedIn
from identity.assurance.rules import ACCOUNT, SIGN_IN
from identity.factors.actions import passkeys, phones
from identity.sign_in.routes.interaction import TheWritingInteraction

router = APIRouter(prefix=f"{ACCOUNT}/second-step", tags=["account"], default_response_class=HTMLResponse)

Anybody = Annotated[None, public]


@router.get("")
async def show_second_step_choice(
    _: Anybody, person: SignedIn, interaction: TheWritingInteraction
) -> Response:
    """Show how you can add a second factor, when a service requires two."""
    if factors.level(person.methods) == factors.TWO_FACTORS:
        return see_other(interaction.returns_to.destination)
    if await passkeys.list_passkeys(interaction.session, person.account):
        return interaction.show("passkey-needed.html")
    if any(await phones.get_second_steps(interaction.session, person.account)):  # set up in another session
        return interaction.redirect(SIGN_IN)
    texts = interaction.auth.settings.texts != "none"
    return interaction.show("second-step-choice.html", texts=texts)
