"""A state machine that sends authorization requests in any order, and a model of the response to each."""

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chassis import ids
from identity.accounts.actions import sessions
from identity.closure.actions import close_account
from identity.grants.actions import consents
from services.identity.tests import provider

pick = st.integers(min_value=0, max_value=5)
browsers = st.sampled_from([0, 0, 0, 1])
people = st.sampled_from([0, 0, 1])
verifiers = st.sampled_from([None, None, None, "w" * 43])  # None: the right item
ONE, TWO = ("email",), ("email", "totp")
SCOPES = ("openid", "openid offline_access")
PROMPTS = (None, None, "none", "login", "consent")


@dataclass
class PendingRequest:
    """A request that waits: its browser, and what it asks for."""

    browser: int
    scopes: frozenset
    prompt: str | None
    hinted_account: object  # the account of its id_token_hint
    at: int
    secret: str = ""
    open: bool = True


@dataclass
class BrowserSession:
    account: object
    session: object
    two: bool
    at: int


@dataclass
class ModelGrant:
    """The grant of a code, in the model. It ends with its session, account or consent."""

    account: object
    session: object
    scopes: frozenset
    valid: bool = True
    redeemed: bool = False

    @property
    def offline(self):
        return "offline_access" in self.scopes


class AuthorizationMachine(RuleBasedStateMachine):
    """Two browsers, two people, and a service that needs two factors and consent."""

    def __init__(self, app, database, service, loop, reached):
        super().__init__()
        self.app, self.database, self.service, self.loop = app, database, service, loop
        self.reached: Counter = reached
        self.tick = itertools.count(1)
        self.browsers = [provider.make_browser(app) for _ in range(2)]
        self.people = [self.run(provider.create_person(database)) for _ in range(2)]
        self.signed_in = [None, None]
        self.consents = {}  # account -> (scopes, when)
        self.requests, self.pages, self.hints = [], [], []
        self.codes, self.refreshes = {}, {}

    def run(self, function):
        """Run a coroutine in the application's loop, which is in another thread."""
        return asyncio.run_coroutine_threadsafe(function, self.loop).result(20)

    def write(self, function, *arguments):
        async def run_in_transaction():
            async with self.database.writing() as session:
                await function(session, *arguments)

        self.run(run_in_transaction())

    def teardown(self):
        for browser in self.browsers:
            self.run(browser.aclose())

    def item(self, items, index):
        return items[index % len(items)]

    # The model.

    def expected(self, request):
        """Say what must come next: sign-in, consent, code, an error, or ``gone`` after an answer."""
        person, silent = self.signed_in[request.browser], request.prompt == "none"
        if not request.open:
            return "gone"
        is_hinted = person is None or request.hinted_account in {None, person.account}
        if not is_hinted and person.at > request.at:
            return "login_required"
        stale = request.prompt == "login" and person is not None and person.at < request.at
        lacks = {
            "nobody": person is None,
            "somebody else": not is_hinted,
            "one factor": person is not None and not person.two,
            "stale": stale,
        }
        if any(lacks.values()):
            self.reached.update(name for name, lacking in lacks.items() if lacking)
            return "login_required" if silent else "sign-in"
        scopes, when = self.consents.get(person.account, (frozenset(), 0))
        if not scopes >= request.scopes or (request.prompt == "consent" and when < request.at):
            return "consent_required" if silent else "consent"
        return "code"

    def check_response(self, request, response, expected):
        """Check that the response is the expected one."""
        self.reached[expected] += 1
        if response.status_code == 400:
            assert expected == "gone", f"a page of errors where {expected} was expected"
            return
        if response.status_code == 200:
            assert expected == "consent", f"a question where {expected} was expected"
            self.pages.append((request, self.signed_in[request.browser].account, response))
            return
        if response.headers["location"].startswith("/identity/"):
            assert expected == "sign-in", f"to sign in where {expected} was expected"
            request.secret = provider.read_request_id(response)
            return
        parameters = provider.read_redirect(response)
        request.open = False
        assert parameters.get("error", "code") == expected, f"{parameters} where {expected} was expected"
        if "code" in parameters:
            person = self.signed_in[request.browser]
            self.codes[parameters["code"]] = ModelGrant(person.account, person.session, request.scopes)

    # The steps of people and services.

    @rule(
        browser=browsers, scope=st.sampled_from(SCOPES), prompt=st.sampled_from(PROMPTS), pushed=st.booleans()
    )
    def ask(self, browser, scope, prompt, pushed, hinted_account=None, hint=None):
        request = PendingRequest(browser, frozenset(scope.split()), prompt, hinted_account, next(self.tick))
        more = {"acr_values": "Cl.Cm", "scope": scope, "prompt": prompt, "id_token_hint": hint}
        client = self.browsers[browser]
        if pushed:
            self.reached["pushed"] += 1
            fields = {**self.service.request(**more), **self.service.credentials}
            uri = self.run(client.post("/identity/par", data=fields)).json()["request_uri"]
            by_name = {"client_id": self.service.client_id, "request_uri": uri}
            response = self.run(client.get("/identity/authorize", params=by_name))
        else:
            response = self.run(provider.ask(client, self.service, **more))
        self.requests.append(request)
        self.check_response(request, response, self.expected(request))

    @precondition(lambda self: self.hints)
    @rule(browser=browsers, index=pick, prompt=st.sampled_from([None, "none"]), other=st.booleans())
    def ask_for_named_person(self, browser, index, prompt, other):
        """Ask with an id_token_hint; another person may be signed in there."""
        account, token = self.item(self.hints, index)
        self.reached["named"] += 1
        if other:
            self.sign_in(browser, 1 - self.people.index(account), TWO)
        self.ask(browser, "openid", prompt, pushed=False, hinted_account=account, hint=token)

    @rule(browser=browsers, person=people, methods=st.sampled_from([ONE, TWO, ("passkey",)]))
    def sign_in(self, browser, person, methods):
        account = self.people[person]
        session = self.run(provider.sign_in(self.database, self.browsers[browser], account, methods))
        self.signed_in[browser] = BrowserSession(account, session, methods != ONE, next(self.tick))

    @rule(browser=browsers, person=people, scope=st.sampled_from(SCOPES))
    def sign_in_and_step_up(self, browser, person, scope):
        """Sign in with one factor, and add the second when it is needed."""
        self.sign_in(browser, person, ONE)
        self.ask(browser, scope, None, pushed=False)
        self.sign_in(browser, person, TWO)
        self.reached["stepped up"] += 1
        self.continue_request(self.requests[-1])

    @rule(browser=browsers, person=people, scope=st.sampled_from(SCOPES))
    def ask_signed_in(self, browser, person, scope):
        """Sign in before the request, as most people do."""
        self.sign_in(browser, person, TWO)
        self.ask(browser, scope, None, pushed=False)

    @rule(browser=browsers, person=people, scope=st.sampled_from(SCOPES))
    def ask_and_agree(self, browser, person, scope, answer="yes"):
        """Agree, if the person is asked."""
        self.ask_signed_in(browser, person, scope)
        if self.pages and self.pages[-1][0] is self.requests[-1]:
            self.answer(0, answer)

    @rule(browser=browsers, person=people, prompt=st.sampled_from(PROMPTS))
    def ask_with_one_factor(self, browser, person, prompt):
        self.sign_in(browser, person, ONE)
        self.ask(browser, SCOPES[0], prompt, pushed=False)
        if self.requests[-1].secret:
            self.continue_elsewhere(self.requests[-1])

    @rule(person=people, prompt=st.sampled_from(["none", "login"]), pushed=st.booleans())
    def ask_without_consent(self, person, prompt, pushed):
        self.withdraw_consent(person)
        self.sign_in(0, person, TWO)
        self.ask(0, SCOPES[0], prompt, pushed)

    @rule(person=people)
    def ask_and_decline(self, person):
        self.withdraw_consent(person)
        self.ask_and_agree(0, person, SCOPES[0], "no")

    @rule(browser=browsers, person=people, scope=st.sampled_from(SCOPES), verifier=verifiers)
    def ask_and_redeem(self, browser, person, scope, verifier):
        """Redeem the code, with the right verifier or another."""
        self.ask_and_agree(browser, person, scope)
        self.redeem(0, verifier)

    @rule(person=people, index=st.integers(0, 1))
    def redeem_and_refresh(self, person, index):
        """Refresh with the newest token, then with it or the one before."""
        self.ask_and_redeem(0, person, SCOPES[1], None)
        self.refresh(0)
        self.refresh(index)

    @rule(person=people, scope=st.sampled_from(SCOPES))
    def agree_and_sign_out(self, person, scope):
        """Sign out before the service redeems the code."""
        self.ask_and_agree(0, person, scope)
        self.sign_out(0)
        self.redeem(0, None)

    @precondition(lambda self: any(self.signed_in))
    @rule(browser=browsers)
    def sign_out(self, browser):
        person = self.signed_in[browser]
        if person is None:
            return
        self.reached["signed out"] += 1
        self.write(sessions.end, person.account, person.session, "signed-out")
        self.signed_in[browser] = None
        for grant in self.list_grants():
            grant.valid &= grant.session != person.session or grant.offline

    def list_grants(self):
        return [*self.codes.values(), *(grant for grant, _ in self.refreshes.values())]

    @precondition(lambda self: any(request.secret for request in self.requests))
    @rule(index=pick)
    def continue_any(self, index):
        self.continue_request(self.item([request for request in self.requests if request.secret], index))

    def continue_request(self, request):
        response = self.run(provider.continue_request(self.browsers[request.browser], request.secret))
        self.check_response(request, response, self.expected(request))

    def continue_elsewhere(self, request):
        """Continue the request in the other browser, where it does not exist."""
        self.reached["another browser"] += 1
        response = self.run(provider.continue_request(self.browsers[1 - request.browser], request.secret))
        assert response.status_code == 400, "another browser's request went on"

    @precondition(lambda self: self.pages)
    @rule(index=pick, answer=st.sampled_from(["yes", "yes", "yes", "yes", "no", ""]))
    def answer(self, index, answer):
        """Answer any page that was ever shown, whoever is signed in now."""
        request, account, page = self.item(self.pages, -1 - index)
        session, expected = self.signed_in[request.browser], self.expected(request)
        prompted = session is not None and session.account == account
        if prompted and expected != "gone":
            if answer != "yes":
                expected = "access_denied"
            elif expected == "consent":
                self.consents[account] = (request.scopes, next(self.tick))
                expected = self.expected(request)
        self.reached["answered for another"] += not prompted
        response = self.run(provider.answer_consent(self.browsers[request.browser], page, answer))
        self.check_response(request, response, expected)

    @rule(person=people)
    def withdraw_consent(self, person):
        account = self.people[person]
        self.reached["taken back"] += account in self.consents
        self.write(consents.revoke_consent, "citytown", account, ids.read(self.service.client_id))
        self.consents.pop(account, None)
        self.void_grants(account)

    def void_grants(self, account):
        for grant in self.list_grants():
            grant.valid &= grant.account != account

    @precondition(lambda self: any(grant.valid for grant in self.codes.values()))
    @rule(person=people)
    def close_account_of(self, person):
        """Close an account; another person takes its place."""
        account, self.people[person] = self.people[person], self.run(provider.create_person(self.database))
        self.reached["closed"] += 1
        self.write(close_account, self.app.state.auth, account)
        self.signed_in = [None if item and item.account == account else item for item in self.signed_in]
        self.consents.pop(account, None)
        self.hints = [hint for hint in self.hints if hint[0] != account]
        self.void_grants(account)

    @precondition(lambda self: self.codes)
    @rule(index=pick, verifier=verifiers)
    def redeem(self, index, verifier):
        code = self.item(list(self.codes), -1 - index)
        grant, more = self.codes[code], {"code_verifier": verifier} if verifier else {}
        answer = self.run(self.service.redeem(self.browsers[0], code, **more))
        valid = grant.valid and not grant.redeemed and verifier is None
        self.check_tokens(answer, grant, valid)
        if not valid:
            self.void_family(grant)
        grant.redeemed = True

    @precondition(lambda self: self.refreshes)
    @rule(index=pick)
    def refresh(self, index):
        """Use the newest refresh token, or a used one, which ends the whole grant."""
        token = self.item(list(self.refreshes), -1 - index)
        grant, used = self.refreshes[token]
        answer = self.run(self.service.refresh(self.browsers[0], token))
        self.refreshes[token] = (grant, True)
        self.reached["refreshed"] += 1
        self.check_tokens(answer, grant, grant.valid and not used)
        if used:
            self.void_family(grant)

    def void_family(self, grant):
        grant.valid = False

    def check_tokens(self, response, grant, valid):
        """Check for tokens of the right person at the right level, or for none."""
        self.reached["tokens" if valid else "no tokens"] += 1
        if not valid:
            assert (response.status_code, response.json()["error"]) == (400, "invalid_grant"), response.text
            return
        assert response.status_code == 200, response.text
        tokens = response.json()
        claims = self.run(provider.verify_claims(self.browsers[0], tokens["id_token"]))
        assert claims["sub"] == self.run(provider.subject_at(self.app, "citytown", grant.account))
        assert (claims["acr"], frozenset(tokens["scope"].split())) == ("Cl.Cm", grant.scopes)
        assert ("refresh_token" in tokens) is grant.offline
        self.hints.append((grant.account, tokens["id_token"]))
        if grant.offline:
            self.refreshes[tokens["refresh_token"]] = (grant, False)

    @invariant()
    def every_good_grant_has_a_consent(self):
        for grant in self.list_grants():
            if grant.valid:
                assert grant.account in self.consents
