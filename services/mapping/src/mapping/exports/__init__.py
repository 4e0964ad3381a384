"""Layers as files, and the data sets of planning.data.gov.uk."""
