"""What is known of a service before anybody answers. Pure."""

from apps.recipes.bundle import Bundle

NEEDS_SIGN_IN = frozenset({"required", "proved"})
_SECONDS_A_QUESTION = 25


def estimate_minutes(bundle: Bundle) -> int:
    """Estimate how long a service takes, check answers with it: whole minutes, one at least."""
    questions = sum(1 for question in bundle.questions if not question.when) + 1
    return max(1, round(questions * _SECONDS_A_QUESTION / 60))
