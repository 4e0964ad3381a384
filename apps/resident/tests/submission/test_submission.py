"""From a finished form to a case and its payment: once, whatever crashes, clicks twice or is away."""

import asyncio
import json
import re
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select, text

from chassis import clock, ids
from chassis.jobs import CallContext
from chassis.problems import Problem as PageProblem
from resident.shared import platform as platform_module
from resident.shared.platform import Platform
from resident.submission.actions import hand_over as hand_over_module
from resident.submission.actions.hand_over import FinishedForm
from resident.submission.actions.hand_over import hand_over as hand_over_form
from resident.submission.actions.keys import make_path
from resident.submission.rules import Step
from resident.submission.tables import submission

ADDRESS = {"uprn": "10000000001", "label": "1 High Street"}
BIN = {"address": ADDRESS, "bin": "rubbish", "kept": "edge", "contact": {"email": "ann@example.org"}}
GARDEN = {"address": ADDRESS, "bins": 2, "name": "Ann Unmistakable", "terms": True, "contact": {"post": True}}
REFERENCE = "HF7K-2P9Q-XBC"
WORDS = {"en": "", "cy": ""}
HEADINGS = {
    "en": [
        "Pay to finish",
        "You cannot pay at the moment",
        "We are checking your payment",
        "Your payment did not go through",
        "Payment complete",
        "We have your answers",
        "We have your answers",
        "We could not accept this",
    ],
    "cy": [
        "Talu i orffen",
        "Ni allwch dalu ar hyn o bryd",
        "Rydym yn gwirio eich taliad",
        "Nid aeth eich taliad drwodd",
        "Taliad wedi&#39;i gwblhau",
        "Mae eich atebion gennym",
        "Mae eich atebion gennym",
        "Ni allem dderbyn hyn",
    ],
}


class FakePlatform:
    """The gateway with casework and payments behind it: what they keep, and how they fail."""

    def __init__(self):
        self.cases, self.payments, self.keys, self.requests = {}, {}, {}, []
        self.fails = {}  # path's end: responses or errors, in turn
        self.amount = 10400
        self.states = {}

    def __call__(self, request):
        request.read()
        self.requests.append(request)
        path = request.url.path
        for end, failures in self.fails.items():
            if path.endswith(end) and failures:
                failure = failures.pop(0)
                if isinstance(failure, Exception):
                    raise failure
                if failure.status_code != 0:
                    return failure
        if path == "/identity/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 600})
        if path.endswith("/casework/v1/cases"):
            return self.open_case(json.loads(request.content))
        if path.endswith("/payments/v1/payments"):
            return self.create(request)
        return httpx.Response(200, json=self.show(path.rpartition("/")[2]))

    def open_case(self, body):
        self.cases.setdefault(body["submission"], body)
        payment = None
        if body["case_type"] == "garden-waste" and self.amount:
            line = {"fund": "garden-waste", "vat_code": None, "amount": self.amount}
            lines = [{**line, "reference": REFERENCE, "narrative": "Bins"}]
            payment = {
                "amount": self.amount, "reference": REFERENCE, "description": "Garden waste", "lines": lines,
                "metadata": {"case": "1"},
            }  # fmt: skip
        return httpx.Response(201, json=make_case_view(payment))

    def create(self, request):
        key = request.headers["Idempotency-Key"]
        is_new = key not in self.keys
        payment_id = self.keys.setdefault(key, ids.show(ids.new()))
        self.payments.setdefault(payment_id, json.loads(request.content))
        self.states.setdefault(payment_id, {"status": "created", "finished": False})
        return httpx.Response(201 if is_new else 200, json=self.show(payment_id))

    def show(self, payment_id):
        path = f"http://gateway.test/citytown/payments/secure/{len(self.requests)}"
        state = self.states[payment_id]
        links = {} if state["finished"] else {"next_url": {"href": path, "method": "GET"}}
        return {"payment_id": payment_id, "state": state, "_links": links}

    def finish(self, status, code=None, *, finished=True):
        """Finish the last payment."""
        last = list(self.states)[-1]
        self.states[last] = {"status": status, "finished": finished, **({"code": code} if code else {})}

    def count(self, end):
        return sum(request.url.path.endswith(end) for request in self.requests)


