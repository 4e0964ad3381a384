"""Draw the versions of a council's case types."""

import asyncio

from casework.case_types.actions.numbered import NumberedVersion
from casework.diagrams.rules.bpmn import write_bpmn
from casework.diagrams.rules.chart import Chart, make_chart
from casework.diagrams.rules.svg import write_svg
from casework.diagrams.rules.vocabulary import Wording


async def draw_svg(version: NumberedVersion, wording: Wording) -> str:
    """Draw a version as SVG, off the event loop."""
    return await asyncio.to_thread(lambda: write_svg(make_chart(version.bound, wording)))


async def draw_bpmn(version: NumberedVersion) -> str:
    """Write a version as BPMN 2.0 XML, off the event loop."""
    return await asyncio.to_thread(lambda: write_bpmn(version.bound, chart_version(version, Wording())))


def chart_version(version: NumberedVersion, wording: Wording) -> Chart:
    """Make a version's chart: what its picture shows, for the table beside it."""
    return make_chart(version.bound, wording)
