"""Areas that staff type: one that is not valid is mended and said so, or refused with what was typed kept."""

import pytest

from services.mapping.tests.layer_world import WARDS, publish, square
from services.mapping.tests.office.conftest import OFFICE, hidden, text_of

MOVE = f"{OFFICE}/layers/wards/features/E05000001/move"
SPUR = ["375000,164000", "375100,164000", "375100,164100", "375050,164100"]
SPUR += ["375050,164100.001", "375050,164100", "375000,164100"]
BOW_TIE = ["375000,164000", "375100,164100", "375100,164000", "375000,164100"]


@pytest.fixture(autouse=True)
async def wards(database, bins):
    """A layer of one ward."""
    await publish(database, "citytown", WARDS, [square("E05000001", 374_500, 163_500)])


async def move(browser, lines):
    page = await browser.get(MOVE)
    return await browser.post(MOVE, tag=hidden(page, "tag"), reason="a review", place="\n".join(lines))


async def test_a_harmless_crossing_is_mended_and_said(ann):
    page = await move(ann, SPUR)
    assert "crosses itself, and was mended: check it." in text_of(page)
    assert "1.00 hectares" in text_of(page)


async def test_a_bow_tie_is_refused_and_what_was_typed_is_kept(ann):
    page = await move(ann, BOW_TIE)
    assert page.status_code == 400
    assert 'href="#place"' in page.text
    assert "Geometry is not valid" in text_of(page)
    assert "\n".join(BOW_TIE) in page.text
