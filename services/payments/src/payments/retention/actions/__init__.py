"""Erasure by schedule, holds, and what is stored of a payer."""
