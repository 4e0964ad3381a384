"""Drafts: answers of people who are not done yet, sealed."""
