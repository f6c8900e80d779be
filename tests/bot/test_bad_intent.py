"""What people do who mean harm, and what Discord does when it stumbles: nothing happens that should not."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import discord
import pytest
from discord import app_commands
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import SecretStr
from tests.bot.scripted_worker import picture
from tests.bot.stage import Stage, eventually, shows
from tests.examples import examples
from tests.own_valkey import PASSWORDS, own_valkey, quoted

from dreambot import words
from dreambot.buttons import JobButton
from dreambot.dialogs import DIALOGS, Field, _typed, open_dialog
from dreambot.texts import speech
from dreambot.verbs import VERBS
from dreamconfig.settings import BotSettings, QueueSettings
from dreampractice import Person, PracticeDiscord, point_discord_at
from dreampractice.asked import submission
from dreampractice.interactions import COMMAND, COMPONENT, MODAL_SUBMIT, Interaction
from dreampractice.messages import Message
from dreampractice.options import Filling
from dreamqueue.client import QueueClient
from dreamqueue.job import Job, JobState
from dreamqueue.logs import Hide, JsonLines, Marks, TextLines, secrets_of

INCIDENT = "incident `"


async def waiting(stage: Stage, person: Person, prompt: str = "a hut --seed 7") -> tuple[Message, Job]:
    """A job that waits, and its message."""
    message = await stage.imagine(person, prompt)
    await shows(message, "waiting")
    return message, await stage.worker.next_job()


def forge(message: Message, custom_id: str) -> None:
    """A message has a button with this id, as with a client of one's own."""
    button = {"type": 2, "id": 2, "style": 2, "label": "forged", "custom_id": custom_id}
    message.components = [{"type": 1, "id": 1, "components": [button]}]


def replay(stage: Stage, one: Interaction) -> None:
    """The bot hears of an interaction once more."""
    stage.discord.core.world.feed.tell("interaction", data={"interaction": one, "state": "new"})


def said_to(stage: Stage, person: Person) -> str:
    return "\n".join(message.content for message in stage.whispers(person))


# --- ids

FORGED = ["000000000000", "x", "-", "version", "__", "a" * 40]


@pytest.mark.parametrize("verb", VERBS)
async def test_no_forged_id_is_an_incident_or_does_anything_to_anothers_job(stage: Stage, verb: str) -> None:
    _, job = await waiting(stage, stage.ada)
    own, _ = await waiting(stage, stage.moderator, "another hut")
    for thing, detail in [*((thing, "") for thing in FORGED), (job.id, ""), (job.id, "99"), (job.id, "-x")]:
        forge(own, f"dream:{verb}:{thing}" + (f":{detail}" if detail else ""))
        asked = await stage.bo.press(own, "forged")
        assert asked.failed is None, (verb, thing, detail)
    await stage.all_answered()
    assert INCIDENT not in said_to(stage, stage.bo)
    record = await stage.queue.record(job.id)
    assert (record.state, record.recipe, record.ending) == (JobState.waiting, job.recipe, None)


@examples(200)
@given(
    st.one_of(
        st.text(max_size=60),
        st.from_regex(r"dream:\w{1,8}:\w{1,14}(:\w{1,8})?", fullmatch=True),
        st.sampled_from(
            ["dream:cancel:a\n", "dream:cancel:a:b:c", "dream:cancel:*", "dream:cancel:", "dream::a"]
        ),
    )
)
def test_an_id_is_ours_letter_by_letter_or_not_at_all(custom_id: str) -> None:
    match = JobButton.__discord_ui_compiled_template__.fullmatch(custom_id)
    if match is not None:
        button = JobButton(match["verb"], match["thing"], match["detail"] or "")
        assert button.item.custom_id == custom_id
        assert len(custom_id) <= 100
        assert not set(custom_id) & set("*?[]{}/.\\ \n")


@pytest.mark.parametrize("kind", [2, 3])
async def test_an_id_that_is_not_in_the_message_is_of_another_time(stage: Stage, kind: int) -> None:
    _, job = await waiting(stage, stage.ada)
    custom_id = {2: f"dream:cancel:{job.id}", 3: "menu:settings:backend"}[kind]
    own = await stage.ada.say("art", "press me")
    forge(own, "dream:example:0")
    data = {"component_type": kind, "custom_id": custom_id, "id": 2, "values": ["pixels"]}
    one = stage.ada._act(COMPONENT, own.channel, data, own)
    await one.settled.wait()
    assert one.failure is None
    assert (await stage.whispered(stage.ada)).content == speech().say("buttons.another-time")
    assert (await stage.queue.record(job.id)).state is JobState.waiting


