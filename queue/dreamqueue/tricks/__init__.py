"""Tricks: style modifiers that the community shares, with their measured effect."""
