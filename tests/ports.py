"""Ports for servers of tests, which run beside those of other tests: the kernel's choice, seldom the same."""

from __future__ import annotations

import socket


def unused_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
