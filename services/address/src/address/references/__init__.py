"""References to a property in other registers, and the schemes they belong to."""
