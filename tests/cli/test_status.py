"""What `aliendreams status` shows on a narrow terminal, and of a Redis that is not there."""

from __future__ import annotations

import io

import pytest
from click.testing import CliRunner
from rich.console import Console

from dreamcli.imagine import in_words
from dreamcli.main import main
from dreamcli.status import picture
from dreamqueue.overview import LaneSeen, Memory, Overview, PaintingSeen
from dreamqueue.workers import WorkerCard

BACKENDS = (
    "bigsleep",
    "deepdream",
    "diffusion",
    "fourier",
    "pixels",
    "siren",
    "strokes",
    "stylegan",
    "vqgan",
)
SEEN = Overview(
    when=10_000.0,
    workers=(
        WorkerCard(
            name="a-machine-in-the-attic-4711",
            backends=BACKENDS,
            device="cuda:1",
            slots=16,
            loaded=("vqgan-imagenet-16384", "vit-b-32"),
            since=1.0,
            mode="draining",
        ),
    ),
    lanes=(
        LaneSeen(
            name="diffusion-0123abcd",
            needs="diffusion, stable-diffusion-xl, vit-l-14, 12 GB",
            workers=1,
            waiting=321,
            painting=16,
            oldest=7384,
        ),
    ),
    painting=(
        PaintingSeen(
            id="5f1d0c2ab34e",
            member="Ada of the long and winding name",
            backend="diffusion",
            worker="a-machine-in-the-attic-4711",
            step=1000,
            steps=2000,
            seconds=7384,
        ),
    ),
    waiting=321,
    minute={},
    hour={},
    memory=Memory(used=1, limit=2),
)


def test_no_heading_and_no_number_is_cut_at_80_columns() -> None:
    shown = io.StringIO()
    Console(file=shown, width=80).print(picture(SEEN))
    lines = shown.getvalue().splitlines()
    headings = [line.split() for line in (lines[0], lines[2], lines[4])]
    assert headings == [
        ["worker", "mode", "on", "paints", "loaded", "jobs", "pace", "ended", "awake"],
        ["lane", "needs", "can", "waiting", "painting", "oldest"],
        ["job", "member", "backend", "worker", "step", "for"],
    ]
    assert lines[1].split()[-4:] == ["0/16", "1", "0", "2:46:39"]
    assert lines[3].split()[-4:] == ["1", "321", "16", "2:03:04"]
    assert lines[5].split()[-2:] == ["1000/2000", "2:03:04"]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("verb", [["status"], ["job", "show", "5f1d0c2ab34e"], ["imagine", "a hut"]])
def test_a_redis_that_is_not_there_is_said_by_its_setting(
    verb: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DREAM_REDIS_URL", "redis://127.0.0.1:1/0")
    told = CliRunner().invoke(main, verb)
    assert told.exit_code == 1
    assert "Redis does not answer at DREAM_REDIS_URL" in told.output
    assert "Nothing was started" not in told.output


@pytest.mark.parametrize("verb", [["status"], ["worker"], ["bot"], ["doctor"]])
def test_an_album_that_cannot_be_used_is_a_sentence(
    verb: list[str], redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DREAM_REDIS_URL", redis_url)
    monkeypatch.setenv("DREAM_ALBUM", "foo://bucket")
    told = CliRunner().invoke(main, verb)
    assert told.exit_code == 1
    assert "DREAM_ALBUM `foo://bucket` is no place" in f"{told.output}{told.exception}".replace("\n", " ")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (40, "40 seconds"), (60, "1 minute"), (3600, "1 hour"), (12_600, "3.5 hours")],
)
def test_how_long_a_job_waited_is_said_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
