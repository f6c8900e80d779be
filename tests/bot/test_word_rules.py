"""Word rules as members and moderators meet them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.bot.moderated import audited, raised
from tests.bot.stage import Stage, eventually, shows

from dreambot.moderation.word_rules import _broken, refusal
from dreambot.texts import speech
from dreampractice import Person
from dreampractice.interactions import AUTOCOMPLETE, COMMAND
from dreampractice.options import Filling
from dreamqueue.audit import newest
from dreamqueue.rules import Matcher, Rule, RuleStore, rule_of


async def add(stage: Stage, kind: str, text: str, **facts: str) -> None:
    await RuleStore(stage.queue.redis).add(rule_of(kind, text, **facts))


async def mod(stage: Stage, person: Person, name: str, **options: object) -> str:
    """What `/mod words …` answers, to this person alone."""
    before = len(stage.whispers(person))
    place, row, path = stage.moderator._command(f"mod words {name}", "art")
    data = Filling(stage.discord.core, place).data(row, path, options)
    one = person._act(COMMAND, place, data)  # also by who is not offered it: a forged one
    await one.settled.wait()
    assert one.failure is None, one.failure

    def told() -> bool:
        said = [whisper.content for whisper in stage.whispers(person)]
        return len(said) > before and not {"", "…"} & set(said)

    await eventually(told)
    return stage.whispers(person)[-1].content


async def deeds(stage: Stage) -> list[tuple[str, str]]:
    """What the audit log has, the newest first: the action, and which rule."""
    await stage.all_answered()
    return [(deed.action, deed.about.get("rule", "")) for deed in await newest(stage.queue.redis)]


async def test_a_rule_is_told_to_who_broke_it_and_to_nobody_else(stage: Stage) -> None:
    await add(stage, "word", "peg", reason="No *pegs* here.")
    refused = await stage.refusal(stage.ada, "a P\u200bE\u0301G in a wall | oil")
    assert refused.content == r"The word `peg` is not painted here. No \*pegs\* here."
    assert stage.public_messages() == []
    assert stage.whispers(stage.bo) == []
    assert await stage.queue.unshown() == []
    assert await deeds(stage) == [("words.refused", "word:peg")]
    await shows(await stage.imagine(stage.ada, "a transparent pegboard"), "waiting")
    assert len(await deeds(stage)) == 1


@pytest.mark.parametrize(
    "prompt",
    [
        "a {p,q}eg",
        "a hut --no peg",
        "a hut | 'peg':0.5",
        "a hut --style vray --no =peg",
        '"--peg in a wall"',
        'a hut | "\u2013peg"',
    ],
)
async def test_wherever_the_word_stands(stage: Stage, prompt: str) -> None:
    await add(stage, "word", "peg")
    assert "`peg`" in (await stage.refusal(stage.ada, prompt)).content
    await eventually(lambda: not stage.public_messages())


async def test_what_a_style_says_is_looked_at_and_what_flags_are_called_is_not(stage: Stage) -> None:
    await add(stage, "word", "seed")
    await add(stage, "word", "steps")
    await shows(await stage.imagine(stage.ada, "a hut --seed 7 —steps 9"), "waiting")
    await add(stage, "phrase", "unreal engine")
    assert "`unreal engine`" in (await stage.refusal(stage.ada, "a hut", style="unreal-engine")).content


async def test_an_old_prompt_is_held_against_the_rules_of_today(stage: Stage) -> None:
    message = await stage.imagine(stage.ada, "a hut and a peg")
    await shows(message, "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await shows(message, "done in")
    await add(stage, "word", "peg")
    await stage.press(stage.bo, message, "Again")
    assert "`peg`" in (await stage.whispered(stage.bo)).content
    await eventually(lambda: len(stage.public_messages()) == 1)


async def test_moderators_hear_of_one_member_and_one_rule_once_a_minute(
    bare_stage: Stage, tmp_path: Path
) -> None:
    stage = await raised(bare_stage, tmp_path)
    await add(stage, "word", "peg")
    await add(stage, "word", "cog")
    for person, prompt in (
        (stage.ada, "a peg"),
        (stage.ada, "a peg"),
        (stage.ada, "a cog"),
        (stage.bo, "a peg"),
    ):
        assert "is not painted here" in (await stage.refusal(person, prompt)).content
    assert len([deed for deed in await deeds(stage) if deed[0] == "words.refused"]) == 4, (
        "Redis keeps every one"
    )
    told = audited(stage, "words.refused")
    assert [("Ada" in line, "cog" not in line) for line in told] == [
        (True, True),
        (True, False),
        (False, True),
    ]


async def test_a_rule_may_only_tell_moderators(bare_stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text("[[rules]]\nwords = ['peg']\naction = 'tell'\n")
    bare_stage.changes = {"word_rules": file}
    await bare_stage.raise_bot()
    await shows(await bare_stage.imagine(bare_stage.ada, "a peg"), "waiting")
    assert await deeds(bare_stage) == [("words.told", "word:peg")], "once, though it is looked at twice"
    assert "from the file" in await mod(bare_stage, bare_stage.moderator, "list")
    told = await mod(bare_stage, bare_stage.moderator, "remove", rule="word:peg")
    assert "DREAM_WORD_RULES" in told


def test_in_german() -> None:
    rule = rule_of("word", "`peg`", reason="Hier *nicht*.")
    assert refusal(rule, speech("de")) == r"Das Wort `peg` wird hier nicht gemalt. Hier \*nicht\*."


async def test_moderators_try_a_rule_then_add_it_then_remove_it(stage: Stage) -> None:
    mo = stage.moderator
    for prompt in ("a peg", "a pegboard", "P.E.G. *bold* @everyone"):
        await shows(await stage.imagine(stage.ada, prompt), "waiting")
    assert await mod(stage, mo, "list") == "There are no word rules yet."
    tried = await mod(stage, mo, "try", kind="word", text="Peg")
    assert "would have matched 2 of the 3 texts" in tried
    assert "(members: 1)" in tried
    assert "P.E.G. \\*bold\\* \\@\u200beveryone" in tried
    assert "pegboard" not in tried
    assert "none of the 3" in await mod(stage, mo, "try", kind="regex", text="x{3}")
    await stage.imagine(stage.bo, "a peg")
    assert len(stage.public_messages()) == 4, "a trial is no rule"
    added = await mod(stage, mo, "add", kind="word", text="Peg", reason="Pegs hurt.")
    assert added == "Added: the word `peg`: refused “Pegs hurt.”, by Mo"
    assert "`peg`" in (await stage.refusal(stage.bo, "a peg")).content
    assert (await mod(stage, mo, "add", kind="word", text="peg", action="tell")).startswith(
        "There was a rule"
    )
    assert "always allowed" in await mod(stage, mo, "allow", text="peg solitaire")
    listed = await mod(stage, mo, "list")
    assert listed.startswith("2 rules:")
    names = await mo.autocomplete("mod words remove", "rule", "pe")
    assert [name["value"] for name in names] == ["word:peg", "allow:peg solitaire"]
    place, row, path = mo._command("mod words remove", "art")
    data = Filling(stage.discord.core, place).data(row, path, {"rule": "pe"}, focused="rule")
    forged = stage.bo._act(AUTOCOMPLETE, place, data)
    await forged.settled.wait()
    assert forged.choices == []
    assert await mod(stage, mo, "remove", rule="word:peg") == "Removed: `word:peg`."
    assert "There is no rule" in await mod(stage, mo, "remove", rule="word:peg")
    done = [action for action, _ in reversed(await deeds(stage))]
    assert done == [
        "words.try",
        "words.try",
        "words.add",
        "words.refused",
        "words.add",
        "words.allow",
        "words.remove",
    ]
    assert not any("Added" in message.content for message in stage.public_messages())


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("add", {"kind": "word", "text": "peg"}),
        ("allow", {"text": "peg"}),
        ("remove", {"rule": "word:peg"}),
        ("list", {}),
        ("try", {"kind": "word", "text": "peg"}),
    ],
)
async def test_nobody_else_may(stage: Stage, name: str, options: dict[str, str]) -> None:
    await add(stage, "word", "peg")
    assert await mod(stage, stage.bo, name, **options) == "Only moderators can do this."
    assert len(await RuleStore(stage.queue.redis).rules()) == 1
    assert await deeds(stage) == []


async def test_a_rule_that_is_none_is_answered_and_a_long_list_is_attached(stage: Stage) -> None:
    assert "RE2" in await mod(stage, stage.moderator, "add", kind="regex", text="(?=a)")
    assert "phrase" in await mod(stage, stage.moderator, "add", kind="word", text="two words")
    for number in range(60):
        await add(stage, "phrase", f"words in a row {number} @everyone ``` *x*")
    await mod(stage, stage.moderator, "list")
    (file,) = stage.whispers(stage.moderator)[-1].attachments
    assert file.content.decode().count("\n") == 59


class Watched(Matcher):
    """Knows in which threads it looks."""

    def broken_by(self, *texts: str) -> list[Rule]:
        self.threads = [*getattr(self, "threads", []), threading.current_thread()]
        return super().broken_by(*texts)


@pytest.mark.parametrize(
    ("texts", "aside"), [(("peg",), False), (("a" * 4000,), True), (("\ufdfa" * 300,), True)]
)
async def test_what_is_long_once_it_is_read_is_looked_at_in_a_thread(
    texts: tuple[str, ...], aside: bool
) -> None:
    matcher = Watched([rule_of("word", "peg")])
    await _broken(matcher, texts)
    assert [thread is not threading.main_thread() for thread in matcher.threads] == [aside]
