"""Rate limits as Discord keeps them: a bucket per kind of request and channel or token, and a global one."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2s

from dreampractice.rules import Limit, Rules


@dataclass
class Bucket:
    """A window that opens with its first request."""

    limit: Limit
    used: int = 0
    ends: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass, and the headers that say where its bucket stands."""

    passed: bool
    headers: dict[str, str]
    retry_after: float = 0.0
    everywhere: bool = False


class Limits:
    """All buckets of the bot."""

    def __init__(self, rules: Rules, now: Callable[[], float] = time.time) -> None:
        self.rules = rules
        self.now = now
        self.refused = 0
        """429s given."""
        self.invalid = 0
        """401, 403 and 429 replies: 10,000 in ten minutes, and Discord blocks the address."""
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._recent: deque[float] = deque()

    def take(self, name: str, major: str, counts_globally: bool) -> Verdict:
        """Count one request against its bucket."""
        now = self.now()
        limit = self.rules.limits[name]
        bucket = self._buckets.setdefault((name, major), Bucket(limit))
        if now >= bucket.ends:
            bucket.used, bucket.ends = 0, now + limit.seconds
        if counts_globally and not self._global(now):
            wait = max(0.001, self._recent[0] + 1.0 - now)
            return self._refuse(bucket, name, now, wait, everywhere=True)
        if bucket.used >= limit.requests:
            return self._refuse(bucket, name, now, bucket.ends - now, everywhere=False)
        bucket.used += 1
        return Verdict(True, self._headers(bucket, name, now))

    def _global(self, now: float) -> bool:
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()
        if len(self._recent) >= self.rules.global_per_second:
            return False
        self._recent.append(now)
        return True

    def _refuse(self, bucket: Bucket, name: str, now: float, wait: float, everywhere: bool) -> Verdict:
        self.refused += 1
        headers = self._headers(bucket, name, now)
        headers["X-RateLimit-Scope"] = "global" if everywhere else "user"
        if everywhere:
            headers["X-RateLimit-Global"] = "true"
        else:
            headers["X-RateLimit-Remaining"] = "0"
        headers["Retry-After"] = str(max(1, round(wait)))
        return Verdict(False, headers, round(wait, 3), everywhere)

    @staticmethod
    def _headers(bucket: Bucket, name: str, now: float) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(bucket.limit.requests),
            "X-RateLimit-Remaining": str(max(0, bucket.limit.requests - bucket.used)),
            "X-RateLimit-Reset": f"{bucket.ends:.3f}",
            "X-RateLimit-Reset-After": f"{max(0.0, bucket.ends - now):.3f}",
            "X-RateLimit-Bucket": blake2s(name.encode(), digest_size=16).hexdigest(),
        }
