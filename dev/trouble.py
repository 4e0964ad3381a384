"""The one error this package raises for people: what is wrong, and the way out."""


class Trouble(Exception):  # noqa: N818 - it is for people
    """Something the person at the keyboard can mend: `what` is wrong and the `way_out`."""

    def __init__(self, what: str, way_out: str) -> None:
        super().__init__(f"{what}\n{way_out}")
        self.what = what
        self.way_out = way_out