# --- twice


async def test_an_ask_that_comes_twice_is_one_job(stage: Stage) -> None:
    message, _ = await waiting(stage, stage.ada)
    one = next(iter(stage.discord.core.interactions._by_id.values()))
    for _ in range(3):
        replay(stage, one)
    other, _ = await waiting(stage, stage.bo, "a barn")
    await stage.all_answered()
    assert len(stage.public_messages()) == 2
    assert len(await stage.queue.store.open_jobs()) == 2
    assert "nothing was started" not in "".join(version.content for version in message.history)
    assert "waiting" in message.content
    assert other is not message
    assert stage.whispers(stage.ada) == []


async def test_a_press_that_comes_twice_counts_once(stage: Stage) -> None:
    message, job = await waiting(stage, stage.ada)
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await shows(message, "done in")
    one = stage.bo.begin_press(message, "Again")
    replay(stage, one)
    again = await stage.worker.next_job()
    replay(stage, one)
    await waiting(stage, stage.ada, "a barn")
    await stage.all_answered()
    assert len(stage.public_messages()) == 3
    assert len(await stage.queue.store.open_jobs()) == 2
    assert (await stage.queue.record(again.id)).job.owner.name == "Bo"
    assert INCIDENT not in said_to(stage, stage.bo)


async def test_two_press_at_once_and_one_is_told_that_it_is_over(stage: Stage) -> None:
    message, job = await waiting(stage, stage.ada)
    presses = [person.begin_press(message, "Cancel") for person in (stage.ada, stage.moderator)]
    for press in presses:
        await press.settled.wait()
        assert press.failure is None
    await shows(message, "cancelled by")
    told = await eventually(lambda: stage.whispers(stage.ada) + stage.whispers(stage.moderator))
    assert [message.content for message in told] == ["This one has ended already."]
    ending = (await stage.queue.record(job.id)).ending
    assert ending is not None
    assert ending.kind == "cancelled"


# --- words

LOUD = [
    "@everyone @here <@{bo}> <@&{guild}>",
    "[a picture](https://evil.example/x.png) https://evil.example discord.gg/abc",
    "# big\n> quote\n- list\n```code``` ||spoiler|| **bold** __u__ ~~s~~ *i* `x`",
    "\u202egnp.tuh\u202c \u2066x\u2069 \u200b\u200d\ufeff hut",
    "h" + "\u0336\u0321\u0354\u0329\u0300" * 300 + "ut",
    "<:pepe:123456789012345678> <t:0:R> </imagine:1> <#1> hut",
    "\x00\x1b[31m\x7f hut",
    "-# small\u2028-# small hut",
]


@pytest.mark.parametrize("prompt", LOUD)
async def test_a_prompt_is_shown_as_words_and_nothing_else(stage: Stage, prompt: str) -> None:
    prompt = prompt.format(bo=stage.bo.user.id, guild=stage.discord.world.guild_id)
    message, _ = await waiting(stage, stage.ada, prompt)
    for version in message.history:
        assert_harmless(version.content)
    assert message.mentions == []
    assert not message.mention_everyone


def assert_harmless(shown: str) -> None:
    """No markup of a member's, no mention, no link, nothing that turns text about."""
    first = shown.split("\n")[0].removeprefix("**").removesuffix("**")
    bare = first.replace("\\\\", "")
    for sign in "*_~`|[]()<>#":
        assert bare.count(sign) == bare.count(f"\\{sign}"), f"{sign} is markup in {first!r}"
    assert "@everyone" not in shown
    assert "http://" not in shown
    assert "https://" not in shown
    assert not set(shown) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u200d\ufeff\x00\x1b\x7f\u2028")


@examples(150)
@given(st.text(max_size=80) | st.sampled_from(LOUD))
def test_any_text_of_a_member_is_one_harmless_line(text: str) -> None:
    shown = words.plain(text, 60)
    assert len(shown) <= 60
    assert "\n" not in shown
    assert_harmless(shown)


