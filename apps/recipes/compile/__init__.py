"""From a checked recipe to what each part is sent: the bundle, the case type, messages, notices and
charges."""
