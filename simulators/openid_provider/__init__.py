"""The outside identity providers, simulated: GOV.UK One Login for residents, a directory for staff.

A tool for laptops and tests, with invented people. It refuses what the real ones refuse of a relying party,
and can be told to answer as no honest provider does.
"""