async def test_a_hundred_thousand_characters(stage: Stage) -> None:
    place, row, path = stage.ada._command("imagine", "art")
    data = Filling(stage.discord.core, place).data(row, path, {"prompt": "a hut"})
    for prompt in ("wind " * 20_000, "a" * 100_000, "a|" * 50_000, "{a,b}" * 20_000, "\u0301" * 100_000):
        data["options"][0]["value"] = prompt
        one = stage.ada._act(COMMAND, place, data)
        await one.settled.wait()
        assert one.failure is None
    await eventually(lambda: len(stage.whispers(stage.ada)) == 5)
    assert all("characters long" in whisper.content for whisper in stage.whispers(stage.ada))
    assert await stage.queue.store.open_jobs() == []


async def say_it(interaction: discord.Interaction[Any], _t: str, _d: str, typed: Mapping[str, str]) -> None:
    """Answers the test's dialog with how long it was, and its beginning."""
    text = typed["words"]
    await interaction.response.send_message(f"{len(text)} {words.plain(text, 60)}", ephemeral=True)


async def test_a_hundred_thousand_characters_in_a_dialog(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    @app_commands.command(name="ask", description="opens a dialog")
    async def ask(interaction: discord.Interaction[Any]) -> None:
        await open_dialog(interaction, "t", Field("words", "Words", long=True), verb="test", thing="a")

    monkeypatch.setitem(DIALOGS, "test", f"{__name__}:say_it")
    assert stage.bot is not None
    stage.bot.tree.add_command(ask)
    await stage.bot.tree.sync()
    modal = (await stage.ada.slash("ask")).modal
    assert modal is not None
    data = submission(modal, {"words": "x"})
    sent = json.loads(json.dumps(data).replace('"x"', json.dumps("@everyone " * 10_000)))
    source = modal.interaction
    one = stage.ada._act(MODAL_SUBMIT, source.channel, sent, source.message, source)
    await one.settled.wait()
    assert one.failure is None
    told = (await stage.whispered(stage.ada)).content
    assert told.startswith("3999 ")
    assert "@everyone" not in told


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["components", "component", "custom_id", "value", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@examples(150)
@given(JSON)
def test_any_answer_to_a_dialog_is_read(rows: object) -> None:
    assert all(isinstance(text, str) and len(text) <= 4000 for text in _typed(rows).values())


# --- uploads


def progressive() -> bytes:
    """A JPEG in several scans."""
    out = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(out, "JPEG", progressive=True)
    return out.getvalue()


async def test_a_small_file_that_would_decode_for_an_hour_is_refused(stage: Stage) -> None:
    whole = progressive()
    bomb = whole[:-2] + b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x10" * 100_000 + whole[-2:]
    told = await stage.refusal(stage.ada, "a hut", image=("hut.jpg", bomb))
    assert "far too many parts" in told.content
    assert await stage.queue.store.open_jobs() == []


async def test_what_hides_in_a_picture_is_not_kept(stage: Stage) -> None:
    script, archive = b"<script>alert(1)</script>", b"PK\x03\x04 a zip PK\x05\x06"
    await stage.imagine(stage.ada, "a hut", image=("hut.gif", picture("red", "GIF") + script + archive))
    job = await stage.worker.next_job()
    assert job.recipe.image is not None
    kept = await stage.queue.fetch(job.recipe.image)
    assert kept is not None
    assert kept.startswith(b"\x89PNG")
    assert script not in kept
    assert archive not in kept


FILE_NAMES = ["../../etc/passwd.png", "hut\u202egnp.exe.png", "a" * 300 + ".png", "x\n@everyone.png"]


@pytest.mark.parametrize("name", FILE_NAMES, ids=["path", "bidi", "long", "lines"])
async def test_a_files_name_is_nothing_to_us(stage: Stage, name: str) -> None:
    message = await stage.imagine(stage.ada, "a hut", image=(name, picture("red", side=64)))
    await shows(message, "from a picture")
    assert all(name not in version.content for version in message.history)


# --- names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\u202eadA", "adA"),
        ("Ada\u200b\u200d", "Ada"),
        ("@everyone", "\\@\u200beveryone"),
        ("**Ada** or a moderator", "\\*\\*Ada\\*\\* or a moderator"),
        ("[Ada](https://evil.example)", "\\[Ada\\]\\(https"),
        ("A" + "\u0336\u0321\u0354" * 40, "A"),
        ("\u3164\u200b", "bo"),
    ],
)
async def test_whoever_calls_himself_like_another_is_another(stage: Stage, name: str, shown: str) -> None:
    message, job = await waiting(stage, stage.ada)
    stage.bo.user.display = name
    await stage.press(stage.bo, message, "Cancel")
    assert (await stage.whispered(stage.bo)).content == "Only Ada or a moderator can cancel this."
    assert (await stage.queue.record(job.id)).state is JobState.waiting
    own = await stage.imagine(stage.bo, "a barn")
    end = await shows(own, "waiting")
    fine = end.content.splitlines()[-1]
    assert f"for {shown}" in fine
    assert len(fine) < 300
    assert not set(fine) & set("\u202e\u200d\u3164")
    assert own.mentions == []


