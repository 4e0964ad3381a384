"""Properties and their addresses (BLPU and LPI of BS 7666): read, enter, change, retire."""
