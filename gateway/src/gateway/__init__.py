"""The API gateway: Envoy's configuration, and the control plane that keeps it up to date."""
