"""Quiet about voice: discord.py warns at each start that packages for it are missing; nobody speaks here."""

from __future__ import annotations

import discord


def say_nothing_of_voice() -> None:
    """To be called before the first client is made."""
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False
