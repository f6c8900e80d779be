"""Word rules of a community: what may not be asked for, and what is allowed all the same.

Moderators add them, or a file names them (`DREAM_WORD_RULES`). `RuleStore` keeps them in Redis, `Matcher`
finds in linear time which ones a text breaks, `spelling` says what counts as the same word.
"""

from __future__ import annotations

from dreamqueue.rules.file import read_rules
from dreamqueue.rules.matcher import Matcher
from dreamqueue.rules.rule import Rule, rule_of
from dreamqueue.rules.store import RuleStore, Trial
from dreamqueue.rules.texts import texts_of

__all__ = ["Matcher", "Rule", "RuleStore", "Trial", "read_rules", "rule_of", "texts_of"]
