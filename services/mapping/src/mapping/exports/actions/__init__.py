"""Files and data sets made of layers."""
