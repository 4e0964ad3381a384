"""How a person comes to each page of identity: one way a template, for the tests that look at them all."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import pyotp
from playwright.async_api import Page

from chassis import ids
from chassis.database import Database
from chassis.messages.sent_page import list_messages_to
from identity.factors.tables import passkey
from identity.mandates.actions import offers
from identity.messages.actions import messages
from identity.proofs.actions import proofs
from services.identity.tests import mandate_steps, provider
from tests.browser.harness import newest_code

ADDRESS_AND_MORE = "openid email phone offline_access"


@dataclass
class Visit:
    """Somebody with an account at the site, in a tab; signed in once ``signed_in`` was called."""

    tab: Page
    site: str
    database: Database
    account: UUID
    address: str
    service: provider.Service
    arrival: str  # where the service waits for the answer

    async def go(self, path: str) -> None:
        await self.tab.goto(f"{self.site}/identity/{path}")

    async def signed_in(self, *methods: str) -> None:
        """The session is put in the cookies: these tests look at pages, others at the way there."""
        jar = _Cookies()
        await provider.sign_in(self.database, jar, self.account, methods or ("email",))
        secret = jar.cookies["townhall-session"]
        cookie = {"name": "townhall-session", "value": secret, "url": self.site, "httpOnly": True}
        await self.tab.context.add_cookies([cookie])  # type: ignore[list-item]

    async def send(self, **fields: str) -> None:
        """Fill the form in and press Enter, or its button where there is nothing to fill."""
        for name, value in fields.items():
            await self.tab.fill(f"#{name}", value)
        await self.tab.click("main form button[type=submit]")

    async def ask(self, **overrides: str) -> None:
        """Come from the service."""
        parameters = self.service.request(**{"redirect_uri": self.arrival, **overrides})
        await self.go(f"authorize?{urlencode(parameters)}")

    async def code(self) -> str:
        """The newest code in a letter to the person."""
        async with self.database.writing() as session:
            return newest_code(await list_messages_to(session, messages.templates, self.address))

    async def with_app(self) -> None:
        """Signed in, with an authenticator app; its recovery codes are on the page."""
        await self.signed_in()
        await self.go("account/authenticator")
        secret = (await self.tab.inner_text(".townhall-key")).replace(" ", "")
        await self.send(code=pyotp.TOTP(secret).now())
        await self.tab.wait_for_selector(".townhall-codes")

    async def with_passkey(self, name: str) -> None:
        async with self.database.writing() as session:
            row = {"id": ids.new(), "account": self.account, "sign_count": 0, "synced": False, "name": name}
            secret = {"credential": secrets.token_bytes(16), "public_key": b"", "used_at": None}
            await session.execute(passkey.insert(), {**row, **secret, "created_at": datetime.now(UTC)})

    async def to_second_step(self) -> None:
        await self.with_app()
        await self.tab.context.clear_cookies(name="townhall-session")
        await self.go("sign-in")
        await self.send(email=self.address)
        await self.tab.wait_for_url("**/sign-in/code")
        await self.send(code=await self.code())
        await self.tab.wait_for_url("**/sign-in/second-step")


class _Cookies:
    def __init__(self) -> None:
        self.cookies = httpx.Cookies()


_PHONES, _UPSTREAM = "test_phones.py::test_", "test_upstream.py::test_"
Way = Callable[[Visit], Awaitable[Any]]
WAYS: dict[str, Way] = {}
ELSEWHERE = {
    "phone.html": f"{_PHONES}a_phone_is_added_changed_and_removed_on_accessible_pages",
    "text-there.html": f"{_PHONES}a_phone_is_added_changed_and_removed_on_accessible_pages",
    "text-set-up.html": f"{_PHONES}a_phone_is_added_changed_and_removed_on_accessible_pages",
    "second-step-sms.html": f"{_PHONES}signing_in_by_text_is_accessible",
    "sms-code.html": f"{_PHONES}signing_in_by_text_is_accessible",
    "sms-wait.html": f"{_PHONES}signing_in_by_text_is_accessible",
    "upstream-link.html": f"{_UPSTREAM}somebody_new_comes_by_one_login_and_has_an_account",
    "upstream-failed.html": f"{_UPSTREAM}who_has_an_account_adds_one_login_to_it",
    "upstream-confirm.html": f"{_UPSTREAM}who_has_an_account_adds_one_login_to_it",
    "upstream-leave.html": f"{_UPSTREAM}the_page_that_leads_away_works_for_who_waits_on_it",
}
"""Pages that need more than a person and a service, and the browser test that looks at them."""


def way(template: str) -> Callable[[Way], Way]:
    """The function leads to the page."""

    def keep(function: Way) -> Way:
        WAYS[template] = function
        return function

    return keep


def _account(template: str, path: str) -> None:
    async def come(visit: Visit) -> None:
        await visit.signed_in()
        await visit.go(path)

    way(template)(come)


for _template, _path in {
    "account.html": "account",
    "authenticator.html": "account/authenticator",
    "close.html": "account/close",
    "email.html": "account/email",
    "language.html": "account/language",
    "new-password.html": "account/password",
    "second-step-choice.html": "account/second-step",
}.items():
    _account(_template, _path)


@way("authenticator-there.html")
async def _authenticator_there(visit: Visit) -> None:
    await visit.with_app()
    await visit.go("account/authenticator")


@way("recovery-codes.html")
async def _recovery_codes(visit: Visit) -> None:
    await visit.with_app()


@way("new-recovery-codes.html")
async def _new_recovery_codes(visit: Visit) -> None:
    await visit.with_app()
    await visit.go("account/recovery-codes")


@way("passkeys.html")
async def _passkeys(visit: Visit) -> None:
    await visit.with_passkey("My phone")
    await visit.signed_in("passkey")
    await visit.go("account/passkeys")


@way("passkey-needed.html")
async def _passkey_needed(visit: Visit) -> None:
    await visit.with_passkey("My phone")
    await visit.signed_in()
    await visit.go("account/passkeys")


@way("sessions.html")
async def _sessions(visit: Visit) -> None:
    await visit.signed_in()
    await visit.signed_in()
    await visit.go("account/sessions")


@way("closed.html")
async def _closed(visit: Visit) -> None:
    await visit.signed_in()
    await visit.go("account/close")
    await visit.tab.check("input[name=sure]")
    await visit.send()
    await visit.tab.wait_for_selector("form", state="detached")


@way("sign-in.html")
async def _sign_in(visit: Visit) -> None:
    await visit.ask()


@way("password.html")
async def _password(visit: Visit) -> None:
    await visit.go("sign-in/password")


@way("register.html")
async def _register(visit: Visit) -> None:
    await visit.go("register")


@way("code.html")
async def _code(visit: Visit) -> None:
    await visit.go("sign-in")
    await visit.send(email=visit.address)
    await visit.tab.wait_for_url("**/sign-in/code")


@way("second-step.html")
async def _second_step(visit: Visit) -> None:
    await visit.to_second_step()


@way("recovery.html")
async def _recovery(visit: Visit) -> None:
    await visit.to_second_step()
    await visit.tab.click("a[href*='sign-in/recovery']")
    await visit.tab.wait_for_url("**/sign-in/recovery**")


@way("too-often.html")
async def _too_often(visit: Visit) -> None:
    for _ in range(7):
        await visit.go("sign-in")
        await visit.send(email=visit.address)
        await visit.tab.wait_for_load_state()


@way("consent.html")
async def _consent(visit: Visit) -> None:
    await visit.signed_in()
    await visit.ask(scope=ADDRESS_AND_MORE)


@way("not-admitted.html")
async def _not_admitted(visit: Visit) -> None:
    """To a service of the sandbox, as nobody's tester: the banner is on the page too."""
    visit.service = await provider.register(visit.database, mode="sandbox", redirect_uris=[visit.arrival])
    await visit.signed_in()
    await visit.ask()


