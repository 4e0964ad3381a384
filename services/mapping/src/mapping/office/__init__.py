"""Pages for staff: layers, their versions, and features added, moved, changed and retired."""
