"""What a stale or missing ``If-Match`` is called is written once, in ``chassis.etags``."""

import re

from tests.guards.sources import ROOT, production


def refuses_preconditions(source):
    """Tell whether a module makes the problem of a precondition itself; GOV.UK Pay has a 412 of its own."""
    return bool(re.search(r"Problem\(\s*4(?:12|28)\b(?!, \"P\d)|HTTPException\(\s*4(?:12|28)\b", source))


def test_preconditions_are_refused_in_one_place():
    paths = {str(path.relative_to(ROOT)) for path in production() if refuses_preconditions(path.read_text())}
    assert paths == set()


def test_a_module_that_refuses_by_itself_is_found():
    assert refuses_preconditions('raise Problem(\n    412, "stale", "Read it again.")')
    assert refuses_preconditions("raise HTTPException(428)")
    assert not refuses_preconditions('raise Problem(412, "P0604", "Refund amount available mismatch.")')
    assert not refuses_preconditions("responses=document_problems(404, 412, 428)")
