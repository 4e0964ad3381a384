from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from bpmn_io import BpmnModdle, check
from bpmn_io.lint import Linter
from bpmn_io.lint.resolver.node_resolver import NodeResolver

from casework.diagrams.rules.bpmn import MODEL, write_bpmn
from services.casework.tests.diagrams.charts import CODES, bind_shipped, chart_shipped

_M = f"{{{MODEL}}}"
_DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
_DC = "{http://www.omg.org/spec/DD/20100524/DC}"


def lint(root):
    linter = Linter(config={"extends": "bpmnlint:recommended"}, resolver=NodeResolver())
    return {rule: reports for rule, reports in linter.lint(root).items() if reports}


def export(code):
    return write_bpmn(bind_shipped(code), chart_shipped(code))


_QUICK = {"missed-bin", "fly-tip"}  # the lint takes its time


@pytest.mark.parametrize(
    "code", [code if code in _QUICK else pytest.param(code, marks=pytest.mark.long) for code in CODES]
)
def test_a_modeller_opens_what_is_exported_and_its_lint_has_nothing_to_say(code):
    xml = export(code)
    report = check(xml)
    assert report.ok, report.errors
    assert not report.warnings
    root = BpmnModdle().from_xml(xml).root_element
    assert not lint(root)


def test_the_lint_of_these_tests_does_find_faults():
    xml = export("missed-bin").replace('name="Reported"', "")
    root = BpmnModdle().from_xml(xml).root_element
    assert "label-required" in lint(root)


@pytest.mark.parametrize("code", CODES)
def test_each_element_has_its_place_and_no_two_have_the_same(code):
    root = ET.fromstring(export(code))
    process = root.find(f"{_M}process")
    elements = {element.get("id") for element in process if element.get("id")}
    shapes = [shape for shape in root.iter() if shape.get("bpmnElement")]
    assert {shape.get("bpmnElement") for shape in shapes} == elements | {process.get("id")}
    bounds = [
        {key: float(value) for key, value in shape.find(f"{_DC}Bounds").attrib.items()}
        for shape in root.iter(f"{_DI}BPMNShape")
    ]
    for first, other in combinations(bounds, 2):
        apart = any(
            before[axis] + before[size] <= behind[axis]
            for before, behind in ((first, other), (other, first))
            for axis, size in (("x", "width"), ("y", "height"))
        )
        assert apart, (first, other)


def test_what_bpmn_has_no_sign_for_stands_in_the_documentation():
    root = ET.fromstring(export("missed-bin"))
    task = root.find(f".//{_M}userTask[@name='Report a missed bin']/{_M}documentation")
    assert "Waste officer" in task.text
    assert "Your collection day has not come yet." in task.text
    process = root.find(f"{_M}process/{_M}documentation")
    assert "Come back for it. 2 working days." in process.text
    assert export("missed-bin") == export("missed-bin")
