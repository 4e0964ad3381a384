"""Checks a merged recipe: names, types, facts before use, use of each question, prices, words and Welsh."""
