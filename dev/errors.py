"""The error that ``python -m dev`` shows to people."""


class UserError(Exception):
    """An error that the person at the keyboard can mend: the ``problem``, and its ``remedy``."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"{problem}\n{remedy}")
        self.problem = problem
        self.remedy = remedy
