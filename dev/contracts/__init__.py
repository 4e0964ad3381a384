"""The contracts: OpenAPI per service, JSON Schema per event, AsyncAPI over all; generated, checked, released."""