async def test_a_look_alike_may_no_more_than_anybody(stage: Stage) -> None:
    message, job = await waiting(stage, stage.ada)
    for name in ("Ada", "Аda", "mo", "moderator"):
        stage.bo.user.display = name
        await stage.press(stage.bo, message, "Cancel")
    await eventually(lambda: len(stage.whispers(stage.bo)) == 4)
    assert {told.content for told in stage.whispers(stage.bo)} == {"Only Ada or a moderator can cancel this."}
    assert (await stage.queue.record(job.id)).state is JobState.waiting


# --- secrets


@pytest.fixture
def everything_logged() -> Iterator[dict[str, tuple[io.StringIO, logging.Handler]]]:
    """All that any library says at DEBUG, as text and as JSON, with nothing hidden yet."""
    root = logging.getLogger()
    written: dict[str, tuple[io.StringIO, logging.Handler]] = {}
    for form in ("text", "json", "bare"):
        out = io.StringIO()
        handler = logging.StreamHandler(out)
        handler.addFilter(Marks())
        root.addHandler(handler)
        written[form] = out, handler
    before = root.level
    loud = ("discord", "aiohttp", "redis", "arq", "asyncio", "dreambot", "dreamqueue", "PIL")
    levels = {name: logging.getLogger(name).level for name in loud}
    root.setLevel(logging.DEBUG)
    for name in loud:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield written
    root.setLevel(before)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    for _, handler in written.values():
        root.removeHandler(handler)


async def test_no_log_has_a_token_or_a_password(
    everything_logged: dict[str, tuple[io.StringIO, logging.Handler]], tmp_path: Any
) -> None:
    hub = "hf_" + "q7" * 16
    with own_valkey(tmp_path, users=True) as valkey:
        async with PracticeDiscord() as practice:
            own = BotSettings(redis_url=SecretStr(valkey.url("bot")), discord_token=SecretStr(practice.token))
            hide = Hide([*secrets_of(own), hub])
            everything_logged["text"][1].setFormatter(TextLines("%(asctime)s %(name)s: %(message)s", hide))
            everything_logged["json"][1].setFormatter(JsonLines({}, hide))
            queue = await QueueClient.connect(QueueSettings(redis_url=own.redis_url))
            with point_discord_at(practice.url):
                stage = Stage(practice, valkey.url("bot"), queue)
                await stage.raise_bot()
                message, job = await waiting(stage, stage.ada)
                await stage.press(stage.bo, message, "Cancel")
                await stage.refusal(stage.ada, "a hut", image=("x.png", b"no picture"))
                await stage.worker.begin(job)
                await stage.worker.finish(job)
                await shows(message, "done in")
                await stage.all_shown()
                logging.getLogger("dreambot").info("the hub says no to %s", hub)
                logging.getLogger("redis").debug("connected to %s", valkey.url("bot"))
                tokens = [one.token for one in practice.core.interactions._by_id.values()]
                await stage.fell_bot()
            await queue.close()
    secrets = {
        "the bot's token": [practice.token],
        "an interaction's token": tokens,
        "the password of Redis": [PASSWORDS["bot"], quoted("bot")],
        "the hub's token": [hub],
    }
    bare = everything_logged["bare"][0].getvalue()
    assert len(tokens) >= 3
    assert any(token in bare for token in tokens), "discord.py says them: there is something to hide"
    assert hub in bare
    for form in ("text", "json"):
        written = everything_logged[form][0].getvalue()
        assert len(written) > 5_000
        for what, values in secrets.items():
            assert not [value for value in values if value in written], f"{what} is in the {form} log"
    assert picture("red") not in bare.encode(errors="replace")
