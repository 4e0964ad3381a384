"""Every kind of question on a page: shown, answered, refused, shown again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.recipes.bundle import Fact, Option, Question, Text
from apps.recipes.kinds.kinds import KINDS
from chassis import clock

DAY = clock.now().date() + timedelta(days=10)
OPTIONS = (Option("a", Text("First", "Cyntaf")), Option("b", Text("Second", "Ail")))
# Kind: fields that are right, how check answers shows them, and fields that are wrong.
KIND_FIELDS = {
    "address": ({"step": "choose", "uprn": "10000000001"}, "1 High Street", {"step": "choose", "uprn": "5"}),
    "choice": ({"answer": "b"}, "Second", {"answer": "c"}),
    "choices": ({"answer": ["a", "b"]}, "First<br>Second", {"answer": ["a", "x"]}),
    "contact": ({"way": "phone", "phone": "07700 900123"}, "07700 900123", {"way": "email", "email": "no"}),
    "date": (
        {"day": str(DAY.day), "month": str(DAY.month), "year": str(DAY.year)},
        str(DAY.year),
        {"day": "31", "month": "2", "year": "2027"},
    ),
    "declaration": ({"answer": "yes"}, "Agreed", {"answer": "no"}),
    "files": ({"answer": "post"}, "By post", {}),
    "long_text": ({"answer": "One\r\n<two>"}, "One<br>&lt;two&gt;", {"answer": "x" * 5000}),
    "money": ({"answer": "£1,250.5"}, "£1,250.50", {"answer": "12.345"}),
    "name": ({"answer": "Ann  Rees"}, "Ann Rees", {"answer": " "}),
    "number": ({"answer": "1,000"}, "1000", {"answer": "1.5"}),
    "place": (
        {"lat": "51.4", "long": "-2.3", "description": "By the gate"},
        "51.4, -2.3",
        {"lat": "2", "long": "0"},
    ),
    "plate": ({"answer": "ab12 cde"}, "AB12CDE", {"answer": "!!"}),
    "slot": ({"answer": "mon"}, "Monday", {"answer": "tue"}),
    "text": ({"answer": "Two\twords"}, "Two words", {"answer": "x" * 300}),
    "yes_no": ({"answer": "no"}, "No", {"answer": "maybe"}),
}  # fmt: skip


def make_question(kind):
    return Question(
        id=kind,
        kind=kind,
        label=Text(f"What about {kind.replace('_', ' ')}?", ""),
        hint=Text("A hint", "Awgrym") if kind in {"text", "choice"} else None,
        why=Text("To know", "Er mwyn gwybod"),
        when="",
        optional=False,
        confirm="",
        options=OPTIONS if kind in {"choice", "choices"} else (),
        options_from="slots" if kind == "slot" else "",
        restricted="",
        local=False,
        bounds={"to": "30 days"} if kind == "date" else {},
    )


@pytest.fixture(scope="module", autouse=True)
async def published(bundles, publish):
    questions = tuple(make_question(kind) for kind in KIND_FIELDS)
    slots = Fact("slots", "casework.slots", ("address",), "unknown", {})
    content = replace(
        bundles["citytown", "garden-waste"],
        service="every-kind", facts=(slots,), questions=questions, stops=(), fee=None, settings={},
    )  # fmt: skip
    await publish(content)
    optional = tuple(replace(question, optional=True) for question in questions if question.kind != "address")
    await publish(replace(content, service="nothing-needed", questions=optional, facts=()))


def test_every_kind_is_looked_at():
    assert KIND_FIELDS.keys() == KINDS.keys()


async def test_each_kind_is_refused_and_then_accepted(visit, facts, subtests):
    facts.fields = {"slots": {"options": [{"value": "mon", "label": "Monday", "label_cy": "Dydd Llun"}]}}
    person = visit("citytown", "every-kind")
    await person.get("address")
    await person.post("address", step="search", postcode="BA1 1LJ")
    kinds = list(KIND_FIELDS)
    for kind, following in zip(kinds, [*kinds[1:], "check"], strict=True):
        right, _, wrong = KIND_FIELDS[kind]
        with subtests.test(kind):
            page = await person.get(kind, lang="cy")
            assert page.status_code == 200
            page = await person.get(kind, lang="en")
            assert page.text.count("<h1") == 1
            for fields in (wrong, {}):
                page = await person.post(kind, **fields)
                assert page.status_code == 400
                field = (
                    page.text.partition("govuk-error-summary__list")[2]
                    .partition('href="#')[2]
                    .partition('"')[0]
                )
                assert f'id="{field}"' in page.text
                assert page.text.count("govuk-error-message") == 1
            await person.get(kind)
            await person.post(kind, **right)
            assert person.at == following
    for kind, (_, words, _) in KIND_FIELDS.items():
        assert words in person.page.text, kind
    # Each page shows again what it was given.
    for kind, (right, _, _) in KIND_FIELDS.items():
        page = await person.get(kind)
        for name, value in right.items():
            for each in value if isinstance(value, list) else [value]:
                assert f'name="{name}"' in page.text
                assert f'value="{each}"' in page.text or kind in {
                    "money", "name", "number", "plate", "long_text", "text", "place"
                }, (kind, name)  # fmt: skip


async def test_what_is_optional_may_be_left_out(visit):
    person = visit("citytown", "nothing-needed")
    kinds = [kind for kind in KIND_FIELDS if kind != "address"]
    for kind, following in zip(kinds, [*kinds[1:], "check"], strict=True):
        page = await person.get(kind)
        assert "(optional)" in page.text
        await person.post(kind)
        assert person.at == following
    assert person.page.text.count("Not answered") == len(kinds)


@pytest.mark.parametrize("field", ["answer", "step", "version", "by"])
async def test_a_hostile_value_is_no_error_of_ours(visit, field):
    person = visit("citytown", "every-kind")
    await person.get("address")
    for value in ("../../etc/passwd", "{{ 7 * 7 }}", "\u202e\ufeff", "x" * 9000, "-1", "9" * 300):
        page = await person.post("address", **{field: value})
        assert page.status_code in {200, 400}
        assert "49" not in page.text.partition("<h1")[2][:200]
    for page in ("a" * 80, "%00", "..%2f..%2fx", "A", "a.b"):
        assert (await person.get(page)).status_code in {400, 404}
    for query in ({"by": "../x"}, {"from": "//evil.example"}, {"by": ""}):
        assert (await person.get("address", **query)).status_code in {200, 400}
