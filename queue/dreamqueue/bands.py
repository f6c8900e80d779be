"""Bands: all jobs of one go before those of the next."""

FIRST = 0
"""What a moderator has put in front."""
BOOSTERS = 1
"""Members whom a community thanks."""
EVERYONE = 2
LAST = 5
"""The largest that there may be."""
