"""A waste contractor's feed, in the shape of communitiesuk/waste-service-standards (API 0.1)."""
