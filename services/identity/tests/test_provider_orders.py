"""Whatever order requests come in: no code and no token without the person's factors and consent."""

import asyncio
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from chassis import ids
from identity.actions import grants, persons, sessions
from services.identity.tests import provider

pick = st.integers(min_value=0, max_value=5)


class Orders(RuleBasedStateMachine):
    """One browser, two people, a service that wants two factors and consent; and what must be true then."""

    def __init__(self, app, database, service, people, loop):
        super().__init__()
        self.app, self.database, self.service, self.people, self.loop = app, database, service, people, loop
        self.browser = provider.browser_of(app)
        self.signed = None  # (account, session, has shown two factors)
        self.agreed = set()
        self.requests, self.pages, self.codes, self.tokens = [], [], {}, []
        for account in people:
            self.run(self.withdraw(account))

    def run(self, work):
        """Run it in the loop of the application, which is another thread's."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def teardown(self):
        self.run(self.browser.aclose())

    def take(self, response):
        """Note what came; a code only for who has shown two factors and agreed."""
        if response.status_code == 400:
            return
        if response.status_code == 200:
            assert self.signed is not None
            assert self.signed[2], "asked for consent before the factors were shown"
            self.pages.append((response, self.signed[0]))
            return
        where = response.headers["location"]
        if where.startswith("/identity/sign-in"):
            assert self.signed is None or not self.signed[2]
            self.requests.append(provider.waiting(response))
            return
        said = provider.answered(response)
        if "code" in said:
            assert self.signed is not None
            assert self.signed[2], "a code without two factors"
            assert self.signed[0] in self.agreed, "a code without consent"
            self.codes[said["code"]] = {"account": self.signed[0], "session": self.signed[1], "good": True}
        else:
            assert said["error"] in {"access_denied", "login_required", "consent_required"}

    @rule(prompt=st.sampled_from([None, "none"]))
    def ask(self, prompt):
        self.take(self.run(provider.ask(self.browser, self.service, acr_values="Cl.Cm", prompt=prompt)))

    @rule(who=st.integers(0, 1), methods=st.sampled_from([("email",), ("email", "totp"), ("passkey",)]))
    def sign_in(self, who, methods):
        session = self.run(provider.sign_in(self.database, self.browser, self.people[who], methods))
        self.signed = (self.people[who], session, methods != ("email",))

    @rule(who=st.integers(0, 1))
    def come_signed_in(self, who):
        """What most people do."""
        self.sign_in(who, ("email", "totp"))
        self.ask(None)

    @precondition(lambda self: self.signed)
    @rule()
    def sign_out(self):
        account, session, _ = self.signed

        async def end():
            async with self.database.writing() as writing:
                await sessions.end(writing, account, session, "signed-out")

        self.run(end())
        self.signed = None
        for code in self.codes.values():
            code["good"] &= code["session"] != session

    @precondition(lambda self: self.requests)
    @rule(which=pick)
    def go_on(self, which):
        request = self.requests[which % len(self.requests)]
        self.take(self.run(provider.proceed(self.browser, request)))

    @precondition(lambda self: self.pages)
    @rule(which=pick, answer=st.sampled_from(["yes", "yes", "yes", "no", ""]))
    def answer(self, which, answer):
        page, asked = self.pages[which % len(self.pages)]
        mine = self.signed is not None and self.signed[0] == asked
        response = self.run(provider.agree(self.browser, page, answer))
        if mine and answer == "yes" and response.status_code != 400:
            self.agreed.add(asked)
        self.take(response)

    @rule(who=st.integers(0, 1))
    def take_back(self, who):
        self.run(self.withdraw(self.people[who]))

    async def withdraw(self, account):
        client = ids.read(self.service.client_id)
        async with self.database.writing() as writing:
            await grants.revoke_consent(writing, "citytown", account, client)
        self.agreed.discard(account)
        for code in self.codes.values():
            code["good"] &= code["account"] != account

    @precondition(lambda self: self.codes)
    @rule(which=pick, verifier=st.sampled_from([None, "w" * 43]))
    def redeem(self, which, verifier):
        code = list(self.codes)[which % len(self.codes)]
        known, more = self.codes[code], {"code_verifier": verifier} if verifier else {}
        answer = self.run(self.service.redeem(self.browser, code, **more))
        if known["good"] and verifier is None:
            assert answer.status_code == 200, answer.text
            token = answer.json()["id_token"]
            subject = persons.subject(self.app.state.issuer, "citytown", known["account"])
            assert self.run(provider.claims_of(self.browser, token))["sub"] == subject
        else:
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        known["good"] = False


@pytest.mark.timeout(120)
async def test_no_order_of_requests_yields_a_token_without_consent_and_factors(app, client, database):
    service = await provider.register(database, first_party=False)
    people = [await provider.person(database) for _ in range(2)]
    loop = asyncio.get_running_loop()
    make = partial(Orders, app, database, service, people, loop)
    how = settings(
        max_examples=30,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, make, settings=how)
