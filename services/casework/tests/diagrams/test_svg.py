from itertools import combinations
from xml.etree import ElementTree as ET

import pytest

from casework.case_types.actions.library import load
from casework.case_types.rules.bound_types import bind
from casework.diagrams.rules.chart import make_chart
from casework.diagrams.rules.layout import COLUMN, MARGIN, lay_out
from casework.diagrams.rules.svg import write_svg
from casework.diagrams.rules.text_metrics import measure, wrap
from casework.diagrams.rules.vocabulary import Wording
from casework.language.rules.compilation import compile_case_type
from services.casework.tests.diagrams.charts import CODES, WORDINGS, bind_shipped, chart_shipped

PHONE = 375
_SVG = "{http://www.w3.org/2000/svg}"


def overlap(first, other):
    apart = (
        first.x + first.width <= other.x
        or other.x + other.width <= first.x
        or first.y + first.height <= other.y
        or other.y + other.height <= first.y
    )
    return not apart


def is_within(inner, outer):
    return (
        outer.x <= inner.x
        and inner.x + inner.width <= outer.x + outer.width
        and outer.y <= inner.y
        and inner.y + inner.height <= outer.y + outer.height
    )


def list_near(boxes):
    """Give each pair of boxes that share a height."""
    ordered = sorted(boxes, key=lambda box: box.y)
    for number, box in enumerate(ordered):
        for other in ordered[number + 1 :]:
            if other.y >= box.y + box.height:
                break
            yield box, other


def check_geometry(drawing):
    texts = [label.box for label in drawing.labels]
    assert not [pair for pair in list_near(texts) if overlap(*pair)]
    assert not [pair for pair in list_near(drawing.boxes) if overlap(*pair)]
    for pair in list_near(texts + drawing.boxes):
        text, box = sorted(pair, key=lambda box: box.kind != "text")
        if box.kind != "text" and overlap(text, box):
            assert is_within(text, box)
    for text in texts:
        assert text.x + text.width <= MARGIN + COLUMN, "a text runs into the lanes"
        assert text.y + text.height < drawing.height
    for first, other in combinations(drawing.tracks, 2):
        if first.lane == other.lane:
            upper, lower = sorted(sorted([*track.sources, track.target]) for track in (first, other))
            assert max(upper) < min(lower), "two ways lie on one another"
    assert all(track.x < drawing.width for track in drawing.tracks)


@pytest.mark.parametrize("wording", WORDINGS, ids=str)
@pytest.mark.parametrize("code", CODES)
def test_nothing_in_a_picture_lies_on_anything_else_and_a_phone_shows_it(code, wording):
    drawing = lay_out(chart_shipped(code, wording))
    check_geometry(drawing)
    assert drawing.width <= PHONE * 1.15, "its letters would be too small on a phone"


@pytest.mark.parametrize("code", CODES)
def test_every_way_of_every_action_arrives_at_its_state(code):
    case_type, drawing = load(code), lay_out(chart_shipped(code))
    expected = {}
    for action in case_type.actions.values():
        for target in action.targets:
            expected[target.state] = expected.get(target.state, 0) + len(action.sources)
    assert {track.state: len(track.sources) for track in drawing.tracks} == expected


def test_a_picture_is_the_same_bytes_each_time_and_says_all_in_words():
    svg = write_svg(chart_shipped("missed-bin"))
    assert svg == write_svg(make_chart(bind_shipped("missed-bin"), Wording()))
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    names = [root.find(f"{_SVG}{name}") for name in ("title", "desc")]
    assert root.get("aria-labelledby").split() == [name.get("id") for name in names]
    assert names[0].text == "Missed bin collection"
    text = " ".join(element.text for element in root.iter(f"{_SVG}text"))
    for part in (
        "Send a crew", "Waste officer", "Crew sent", "Ends: Come back for it", "2 working days",
        "When it falls due: tells Waste officer", "Your collection day has not come yet.",
    ):  # fmt: skip
        assert part in text


def test_the_public_reads_welsh_and_nothing_of_how_rules_are_written():
    svg = write_svg(chart_shipped("missed-bin", Wording("public", "cy")))
    assert 'lang="cy"' in svg
    assert "Preswylydd" in svg
    assert "field.collection_day" not in svg
    english = ET.fromstring(svg).findall(f".//{_SVG}text[@lang='en']")
    assert [element.text for element in english if element.text == "Send a crew"], "staff's words are English"


def test_a_councils_own_length_is_what_its_picture_says():
    bound = bind(load("missed-bin"), "england", {"return_within": 4})
    lengths = {deadline.id: deadline.length.text for deadline in make_chart(bound, Wording()).deadlines}
    assert lengths["return"] == "4 working days"


_HOSTILE = """
case_type: hostile
version: "1.0"
name: "</title><script>alert(1)</script> & \\"quotes\\""
nations: [england]
sources: [Local]
roles: {officer: "Officer <b>"}
fields: {reason: {label: Reason}}
states:
  here: {public: P, staff: "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"}
  over: {public: "O & O", staff: "]]> over", end: true}
actions:
  begin: {name: "<begin>", from: new, to: here, by: officer, asks: [reason]}
  finish: {name: Finish, from: here, to: over, by: officer, result: over}
results:
  over: {name: Over, retention: {months: 1, then: destroy, source: Local}}
"""

_WELSH = "name: N\nstates.here.public: P\nstates.over.public: O\nresults.over.name: R\n"


def test_words_are_words_whatever_is_in_them_and_however_long_they_are():
    case_type = compile_case_type("hostile.yaml", _HOSTILE, _WELSH, "hostile.cy.yaml")
    chart = make_chart(bind(case_type, "england", {}), Wording())
    check_geometry(lay_out(chart))
    root = ET.fromstring(write_svg(chart))
    assert not [element for element in root.iter() if element.tag == f"{_SVG}script"]
    assert root.find(f"{_SVG}title").text.startswith("</title><script>")


def test_text_wraps_within_its_width_and_loses_no_letter():
    text = "Somebody else than who recommended decides " + "x" * 200
    lines = wrap(text, 12, 100)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert max(measure(line, 12) for line in lines) <= 100
