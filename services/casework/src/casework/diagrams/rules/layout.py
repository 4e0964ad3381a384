"""Where everything in a picture stands: one column of states and actions, and lanes beside it for the ways.

Each row has its own height, so no text can lie on another however long it is; ways to one state share a
lane, and lanes are packed as tracks of a railway are. The picture is as wide as a phone.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from casework.diagrams.rules.chart import Chart, Deadline, Stage, Step
from casework.diagrams.rules.text_metrics import measure, wrap
from casework.diagrams.rules.vocabulary import Language, Text

MARGIN = 8
COLUMN = 300  # width of states and actions
_INDENT = 22  # of actions under their state
_PADDING = 9
_GAP = 12
_LANE = 11
_SIZES = {"state": 15, "action": 13.5, "small": 12, "way": 12, "heading": 16}
_LINE = 1.3
_BOLD = {"state", "action", "way", "heading"}


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; ``kind``: start, open, end, step, task, deadline."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text; ``y`` is its baseline."""

    kind: str
    x: float
    y: float
    text: str
    size: float
    bold: bool
    language: Language

    @property
    def box(self) -> Box:
        """The rectangle that the text fills."""
        width = measure(self.text, self.size, bold=self.bold)
        return Box("text", self.x, self.y - self.size * 0.8, width, self.size)


@dataclass(frozen=True, slots=True)
class Branch:
    """A line from a state down to its actions."""

    x: float
    top: float
    rows: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Track:
    """The ways to one state: from several heights to the one of the state."""

    state: str
    lane: int
    x: float
    sources: tuple[float, ...]
    target: float


@dataclass
class Drawing:
    """A picture, laid out."""

    boxes: list[Box] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    width: float = 0
    height: float = MARGIN
    exits: dict[str, list[float]] = field(default_factory=dict)  # state -> heights of the ways to it
    entries: dict[str, float] = field(default_factory=dict)

    def write(self, kind: str, text: Text, x: float, width: float) -> None:
        """Write a text at the height reached so far."""
        size, bold = _SIZES[kind], kind in _BOLD
        for line in wrap(text.text, size, width, bold=bold):
            self.height += size * _LINE
            baseline = self.height - size * (_LINE - 1)
            self.labels.append(Label(kind, x, round(baseline, 1), line, size, bold, text.language))

    def frame(self, kind: str, top: float, x: float) -> Box:
        """Draw the box round what was written since ``top``."""
        self.height += _PADDING
        box = Box(kind, x, round(top, 1), MARGIN + COLUMN - x, round(self.height - top, 1))
        self.boxes.append(box)
        return box


def lay_out(chart: Chart) -> Drawing:
    """Lay out a chart."""
    drawing = Drawing()
    for stage in chart.stages:
        _add_stage(drawing, stage, chart)
    drawing.tracks.extend(_pack_tracks(drawing))
    lanes = max((track.lane for track in drawing.tracks), default=-1) + 1
    drawing.width = MARGIN + COLUMN + lanes * _LANE + 2 * MARGIN
    if chart.deadlines:
        _add_heading(drawing, chart.wording.label("deadlines"))
        for deadline in chart.deadlines:
            _add_deadline(drawing, deadline)
    if chart.notes:
        _add_heading(drawing, chart.wording.label("conditions"))
        for number, note in enumerate(chart.notes, 1):
            drawing.write("small", Text(f"{number}. {note.text}", note.language), MARGIN, COLUMN)
            drawing.height += 4
    drawing.height = round(drawing.height + MARGIN, 1)
    return drawing


def _add_stage(drawing: Drawing, stage: Stage, chart: Chart) -> None:
    top = drawing.height
    drawing.height += _PADDING - 3
    inner = COLUMN - 2 * _PADDING
    drawing.write("state", stage.name, MARGIN + _PADDING, inner)
    for detail in stage.details:
        drawing.write("small", detail, MARGIN + _PADDING, inner)
    box = drawing.frame(stage.kind, top, MARGIN)
    drawing.entries[stage.id] = box.y + box.height / 2
    rows = [_add_step(drawing, step, chart) for step in stage.steps]
    if rows:
        drawing.branches.append(Branch(MARGIN + _INDENT / 2, box.y + box.height, tuple(rows)))
    drawing.height += 2 * _GAP


def _add_step(drawing: Drawing, step: Step, chart: Chart) -> float:
    """Add an action or a task under its state; return the height its branch ends at."""
    drawing.height += _GAP
    top, x = drawing.height, float(MARGIN + _INDENT)
    drawing.height += _PADDING - 4
    left, width = x + _PADDING, COLUMN - _INDENT - 2 * _PADDING
    drawing.write("action", step.name, left, width)
    middle = top + (drawing.height - top) / 2 + 2
    for text in (step.roles, *step.details, *_write_notes(step, chart)):
        drawing.write("small", text, left, width)
    for way in step.ways:
        before = drawing.height
        drawing.write("way", way.text, left, width)
        drawing.exits.setdefault(way.state, []).append((before + drawing.height) / 2)
    if not step.ways and not step.is_task:
        drawing.write("small", chart.wording.label("stays"), left, width)
    drawing.frame("task" if step.is_task else "step", top, x)
    return round(middle, 1)


def _write_notes(step: Step, chart: Chart) -> Iterator[Text]:
    if step.notes:
        numbers = ", ".join(map(str, step.notes))
        yield chart.wording.label("note" if len(step.notes) == 1 else "notes", n=numbers)


def _add_heading(drawing: Drawing, text: Text) -> None:
    drawing.height += _GAP
    drawing.write("heading", text, MARGIN, COLUMN)
    drawing.height += _GAP / 2


def _add_deadline(drawing: Drawing, deadline: Deadline) -> None:
    top = drawing.height
    drawing.height += _PADDING - 4
    left, width = MARGIN + _PADDING, COLUMN - 2 * _PADDING
    drawing.write("action", deadline.name, left, width)
    for text in (deadline.length, deadline.basis, *deadline.timers):
        drawing.write("small", text, left, width)
    drawing.frame("deadline", top, MARGIN)
    drawing.height += _GAP / 2


def _pack_tracks(drawing: Drawing) -> Iterator[Track]:
    """Give the ways to each state a lane: short ones near, and no two that overlap in one."""
    spans = {state: (*heights, drawing.entries[state]) for state, heights in drawing.exits.items()}
    lanes: list[list[tuple[float, float]]] = []
    for state in sorted(spans, key=lambda name: (max(spans[name]) - min(spans[name]), spans[name])):
        low, high = min(spans[state]) - 4, max(spans[state]) + 4
        lane = next((n for n, lane in enumerate(lanes) if _is_free(lane, low, high)), len(lanes))
        if lane == len(lanes):
            lanes.append([])
        lanes[lane].append((low, high))
        *sources, target = (round(height, 1) for height in spans[state])
        yield Track(state, lane, MARGIN + COLUMN + _LANE * (lane + 1.5), tuple(sources), target)


def _is_free(lane: Iterable[tuple[float, float]], low: float, high: float) -> bool:
    return all(high < bottom or low > top for bottom, top in lane)
