"""/trick as people meet it: shared, listed, voted on, remixed, reported, taken along, and moderated."""

from __future__ import annotations

import re

import pytest
from tests.bot.pressing import painting
from tests.bot.stage import Stage, eventually, shows

from dreambot.verbs import VERBS
from dreampractice import Person
from dreampractice.asked import Asked, Modal
from dreampractice.body import Upload
from dreampractice.messages import Message
from dreamqueue import keys
from dreamqueue.forgetting import KEPT_ELSEWHERE
from dreamqueue.job import Owner
from dreamqueue.rules import RuleStore, rule_of
from dreamqueue.tricks import TrickStore, drafted, starters
from dreamqueue.tricks.drafting import edited


async def share(stage: Stage, who: Person, name: str, text: str, **fields: str) -> Message:
    """Share a trick by /trick add; the message that shows it."""
    modal = await dialog(await who.slash("trick add"))
    asked = await who.fill(modal, name=name, text=text, **fields)
    assert asked.failed is None, asked.failed
    assert asked.reply is not None
    await eventually(lambda: not asked.reply.thinking)  # type: ignore[union-attr]
    return asked.reply


async def dialog(asked: Asked) -> Modal:
    assert asked.failed is None, asked.failed
    assert asked.modal is not None
    return asked.modal


async def told(stage: Stage, who: Person, deed: Asked) -> str:
    """What this person alone is told in answer to a deed."""
    assert deed.failed is None, deed.failed
    await eventually(lambda: stage.whispers(who) and not stage.whispers(who)[-1].thinking)
    return stage.whispers(who)[-1].content


async def test_a_trick_from_sharing_to_painting(stage: Stage) -> None:
    modal = await dialog(await stage.ada.slash("trick add"))
    assert modal.title == "Share a trick"
    assert [field.label for field in modal.fields] == [
        "Name",
        "Words it adds",
        "What to steer away from",
        "Flags it brings along",
        "What it does, and #tags",
    ]
    assert "{prompt} is where" in modal.field("text").part["placeholder"]
    seen = await share(
        stage,
        stage.ada,
        "Soft Glow",
        "{prompt}, glowing",
        negative="noise",
        flags="--saturation 1",
        about="Warm light #light #Soft",
    )
    assert seen in stage.public_messages()
    for words in (
        "Ada shares a trick.",
        r"**--soft\-glow** · version 1",
        "Warm light",
        r"Adds: {prompt}, glowing",
        "Steers away from: noise",
        r"Brings along: \-\-saturation 1",
        "▲ 0 ▼ 0 · 0 painted",
        "by Ada · #light · #soft",
    ):
        assert words in seen.content
    assert "▲ Vote for" in [button.label for button in seen.buttons]
    offered = await stage.bo.autocomplete("imagine", "style", "soft")
    assert offered[0] == {"name": "soft-glow · Warm light", "value": "soft-glow"}
    await stage.worker.wake()
    await stage.imagine(stage.bo, "a hut --soft-glow --vray --seed 7")
    job = await stage.worker.next_job()
    assert job.recipe.words == "a hut, glowing | vray | noise:-0.5"
    assert job.recipe.saturation == 1
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await stage.all_shown()
    asked = await stage.bo.slash("trick show", name="soft glow")
    assert asked.reply is not None
    await shows(asked.reply, "▲ 0 ▼ 0 · 1 painted")


async def test_a_kept_frame_is_no_use_of_its_tricks(stage: Stage) -> None:
    await share(stage, stage.ada, "glow", "glowing")
    await stage.worker.wake()
    message, job = await painting(stage, stage.ada, "a hut --glow")
    kept = (await stage.press(stage.bo, message, "Keep this frame")).reply
    assert kept is not None
    await shows(kept, "kept at step 5")
    await stage.worker.finish(job)
    await stage.all_shown()
    asked = await stage.bo.slash("trick show", name="glow")
    assert asked.reply is not None
    await shows(asked.reply, "▲ 0 ▼ 0 · 1 painted")