def make_case_view(payment):
    clock_ = {
        "clock": "deliver", "name": WORDS, "due_on": "2026-05-12", "due_at": None, "breached_at": None,
        "uncomputed": None, "basis": "", "source": "", "verified": False,
    }  # fmt: skip
    lists = ("fee_lines", "payments", "actions", "tasks", "clocks", "slots", "links", "splits")
    return {
        "id": ids.show(ids.new()), "reference": REFERENCE, "case_type": "x", "state": "applied", "result": "",
        "team": None, "assignee": None, "opened_at": "2026-05-01T10:00:00Z", "closed_at": None,
        "due_at": None,
        "version": 1, "mode": "sandbox", "public_state": WORDS, "staff_state": WORDS, "person": None,
        "submission": None, "uprn": None, "location": None, "contact": None, "charged": 0, "paid": 0,
        "amount_due": 0, "refund_due": 0, "refunded": 0, "fields": {}, "payment": payment,
        **{name: [] for name in lists}, "clocks": [clock_],
    }  # fmt: skip


@pytest.fixture
def fake():
    return FakePlatform()


@pytest.fixture
async def calls(app, client, fake, settings, tmp_path, monkeypatch):
    """The process's context, whose platform is the fake."""
    file = tmp_path / "clients.json"
    file.write_text(json.dumps({"citytown": {"client_id": "app", "secret": "s3cret"}}))
    transport = httpx.MockTransport(fake)
    monkeypatch.setattr(platform_module, "make_http", lambda: httpx.AsyncClient(transport=transport))
    platform = Platform(settings.model_copy(update={"clients": file, "gateway_url": "http://gateway.test"}))
    context: CallContext = app.state.calls
    monkeypatch.setitem(context._shared, Platform, platform)
    return context


@pytest.fixture
def worker(database, settings, calls, run_jobs, monkeypatch):
    """Run what the worker does after a time, with the same fake platform."""
    platform = calls._shared[Platform]
    monkeypatch.setattr(CallContext, "share", lambda self, make: platform)
    return run_jobs


@pytest.fixture
def make_form(bundles):
    def make(service="garden-waste", *, language="en", price=10400, **answers):
        bundle = bundles["citytown", service]
        answers = {**(BIN if service == "missed-bin" else GARDEN), **answers}
        path = tuple(question.id for question in bundle.questions if question.id in answers)
        price = 0 if service == "missed-bin" else price
        values = {"round.next": "2026-05-14"}
        return FinishedForm(ids.new(), service, bundle, path, answers, values, price, language)

    return make


async def hand_over(calls, council, form, close_draft=None):
    """Hand a form over, and return its own page, wherever the person was led."""
    await hand_over_form(calls, council, form, close_draft)
    return make_path(calls.settings, council, form.service, form.id)


async def read_row(database, form, council="citytown"):
    async with database.reading(council) as session:
        return await session.first(select(submission).where(submission.c.id == form.id))


async def follow(client, path, **query):
    return await client.get(path, params={"lang": "en", **query}, headers={"Accept": "text/html"})


async def press(client, path, **query):
    """Press the page's button."""
    page = await follow(client, path, **query)
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
    return await client.post(path, data={"csrf": token}, headers={"Accept": "text/html"})


async def test_a_form_without_a_fee_is_a_case_and_says_its_reference(
    client, calls, fake, database, make_form
):
    form = make_form("missed-bin")
    path = await hand_over(calls, "citytown", form)
    page = await follow(client, path)
    assert f"<strong>{REFERENCE}</strong>" in page.text
    assert fake.cases[ids.show(form.id)] == {
        "case_type": "missed-bin",
        "submission": ids.show(form.id),
        "uprn": 10000000001,
        "fields": {"uprn": "10000000001", "bin": "rubbish", "kept": "edge"},
        "contact": {"email": "ann@example.org", "language": "en"},
    }
    row = await read_row(database, form)
    assert (row.step, row.sealed) == (Step.DONE, None)


