"""What calendars and clocks refuse to guess."""


class CannotBeComputed(Exception):  # noqa: N818 - it is no fault: the answer itself
    """A date that depends on days which are not loaded.

    ``missing`` says what must be loaded, such as "the bank holidays of 2041".
    """

    def __init__(self, missing: str, progress: str = "") -> None:
        self.missing = missing
        self.progress = progress
        reason = f"{progress} " if progress else ""
        super().__init__(f"The date cannot be computed. {reason}Load {missing}, then try again.")
