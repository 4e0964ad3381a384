"""Teams of a council, and which of them an area's cases go to."""
