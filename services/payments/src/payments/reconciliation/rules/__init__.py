"""Rules of reconciliation: readers of files, matching, postings, closes. Pure."""
