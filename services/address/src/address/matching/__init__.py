"""Matching: which property an address means, and how sure that is."""

from address.matching.decide import Likely as Candidate
from address.matching.decide import Match
from address.matching.loading import load
from address.matching.matcher import Matcher
from address.matching.resident import Residents
from address.matching.text import Asked

__all__ = ["Asked", "Candidate", "Match", "Matcher", "Residents", "load"]
