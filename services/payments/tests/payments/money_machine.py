"""A state machine that does to payments all that can happen to them, in any order and at the same time.

Services repeat requests under the same Idempotency-Key, payers click, requests die half-way, the processor
fails, jobs run now or late. In the end everything is brought to rest, and the books must agree.
"""

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from chassis import ids
from payments.payments.rules.states import Status
from services.payments.tests.conftest import V1, new_payment
from services.payments.tests.payments.books import check_books, check_refunded, read_books
from services.payments.tests.payments.money_world import DELAY

PARKING = {"fund": "13", "ledger_code": "PARKING"}  # has VAT at the standard rate
RENT = {"fund": "5", "reference": "00123456782"}
BASKETS = (None, [(PARKING, 1_001)], [(PARKING, 333), (RENT, 250), (PARKING, 7)])
FAULTS = ("timeout-after-accept", "500-after-accept", "error-before", "slow")
OPERATIONS = ("authorise", "capture", "cancel", "refund", "read")
STEPS = ("cancel", "capture", "confirm", "give_up", "jobs", "refund")
SPREADS = ("last_line_first", "largest_remainder")
WITHIN = 60  # seconds that any one step may take

NEW = 3
pick = st.integers(0, NEW)
cards = st.sampled_from(
    ["visa-credit", "visa-corporate-credit", "declined", "processing-error", "no-such-card"]
)
twins = st.sampled_from([1, 1, 1, 3])
# Turns of the event loop after which a request dies; None: it lives.
lives = st.sampled_from([None, None, None, 4, 40, 150, 400])


@dataclass
class Attempt:
    """A request under its Idempotency-Key, with the answers that somebody got."""

    path: str
    key: str
    body: dict | None
    answers: list = field(default_factory=list)
    is_open: bool = True  # some request of it died: the client goes on asking

    def list_acknowledged(self):
        """List the answers that say that it was done."""
        return [answer for answer in self.answers if answer.status_code < 300]