@way("services.html")
async def _services(visit: Visit) -> None:
    await _consent(visit)
    await visit.tab.click("button[value=yes]")
    await visit.tab.wait_for_url(f"{visit.arrival}?**")
    await visit.go("account/services")


@way("prove.html")
async def _prove(visit: Visit) -> None:
    await visit.signed_in("email", "totp")
    await visit.ask(vtr='["P2.Cl.Cm"]')


@way("history.html")
async def _history(visit: Visit) -> None:
    await _services(visit)
    await visit.go("account/history")


@way("identity.html")
async def _identity(visit: Visit) -> None:
    home = {"buildingNumber": "1", "streetName": "High Street", "postalCode": "BA1 1LJ"}
    person = proofs.ProvenPerson(["Rosa", "Jane"], "Example", date(1980, 2, 29), [home])
    evidence = [{"kind": "passport", "checks": []}, {"kind": "council-tax-bill", "checks": []}]
    async with visit.database.writing() as session:
        await proofs.add_upstream_proof(
            session, visit.account, "P2", evidence, person, "https://one-login.example/"
        )
    await visit.signed_in()
    await visit.go("account/identity")
    await visit.send()  # for a code to show at a desk
    await visit.tab.wait_for_selector(".townhall-key")


async def _offer(visit: Visit, **options: Any) -> Any:
    """Offer in the person's name that somebody acts for them."""
    row, _ = await mandate_steps.offer(visit.database, visit.account, **options)
    return row