async def test_votes_count_once_and_not_ones_own(stage: Stage) -> None:
    seen = await share(stage, stage.ada, "glow", "glowing")
    for _ in range(2):
        said = await told(stage, stage.bo, await stage.press(stage.bo, seen, "▲ Vote for"))
        assert said == "Your vote on `glow` counts: 1 for, 0 against."
    said = await told(stage, stage.bo, await stage.bo.slash("trick vote", name="glow", vote="against"))
    assert said == "Your vote on `glow` counts: 0 for, 1 against."
    said = await told(stage, stage.ada, await stage.press(stage.ada, seen, "▲ Vote for"))
    assert said == "`glow` is your own; the others vote on it."


async def test_buttons_live_through_a_restart(stage: Stage) -> None:
    seen = await share(stage, stage.ada, "glow", "glowing")
    modal = await dialog(await stage.press(stage.bo, seen, "Remix"))
    await stage.fell_bot()
    await stage.raise_bot()
    said = await told(stage, stage.bo, await stage.press(stage.bo, seen, "▼ Vote against"))
    assert "0 for, 1 against" in said
    asked = await stage.bo.fill(modal, name="more glow", text="glowing more")
    assert asked.reply is not None
    await shows(asked.reply, "by Bo · a remix of `glow`")


async def test_a_german_is_spoken_to_in_german(stage: Stage) -> None:
    stage.ada.speaks("de")
    modal = await dialog(await stage.ada.slash("trick add"))
    assert (modal.title, modal.fields[1].label) == ("Einen Trick teilen", "Worte, die er hinzufügt")
    asked = await stage.ada.fill(modal, name="Weiches Licht", text="soft light")
    assert asked.reply is not None
    await shows(asked.reply, "Ada teilt einen Trick.")
    labels = [button.label for button in asked.reply.buttons if button.label]
    assert {"▲ Dafür stimmen", "▼ Dagegen stimmen", "Umdichten", "Melden"} <= set(labels)
    stage.bo.speaks("de")
    said = await told(stage, stage.bo, await stage.press(stage.bo, asked.reply, "▲ Dafür stimmen"))
    assert said == "Deine Stimme zu `weiches-licht` zählt: 1 dafür, 0 dagegen."


async def test_a_remix_knows_its_parent(stage: Stage) -> None:
    await share(stage, stage.ada, "glow", "glowing", about="Warm #light")
    modal = await dialog(await stage.bo.slash("trick remix", name="glow"))
    assert modal.title == "Remix glow"
    assert [field.value for field in modal.fields] == ["", "glowing", "", "", "Warm #light"]
    asked = await stage.bo.fill(modal, name="glimmer", text="glimmering")
    assert asked.reply is not None
    await shows(asked.reply, "a remix of `glow`")
    parent = (await stage.ada.slash("trick show", name="glow")).reply
    assert parent is not None
    await shows(parent, "remixed as `glimmer`")


