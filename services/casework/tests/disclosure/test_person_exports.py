"""A person who asks is given what is held of them; what they are not given is named, with the reason."""

import pytest

from services.casework.tests.retention.conftest import Files, read_json, read_zip


@pytest.fixture
async def content(desk, records, run, now):
    """The zip file about Ann, who has a case with notes and files; her neighbour has one too."""
    person = f"person-{desk.uprn}"
    case = (await desk.apply("Ann Asks", person=person, uprn=int(desk.uprn))).json()
    other = (await desk.apply("Neil Neighbour", uprn=int(desk.uprn))).json()
    await desk.post(f"cases/{case['id']}/notes", text="Her brother rang.")
    await Files(desk, case).add(b"%PDF-1.7\nmine", name="mine.pdf")
    await Files(desk, case).add(b"%PDF-1.7\nsecret", name="secret.pdf", restricted="guardian")
    await run()
    await Files(desk, case).add(b"%PDF-1.7\nunscanned", name="new.pdf")
    await desk.act(case, "worry")
    response = await records.post("personal-data-exports", person=person, uprn=int(desk.uprn))
    assert response.status_code == 202, response.text
    await run()
    export = await records.get(f"personal-data-exports/{response.json()['id']}")
    assert (export["state"], export["cases"]) == ("ready", 1)
    path = f"personal-data-exports/{export['id']}/content"
    return case, other, read_zip((await records.desk.get(path)).content), path


async def test_they_are_given_their_cases_files_and_how_long_they_are_kept(content):
    case, _, files, _ = content
    documents = read_json(files, "for-the-person/cases.json")
    [document] = [each for each in documents if each["reference"] == case["reference"]]
    assert (document["reference"], document["fields"]["Name"]) == (case["reference"], "Ann Asks")
    assert document["history"][0]["act"] == "apply"
    assert "until it ends" in document["kept"]
    page = files["for-the-person/cases.html"].decode()
    assert "Ann Asks" in page
    attachments = {
        name: file for name, file in files.items() if name.startswith("for-the-person/attachments")
    }
    assert b"%PDF-1.7\nmine" in attachments.values()
    assert b"%PDF-1.7\nsecret" not in files.values()


async def test_what_is_of_others_is_left_out_and_named(content):
    case, other, files, _ = content
    left_out = read_json(files, "left-out.json")
    items = {each["item"]: each["why"] for each in left_out[case["reference"]]}
    assert "guardian" in items["the file secret.pdf"]
    assert any(item.endswith(" notes") for item in items)
    assert "same property" in left_out[other["reference"]][0]["why"]
    everything = b"".join(file for name, file in files.items() if name.startswith("for-the-person"))
    assert b"Neighbour" not in everything
    assert b"brother" not in everything
    assert b"brother" in files[f"to-check/{case['reference']}/notes.json"]


async def test_other_cases_of_a_home_never_crowd_out_theirs(desk, records, run, monkeypatch):
    for name in ("Neil Neighbour", "Nora Neighbour"):
        await desk.apply(name, uprn=int(desk.uprn))
    case = (await desk.apply("Ann Asks", person=f"last-{desk.uprn}", uprn=int(desk.uprn))).json()
    monkeypatch.setattr("casework.disclosure.actions.person_exports._MOST", 2)
    response = await records.post("personal-data-exports", person=f"last-{desk.uprn}", uprn=int(desk.uprn))
    await run()
    path = f"personal-data-exports/{response.json()['id']}/content"
    files = read_zip((await records.desk.get(path)).content)
    [document] = read_json(files, "for-the-person/cases.json")
    assert document["reference"] == case["reference"]


async def test_it_expires_and_nobody_else_reads_it(content, desk, records, officer, now, database, run):
    *_, path = content
    crew = await officer("crew-3", "officer")
    assert [(await client.get(path)).status_code for client in (desk, crew)] == [403, 403]
    assert (await records.post("personal-data-exports", uprn=1)).status_code == 400
    now("2026-05-03T09:00:00Z")
    assert (await records.desk.get(path)).status_code == 404
