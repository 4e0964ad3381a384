"""A bundle's expressions, compiled once a process and looked up by their text."""

from functools import lru_cache

from apps.recipes.bundle import Bundle
from apps.recipes.expressions.compiler import Expression, Names, compile_expression
from apps.recipes.expressions.names import declare_names


class Rules:
    """The names that a bundle declares, and its expressions."""

    def __init__(self, bundle: Bundle) -> None:
        self.names: Names = declare_names(
            [(question.id, question.kind) for question in bundle.questions],
            [(fact.id, fact.provider) for fact in bundle.facts],
            {name: setting.number for name, setting in bundle.settings.items()},
        )

    def truth(self, text: str) -> Expression:
        """Return a condition. Raises ExpressionError."""
        return compile_expression(text, self.names)

    def integer(self, text: str) -> Expression:
        """Return a whole number, such as how many times a fee line counts. Raises ExpressionError."""
        return compile_expression(text, self.names, "integer")


@lru_cache(maxsize=512)
def _rules_of(bundle: "_Key") -> Rules:
    return Rules(bundle.bundle)


class _Key:
    """A bundle by its digest, so that the cache compares no more than that."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def __hash__(self) -> int:
        return hash(self.bundle.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.bundle.digest == other.bundle.digest


def rules_of(bundle: Bundle) -> Rules:
    """Return the rules of a bundle."""
    return _rules_of(_Key(bundle))