async def test_the_list_is_turned_page_by_page(stage: Stage) -> None:
    asked = await stage.ada.slash("trick list", order="newest")
    assert asked.reply is not None
    assert asked.reply.ephemeral
    count = -(-len(starters()) // 10)
    assert asked.reply.content.startswith(f"**Newest tricks** · page 1 of {count}")
    assert [button.label for button in asked.reply.buttons] == ["▶"]
    await stage.press(stage.ada, asked.reply, "▶")
    await shows(asked.reply, f"page 2 of {count}")
    named = set(re.findall(r"`--([\w-]+)`", "".join(version.content for version in asked.reply.history)))
    assert len(named) == 20
    await stage.press(stage.ada, asked.reply, "◀")
    assert f"page 1 of {count}" in asked.reply.content


async def test_lists_by_tag_author_votes_and_use(stage: Stage) -> None:
    await share(stage, stage.ada, "glow", "glowing", about="#warm")
    await stage.bo.slash("trick vote", name="glow", vote="for")
    for options, first in (
        ({"tag": "#Warm"}, "**Tricks about warm** · page 1 of 1\n`--glow`"),
        ({"author": "ada"}, "**Tricks of Ada** · page 1 of 1\n`--glow`"),
        ({"order": "voted"}, "`--glow` · ▲ 1 ▼ 0"),
        ({"order": "newest"}, "`--glow`"),
        ({"tag": "nobody's"}, "There are no such tricks yet."),
    ):
        asked = await stage.ada.slash("trick list", **options)
        assert asked.reply is not None
        body = asked.reply.content
        assert first in body
        if "--" in body:
            assert re.search(r"`--([\w-]+)`", body)[1] == "glow"  # type: ignore[index]


async def test_what_cannot_be_shared_is_said_to_who_tried(stage: Stage) -> None:
    for name, text, words in (
        ("glow", "", "needs words"),
        ("vrаy", "x", "alphabets that look alike"),
        ("unrealengine", "x", "`unrealengine` looks like `unreal-engine`"),
        ("seed", "x", "`seed` looks like `--seed`"),
    ):
        modal = await dialog(await stage.ada.slash("trick add"))
        said = await told(stage, stage.ada, await stage.ada.fill(modal, name=name, text=text))
        assert words in said
    assert not stage.public_messages()


async def test_members_words_ping_nobody_and_hide_nothing(stage: Stage) -> None:
    seen = await share(
        stage, stage.ada, "glow", "@everyone **bold** http://x.y \u202egnp", about="[a](http://x.y) #fun"
    )
    assert "@everyone" not in seen.content
    assert r"\*\*bold\*\*" in seen.content
    assert "http://" not in seen.content
    assert "\u202e" not in seen.content


async def test_ones_own_trick_is_edited_and_old_pictures_stay(stage: Stage) -> None:
    await share(stage, stage.ada, "glow", "glowing")
    modal = await dialog(await stage.ada.slash("trick edit", name="glow"))
    assert [field.custom_id for field in modal.fields] == ["text", "negative", "flags", "about"]
    late = await dialog(await stage.ada.slash("trick edit", name="glow"))
    await stage.worker.wake()
    await stage.imagine(stage.bo, "a hut --glow")
    before = await stage.worker.next_job()
    said = await told(stage, stage.ada, await stage.ada.fill(modal, text="glimmering"))
    assert said.startswith("`glow` is changed")
    said = await told(stage, stage.ada, await stage.ada.fill(late, text="gleaming"))
    assert said.startswith("Somebody has edited `glow`")
    again = (await stage.queue.record(before.id)).recipe
    assert (again.words, again.styles[0].version) == ("a hut | glowing", 1)
    said = await told(stage, stage.bo, await stage.bo.slash("trick edit", name="glow"))
    assert said == "Only Ada can change `glow`. Remix it to make it yours."


async def test_ones_own_trick_is_removed(stage: Stage) -> None:
    await share(stage, stage.ada, "glow", "glowing")
    said = await told(stage, stage.bo, await stage.bo.slash("trick remove", name="glow"))
    assert said.startswith("Only Ada can change")
    assert (
        await told(stage, stage.ada, await stage.ada.slash("trick remove", name="glow")) == "`glow` is gone."
    )
    said = await told(stage, stage.ada, await stage.ada.slash("trick show", name="glow"))
    assert said.startswith("I know no trick `glow`.")


async def test_a_report_reaches_the_moderators(stage: Stage) -> None:
    seen = await share(stage, stage.ada, "glow", "glowing")
    modal = await dialog(await stage.press(stage.bo, seen, "Report"))
    said = await told(stage, stage.bo, await stage.bo.fill(modal, why="it is rude"))
    assert said == "Thank you. The moderators are told."
    assert (await TrickStore(stage.queue.redis).reports("glow"))[stage.bo.user.id] == "it is rude"
    entries = await stage.queue.redis.xrange("dream:audit")
    assert b"it is rude" in b"".join(entries[-1][1].values())
    said = await told(stage, stage.bo, await stage.bo.slash("trick list", order="reported"))
    assert said == "Only moderators can do this."
    seen_by_mo = (await stage.moderator.slash("trick list", order="reported")).reply
    assert seen_by_mo is not None
    assert "`--glow` · ▲ 0 ▼ 0 · 0 painted · one report" in seen_by_mo.content


async def test_moderators_hide_rename_and_merge(stage: Stage) -> None:
    seen = await share(stage, stage.ada, "glow", "glowing")
    for deed, options in (
        ("hide", {"name": "glow"}),
        ("unhide", {"name": "glow"}),
        ("rename", {"name": "glow", "to": "x"}),
        ("merge", {"name": "glow", "into": "vray"}),
    ):
        said = await told(stage, stage.bo, await stage.bo.slash(f"trick {deed}", **options))
        assert said == "Only moderators can do this."
    mo = stage.moderator
    assert await told(stage, mo, await mo.slash("trick hide", name="glow")) == "`glow` is off the menu."
    said = (await stage.refusal(stage.bo, "a hut --glow")).content
    assert "I know no flag `--glow`" in said
    said = await told(stage, stage.bo, await stage.press(stage.bo, seen, "▲ Vote for"))
    assert said.startswith("I know no trick `glow`")
    assert "again" in await told(stage, mo, await mo.slash("trick unhide", name="glow"))
    said = await told(stage, mo, await mo.slash("trick rename", name="glow", to="Warm glow"))
    assert said == "`glow` is `warm-glow` now; the old name goes on working."
    await stage.worker.wake()
    await stage.imagine(stage.bo, "a hut --glow")
    assert (await stage.worker.next_job()).recipe.styles[0].name == "warm-glow"
    said = await told(stage, stage.bo, await stage.press(stage.bo, seen, "▲ Vote for"))
    assert "`warm-glow` counts: 1 for" in said, "buttons that were there before too"
    said = await told(stage, mo, await mo.slash("trick merge", name="warm-glow", into="vray"))
    assert said == "`warm-glow` is part of `vray` now; the old name goes on working."
    entries = await stage.queue.redis.xrange("dream:audit")
    told_of = b" ".join(b"".join(entry.values()) for _, entry in entries)
    for action in (b"trick.hide", b"trick.unhide", b"trick.rename", b"trick.merge"):
        assert action in told_of


async def test_tricks_are_taken_along(stage: Stage) -> None:
    await share(stage, stage.ada, "glow", "glowing", about="Warm")
    asked = await stage.bo.slash("trick export")
    assert asked.reply is not None
    assert asked.reply.content == f"{len(starters()) + 1} tricks."
    assert b"[glow]" in asked.reply.attachments[0].content
    asked = await stage.ada.slash("trick export", format="csv", mine=True)
    assert asked.reply is not None
    assert asked.reply.content.startswith("One trick. What such a file cannot hold:\n")
    assert "description of glow" in asked.reply.content
    (file,) = asked.reply.attachments
    assert (file.filename, file.content) == (
        "styles.csv",
        "\ufeffname,prompt,negative_prompt\r\nglow,glowing,\r\n".encode(),
    )


async def test_a_file_is_taken_in_and_what_was_lost_is_told(stage: Stage) -> None:
    await share(stage, stage.ada, "glow", "glowing")
    table = "name,prompt,negative_prompt\nOld Film,grain,colour\n,nameless,\nglow,glowing,\nvray,other,\n"
    asked = await stage.bo.slash("trick import", file=Upload("styles.csv", table.encode()))
    assert asked.reply is not None
    seen = await shows(asked.reply, "One trick was taken: `old-film`")
    for words in (
        "3 things were left out or changed:",
        "line 3\\: no name",
        "glow\\: is here already",
        "vray",
    ):
        assert words in seen.content
    assert not seen.attachments
    many = table + "".join(f",nameless {number},\n" for number in range(20))
    asked = await stage.bo.slash("trick import", file=Upload("styles.csv", many.encode()))
    assert asked.reply is not None
    seen = await shows(asked.reply, "left out or changed")
    assert [file.filename for file in seen.attachments] == ["not-taken.txt"]
    assert asked.reply.ephemeral
    shown = (await stage.ada.slash("trick show", name="old film")).reply
    assert shown is not None
    await shows(shown, "by Bo")


async def test_a_table_of_five_megabytes_is_refused_in_a_sentence(stage: Stage) -> None:
    table = b"name,prompt\n" + b"glow,glowing\n" * 400_000
    said = await told(stage, stage.bo, await stage.bo.slash("trick import", file=Upload("styles.csv", table)))
    assert said == "The file has 5.2 MB, and I read files of tricks up to 1 MB."


async def test_share_trick_takes_the_modifiers_of_a_picture(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dreambot.verbs.ended", lambda job, ending: ("share",))
    await stage.worker.wake()
    painted = await stage.imagine(stage.ada, "a hut | oil painting | golden light --no people --watercolor")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    picture = await stage.worker.finish(job)
    await shows(painted, "done in")
    said = await told(stage, stage.bo, await stage.press(stage.bo, painted, "Share trick"))
    assert said == "Only Ada can share what made this picture."
    modal = await dialog(await stage.press(stage.ada, painted, "Share trick"))
    assert modal.field("text").value == "a watercolor of {prompt}, oil painting, golden light"
    assert modal.field("negative").value == "people"
    asked = await stage.ada.fill(modal, name="golden")
    assert asked.reply is not None
    seen = await shows(asked.reply, "Ada shares a trick.")
    assert [file.content for file in seen.attachments] == [picture], "with the picture as an example"


async def test_examples_of_age_restricted_channels_stay_in_such(bare_stage: Stage) -> None:
    stage = bare_stage
    stage.channel.nsfw = True
    await stage.raise_bot()
    await stage.worker.wake()
    await stage.imagine(stage.ada, "a hut | oil painting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await stage.all_shown()
    store = TrickStore(stage.queue.redis)
    await store.put(drafted("glow", "glowing", examples=(job.id, "unheard-of")))
    for channel, pictures in (("art", 1), ("general", 0)):
        asked = await stage.bo.slash("trick show", channel=channel, name="glow")
        assert asked.reply is not None
        assert len((await shows(asked.reply, "Adds: glowing")).attachments) == pictures


async def test_an_example_is_shown_to_whom_its_channel_shows_it(stage: Stage) -> None:
    await stage.imagine(stage.ada, "a hut")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await stage.all_shown()
    store = TrickStore(stage.queue.redis)
    await store.put(drafted("glow", "glowing", examples=(job.id,)))
    stage.discord.set_permissions("art", stage.bo.user.id, deny=("view_channel",))
    for person, pictures in ((stage.ada, 1), (stage.bo, 0)):
        asked = await person.slash("trick show", channel="general", name="glow")
        assert asked.reply is not None
        assert len((await shows(asked.reply, "Adds: glowing")).attachments) == pictures


async def test_the_rules_for_words_hold_for_tricks(stage: Stage) -> None:
    seen = await share(stage, stage.ada, "glow", "glowing")
    await RuleStore(stage.queue.redis).add(rule_of("word", "peg"))
    for field in ("name", "text", "negative", "about"):
        words = {"name": "shine", "text": "x", field: "a peg"}
        modal = await dialog(await stage.bo.slash("trick add"))
        assert "`peg`" in await told(stage, stage.bo, await stage.bo.fill(modal, words))
    modal = await dialog(await stage.press(stage.bo, seen, "Remix"))
    assert "`peg`" in await told(stage, stage.bo, await stage.bo.fill(modal, name="shine", text="peg"))
    modal = await dialog(await stage.ada.slash("trick edit", name="glow"))
    assert "`peg`" in await told(stage, stage.ada, await stage.ada.fill(modal, text="peg"))
    table = b"name,prompt\nfine,transparent pegboard\nshine,a peg\n"
    asked = await stage.bo.slash("trick import", file=Upload("styles.csv", table))
    assert asked.reply is not None
    lost = await shows(asked.reply, "One trick was taken: `fine`")
    assert "peg" in lost.content.partition("left out or changed:")[2]
    known = await TrickStore(stage.queue.redis).all()
    assert not [one for one in known.values() if "peg" in one.text.split()]
    assert len(stage.public_messages()) == 1


async def test_who_is_blocked_shares_and_votes_no_more(stage: Stage) -> None:
    seen = await share(stage, stage.ada, "glow", "glowing")
    modal = await dialog(await stage.bo.slash("trick add"))
    member = stage.discord.world.member("bo").user.id
    said = await told(
        stage, stage.moderator, await stage.moderator.slash("mod block", member="bo", reason="spam")
    )
    assert said
    for deed in (
        await stage.bo.fill(modal, name="shine", text="x"),
        await stage.press(stage.bo, seen, "▲ Vote for"),
        await stage.bo.slash("trick add"),
    ):
        assert "spam" in await told(stage, stage.bo, deed)
    assert not await stage.queue.redis.hexists(keys.trick_votes("glow"), member)  # type: ignore[misc]


async def test_who_is_forgotten_is_no_author_any_more(stage: Stage) -> None:
    await share(stage, stage.ada, "glow", "glowing")
    for forgets in KEPT_ELSEWHERE.values():
        await forgets(stage.queue, stage.ada.user.id)
    shown = (await stage.bo.slash("trick show", name="glow")).reply
    assert shown is not None
    assert "Ada" not in (await shows(shown, "by somebody who has left")).content


async def test_forged_ids_get_a_clear_answer(stage: Stage) -> None:
    seen = await share(stage, stage.ada, "glow", "glowing")
    for part in seen.parts:
        if part["custom_id"] == "dream:trick-up:glow":
            part["custom_id"] = "dream:trick-up:nobody-s"
    said = await told(stage, stage.bo, await stage.press(stage.bo, seen, "dream:trick-up:nobody-s"))
    assert said.startswith("I know no trick `nobody-s`.")
    modal = await dialog(await stage.bo.slash("trick remix", name="glow"))
    forged = Modal(modal.title, "dream:trick-edit:glow:1", modal.fields, modal.rows, modal.interaction)
    said = await told(stage, stage.bo, await stage.bo.fill(forged, text="mine now", name="glow"))
    assert said.startswith("Only Ada can change `glow`.")
    assert (await TrickStore(stage.queue.redis).get("glow")).text == "glowing"


async def test_what_another_bot_did_is_known_soon(bare_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dreamqueue.tricks.shelf.LOOK_SECONDS", 0.02)
    stage = bare_stage
    await stage.raise_bot()
    tricks = TrickStore(stage.queue.redis)
    seen = await tricks.put(drafted("glow", "glowing", author=Owner(id="9", name="Zoe")))
    bot = stage.bot
    assert bot is not None
    await eventually(lambda: "glow" in bot.menu.styles)
    await tricks.put(edited(seen, text="glimmering"))
    await eventually(lambda: bot.menu.styles["glow"].text == "glimmering")


def test_every_button_of_a_trick_does_something() -> None:
    for name in ("trick-up", "trick-down", "trick-remix", "trick-report", "trick-newer", "share"):
        assert VERBS[name].press is not None
        assert callable(VERBS[name].press())  # type: ignore[misc]
