"""Slash commands, a file each. A cog only translates: Discord's types in, calls of the queue, words out."""
