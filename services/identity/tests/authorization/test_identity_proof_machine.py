"""Whatever order requests and proofs come in: no claim of an identity without a proof that holds then."""

import asyncio
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from chassis import ids
from identity.grants.actions import consents
from identity.proofs.actions import proofs
from identity.shared.oauth import claims as names
from services.identity.tests import provider
from services.identity.tests.authorization.test_identity_proof import CORE, TOLD, WHO, back

pick = st.integers(min_value=0, max_value=5)
who = st.integers(min_value=0, max_value=1)


class Proofs(RuleBasedStateMachine):
    """One browser, two people, a service that wants P2 and to know who they are; proofs come and go."""

    def __init__(self, database, make_browser, service, people, loop):
        super().__init__()
        self.database, self.service, self.people, self.loop = database, service, people, loop
        self.browser = make_browser()
        self.signed = None
        self.proven = {account: [] for account in people}
        self.declined = set()  # (request, account): asked for the proof, he went on without
        self.agreed = set()
        self.told = {}  # request: whether the service hears of a missing proof by returnCode
        self.consents, self.tokens = [], []
        for account in people:
            self.run(self.begin(account))

    def run(self, work):
        """Run it in the loop of the application, which is another thread's."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def teardown(self):
        self.run(self.browser.aclose())

    async def begin(self, account):
        client = ids.read(self.service.client_id)
        async with self.database.writing() as session:
            await consents.revoke_consent(session, "citytown", account, client)
            await session.across_councils()
            await session.execute(
                text("UPDATE proof SET status = 'withdrawn' WHERE account = :who"), {"who": account}
            )

    def take(self, response, request, told):
        """What came of a step of a request: judged, and followed."""
        if response.status_code == 400:
            return
        if response.status_code == 200:
            assert self.signed is not None
            self.may_go_on(request, told)
            self.consents.append((response, request, self.signed))
            return
        location = urlsplit(response.headers["location"])
        asked = parse_qs(location.query)
        if location.path in {"/identity/sign-in", "/identity/prove"}:
            request = asked["request"][0]
            self.told[request] = told
            proving = location.path == "/identity/prove"
            assert proving == (self.signed is not None)
            assert not (proving and self.proven[self.signed]), "asked for a proof that is there"
        elif "code" in asked:
            self.may_go_on(request, told)
            assert self.signed in self.agreed, "a code without consent"
            self.redeem(asked["code"][0], told)
        else:
            assert asked["error"][0] in {"access_denied", "login_required", "consent_required"}

    def may_go_on(self, request, told):
        """Proven, or told to the service that wants it so; the latter by the person's choice or silently."""
        assert self.proven[self.signed] or told, "without a proof, and the service is not told"
        assert self.proven[self.signed] or request is None or (request, self.signed) in self.declined

    def redeem(self, code, told):
        answer = self.run(self.service.redeem(self.browser, code))
        assert answer.status_code == 200, answer.text
        self.tokens.append((answer.json()["access_token"], self.signed, told))
        self.look(len(self.tokens) - 1)

    @rule(told=st.booleans(), prompt=st.sampled_from([None, None, "none"]))
    def ask(self, told, prompt):
        options = {"vtr": '["P2.Cl.Cm"]', "claims": TOLD if told else CORE, "prompt": prompt}
        self.take(self.run(provider.ask(self.browser, self.service, **options)), None, told)

    @rule(one=who)
    def sign_in(self, one):
        self.signed = self.people[one]
        self.run(provider.sign_in(self.database, self.browser, self.signed, ["passkey"]))

    @rule(one=who)
    def prove(self, one):
        async def record():
            async with self.database.writing() as session:
                proof = await proofs.add_upstream_proof(
                    session, account, "P2", [], WHO, "https://one.invalid/"
                )
            self.proven[account].append(proof)

        account = self.people[one]
        self.run(record())

    @rule(one=who)
    def find_false(self, one):
        """The council withdraws every proof there is: its tokens die, others live on."""

        async def withdraw():
            async with self.database.writing("region") as session:
                for proof in self.proven[account]:
                    await proofs.withdraw_proof(session, "region", _CLERK, proof)

        account = self.people[one]
        self.run(withdraw())
        self.proven[account].clear()

    @precondition(lambda self: self.told)
    @rule(which=pick)
    def go_on(self, which):
        request = list(self.told)[which % len(self.told)]
        self.take(self.run(provider.proceed(self.browser, request)), request, self.told[request])

    @precondition(lambda self: self.told)
    @rule(which=pick)
    def not_now(self, which):
        request = list(self.told)[which % len(self.told)]
        page = self.run(self.browser.get("/identity/prove", params={"request": request}))
        if page.status_code != 200:
            assert page.status_code == 400 or self.signed is None or self.proven[self.signed] or (
                request, self.signed) in self.declined  # fmt: skip
            return
        assert not self.proven[self.signed]
        if self.told[request]:
            self.declined.add((request, self.signed))
        self.take(self.run(back(self.browser, page)), request, self.told[request])

    @precondition(lambda self: self.consents)
    @rule(which=pick)
    def agree(self, which):
        page, request, asked = self.consents[which % len(self.consents)]
        response = self.run(provider.agree(self.browser, page))
        if asked == self.signed and "code=" in response.headers.get("location", ""):
            self.agreed.add(asked)
        told = self.told.get(request, True)
        self.take(response, request, told)

    @precondition(lambda self: self.tokens)
    @rule(which=pick)
    def look(self, which):
        """What a token tells now is what is proven now."""
        token, account, told = self.tokens[which % len(self.tokens)]
        bearer = {"Authorization": f"Bearer {token}"}
        answer = self.run(self.browser.get("/identity/userinfo", headers=bearer))
        if answer.status_code == 401:  # ended with its proof
            return
        body = answer.json()
        assert (names.CORE_IDENTITY in body) == bool(self.proven[account])
        assert told or names.RETURN_CODE not in body
        if told and not self.proven[account]:
            assert body[names.RETURN_CODE] == [{"code": "X"}]


class _Clerk:
    subject = "clerk"


_CLERK = _Clerk()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("examples", [5, pytest.param(25, marks=pytest.mark.long)])
async def test_no_order_yields_an_identity_without_a_proof(app, client, database, examples):
    service = await provider.register(database, identity_levels=["P2"])
    people = [await provider.person(database) for _ in range(2)]
    loop = asyncio.get_running_loop()
    make = partial(Proofs, database, partial(provider.browser_of, app), service, people, loop)
    how = settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, make, settings=how)
