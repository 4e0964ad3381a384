"""The fund that a bank credit names: by a reference which fits the rule of exactly one.

Only a rule with a check digit or a mask says anything: under one that takes any text, all money would be of
its fund.
"""

from collections.abc import Iterable

from payments.funds.rules import baskets
from payments.funds.rules.baskets import Line, RequestedLine
from payments.funds.rules.charts import SUSPENSE, TRANSFER, Chart, Fund
from payments.shared import references
from payments.shared.references import Rule

_MAX_WORDS = 60
_MIN_LENGTH = 5


class ReferenceFinder:
    """Finds the references of a council's funds in the texts of bank lines."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._rules = list(_list_rules(chart.funds.values()))

    def find_line(self, amount: int, reference: str, text: str) -> Line | None:
        """Find what a credit pays: a line as a basket's; None if it names no fund, or more than one."""
        if amount <= 0:
            return None
        words = [reference, *f"{reference} {text}".split()][:_MAX_WORDS]
        pairs = {pair for word in dict.fromkeys(words) for pair in self._fit(word)}
        if len(pairs) != 1:
            return None
        fund, fitting = pairs.pop()
        line = baskets.check_line(self._chart, RequestedLine(fund.id, amount, fitting), "")
        return line if isinstance(line, Line) else None

    def _fit(self, word: str) -> Iterable[tuple[Fund, str]]:
        if len(word) < _MIN_LENGTH or not any(map(str.isdigit, word)):
            return
        for fund, rule in self._rules:
            normalised = references.normalise(word, rule)
            if references.find_fault(normalised, rule) is None:
                yield fund, normalised


def _list_rules(funds: Iterable[Fund]) -> Iterable[tuple[Fund, Rule]]:
    for fund in funds:
        rule = fund.parse_rule()
        if rule is not None and (rule.check or rule.mask) and fund.kind not in {SUSPENSE, TRANSFER}:
            yield fund, rule
