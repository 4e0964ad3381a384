"""Gateway accounts: what keys take money for, in the sandbox or live, and through which processor."""
