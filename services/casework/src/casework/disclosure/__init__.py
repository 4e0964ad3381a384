"""What is given out of records: to a person, to a council that leaves, to one in an emergency."""