async def _offer_to(visit: Visit, **options: Any) -> Any:
    """Let somebody offer, and confirm, that the person acts for them."""
    other = await provider.create_person(visit.database)
    row, _ = await mandate_steps.offer(visit.database, other, email=visit.address, **options)
    await mandate_steps.confirm(visit.database, other, row.id)
    return row


@way("mandate-confirm.html")
async def _mandate_confirm(visit: Visit) -> None:
    row = await _offer(visit, email="ben@people.example")
    await visit.signed_in()
    await visit.go(f"account/mandates/{ids.show(row.id)}")


@way("mandate-accept.html")
async def _mandate_accept(visit: Visit) -> None:
    row = await _offer_to(visit, theme="social-care", mode="sandbox")
    await visit.signed_in("email", "totp")
    await visit.go(f"account/mandates/{ids.show(row.id)}")


@way("mandate.html")
async def _mandate(visit: Visit) -> None:
    row = await _offer_to(visit)
    await mandate_steps.accept(visit.database, visit.account, row.id)
    await visit.signed_in()
    await visit.go(f"account/mandates/{ids.show(row.id)}")


@way("mandate-end.html")
async def _mandate_end(visit: Visit) -> None:
    await _mandate(visit)
    await visit.tab.click("a[href$='/end']")
    await visit.tab.wait_for_url("**/end")


@way("mandate-code.html")
async def _mandate_code(visit: Visit) -> None:
    await visit.signed_in()
    await visit.go("account/mandates/code")
    await visit.send(code="0000-0000-0000-0000")
    await visit.tab.wait_for_selector(".govuk-error-summary")


@way("mandates.html")
async def _mandates(visit: Visit) -> None:
    await _offer(visit, email="ben@people.example", theme="licensing")
    confirmed = await _offer(visit, email="ben@people.example", theme="parking")
    await mandate_steps.confirm(visit.database, visit.account, confirmed.id)
    ended = await _offer_to(visit, theme="planning")
    await mandate_steps.accept(visit.database, visit.account, ended.id)
    async with visit.database.writing() as session:
        await offers.end_own(session, visit.account, ended.id)
    running = await _offer_to(visit)
    await mandate_steps.accept(visit.database, visit.account, running.id)
    await visit.signed_in()
    await visit.go("account/mandates")


@way("wrong-request.html")
async def _wrong_request(visit: Visit) -> None:
    await visit.ask(redirect_uri="https://elsewhere.example/")


@way("sign-out.html")
async def _sign_out(visit: Visit) -> None:
    await visit.signed_in()
    await visit.go("logout")


@way("signed-out.html")
async def _signed_out(visit: Visit) -> None:
    await visit.go("logout")


@way("sent-messages.html")
async def _sent_messages(visit: Visit) -> None:
    await _code(visit)
    await visit.go("sent-messages")


@way("sent-message.html")
async def _sent_message(visit: Visit) -> None:
    await _sent_messages(visit)
    await visit.tab.click("main li a")
    await visit.tab.wait_for_selector(".govuk-inset-text")
