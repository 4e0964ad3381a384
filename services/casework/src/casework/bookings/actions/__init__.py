"""What is done with pools of slots, and with the slots themselves."""
