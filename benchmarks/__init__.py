"""Measurements of the whole program; see ``make bench``."""
