"""One question a page: what it shows, refuses, keeps, and where it leads."""

import pytest

from chassis.web import cookie_name

ADDRESS = {"step": "choose", "uprn": "10000000001"}
FREE = {"round": {"found": True, "next": "2026-12-14"}, "held": {"active": 0}}


@pytest.fixture(scope="module", autouse=True)
async def published(bundles, publish):
    for content in bundles.values():
        await publish(content)


@pytest.fixture
async def garden(visit, facts):
    """A browser that has chosen an address for garden waste at citytown."""
    facts.fields = dict(FREE)
    person = visit("citytown", "garden-waste")
    await person.get("address")
    await person.post("address", step="search", postcode="ba11lj")
    await person.post("address", **ADDRESS)
    assert person.at == "bins"
    return person


async def answer_all(person):
    for page, fields in (
        ("bins", {"answer": "2"}),
        ("have", {"answer": "0"}),
        ("name", {"answer": "Ann <b>Rees</b>"}),
        ("contact", {"way": "email", "email": "ann@example.org"}),
        ("terms", {"answer": "yes"}),
    ):
        assert person.at == page
        await person.post(page, **fields)
    assert person.at == "check"


async def test_a_service_starts_with_what_it_asks_and_costs(visit):
    person = visit("citytown", "garden-waste")
    page = await person.get()
    assert page.status_code == 200
    for words in (
        "Subscribe to brown bin collections",
        "£59.00",
        "Start now",
        "01632 960001",
        "How many bins",
    ):
        assert words in page.text
    assert "Delete my answers" not in page.text
    page = await person.get(lang="cy")
    assert "Dechrau nawr" in page.text
    assert "Tanysgrifio i gasgliadau" in page.text


async def test_check_answers_shows_every_answer_and_the_total(garden):
    await answer_all(garden)
    text = garden.page.text
    for words in ("1 High Street, Citytown, BA1 1LJ", "ann@example.org", "£104.00", "2", "Agreed"):
        assert words in text
    assert "Ann &lt;b&gt;Rees&lt;/b&gt;" in text
    assert "<b>Rees" not in text
    assert text.count("?from=check") == 6


async def test_a_change_from_check_answers_leads_back_there(garden):
    await answer_all(garden)
    page = await garden.get("bins", **{"from": "check"})
    assert 'value="2"' in page.text
    assert f'href="{garden.root}check"' in page.text
    await garden.post("bins", answer="1")
    assert garden.at == "check"
    assert "£59.00" in garden.page.text


async def test_a_later_address_leads_to_the_first_question_without_an_answer(garden):
    for page in ("terms", "check", "stop"):
        await garden.get(page)
        assert garden.at == "bins"
    stranger = garden.root
    garden.client.cookies.clear()
    await garden.get("terms")
    assert garden.path == f"{stranger}address"
    assert (await garden.get("nonsense")).status_code == 404


async def test_what_is_wrong_is_said_at_the_top_and_at_the_field(garden):
    for value, words in (
        ("", "Enter a number"), ("two", "Enter a whole number"), ("4", "Enter 3 or fewer"),
        ("0", "Enter 1 or more"),
        ("9" * 400, "Enter a whole number"), ("<script>", "Enter a whole number"),
    ):  # fmt: skip
        page = await garden.post("bins", answer=value)
        assert page.status_code == 400
        assert 'href="#answer"' in page.text
        assert page.text.count(words) == 2
        assert "<title>\n      Error:" in page.text or "Error: " in page.text.partition("</title>")[0]
        assert "<script>" not in page.text.partition("<main")[2].replace("<script type", "")
    page = await garden.post("bins?lang=cy", answer="")
    assert "Rhowch rif" in page.text


async def test_nothing_personal_is_in_an_address_or_a_title(garden, caplog):
    await answer_all(garden)
    pages = ["address", "bins", "name", "contact", "check", "delete-answers"]
    for name in pages:
        page = await garden.get(name)
        title = page.text.partition("<title")[2].partition("</title>")[0]
        for secret in ("Rees", "ann@", "10000000001", "High Street", "BA1"):
            assert secret not in title
            assert secret not in str(page.request.url)
    assert "Rees" not in caplog.text
    assert "ann@example.org" not in caplog.text


async def test_the_cookie_is_of_this_host_and_no_scripts(garden):
    await garden.get("bins")
    response = await garden.client.post(
        garden.root + "bins",
        data={"csrf": garden.hidden("csrf"), "version": garden.hidden("version"), "answer": "1"},
    )
    cookie = next(value for value in response.headers.get_list("set-cookie") if "townhall-draft" in value)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=86400" in cookie
    assert "Path=/" in cookie
    assert len(cookie.partition("=")[2].partition(";")[0]) == 43


async def test_a_form_of_another_site_changes_nothing(garden):
    response = await garden.client.post(
        garden.root + "bins", data={"csrf": "forged", "answer": "1"}, headers={"Accept": "text/html"}
    )
    assert response.status_code == 403
    await garden.get("have")
    assert garden.at == "bins"


async def test_of_two_tabs_the_older_is_shown_both_answers(garden):
    older = (await garden.get("bins")) and garden.hidden("version")
    await garden.post("bins", answer="1")
    page = await garden.post("bins", older, answer="2")
    assert page.status_code == 409
    banner = page.text.partition("Two answers")[2].partition("<form")[0]
    assert '<strong class="townhall-break">1</strong>' in banner
    assert '<strong class="townhall-break">2</strong>' in banner
    await garden.get("have")
    await garden.post("have", answer="0")  # of another question nobody is asked twice
    await garden.get("bins")
    assert 'value="1"' in garden.page.text
    page = await garden.post("bins", older, answer="2")
    await garden.post("bins", answer="2")
    await garden.get("bins")
    assert 'value="2"' in garden.page.text


