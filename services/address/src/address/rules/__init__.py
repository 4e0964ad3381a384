"""What the address service decides, with no input, output or clock: everything comes in as an argument."""
