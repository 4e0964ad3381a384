"""The address service: a council's property gazetteer, after BS 7666."""
