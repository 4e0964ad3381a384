"""Colleagues: who works at a council, and in which roles of case types."""
