"""Facts that a service looks up: each by a provider, through the gateway or an adapter."""
