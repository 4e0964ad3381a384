"""The laptop: sets up, starts and stops a whole Townhall on one machine."""
