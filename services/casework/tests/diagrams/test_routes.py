import pytest

from services.casework.tests.cases import types

PATH = "case-types/missed-bin/versions/1.1"


@pytest.mark.parametrize(("suffix", "media"), [("svg", "image/svg+xml"), ("bpmn", "application/xml")])
async def test_a_version_is_drawn(desk, suffix, media):
    response = await desk.get(f"{PATH}/diagram.{suffix}")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(media)
    assert "sandbox" in response.headers["content-security-policy"]
    assert response.headers["etag"]
    assert "Report a missed bin" in response.text


async def test_the_public_may_be_given_it_in_welsh(desk):
    response = await desk.get(f"{PATH}/diagram.svg", words="public", language="cy")
    assert "Preswylydd" in response.text
    assert (await desk.get(f"{PATH}/diagram.svg", language="fr")).status_code == 400


async def test_a_draft_is_drawn_as_it_is_now(open_desk, installed):
    desk = open_desk(["casework:read", "casework:configure"], mode="live")
    path = f"{desk.base}/case-types/visit/versions/7.0"
    number = types.VISIT.replace('version: "1.0"', 'version: "7.0"')
    body = {"source": number, "welsh": types.VISIT_WELSH}
    draft = await desk.client.put(path, json=body, headers=desk.headers)
    assert draft.status_code == 201, draft.text
    first = await desk.get("case-types/visit/versions/7.0/diagram.svg")
    name = first.text.split("</title>")[0].split(">")[-1]
    body["source"] = number.replace(f"name: {name}", "name: Another name", 1)
    tag = {"If-Match": draft.headers["etag"]}
    changed = await desk.client.put(path, json=body, headers=desk.headers | tag)
    assert changed.status_code == 200, changed.text
    assert "Another name</title>" in (await desk.get("case-types/visit/versions/7.0/diagram.svg")).text


async def test_what_is_not_there_is_not_drawn_and_nobody_sees_another_councils(desk, open_desk):
    for path in ("case-types/missed-bin/versions/9.9", "case-types/no-such/versions/1.0"):
        assert (await desk.get(f"{path}/diagram.svg")).status_code == 404
    other = open_desk(council="hillshire")
    response = await desk.client.get(f"{desk.base}/{PATH}/diagram.svg", headers=other.headers)
    assert response.status_code == 403
