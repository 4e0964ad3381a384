"""Words in English and Welsh."""

from typing import NamedTuple


class Words(NamedTuple):
    """A text in both languages; ``cy`` is empty where only staff read it."""

    en: str
    cy: str = ""

    def pick(self, language: str) -> str:
        """Return the text in a language, in English where there is no other."""
        return self.cy if language == "cy" and self.cy else self.en


NO_WORDS = Words("")
