"""A case type as a BPMN 2.0 process, which any modeller opens.

A state is a milestone (an intermediate event) between a gateway that joins the ways to it and one that parts
them; an action is a user task, or a service task if nobody but the service does it; an end state is an end
event. What BPMN has no sign for stands in the documentation of the element: conditions, deadlines, tasks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from casework.diagrams.rules.bpmn_shapes import Graph, write_plane
from casework.diagrams.rules.chart import Chart, Stage, Step
from casework.model.rules.case_type import SYSTEM, BoundType

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"


@dataclass
class _Process:
    """A process while it is built: its elements in columns, and its flows."""

    bound: BoundType
    chart: Chart
    graph: Graph = field(default_factory=Graph)
    incoming: dict[str, int] = field(default_factory=dict)  # state -> ways that lead to it

    def entry(self, state: str) -> str:
        """Return the element at which ways to a state arrive."""
        return f"join_{state}" if self.incoming[state] > 1 else f"state_{state}"


def write_bpmn(bound: BoundType, chart: Chart) -> str:
    """Write a type as BPMN 2.0 XML with its diagram. The same type gives the same bytes."""
    process = _Process(bound, chart)
    for stage in chart.stages:
        for step in stage.steps:
            for state in _list_targets(stage, step):
                process.incoming[state] = process.incoming.get(state, 0) + 1
    for stage in chart.stages:
        _add_stage(process, stage)
    return _serialise(process)


def _list_targets(stage: Stage, step: Step) -> list[str]:
    """List where a step leads; one that leaves the state leads back to it. A task leads nowhere."""
    if step.is_task or stage.kind == "end":
        return [way.state for way in step.ways]
    return [way.state for way in step.ways] or [stage.id]


def _add_stage(process: _Process, stage: Stage) -> None:
    graph, name = process.graph, f"state_{stage.id}"
    actions = [step for step in stage.steps if not step.is_task]
    graph.next_band()
    if process.incoming.get(stage.id, 0) > 1:
        graph.add(f"join_{stage.id}", "exclusiveGateway", 0)
        graph.connect(f"join_{stage.id}", name)
    goes_on = bool(actions)
    kind = "startEvent" if stage.kind == "start" else "intermediateThrowEvent" if goes_on else "endEvent"
    graph.add(name, kind, 1, stage.name.text, _document_stage(stage))
    if len(actions) > 1:
        graph.add(f"choice_{stage.id}", "exclusiveGateway", 2, process.chart.wording.label("next").text)
        graph.connect(name, f"choice_{stage.id}")
    source = f"choice_{stage.id}" if len(actions) > 1 else name
    for row, step in enumerate(actions):
        _add_action(process, stage, step, source, row)


def _add_action(process: _Process, stage: Stage, step: Step, source: str, row: int) -> None:
    graph, name = process.graph, f"do_{stage.id}_{step.id}"
    roles = process.bound.case_type.actions[step.id].roles
    kind = "userTask" if roles - {SYSTEM} else "serviceTask"
    graph.add(name, kind, 3, step.name.text, _document_step(step, process.chart), row)
    graph.connect(source, name)
    targets = _list_targets(stage, step)
    if len(targets) == 1:
        graph.connect(name, process.entry(targets[0]))
        return
    gateway = f"result_{stage.id}_{step.id}"
    graph.add(gateway, "exclusiveGateway", 4, f"{step.name.text}?", (), row)
    graph.connect(name, gateway)
    for way in step.ways:
        graph.connect(gateway, process.entry(way.state), way.text.text)


def _document_stage(stage: Stage) -> tuple[str, ...]:
    tasks = [
        ". ".join((step.name.text, step.roles.text, *(detail.text for detail in step.details)))
        for step in stage.steps
        if step.is_task
    ]
    return (*(detail.text for detail in stage.details), *tasks)


def _document_step(step: Step, chart: Chart) -> tuple[str, ...]:
    notes = (chart.notes[number - 1].text for number in step.notes)
    return tuple(filter(None, (step.roles.text, *(detail.text for detail in step.details), *notes)))


def _serialise(process: _Process) -> str:
    chart, graph = process.chart, process.graph
    ET.register_namespace("bpmn", MODEL)
    root = ET.Element(
        f"{{{MODEL}}}definitions", {"id": "definitions", "targetNamespace": "urn:townhall:case-type"}
    )
    name = f"process_{chart.code}"
    element = ET.SubElement(
        root, f"{{{MODEL}}}process", {"id": name, "name": chart.title.text, "isExecutable": "false"}
    )
    _document(element, tuple(_list_deadlines(chart)))
    for node in graph.nodes.values():
        attributes = {"id": node.id} | ({"name": node.name} if node.name else {})
        child = ET.SubElement(element, f"{{{MODEL}}}{node.kind}", attributes)
        _document(child, node.documentation)
        for flow in graph.flows:
            if flow.target == node.id:
                ET.SubElement(child, f"{{{MODEL}}}incoming").text = flow.id
        for flow in graph.flows:
            if flow.source == node.id:
                ET.SubElement(child, f"{{{MODEL}}}outgoing").text = flow.id
    for flow in graph.flows:
        attributes = {"id": flow.id, "sourceRef": flow.source, "targetRef": flow.target}
        attributes |= {"name": flow.name} if flow.name else {}
        ET.SubElement(element, f"{{{MODEL}}}sequenceFlow", attributes)
    write_plane(root, name, graph)
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _document(element: ET.Element, lines: tuple[str, ...]) -> None:
    if lines:
        ET.SubElement(element, f"{{{MODEL}}}documentation").text = "\n".join(lines)


def _list_deadlines(chart: Chart) -> Iterator[str]:
    for deadline in chart.deadlines:
        parts = (deadline.name, deadline.length, deadline.basis, *deadline.timers)
        yield ". ".join(part.text for part in parts)
