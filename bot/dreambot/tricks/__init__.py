"""Tricks in Discord: what is said of them, their lists and dialogs, and the verdict of a test."""
