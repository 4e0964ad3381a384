"""Areas of a council, assembled from its layers."""
