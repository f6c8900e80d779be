"""The prompt grammar. `parse` reads what was typed, `render` writes it back."""

from dreamqueue.prompt.canonical import display, render, spoken, told
from dreamqueue.prompt.changing import changed
from dreamqueue.prompt.flags import FLAGS, Flag
from dreamqueue.prompt.grammar import parse, random_seed
from dreamqueue.prompt.leaning import lean
from dreamqueue.prompt.limits import Limits
from dreamqueue.prompt.menu import Menu, whole_menu
from dreamqueue.prompt.styles import suggest_styles
from dreamqueue.prompt.suggestions import Suggestion, suggest_loras, suggest_presets
from dreamqueue.prompt.turn import parse_turn
from dreamqueue.prompt.understood import check, check_pictures, understands

__all__ = [
    "FLAGS",
    "Flag",
    "Limits",
    "Menu",
    "Suggestion",
    "changed",
    "check",
    "check_pictures",
    "display",
    "lean",
    "parse",
    "parse_turn",
    "random_seed",
    "render",
    "spoken",
    "suggest_loras",
    "suggest_presets",
    "suggest_styles",
    "told",
    "understands",
    "whole_menu",
]
