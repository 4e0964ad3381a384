"""What Open311 says of case types and how it is written: no I/O and no clock."""
