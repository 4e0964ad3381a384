"""The contracts: OpenAPI per service, JSON Schema per event, AsyncAPI; generated, checked, released."""