class MoneyMachine(RuleBasedStateMachine):
    """A service, payers, a worker and a processor, on an account of their own."""

    def __init__(self, world, loop):
        super().__init__()
        self.world, self.loop = world, loop
        self.numbers = itertools.count(1)
        self.created, self.sold, self.attempts = [], [], []

    @initialize(
        delay=st.sampled_from([0, 0, DELAY]),
        spread=st.sampled_from(SPREADS),
        basket=st.sampled_from(BASKETS),
        delayed=st.booleans(),
    )
    def open_desk(self, delay, spread, basket, delayed):
        """Open an account, with one payment so that all else has something to happen to."""
        self.desk = self.run(self.world.open_desk(delay=delay, spread=spread))
        self.sell(basket, delayed)

    def run(self, coroutine):
        """Run a coroutine in the application's loop, which is in another thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(WITHIN)

    @property
    def reached(self) -> Counter:
        return self.world.reached

    # What a service asks for

    @rule(basket=st.sampled_from(BASKETS), delayed=st.booleans(), copies=twins, life=lives)
    def create(self, basket, delayed, copies, life):
        reference = f"R{next(self.numbers)}"
        amount = 1_450 if basket is None else sum(amount for _, amount in basket)
        body = new_payment(amount=amount, reference=reference, delayed_capture=delayed)
        if basket:
            body["lines"] = [{**line, "amount": amount} for line, amount in basket]
        attempt = self.begin(V1, body)
        self.run(self.send(attempt, copies, life))
        if attempt.answers:
            self.created.append(attempt.answers[0].json()["payment_id"])

    @rule(payment_name=pick, copies=twins, life=lives, action=st.sampled_from(["cancel", "capture"]))
    def end(self, payment_name, copies, life, action):
        self.run(self.send(self.begin(f"{V1}/{self.choose(payment_name)}/{action}"), copies, life))

    @rule(payment_name=pick, part=st.integers(1, 100), by_line=st.booleans(), copies=twins, life=lives)
    def refund(self, payment_name, part, by_line, copies, life):
        self.run(self.send(self.begin_refund(payment_name, part, by_line=by_line), copies, life))

    @rule(payment_name=pick)
    def repeat(self, payment_name):
        """Repeat a request: its answer was lost, or somebody clicked twice."""
        self.run(self.send(choose(self.attempts, payment_name), 1, None))

    def begin(self, path, body=None):
        attempt = Attempt(path, f"{self.desk.client_id}-{next(self.numbers)}", body)
        self.attempts.append(attempt)
        return attempt

    def begin_refund(self, payment_name, part, *, by_line=False):
        """Begin a refund of so many hundredths of a payment, or of its first line."""
        amount = max(1, 700 * part // 100)
        lines = {"lines": [{"line": 1, "amount": amount}]} if by_line else {}
        payment = choose(self.sold, payment_name)
        return self.begin(f"{V1}/{payment}/refunds", {"amount": amount, **lines})

    def choose(self, payment_name):
        """Choose a payment of those that were not sold at once, or a new one."""
        if payment_name == NEW or not self.created:
            self.create(None, payment_name % 2 == 0, 1, None)
        return choose(self.created, payment_name)

    async def send(self, attempt, copies, life):
        """Send a request, so many at once; those die after ``life`` turns of the loop."""
        answers = await asyncio.gather(*(self.let_die(self.post(attempt), life) for _ in range(copies)))
        attempt.answers += [answer for answer in answers if answer is not None]
        attempt.is_open = not attempt.answers
        self.check_answers(attempt)

    async def let_die(self, coroutine, life):
        """Run something, which dies where it is after ``life`` turns of the loop: None then."""
        task = asyncio.create_task(coroutine)
        if life is not None:
            for _ in range(life):
                await asyncio.sleep(0)
            task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            self.reached["died"] += 1
            return None

    async def post(self, attempt):
        headers = {**self.desk.headers, "Idempotency-Key": attempt.key}
        return await self.world.client.post(attempt.path, json=attempt.body, headers=headers)

    def check_answers(self, attempt):
        """Check the answers that a key has got so far: one effect, and no failure of ours."""
        for answer in attempt.answers:
            code = None if answer.status_code < 300 else answer.json()["code"]
            assert answer.status_code < 300 or code in {"P0501", "P0502", "P0602", "P0603", "P1001"}, (
                answer.text
            )
            self.reached[f"{attempt.path.rpartition('/')[2]} {code or answer.status_code}"] += 1
        names = {"payments": "payment_id", "refunds": "refund_id"}
        if name := names.get(attempt.path.rpartition("/")[2]):
            assert len({answer.json()[name] for answer in attempt.list_acknowledged()}) <= 1, "two effects"

    # What a payer does

    @rule(payment_name=pick, card=cards, life=lives, then=st.sampled_from(["confirm", "give_up", "go away"]))
    def visit(self, payment_name, card, life, then):
        """Open the page, give a card, and confirm or not; the request may die at any moment."""
        payment = self.choose(payment_name)
        self.run(self.let_die(self.world.give_card(payment, card), life))
        if then != "go away":
            self.run(getattr(self.world, then)(payment))

    @rule(
        payment_name=pick,
        result=st.sampled_from(["pass", "pass", "fail", "unavailable"]),
        returns=st.booleans(),
    )
    def visit_with_challenge(self, payment_name, result, returns):
        """Answer 3-D Secure at the bank's page, and come back from there or not."""
        payment = self.choose(payment_name)
        self.run(self.world.give_card(payment, "three-d-secure"))
        self.run(self.world.answer_challenge(self.desk, payment, result, returns=returns))
        if returns:
            self.run(self.world.confirm(payment))

    @rule(basket=st.sampled_from(BASKETS), delayed=st.booleans())
    def sell(self, basket, delayed):
        """Go all the way to a payment that is captured."""
        self.create(basket, delayed, 1, None)
        self.visit(0, "visa-credit", None, "confirm")
        if delayed:
            self.end(0, 1, None, "capture")
        self.run_jobs(0, None)
        self.sold.append(self.created.pop())

    # What happens meanwhile

    @rule(payment_name=pick, steps=st.lists(st.sampled_from(STEPS), min_size=2, max_size=4))
    def race(self, payment_name, steps):
        """Let several things happen to a payment at once."""

        if "refund" in steps:
            self.sell(None, delayed=False)

        payment = self.choose(payment_name)

        async def race():
            await asyncio.gather(*(self.make_step(payment, step) for step in steps))

        self.run(race())

    def make_step(self, payment, step):
        if step == "refund":
            return self.send(self.begin_refund(0, 60), 2, None)
        if step in {"cancel", "capture"}:
            return self.send(self.begin(f"{V1}/{payment}/{step}"), 1, None)
        if step == "jobs":
            return self.world.run_jobs(timedelta())
        return getattr(self.world, step)(payment)

    @rule(operation=st.sampled_from(OPERATIONS), fault=st.sampled_from(FAULTS), count=st.integers(1, 4))
    def break_processor(self, operation, fault, count):
        self.run(self.desk.control("faults", operation=operation, fault=fault, count=count, seconds=0))

    @rule(count=st.integers(1, 2))
    def fail_refunds(self, count):
        self.run(self.desk.control("faults", operation="refund", fault="fail", count=count))

    @rule(hours=st.sampled_from([0, 0, 1, 3]), life=lives)
    def run_jobs(self, hours, life):
        """Run a worker, at once or so late that payments expire and failed calls are made again."""
        self.run(self.let_die(self.world.run_jobs(timedelta(hours=hours)), life))

    @rule()
    def complete_at_processor(self):
        """Let the processor complete what it only took note of."""
        self.run(self.desk.complete())

    def teardown(self):
        try:
            self.run(self.rest())
        finally:
            self.run(self.desk.close())

    async def rest(self):
        """Bring everything to rest and compare the books."""
        await self.desk.clear_faults()
        check_refunded(await self.read_books())
        for attempt in self.attempts:
            if attempt.is_open:
                await self.send(attempt, 1, None)
        await self.world.finish_jobs(self.desk)
        books = await self.read_books()
        check_books(books)
        self.check_effects(books)
        self.world.closed.append(books)
        for payment in books.payments:
            self.reached[payment["status"]] += 1

    async def read_books(self):
        return await read_books(self.world.connection, self.desk.processor, "citytown", self.desk.account)

    def check_effects(self, books):
        """Check that each acknowledged key had its effect, and that nothing else has happened."""
        histories = {payment["id"]: books.list_history(payment["id"]) for payment in books.payments}
        acknowledged = {}
        for attempt in self.attempts:
            if answers := attempt.list_acknowledged():
                acknowledged.setdefault(attempt.path.rpartition("/")[2], []).append((attempt, answers[0]))
        created = {answer.json()["payment_id"] for _, answer in acknowledged.get("payments", ())}
        assert created == {ids.show(payment) for payment in histories}
        assert len(created) == len(acknowledged.get("payments", ()))
        refunds = [answer.json()["refund_id"] for _, answer in acknowledged.get("refunds", ())]
        assert sorted(refunds) == sorted(ids.show(refund["id"]) for refund in books.refunds)
        for action, state in (("cancel", Status.CANCELLED_BY_SERVICE), ("capture", Status.CAPTURING)):
            for attempt, _ in acknowledged.get(action, ()):
                payment = ids.read(attempt.path.split("/")[-2])
                assert histories[payment].count(state) == 1


def choose(items, payment_name):
    """Choose one of the last items."""
    return items[-1 - payment_name % len(items)]
