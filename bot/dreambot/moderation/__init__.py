"""What moderators do and decide, who they are, and what is written down of it."""
