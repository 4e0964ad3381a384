"""Simulated OpenID providers: GOV.UK One Login for residents, a directory like Entra ID for staff.

For laptops and tests, with invented people. The simulator refuses what the real providers refuse, and can be
told to give answers that no honest provider gives.
"""
