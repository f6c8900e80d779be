"""The `aliendreams` command."""
