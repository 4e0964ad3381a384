"""The charts of every case type that ships, for each reader and language."""

from casework.case_types.actions.library import list_codes, load
from casework.case_types.rules.bound_types import bind
from casework.diagrams.rules.chart import make_chart
from casework.diagrams.rules.vocabulary import Wording

CODES = list_codes()
WORDINGS = [Wording(readers, language) for readers in ("staff", "public") for language in ("en", "cy")]


def bind_shipped(code):
    case_type = load(code)
    return bind(case_type, min(case_type.nations), {})


def chart_shipped(code, wording=WORDINGS[0]):
    return make_chart(bind_shipped(code), wording)
