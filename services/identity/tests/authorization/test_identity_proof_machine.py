"""In any order of requests and proofs: no identity claim without a proof in force."""

import asyncio
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from chassis import ids
from chassis.rates import Limit
from identity.grants.actions import consents
from identity.proofs.actions import proofs
from identity.shared.oauth import claims as names
from services.identity.tests import provider
from services.identity.tests.authorization.test_identity_proof import CORE, RETURN_CODE_CLAIMS, WHO, decline

pick = st.integers(min_value=0, max_value=5)
person_indexes = st.integers(min_value=0, max_value=1)


class ProofMachine(RuleBasedStateMachine):
    """One browser, two people, and a service that needs P2; proofs are made and withdrawn."""

    def __init__(self, database, make_browser, service, people, loop):
        super().__init__()
        self.database, self.service, self.people, self.loop = database, service, people, loop
        self.browser = make_browser()
        self.signed_in = None
        self.proven = {account: [] for account in people}
        self.declined = set()  # (request, account) of people who continued without the proof
        self.consented = set()
        self.wants_code = {}  # request -> whether the service gets a missing proof as returnCode
        self.consents, self.tokens = [], []
        for account in people:
            self.run(self.reset_account(account))

    def run(self, coroutine):
        """Run a coroutine in the application's loop, which is in another thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)

    def teardown(self):
        self.run(self.browser.aclose())

    async def reset_account(self, account):
        client = ids.read(self.service.client_id)
        async with self.database.writing() as session:
            await consents.revoke_consent(session, "citytown", account, client)
            await session.set_all_councils()
            await session.execute(
                text("UPDATE proof SET status = 'withdrawn' WHERE account = :who"), {"who": account}
            )

    def check_response(self, response, request, wants_code):
        """Check the response to a step of a request, and record where it leads."""
        if response.status_code == 400:
            return
        if response.status_code == 200:
            assert self.signed_in is not None
            self.check_may_continue(request, wants_code)
            self.consents.append((response, request, self.signed_in))
            return
        location = urlsplit(response.headers["location"])
        parameters = parse_qs(location.query)
        if location.path in {"/identity/sign-in", "/identity/prove"}:
            request = parameters["request"][0]
            self.wants_code[request] = wants_code
            proving = location.path == "/identity/prove"
            assert proving == (self.signed_in is not None)
            assert not (proving and self.proven[self.signed_in]), "asked for a proof that is there"
        elif "code" in parameters:
            self.check_may_continue(request, wants_code)
            assert self.signed_in in self.consented, "a code without consent"
            self.redeem(parameters["code"][0], wants_code)
        else:
            assert parameters["error"][0] in {"access_denied", "login_required", "consent_required"}

    def check_may_continue(self, request, wants_code):
        """Check for a proof, or that the service gets returnCode by the person's choice or silently."""
        assert self.proven[self.signed_in] or wants_code, (
            "without a proof, and the service did not ask for returnCode"
        )
        assert self.proven[self.signed_in] or request is None or (request, self.signed_in) in self.declined

    def redeem(self, code, wants_code):
        response = self.run(self.service.redeem(self.browser, code))
        assert response.status_code == 200, response.text
        self.tokens.append((response.json()["access_token"], self.signed_in, wants_code))
        self.check_userinfo(len(self.tokens) - 1)

    @rule(wants_code=st.booleans(), prompt=st.sampled_from([None, None, "none"]))
    def ask(self, wants_code, prompt):
        options = {
            "vtr": '["P2.Cl.Cm"]',
            "claims": RETURN_CODE_CLAIMS if wants_code else CORE,
            "prompt": prompt,
        }
        self.check_response(self.run(provider.ask(self.browser, self.service, **options)), None, wants_code)

    @rule(person_index=person_indexes)
    def sign_in(self, person_index):
        self.signed_in = self.people[person_index]
        self.run(provider.sign_in(self.database, self.browser, self.signed_in, ["passkey"]))

    @rule(person_index=person_indexes)
    def prove(self, person_index):
        async def record():
            async with self.database.writing() as session:
                proof = await proofs.add_upstream_proof(
                    session, account, "P2", [], WHO, "https://one.invalid/"
                )
            self.proven[account].append(proof)

        account = self.people[person_index]
        self.run(record())

    @rule(person_index=person_indexes)
    def withdraw_proofs(self, person_index):
        """Withdraw every proof of a person: tokens that rely on it end, others do not."""

        async def withdraw():
            async with self.database.writing("region") as session:
                for proof in self.proven[account]:
                    await proofs.withdraw_proof(session, "region", _CLERK, proof)

        account = self.people[person_index]
        self.run(withdraw())
        self.proven[account].clear()

    @precondition(lambda self: self.wants_code)
    @rule(index=pick)
    def continue_request(self, index):
        request = list(self.wants_code)[index % len(self.wants_code)]
        self.check_response(
            self.run(provider.continue_request(self.browser, request)), request, self.wants_code[request]
        )

    @precondition(lambda self: self.wants_code)
    @rule(index=pick)
    def decline(self, index):
        request = list(self.wants_code)[index % len(self.wants_code)]
        page = self.run(self.browser.get("/identity/prove", params={"request": request}))
        if page.status_code != 200:
            assert page.status_code == 400 or self.signed_in is None or self.proven[self.signed_in] or (
                request, self.signed_in) in self.declined  # fmt: skip
            return
        assert not self.proven[self.signed_in]
        if self.wants_code[request]:
            self.declined.add((request, self.signed_in))
        self.check_response(self.run(decline(self.browser, page)), request, self.wants_code[request])

    @precondition(lambda self: self.consents)
    @rule(index=pick)
    def agree(self, index):
        page, request, account = self.consents[index % len(self.consents)]
        response = self.run(provider.answer_consent(self.browser, page))
        if account == self.signed_in and "code=" in response.headers.get("location", ""):
            self.consented.add(account)
        wants_code = self.wants_code.get(request, True)
        self.check_response(response, request, wants_code)

    @precondition(lambda self: self.tokens)
    @rule(index=pick)
    def check_userinfo(self, index):
        """Check that userinfo has what is proven now."""
        token, account, wants_code = self.tokens[index % len(self.tokens)]
        bearer = {"Authorization": f"Bearer {token}"}
        response = self.run(self.browser.get("/identity/userinfo", headers=bearer))
        if response.status_code == 401:  # ended with its proof
            return
        body = response.json()
        assert (names.CORE_IDENTITY in body) == bool(self.proven[account])
        assert wants_code or names.RETURN_CODE not in body
        if wants_code and not self.proven[account]:
            assert body[names.RETURN_CODE] == [{"code": "X"}]


class _Clerk:
    subject = "clerk"


_CLERK = _Clerk()


@pytest.fixture(scope="module")
def settings(settings):
    """Rates that no machine reaches, however fast: other tests hold the limits."""
    return settings.model_copy(update={"limit_sign_in": Limit(1_000_000, 1, "sign-in")})


@pytest.mark.timeout(120)
@pytest.mark.parametrize("examples", [5, pytest.param(25, marks=pytest.mark.long)])
async def test_no_order_yields_an_identity_without_a_proof(app, client, database, examples):
    service = await provider.register(database, identity_levels=["P2"])
    people = [await provider.create_person(database) for _ in range(2)]
    loop = asyncio.get_running_loop()
    make = partial(ProofMachine, database, partial(provider.make_browser, app), service, people, loop)
    limits = hypothesis_settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, make, settings=limits)
