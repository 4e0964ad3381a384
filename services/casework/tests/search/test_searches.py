"""Search by words: found by what one may read, and never by what one may not."""

import pytest

from casework.word_index.rules import make_query
from chassis import ids


async def test_a_case_is_found_by_its_reference_its_fields_and_the_name_of_its_type(report, find, word):
    case = await report(street=f"4 {word} Street", who="Siân O'Brien", plate="AB12 CDE", kinds=["barking"])
    groups = case["reference"].split("-")
    for words in (
        *(case["reference"], case["reference"].lower().replace("-", ""), f"{groups[0]}-{groups[1][:2]}"),
        *(f"{word} street", f"STREET {word.upper()}", word[:-1], f"{word} o'brien", f"{word} sian"),
        *(f"{word} SIÂN", f"{word} ab12cde", f"{word} ab12 cde", f"{word} noise", f"{word} cwyn swn"),
        *(f"{word} barking", f"  {word},;  "),
    ):
        assert case["id"] in await find(words), words
    for words in (f"{word} avenue", f"street {word}x", f"o'brian {word}", f"stree {word}"):
        assert await find(words) == [], words


async def test_a_case_is_found_by_its_fields_as_they_are_now(report, find, desk, word):
    case = await report(street=f"{word} Old")
    response = await desk.act(case, "move", fields={"street": f"{word} New"})
    assert response.status_code == 200, response.text
    assert await find(f"{word} new") == [case["id"]]
    assert await find(f"{word} old") == []


async def test_an_act_that_is_undone_leaves_no_words(report, find, desk, word):
    case = await report(street="Elsewhere")
    response = await desk.act(case, "move", version=9, fields={"street": word})
    assert response.status_code == 412
    assert (await desk.act(case, "move", fields={"street": word, "plate": "X"})).status_code == 409
    assert await find(word) == []


async def test_staff_find_by_notes_and_others_do_not(report, find, desk, sign_in, word):
    case = await report(person="resident-7")
    note = await desk.post(f"cases/{case['id']}/notes", text=f"They said {word}-ing\nagain")
    assert note.status_code == 201
    assert await find(word) == [case["id"]]
    assert await find(word, by=await sign_in("officer-1", "officer")) == [case["id"]]
    assert await find(word, by=await sign_in("clerk-1")) == []
    # Whose case it is finds it by its fields alone, even if they are staff.
    resident = await sign_in("resident-7", "officer")
    assert await find(word, by=resident) == []
    assert case["id"] in await find(case["reference"], by=resident)
    await desk.act(case, "move", fields={"street": "Another"})
    assert await find(f"{word} another") == [case["id"]]  # notes stay where fields are written anew


async def test_a_restricted_field_finds_its_case_for_its_role_only(report, find, desk, sign_in, word):
    case = await report(street="Advised")
    lawyer = await sign_in("lawyer-1", "lawyer")
    response = await lawyer.act(case, "advise", fields={"advice": f"Sue {word}"})
    assert response.status_code == 200, response.text
    assert await find(word, by=lawyer) == [case["id"]]
    assert await find(f"{word} advised", by=lawyer) == [case["id"]]
    officer = await sign_in("officer-2", "officer", "guardian")
    for words in (word, f"lawyer/{word}", f"lawyer {word}", word[:3]):
        assert case["id"] not in await find(words, by=officer)
        assert case["id"] not in await find(words)  # nor does the council's software


async def test_a_restricted_case_is_there_for_its_role_only(report, find, desk, sign_in, word):
    case = await report(street=word)
    assert (await desk.act(case, "warn")).status_code == 200
    guardian = await sign_in("guardian-1", "guardian")
    identities = await find(word, by=guardian)
    assert len(identities) == 2
    assert case["id"] in identities
    officer = await sign_in("officer-3", "officer", "lawyer")
    for by in (desk, officer):
        assert await find(word, by=by) == [case["id"]]


async def test_another_council_and_the_other_world_find_nothing(report, find, open_desk, word):
    await report(street=word)
    assert await find(word, by=open_desk(council="hillshire")) == []
    assert await find(word, by=open_desk(mode="live")) == []
    response = await open_desk(["casework:act"]).post("case-searches", words=word)
    assert response.status_code == 403


