"""Accounts of people and their sessions in browsers."""
