"""Measure the engine of cases: acts a CPU second, each with two guards and the state as JSON after it.

SpiffWorkflow, a BPMN engine in Python, does the same four steps if it is installed.
"""

import importlib.util
import io
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from bench.figures import Figure
from casework.case_types.actions.simulations import make_calendars
from casework.documents.rules.scenarios import ScenarioDocument
from casework.engine.rules.deadlines import LawOfTime
from casework.engine.rules.decision import decide
from casework.language.rules.compilation import compile_case_type
from casework.model.rules.acts import Act, ActKind, Actor, Context, Refusal
from casework.model.rules.case_state import CaseState
from casework.model.rules.case_type import BoundType

STEPS = ("open", "check", "approve", "close")
CASES = 2_000
FIELDS = {"colour": "red", "number": 3}
_HEAD = """
case_type: four-steps
version: "1.0"
name: Four steps
nations: [scotland]
sources: [Measured only]
roles: {officer: Officer}
fields:
  colour: {label: Colour, max: 20}
  number: {label: Number, type: integer, min: 0, max: 100}
results: {done: {name: Done, retention: {months: 1, then: destroy, source: Measured only}}}
states:
"""
_ACTION = """
  {step}:
    name: Step
    from: {source}
    to: {target}
    by: officer
    guards:
      red: {{when: field.colour == 'red', say: It is not red.}}
      many: {{when: field.number > 2, say: There are too few.}}
"""
_BPMN = """<definitions targetNamespace="bench"
xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL">
<process id="steps" isExecutable="true"><startEvent id="start"/>
<sequenceFlow id="first" sourceRef="start" targetRef="task0"/>
{steps}<endEvent id="end"/></process></definitions>"""
_BPMN_STEP = """<manualTask id="task{n}"/><sequenceFlow id="out{n}" sourceRef="task{n}" targetRef="gate{n}"/>
<exclusiveGateway id="gate{n}" default="no{n}"/>
<sequenceFlow id="yes{n}" sourceRef="gate{n}" targetRef="{next}">
<conditionExpression>colour == "red" and number &gt; 2</conditionExpression></sequenceFlow>
<sequenceFlow id="no{n}" sourceRef="gate{n}" targetRef="end"/>"""


def measure() -> list[Figure]:
    """Measure the engine, and SpiffWorkflow if there is one."""
    rate = _measure_rate(_make_case())
    figures = [Figure("case acts, two guards each, state as JSON", rate, "/CPU s", least=10_000)]
    if importlib.util.find_spec("SpiffWorkflow") is not None:
        figures.append(
            Figure("... times SpiffWorkflow's", rate / _measure_rate(_make_spiff_case(), 100), "x", 20)
        )
    return figures


def _measure_rate(play: Callable[[], int], cases: int = CASES) -> float:
    """Measure the acts of cases in a second of CPU time: the best of three runs."""
    rates = []
    for _ in range(3):
        start = time.process_time()
        acts = sum(play() for _ in range(cases))
        rates.append(acts / (time.process_time() - start))
    return max(rates)


def _make_case() -> Callable[[], int]:
    bound = BoundType(compile_case_type("four-steps.yaml", write_type()), "scotland", {})
    scenario = ScenarioDocument.model_construct(nation="scotland", closures=[], steps={})
    context = Context(LawOfTime(make_calendars(scenario)))
    at, officer = datetime(2026, 3, 2, 10, tzinfo=UTC), Actor("ann", frozenset({"officer"}))

    def play() -> int:
        state = CaseState()
        for step in STEPS:
            fields = {} if state.fields else FIELDS
            answer = decide(bound, state, Act(ActKind.ACTION, step, at, officer, fields=fields), context)
            if isinstance(answer, Refusal):
                raise TypeError(f"{step} is refused: {answer.reasons}")
            state = answer.state
            json.dumps(state.to_json())
        return len(STEPS)

    return play


def write_type() -> str:
    """Write a case type of four steps in a row, each with two guards."""
    states = [f"after_{step}" for step in STEPS]
    text = _HEAD + "".join(f"  {state}: {{public: P, staff: S}}\n" for state in states[:-1])
    text += f"  {states[-1]}: {{public: P, staff: S, end: true}}\nactions:"
    for step, source, target in zip(STEPS, ["new", *states], states, strict=False):
        text += _ACTION.format(step=step, source=source, target=target)
        text += "    asks: [colour, number]\n" if source == "new" else ""
        text += "    result: done\n" if target == states[-1] else ""
    return text


def _make_spiff_case() -> Callable[[], int]:
    spiff: Any = importlib.import_module("SpiffWorkflow.bpmn.workflow")
    parser = importlib.import_module("SpiffWorkflow.bpmn.parser").BpmnParser()
    serializers = importlib.import_module("SpiffWorkflow.bpmn.serializer")
    states = importlib.import_module("SpiffWorkflow.util.task").TaskState
    following = [*(f"task{n}" for n in range(1, len(STEPS))), "end"]
    steps = "".join(_BPMN_STEP.format(n=n, next=after) for n, after in enumerate(following))
    parser.add_bpmn_io(io.BytesIO(_BPMN.format(steps=steps).encode()))
    spec = parser.get_spec("steps")
    serializer = serializers.BpmnWorkflowSerializer(serializers.BpmnWorkflowSerializer.configure())

    def play() -> int:
        workflow, acts = spiff.BpmnWorkflow(spec), 0
        workflow.do_engine_steps()
        while not workflow.is_completed():
            for task in workflow.get_tasks(state=states.READY, manual=True):
                task.data.update(FIELDS)
                task.run()
                acts += 1
            workflow.do_engine_steps()
            json.dumps(serializer.to_dict(workflow))
        return acts

    return play
