"""Where the elements of a BPMN process stand: a band for each state, and columns within it."""

from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DD = "http://www.omg.org/spec/DD/20100524/DI"
_SIZES = {"exclusiveGateway": (50, 50), "userTask": (160, 80), "serviceTask": (160, 80)}
_EVENT = (36, 36)
_COLUMNS = (60, 200, 330, 470, 690)  # the middle of each
_ROW = 130
_LANES = 860  # the first lane of ways to other bands
_LANE = 14
_TOP = 80


@dataclass(frozen=True, slots=True)
class Node:
    """An element of the process, and its middle."""

    id: str
    kind: str
    name: str
    documentation: tuple[str, ...]
    x: float
    y: float

    @property
    def size(self) -> tuple[int, int]:
        """Its width and height."""
        return _SIZES.get(self.kind, _EVENT)

    @property
    def is_gateway(self) -> bool:
        """Whether flows may leave from its corners above and below."""
        return self.kind == "exclusiveGateway"


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    name: str = ""


@dataclass
class Graph:
    """Elements in the order they were added, and flows."""

    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    _row: int = -1  # the first row of the band
    _last: int = -1  # the last row that is taken

    def next_band(self) -> None:
        """Begin the band of the next state."""
        self._row = self._last = self._last + 1

    def add(
        self,
        name: str,
        kind: str,
        column: int,
        title: str = "",
        documentation: tuple[str, ...] = (),
        row: int = 0,
    ) -> None:
        """Add an element to the band."""
        self._last = max(self._last, self._row + row)
        y = _TOP + (self._row + row) * _ROW
        self.nodes[name] = Node(name, kind, title, documentation, _COLUMNS[column], y)

    def connect(self, source: str, target: str, name: str = "") -> None:
        """Add a flow."""
        self.flows.append(Flow(f"flow_{len(self.flows) + 1}", source, target, name))


def write_plane(root: ET.Element, process: str, graph: Graph) -> None:
    """Write the diagram of a process."""
    for prefix, uri in (("bpmndi", _DI), ("dc", _DC), ("di", _DD)):
        ET.register_namespace(prefix, uri)
    diagram = ET.SubElement(root, f"{{{_DI}}}BPMNDiagram", {"id": "diagram"})
    plane = ET.SubElement(diagram, f"{{{_DI}}}BPMNPlane", {"id": "plane", "bpmnElement": process})
    for node in graph.nodes.values():
        shape = {"id": f"{node.id}_shape", "bpmnElement": node.id}
        if node.is_gateway:
            shape["isMarkerVisible"] = "true"
        element = ET.SubElement(plane, f"{{{_DI}}}BPMNShape", shape)
        width, height = node.size
        bounds = {"x": node.x - width / 2, "y": node.y - height / 2, "width": width, "height": height}
        _write_bounds(element, bounds)
        if node.is_gateway and node.name:  # above: a flow leaves below
            label = ET.SubElement(element, f"{{{_DI}}}BPMNLabel")
            _write_bounds(label, {"x": node.x - 45, "y": node.y - 56, "width": 90, "height": 27})
    lanes = {name: number for number, name in enumerate(dict.fromkeys(flow.target for flow in graph.flows))}
    for flow in graph.flows:
        edge = {"id": f"{flow.id}_edge", "bpmnElement": flow.id}
        element = ET.SubElement(plane, f"{{{_DI}}}BPMNEdge", edge)
        lane = _LANES + lanes[flow.target] * _LANE
        for x, y in _route(graph.nodes[flow.source], graph.nodes[flow.target], lane):
            ET.SubElement(element, f"{{{_DD}}}waypoint", {"x": f"{x:g}", "y": f"{y:g}"})


def _write_bounds(element: ET.Element, bounds: dict[str, float]) -> None:
    ET.SubElement(element, f"{{{_DC}}}Bounds", {key: f"{value:g}" for key, value in bounds.items()})


def _route(source: Node, target: Node, lane: float) -> list[tuple[float, float]]:
    """Route a flow: straight on, down from a gateway to its rows, or by a lane above the target."""
    out, into = source.x + source.size[0] / 2, target.x - target.size[0] / 2
    if target.x > source.x and target.y == source.y:
        return [(out, source.y), (into, target.y)]
    if target.x > source.x and source.is_gateway:
        return [(source.x, source.y + source.size[1] / 2), (source.x, target.y), (into, target.y)]
    above = target.y - _ROW / 2
    top = target.y - target.size[1] / 2
    return [(out, source.y), (lane, source.y), (lane, above), (target.x, above), (target.x, top)]