async def test_the_last_page_has_the_days_it_knows(client, calls, fake, make_form):
    fake.amount = 0
    page = await follow(client, await hand_over(calls, "citytown", make_form()))
    assert "12 May 2026" in page.text
    assert "14 May 2026" in page.text
    assert "((" not in page.text


async def test_a_case_with_a_fee_is_paid_and_the_page_reads_the_payment(
    client, calls, fake, database, make_form
):
    form = make_form()
    path = await hand_over(calls, "citytown", form)
    assert "£104" in (await follow(client, path)).text
    answer = await press(client, path)
    assert answer.status_code == 303
    assert "/payments/secure/" in answer.headers["location"]
    (payment,) = fake.payments.values()
    assert (payment["amount"], payment["reference"]) == (10400, REFERENCE)
    assert urlsplit(payment["return_url"]).path == path
    page = await follow(client, path, status="success")  # an address says nothing
    assert "You have not paid yet." in page.text
    fake.finish("success")
    page = await follow(client, path)
    assert "Payment complete" in page.text
    assert (await read_row(database, form)).step == Step.DONE


async def test_who_has_seen_the_price_is_led_to_pay_and_others_see_it_first(client, calls, fake, make_form):
    form = make_form()
    assert "/payments/secure/" in await hand_over_form(calls, "citytown", form)
    own_page = make_path(calls.settings, "citytown", form.service, form.id)
    assert await hand_over_form(calls, "citytown", form) == own_page  # a second click
    changed = make_form(price=5900)
    assert "/submissions/" in await hand_over_form(calls, "citytown", changed)
    fake.fails["/payments/v1/payments"] = [httpx.Response(503)] * 3
    assert "/submissions/" in await hand_over_form(calls, "citytown", make_form())
    assert len(fake.payments) == 1


async def test_two_clicks_and_two_tabs_are_one_case_and_one_payment(client, calls, fake, make_form):
    form = make_form()
    paths = await asyncio.gather(*[hand_over(calls, "citytown", form) for _ in range(3)])
    assert len(set(paths)) == 1
    await asyncio.gather(*[press(client, paths[0]) for _ in range(3)])
    assert (len(fake.cases), len(fake.payments), len(fake.keys)) == (1, 1, 1)


async def test_back_after_paying_does_not_pay_again(client, calls, fake, make_form):
    path = await hand_over(calls, "citytown", make_form())
    page = await follow(client, path)
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
    await client.post(path, data={"csrf": token})
    fake.finish("success")
    for _ in range(2):  # the second finds it done
        answer = await client.post(path, data={"csrf": token})
        assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert len(fake.payments) == 1


@pytest.mark.parametrize(
    ("code", "heading"),
    [
        ("P0010", "Your payment was declined"),
        ("P0020", "Your payment took too long"),
        ("P0030", "You cancelled your payment"),
        ("P0050", "Your payment did not go through"),
    ],
)
async def test_a_payment_that_failed_says_why_and_may_be_tried_again(
    client, calls, fake, make_form, code, heading
):
    path = await hand_over(calls, "citytown", make_form())
    await press(client, path)
    fake.finish("failed", code)
    page = await follow(client, path)
    assert heading in page.text
    assert "No money was taken." in page.text
    answer = await press(client, path)
    assert "/payments/secure/" in answer.headers["location"]
    assert "You have not paid yet." in (await follow(client, path)).text
    assert len(fake.cases) == 1
    assert [key.rpartition("-")[2] for key in fake.keys] == ["1", "2"]