async def test_the_same_answer_twice_is_one(garden):
    version = (await garden.get("bins")) and garden.hidden("version")
    for _ in range(2):
        await garden.post("bins", version, answer="2")
        assert garden.at == "have"


async def test_answers_are_deleted_when_the_person_says_so(garden):
    await garden.get("bins")
    assert "Delete my answers" in garden.page.text
    await garden.get("delete-answers")
    await garden.post("delete-answers")
    assert "We have no answers of yours" in garden.page.text
    await garden.get("bins")
    assert garden.at == "address"
    assert "1 High Street" not in garden.page.text


async def test_an_address_is_chosen_of_a_list_that_is_ours(garden, facts):
    page = await garden.get("address")
    assert "1 address found" in page.text
    page = await garden.post("address", step="choose", uprn="999")
    assert page.status_code == 400
    assert "Select an address or enter it" in page.text
    page = await garden.post("address", step="search", postcode="nowhere")
    assert page.status_code == 400
    assert "Enter a full UK postcode" in page.text
    facts.addresses = []
    page = await garden.post("address", step="search", postcode="BA1 1LJ")
    assert "We know no address of ours" in page.text
    facts.addresses = None
    page = await garden.post("address", step="search", postcode="BA1 1LJ")
    assert "We cannot look addresses up" in page.text
    await garden.post("address", step="hand", line_1="2 High Street", town="Citytown", postcode="")
    assert "Enter a full UK address" in garden.page.text
    await garden.post("address", step="hand", line_1="2 High Street", town="Citytown", postcode="ba1 1lj")
    assert garden.at == "bins"
    page = await garden.get("address")
    assert 'value="2 High Street"' in page.text
    assert 'value="Citytown"' in page.text
    assert 'value="BA1 1LJ"' in page.text


async def test_a_stop_says_why_and_where_to_turn(garden, facts):
    facts.fields["held"] = {"active": 1, "until": "2027-03-31", "renew_from": "2027-03-01"}
    facts.addresses[0] = type(facts.addresses[0])("10000000002", "2 High Street")
    await garden.get("address", by="search")
    await garden.post("address", step="search", postcode="BA1 1LJ")
    await garden.post("address", step="choose", uprn="10000000002")
    assert garden.at == "stop"
    assert "This address has collections until 31 March 2027" in garden.page.text
    assert "01632 960001" in garden.page.text
    page = await garden.post("stop")  # it has no words to go on
    assert garden.at == "stop"
    page = await garden.get("stop", lang="cy")
    assert "31 Mawrth 2027" in page.text


async def test_an_outage_loses_nothing_and_is_tried_again(garden, facts):
    facts.fields = {"held": {"active": 0}}
    facts.addresses[0] = type(facts.addresses[0])("10000000003", "3 High Street")
    await garden.get("address", by="search")
    await garden.post("address", step="search", postcode="BA1 1LJ")
    await garden.post("address", step="choose", uprn="10000000003")
    assert garden.at == "stop"
    assert "We cannot check your answers at the moment" in garden.page.text
    facts.fields = dict(FREE)
    await garden.get("stop")
    assert garden.at == "bins"


async def test_the_person_disagrees_where_they_may(visit, facts):
    facts.fields = {
        "bins": {"options": [{"value": "rubbish", "label": "Black bin", "label_cy": "Bin du"}]},
        "round": {"day": "2026-12-01", "finished": True, "unfinished": False, "next": "2026-12-08"},
        "crew": {"reason": "contaminated <b>", "time": "08:12"},
        "earlier": {"reference": ""},
    }
    person = visit("citytown", "missed-bin")
    await person.get("address")
    await person.post("address", step="search", postcode="BA1 1LJ")
    await person.post("address", **ADDRESS)
    assert "Black bin" in person.page.text
    assert (await person.post("bin", answer="blue")).status_code == 400
    await person.post("bin", answer="rubbish")
    assert person.at == "stop"
    assert "the crew noted: contaminated &lt;b&gt;." in person.page.text
    await person.post("stop")
    assert person.at == "kept"
    await person.post("kept", answer="edge")
    await person.post("contact", way="")
    assert person.at == "check"
    assert "Not answered" in person.page.text
    page = await person.get("bin", lang="cy")
    assert "Bin du" in page.text


async def test_a_council_without_welsh_shows_its_pages_in_english(visit):
    person = visit("hillshire", "garden-waste")
    page = await person.get(lang="cy")
    assert page.headers["content-language"] == "en"
    assert "Cymraeg" not in page.text


async def test_a_service_for_people_who_are_signed_in_is_not_begun_by_guests(visit):
    page = await visit("citytown", "parking-permit").get()
    assert "Start now" not in page.text
    assert "you cannot sign in here yet" in page.text


@pytest.mark.parametrize("name", ["address", "plate", "check", "stop", "delete-answers"])
async def test_no_page_behind_the_start_is_reached_by_guests(visit, name):
    garden, person = visit("citytown", "garden-waste"), visit("citytown", "parking-permit")
    await person.get(name)
    assert person.at == ""
    person.page = await garden.get("address")  # a form of ours, so that its token is good
    answer = await person.post(name, answer="AB12 CDE")
    assert answer.status_code == 403
    assert "Send the form again" not in answer.text


async def test_every_page_is_small(garden):
    await answer_all(garden)
    for name in ("", "address", "bins", "contact", "check"):
        assert len((await garden.get(name)).content) < 50_000


def test_a_cookie_over_https_is_of_the_host_alone(client):
    class Request:
        app = type(
            "App", (), {"state": type("State", (), {"settings": type("S", (), {"issuer": "https://x/"})})}
        )

    assert cookie_name(Request, "townhall-draft") == "__Host-townhall-draft"
