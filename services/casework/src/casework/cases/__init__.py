"""Cases: opened, acted on, shown; their history, tasks, deadlines and timers."""
