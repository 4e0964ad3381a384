"""What happens at a page: where the person stands, their answer saved, facts looked up."""
