"""A machine that sends requests in any order, beside a model of what must come of each; nothing else may."""

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chassis import ids
from identity.accounts.actions import sessions
from identity.grants.actions import consents, subjects
from identity.self_service.actions import close_account
from services.identity.tests import provider

pick = st.integers(min_value=0, max_value=5)
browsers = st.sampled_from([0, 0, 0, 1])
people = st.sampled_from([0, 0, 1])
verifiers = st.sampled_from([None, None, None, "w" * 43])  # None: the right one
ONE, TWO = ("email",), ("email", "totp")
SCOPES = ("openid", "openid offline_access")
PROMPTS = (None, None, "none", "login", "consent")


@dataclass
class Asked:
    """A request on its way: whose browser, and what it wants."""

    browser: int
    scopes: frozenset
    prompt: str | None
    named: object  # the account of its id_token_hint
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
class Granted:
    """What came of a code: with its session's end, the account's or the consent's it is worth nothing."""

    account: object
    session: object
    scopes: frozenset
    good: bool = True
    redeemed: bool = False

    @property
    def offline(self):
        return "offline_access" in self.scopes


class Orders(RuleBasedStateMachine):
    """Two browsers, two people, a service that wants two factors and consent."""

    def __init__(self, app, database, service, loop, seen):
        super().__init__()
        self.app, self.database, self.service, self.loop = app, database, service, loop
        self.seen: Counter = seen
        self.tick = itertools.count(1)
        self.browsers = [provider.browser_of(app) for _ in range(2)]
        self.people = [self.run(provider.person(database)) for _ in range(2)]
        self.signed = [None, None]
        self.agreed = {}  # account -> (scopes, when)
        self.requests, self.pages, self.hints = [], [], []
        self.codes, self.refreshes = {}, {}

    def run(self, work):
        """Run it in the loop of the application, which is another thread's."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def write(self, work, *arguments):
        async def inside():
            async with self.database.writing() as session:
                await work(session, *arguments)

        self.run(inside())

    def teardown(self):
        for browser in self.browsers:
            self.run(browser.aclose())

    def one(self, things, which):
        return things[which % len(things)]

    # What must come next.

    def due(self, asked):
        """The model: sign-in, consent, code or an error; and ``gone`` for a request answered before."""
        who, silent = self.signed[asked.browser], asked.prompt == "none"
        if not asked.open:
            return "gone"
        named = who is None or asked.named in {None, who.account}
        if not named and who.at > asked.at:
            return "login_required"
        stale = asked.prompt == "login" and who is not None and who.at < asked.at
        lacks = {
            "nobody": who is None,
            "somebody else": not named,
            "one factor": who is not None and not who.two,
            "stale": stale,
        }
        if any(lacks.values()):
            self.seen.update(name for name, lacking in lacks.items() if lacking)
            return "login_required" if silent else "sign-in"
        scopes, when = self.agreed.get(who.account, (frozenset(), 0))
        if not scopes >= asked.scopes or (asked.prompt == "consent" and when < asked.at):
            return "consent_required" if silent else "consent"
        return "code"

    def take(self, asked, response, due):
        """What came is what was due, and nothing else."""
        self.seen[due] += 1
        if response.status_code == 400:
            assert due == "gone", f"a page of errors where {due} was due"
            return
        if response.status_code == 200:
            assert due == "consent", f"a question where {due} was due"
            self.pages.append((asked, self.signed[asked.browser].account, response))
            return
        if response.headers["location"].startswith("/identity/"):
            assert due == "sign-in", f"to sign in where {due} was due"
            asked.secret = provider.waiting(response)
            return
        said = provider.answered(response)
        asked.open = False
        assert said.get("error", "code") == due, f"{said} where {due} was due"
        if "code" in said:
            who = self.signed[asked.browser]
            self.codes[said["code"]] = Granted(who.account, who.session, asked.scopes)

    # What people and services do.

    @rule(
        browser=browsers, scope=st.sampled_from(SCOPES), prompt=st.sampled_from(PROMPTS), pushed=st.booleans()
    )
    def ask(self, browser, scope, prompt, pushed, named=None, hint=None):
        asked = Asked(browser, frozenset(scope.split()), prompt, named, next(self.tick))
        more = {"acr_values": "Cl.Cm", "scope": scope, "prompt": prompt, "id_token_hint": hint}
        tab = self.browsers[browser]
        if pushed:
            self.seen["pushed"] += 1
            fields = {**self.service.request(**more), **self.service.credentials}
            uri = self.run(tab.post("/identity/par", data=fields)).json()["request_uri"]
            by_name = {"client_id": self.service.client_id, "request_uri": uri}
            response = self.run(tab.get("/identity/authorize", params=by_name))
        else:
            response = self.run(provider.ask(tab, self.service, **more))
        self.requests.append(asked)
        self.take(asked, response, self.due(asked))

    @precondition(lambda self: self.hints)
    @rule(browser=browsers, which=pick, prompt=st.sampled_from([None, "none"]), other=st.booleans())
    def ask_for_somebody(self, browser, which, prompt, other):
        """By an id_token of his; perhaps it is another person who sits there."""
        account, token = self.one(self.hints, which)
        self.seen["named"] += 1
        if other:
            self.sign_in(browser, 1 - self.people.index(account), TWO)
        self.ask(browser, "openid", prompt, pushed=False, named=account, hint=token)

    @rule(browser=browsers, who=people, methods=st.sampled_from([ONE, TWO, ("passkey",)]))
    def sign_in(self, browser, who, methods):
        account = self.people[who]
        session = self.run(provider.sign_in(self.database, self.browsers[browser], account, methods))
        self.signed[browser] = BrowserSession(account, session, methods != ONE, next(self.tick))

    @rule(browser=browsers, who=people, scope=st.sampled_from(SCOPES))
    def come_and_step_up(self, browser, who, scope):
        """The same person, with a second factor when it is asked for."""
        self.sign_in(browser, who, ONE)
        self.ask(browser, scope, None, pushed=False)
        self.sign_in(browser, who, TWO)
        self.seen["stepped up"] += 1
        self.go_on_with(self.requests[-1])

    @rule(browser=browsers, who=people, scope=st.sampled_from(SCOPES))
    def come_signed_in(self, browser, who, scope):
        """What most people do."""
        self.sign_in(browser, who, TWO)
        self.ask(browser, scope, None, pushed=False)

    @rule(browser=browsers, who=people, scope=st.sampled_from(SCOPES))
    def come_and_agree(self, browser, who, scope, answer="yes"):
        """And then agree, where they are asked."""
        self.come_signed_in(browser, who, scope)
        if self.pages and self.pages[-1][0] is self.requests[-1]:
            self.answer(0, answer)

    @rule(browser=browsers, who=people, prompt=st.sampled_from(PROMPTS))
    def come_with_one_factor(self, browser, who, prompt):
        self.sign_in(browser, who, ONE)
        self.ask(browser, SCOPES[0], prompt, pushed=False)
        if self.requests[-1].secret:
            self.go_on_elsewhere(self.requests[-1])

    @rule(who=people, prompt=st.sampled_from(["none", "login"]), pushed=st.booleans())
    def come_without_consent(self, who, prompt, pushed):
        self.take_back(who)
        self.sign_in(0, who, TWO)
        self.ask(0, SCOPES[0], prompt, pushed)

    @rule(who=people)
    def come_and_decline(self, who):
        self.take_back(who)
        self.come_and_agree(0, who, SCOPES[0], "no")

    @rule(browser=browsers, who=people, scope=st.sampled_from(SCOPES), verifier=verifiers)
    def come_all_the_way(self, browser, who, scope, verifier):
        """To tokens, unless somebody else brings the code."""
        self.come_and_agree(browser, who, scope)
        self.redeem(0, verifier)

    @rule(who=people, which=st.integers(0, 1))
    def come_and_refresh(self, who, which):
        """Then with the newest token, or once more with the one before."""
        self.come_all_the_way(0, who, SCOPES[1], None)
        self.refresh(0)
        self.refresh(which)

    @rule(who=people, scope=st.sampled_from(SCOPES))
    def come_and_go(self, who, scope):
        """Sign out before the service brings the code."""
        self.come_and_agree(0, who, scope)
        self.sign_out(0)
        self.redeem(0, None)

    @precondition(lambda self: any(self.signed))
    @rule(browser=browsers)
    def sign_out(self, browser):
        who = self.signed[browser]
        if who is None:
            return
        self.seen["signed out"] += 1
        self.write(sessions.end, who.account, who.session, "signed-out")
        self.signed[browser] = None
        for grant in self.granted():
            grant.good &= grant.session != who.session or grant.offline

    def granted(self):
        return [*self.codes.values(), *(grant for grant, _ in self.refreshes.values())]

    @precondition(lambda self: any(asked.secret for asked in self.requests))
    @rule(which=pick)
    def go_on(self, which):
        self.go_on_with(self.one([asked for asked in self.requests if asked.secret], which))

    def go_on_with(self, asked):
        response = self.run(provider.proceed(self.browsers[asked.browser], asked.secret))
        self.take(asked, response, self.due(asked))

    def go_on_elsewhere(self, asked):
        """In the other browser, whoever is signed in there, it is nobody's."""
        self.seen["another browser"] += 1
        response = self.run(provider.proceed(self.browsers[1 - asked.browser], asked.secret))
        assert response.status_code == 400, "another browser's request went on"

    @precondition(lambda self: self.pages)
    @rule(which=pick, answer=st.sampled_from(["yes", "yes", "yes", "yes", "no", ""]))
    def answer(self, which, answer):
        """Of any page that was ever shown, whoever is signed in by now."""
        asked, person, page = self.one(self.pages, -1 - which)
        who, due = self.signed[asked.browser], self.due(asked)
        mine = who is not None and who.account == person
        if mine and due != "gone":
            if answer != "yes":
                due = "access_denied"
            elif due == "consent":
                self.agreed[person] = (asked.scopes, next(self.tick))
                due = self.due(asked)
        self.seen["answered for another"] += not mine
        response = self.run(provider.agree(self.browsers[asked.browser], page, answer))
        self.take(asked, response, due)

    @rule(who=people)
    def take_back(self, who):
        account = self.people[who]
        self.seen["taken back"] += account in self.agreed
        self.write(consents.revoke_consent, "citytown", account, ids.read(self.service.client_id))
        self.agreed.pop(account, None)
        self.spoil(account)

    def spoil(self, account):
        for grant in self.granted():
            grant.good &= grant.account != account

    @precondition(lambda self: any(grant.good for grant in self.codes.values()))
    @rule(who=people)
    def close(self, who):
        """An account ends, and somebody else comes in its place."""
        account, self.people[who] = self.people[who], self.run(provider.person(self.database))
        self.seen["closed"] += 1
        self.write(close_account, self.app.state.auth, account)
        self.signed = [None if one and one.account == account else one for one in self.signed]
        self.agreed.pop(account, None)
        self.hints = [hint for hint in self.hints if hint[0] != account]
        self.spoil(account)

    @precondition(lambda self: self.codes)
    @rule(which=pick, verifier=verifiers)
    def redeem(self, which, verifier):
        code = self.one(list(self.codes), -1 - which)
        grant, more = self.codes[code], {"code_verifier": verifier} if verifier else {}
        answer = self.run(self.service.redeem(self.browsers[0], code, **more))
        good = grant.good and not grant.redeemed and verifier is None
        self.got(answer, grant, good)
        if not good:
            self.spoil_family(grant)
        grant.redeemed = True

    @precondition(lambda self: self.refreshes)
    @rule(which=pick)
    def refresh(self, which):
        """The newest of a family, or one used before: then all of the family ends."""
        token = self.one(list(self.refreshes), -1 - which)
        grant, used = self.refreshes[token]
        answer = self.run(self.service.refresh(self.browsers[0], token))
        self.refreshes[token] = (grant, True)
        self.seen["refreshed"] += 1
        self.got(answer, grant, grant.good and not used)
        if used:
            self.spoil_family(grant)

    def spoil_family(self, grant):
        grant.good = False

    def got(self, answer, grant, good):
        """Tokens of the right person at the right level; or nothing at all."""
        self.seen["tokens" if good else "no tokens"] += 1
        if not good:
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant"), answer.text
            return
        assert answer.status_code == 200, answer.text
        tokens = answer.json()
        claims = self.run(provider.claims_of(self.browsers[0], tokens["id_token"]))
        assert claims["sub"] == subjects.derive_subject(self.app.state.issuer, "citytown", grant.account)
        assert (claims["acr"], frozenset(tokens["scope"].split())) == ("Cl.Cm", grant.scopes)
        assert ("refresh_token" in tokens) is grant.offline
        self.hints.append((grant.account, tokens["id_token"]))
        if grant.offline:
            self.refreshes[tokens["refresh_token"]] = (grant, False)

    @invariant()
    def nobody_is_told_of_more_than_he_agreed_to(self):
        for grant in self.granted():
            if grant.good:
                assert grant.account in self.agreed