async def test_words_and_filters_together(report, find, desk, now, word):
    first = await report(street=word)
    now("2026-04-20T09:00:00Z")
    second = await report(street=word)
    body = {"team": "east", "assignee": "officer-4"}
    response = await desk.change("PATCH", f"cases/{second['id']}", second, **body)
    assert response.status_code == 200, response.text
    closed = (await desk.act(await report(street=word), "finish")).json()
    everything = [closed["id"], second["id"], first["id"]]
    assert await find(word) == everything  # the newest first
    for filters, expected in (
        ({"case_type": "nuisance"}, everything),
        ({"case_type": "missed-bin"}, []),
        ({"state": "done"}, [closed["id"]]),
        ({"team": "east"}, [second["id"]]),
        ({"assignee": "officer-4"}, [second["id"]]),
        ({"mine": True}, []),
        ({"closed": True}, [closed["id"]]),
        ({"closed": False}, [second["id"], first["id"]]),
        ({"overdue": True}, [first["id"]]),
        ({"opened_until": "2026-04-19"}, [first["id"]]),
        ({"opened_from": "2026-04-20"}, [closed["id"], second["id"]]),
        ({"opened_from": "2026-04-03", "opened_until": "2026-04-19"}, []),
    ):
        if "overdue" in filters:
            now("2026-04-22T09:00:00Z")
        assert await find(word, **filters) == expected, filters


async def test_pages_show_each_case_once_and_nothing_of_a_person(report, desk, word):
    cases = [await report(street=word, who="Ann Other") for _ in range(5)]
    path, listed = "case-searches?limit=2", []
    while path:
        response = await desk.post(path, words=word)
        page = response.json()
        assert "Ann Other" not in response.text
        listed += [item["id"] for item in page["items"]]
        path = page["next"] and f"case-searches?limit=2&after={page['next']}"
        assert bool(path) == ("next" in response.links)
    assert listed == [case["id"] for case in reversed(cases)]


@pytest.mark.parametrize(
    "words",
    [
        "a' | b:* & (", "') OR 1=1 --", "\\x", "a\\' b", "!!! & ne'", "<->n", "a:*A", "🦊 fox", "ﬁ x",
        "a\u0000b", "\u202egnp.exe", "x" * 200, "a b c d e f g h i j k l m n o p q r s t", "%_%y",
        "\u0661\u0662", "'" * 99 + "a",
    ],
)  # fmt: skip
async def test_hostile_words_are_words_or_nothing(report, find, words):
    case = await report(street=words[:100].replace("\0", " "))
    assert case["id"] in await find(words)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"words": ""},
        {"words": "---"},
        {"words": "x" * 201},
        {"words": "a " * 21},
        {"words": "x", "opened_from": "0001-01-01"},
        {"words": "x", "opened_until": "9999-12-31"},
        {"words": "x", "case_type": "a\u0000"},
        {"words": "x", "unknown": 1},
    ],
)
async def test_a_search_that_is_none_is_refused(desk, body):
    response = await desk.post("case-searches", **body)
    assert response.status_code == 400, response.text


async def test_an_erased_case_takes_its_words_and_its_place_along(report, find, word, desk, owner):
    case = await report(street=word, location={"lat": 51.4, "long": -2.3})
    await desk.post(f"cases/{case['id']}/notes", text=word)
    case_id = ids.read(case["id"])
    async with owner.transaction():
        await owner.execute("ALTER TABLE case_entry DISABLE TRIGGER USER")
        for table in ("case_entry_personal", "case_entry", "case_personal", "case_clock", "case_note"):
            await owner.execute(f"DELETE FROM {table} WHERE case_id = $1", case_id)
        await owner.execute("DELETE FROM case_record WHERE id = $1", case_id)
        await owner.execute("ALTER TABLE case_entry ENABLE TRIGGER USER")
    for table in ("case_words", "case_place"):
        assert await owner.fetchval(f"SELECT count(*) FROM {table} WHERE case_id = $1", case_id) == 0
    assert await find(word) == []


async def test_a_search_is_two_statements_however_much_there_is(report, find, sign_in, word, statements):
    """One finds the roles of who searches, one the cases."""
    officer = await sign_in("officer-5", *(f"role_{number}" for number in range(40)), "lawyer")
    for _ in range(2):
        for _ in range(3):
            await report(street=word)
        statements.clear()
        await find(word, by=officer)
        assert len([each for each in statements if "set_config" not in each]) == 2, statements


def test_a_query_asks_for_each_form_that_its_reader_may_read():
    assert make_query("Dŵr  oer", ["*", "crew"]) == (
        "('dwr' | '*/dwr' | 'crew/dwr') & ('oer':* | '*/oer':* | 'crew/oer':*)"
    )
    assert make_query("'--", []) == ""
