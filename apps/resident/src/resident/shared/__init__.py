"""What every domain uses."""
