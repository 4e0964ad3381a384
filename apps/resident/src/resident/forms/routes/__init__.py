"""The pages of services: where each starts, one question a page, stops, check answers."""
