"""The hand-over of a finished form: a case, a payment, and what a crash leaves."""
