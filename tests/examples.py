"""How many examples a test of hypothesis tries: the same ones each time, and never by the clock."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def examples(most: int) -> settings:
    """For a test that is part of every run: bounded, and as good on a busy machine."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    return settings(deadline=None, max_examples=most, derandomize=True, suppress_health_check=slow)
