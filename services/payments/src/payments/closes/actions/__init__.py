"""Close days, and send their exports."""
