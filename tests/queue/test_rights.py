"""What members, roles, channels and servers may take, read from a community's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamconfig.rights import Rights, read_rights
from dreamqueue import bands
from dreamqueue.job import Cap
from dreamqueue.prompt import Limits
from dreamqueue.rights import Named, share_of

RIGHTS = """
[everyone]
waiting = 3
running = 1
minutes_a_day = 10
steps = 200

[roles.Boosters]
band = "boosters"
weight = 2
waiting = 6
steps = 100

[roles.42]
weight = 3
pixels = 65536
minutes_a_day = 30

[channels.art]
waiting = 20
pixels = 16384

[servers.7]
minutes_a_day = 600
"""


@pytest.fixture
def rights(tmp_path: Path) -> Rights:
    file = tmp_path / "rights.toml"
    file.write_text(RIGHTS)
    return read_rights(file)


def test_everyone_has_the_same_without_a_file() -> None:
    share = share_of(read_rights(None), "1", waiting=10)
    assert (list(share.caps), share.band, share.weight) == (
        [Cap(scope="member:1", waiting=10)],
        bands.EVERYONE,
        1,
    )
    assert share.within(Limits()) == Limits()


def test_of_several_roles_the_most_generous_counts_in_each_respect(rights: Rights) -> None:
    share = share_of(rights, "1", roles=[Named("5", "Boosters"), Named("42", "whoever")])
    (cap,) = share.caps
    assert cap == Cap(scope="member:1", waiting=6, running=1, seconds_a_day=1800)
    assert (share.band, share.weight, share.steps, share.pixels) == (bands.BOOSTERS, 3, 200, 65536)


def test_a_channel_and_a_server_bound_everybody_there_together(rights: Rights) -> None:
    boosters, art, server = Named("5", "Boosters"), Named("8", "art"), Named("7", "our place")
    share = share_of(rights, "1", roles=[boosters], channel=art, server=server)
    assert list(share.caps)[1:] == [
        Cap(scope="channel:8", whose="this channel", waiting=20),
        Cap(scope="server:7", whose="this server", seconds_a_day=36_000),
    ]
    limits = share.within(Limits(max_pixels=1_000_000, max_steps=2000))
    assert (limits.max_pixels, limits.max_steps) == (16384, 200)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[everyone]\nwaiting = -1", "everyone.waiting"),
        (
            "[everyone]\nwaitng = 1",
            "everyone.waitng: there is no `waitng`; there are waiting, running, minutes",
        ),
        ("[roles.B]\nwieght = 1", "there is no `wieght`; there are waiting, .*band, weight"),
        ("[role.B]\nweight = 1", "there is no `role`; there are everyone, roles, channels, servers"),
        ("[everyone]\nwaiting = 'ten'", "everyone.waiting: Input should be a valid integer$"),
        ("[roles.Boosters]\nband = 'kings'", "roles.Boosters.band"),
        ("[everyone", "is no TOML"),
    ],
)
def test_a_file_that_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "rights.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=f"DREAM_RIGHTS.*{said}"):
        read_rights(file)
    with pytest.raises(ValueError, match="cannot be read"):
        read_rights(tmp_path / "nowhere.toml")
