"""The worker process of a service: relay, consumers, tasks, and a small port for its health and metrics."""