async def test_two_tabs_try_again_as_one_attempt(client, calls, fake, make_form):
    path = await hand_over(calls, "citytown", make_form())
    await press(client, path)
    page = await follow(client, path)
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
    fake.finish("failed", "P0010")
    await asyncio.gather(*[client.post(path, data={"csrf": token}) for _ in range(3)])
    assert [key.rpartition("-")[2] for key in fake.keys] == ["1", "2"]
    assert len(fake.payments) == 2


async def test_a_case_that_lapsed_meanwhile_is_not_paid(client, calls, fake, make_form):
    path = await hand_over(calls, "citytown", make_form())
    await press(client, path)
    fake.finish("failed", "P0020")
    fake.amount = 0
    await press(client, path)
    assert "This has ended" in (await follow(client, path)).text
    assert len(fake.payments) == 1


async def test_another_price_than_the_one_shown_is_said_before_paying(client, calls, make_form):
    path = await hand_over(calls, "citytown", make_form(price=5900))
    page = await follow(client, path)
    assert "The price is not the one that we showed you." in page.text


async def test_while_a_payment_is_checked_the_page_looks_again_three_times(client, calls, fake, make_form):
    path = await hand_over(calls, "citytown", make_form())
    await press(client, path)
    fake.finish("capturable", finished=False)
    refreshes = [(await follow(client, path, wait=n)).headers.get("refresh") for n in range(4)]
    assert refreshes == ["3;url=?wait=1", "6;url=?wait=2", "12;url=?wait=3", None]
    assert "You can close this page." in (await follow(client, path, wait=3)).text


@pytest.mark.parametrize("failure", [httpx.Response(503), httpx.ConnectError("down"), httpx.ReadError("cut")])
async def test_casework_away_without_a_fee_goes_on_by_itself(
    client, calls, fake, database, make_form, worker, failure
):
    fake.fails["/casework/v1/cases"] = [failure] * 3
    form = make_form("missed-bin")
    path = await hand_over(calls, "citytown", form)
    page = await follow(client, path, wait=3)
    assert "We will send your reference by email." in page.text
    row = await read_row(database, form)
    assert b"rubbish" not in row.sealed
    await worker(after=timedelta(seconds=30))
    assert REFERENCE in (await follow(client, path)).text
    assert len(fake.cases) == 1


async def test_casework_away_with_a_fee_takes_no_money(client, calls, fake, make_form, worker):
    fake.fails["/casework/v1/cases"] = [httpx.Response(503)] * 3
    path = await hand_over(calls, "citytown", make_form())
    page = await follow(client, path, wait=3)
    assert "You have not paid, and no money was taken." in page.text
    assert "<form" not in page.text.partition("<main")[2]
    await worker(after=timedelta(seconds=30))
    assert "Pay now" in (await follow(client, path)).text


async def test_a_process_that_dies_after_recording_leaves_the_rest_to_the_worker(
    client, calls, fake, make_form, worker, monkeypatch
):
    async def die(*_):
        raise asyncio.CancelledError

    form = make_form("missed-bin")
    monkeypatch.setattr(hand_over_module, "_try_now", die)
    with pytest.raises(asyncio.CancelledError):
        await hand_over(calls, "citytown", form)
    assert fake.cases == {}
    await worker(after=timedelta(seconds=30))
    path = make_path(calls.settings, "citytown", form.service, form.id)
    assert REFERENCE in (await follow(client, path)).text


async def test_a_process_that_dies_after_casework_answered_finds_the_same_case(
    client, calls, fake, make_form, worker, monkeypatch
):
    def die(*_):
        raise asyncio.CancelledError

    form = make_form("missed-bin")
    finish = hand_over_module._finish
    monkeypatch.setattr(hand_over_module, "_finish", die)
    with pytest.raises(asyncio.CancelledError):
        await hand_over(calls, "citytown", form)
    monkeypatch.setattr(hand_over_module, "_finish", finish)
    await worker(after=timedelta(seconds=30))
    assert len(fake.cases) == 1
    keys = {request.headers["Idempotency-Key"] for request in fake.requests if "cases" in request.url.path}
    assert keys == {ids.show(form.id)}


