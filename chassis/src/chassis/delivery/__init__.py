"""Events from NATS to a service's consumers: in order, each once, and what fails goes to the dead letters."""
