"""How well addresses are matched: labelled sets, scores, and the fit of the confidence.

A development tool of the address service, outside its package and its wheel. See docs/accuracy.md.
"""
