"""Layers as data sets of planning.data.gov.uk."""
