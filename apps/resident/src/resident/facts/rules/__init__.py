"""What facts are made of, without a call to anybody."""