async def test_a_process_that_dies_after_payments_answered_finds_the_same_payment(
    client, calls, fake, make_form, database
):
    form = make_form()
    path = await hand_over(calls, "citytown", form)
    await press(client, path)
    async with database.writing("citytown") as session:
        await session.execute(text("UPDATE submission SET payment_id = NULL"))  # it was never written
    await press(client, path)
    assert len(fake.payments) == 1


async def test_a_draft_that_cannot_be_closed_leaves_nothing(calls, fake, database, make_form):
    async def refuse(session):
        raise PageProblem(409, "stale", "")

    form = make_form("missed-bin")
    with pytest.raises(PageProblem):
        await hand_over(calls, "citytown", form, refuse)
    assert await read_row(database, form) is None
    assert fake.requests == []


async def test_what_casework_refuses_is_said_in_its_own_words_and_language(client, calls, fake, make_form):
    reasons = [{"rule": "in_time", "en": "It is too late to report.", "cy": "Mae'n rhy hwyr."}]
    answer = httpx.Response(409, json={"code": "action-refused", "detail": "x", "reasons": reasons})
    fake.fails["/casework/v1/cases"] = [answer]
    path = await hand_over(calls, "citytown", make_form("missed-bin", language="cy"))
    assert "Mae&#39;n rhy hwyr." in (await follow(client, path, lang="cy")).text


@pytest.mark.parametrize("language", ["en", "cy"])
async def test_every_page_is_rendered_in_both_languages(client, calls, fake, make_form, language):
    """For the browser that looks at them all; a sentence without its Welsh would stay English."""
    path = await hand_over(calls, "citytown", make_form(language=language, price=5900))
    pages = [await follow(client, path, lang=language)]
    fake.fails["/payments/v1/payments"] = [httpx.Response(503)] * 3
    pages.append(await press(client, path, lang=language))
    await press(client, path, lang=language)
    for status, finished in (("capturable", False), ("failed", True), ("success", True)):
        fake.finish(status, finished=finished)
        pages.append(await follow(client, path, lang=language, wait=3))
    fake.fails["/casework/v1/cases"] = [httpx.Response(503)] * 3
    waits = await hand_over(calls, "citytown", make_form(language=language))
    pages += [await follow(client, waits, lang=language), await follow(client, waits, lang=language, wait=3)]
    fake.fails["/casework/v1/cases"] = [httpx.Response(409, json={"code": "x"})]
    pages.append(await follow(client, await hand_over(calls, "citytown", make_form()), lang=language))
    headings = [re.search(r"<h1[^>]*>\s*(.*?)\s*</h1>", page.text, re.DOTALL)[1] for page in pages]
    assert headings == HEADINGS[language]


async def test_nobody_else_sees_a_page(client, calls, make_form):
    form = make_form("missed-bin")
    path = await hand_over(calls, "citytown", form)
    last = "0" if path[-1] != "0" else "1"
    for stranger in (
        path[:-1] + last,
        path.replace("missed-bin", "garden-waste"),
        path.replace("citytown", "hillshire"),
    ):
        assert (await follow(client, stranger)).status_code == 404


async def test_payments_away_is_said_and_nothing_is_lost(client, calls, fake, make_form):
    path = await hand_over(calls, "citytown", make_form(price=5900))
    fake.fails["/payments/v1/payments"] = [httpx.Response(503)] * 3
    answer = await press(client, path)
    assert answer.status_code == 503
    assert "No money was taken." in answer.text
    assert (await press(client, path)).status_code == 303
    assert len(fake.payments) == 1


async def test_a_submission_is_gone_a_day_after_it_is_done(calls, database, make_form, run_jobs):
    form = make_form("missed-bin")
    await hand_over(calls, "citytown", form)
    async with database.writing("citytown") as session:
        await session.execute(
            text("UPDATE submission SET expires_at = :past"), {"past": clock.now() - timedelta(seconds=1)}
        )
    await run_jobs(after=timedelta(hours=1))
    assert await read_row(database, form) is None
