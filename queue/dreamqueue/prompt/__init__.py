"""The prompt grammar. `parse` reads what was typed, `render` writes it back."""

from dreamqueue.prompt.canonical import display, render
from dreamqueue.prompt.flags import FLAGS, Flag
from dreamqueue.prompt.grammar import parse, random_seed
from dreamqueue.prompt.limits import Limits
from dreamqueue.prompt.menu import Menu, whole_menu
from dreamqueue.prompt.styles import suggest_styles
from dreamqueue.prompt.turn import parse_turn

__all__ = [
    "FLAGS",
    "Flag",
    "Limits",
    "Menu",
    "display",
    "parse",
    "parse_turn",
    "random_seed",
    "render",
    "suggest_styles",
    "whole_menu",
]
