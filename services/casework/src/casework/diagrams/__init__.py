"""Case types as pictures: SVG for people, BPMN 2.0 for modellers."""
