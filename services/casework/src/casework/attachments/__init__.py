"""Files of cases: received, scanned, shown when they are clean, redacted, deleted."""
