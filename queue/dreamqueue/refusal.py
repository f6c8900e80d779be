"""Why Redis will not have us, in words for whoever runs it. No word of it holds a password."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from redis.exceptions import AuthenticationError, NoPermissionError

PASSWORD = "it refuses the user or the password in DREAM_REDIS_URL"
PERMISSION = "the user in DREAM_REDIS_URL may not do that (queue/users.acl)"


def refusal(error: BaseException) -> str | None:
    """What is wrong with certificate, password or rights; None if it is something else, such as silence."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not accepted ({cause.verify_message.rstrip('.')}). DREAM_REDIS_CA has to be "
                "the certificate that signed it, and DREAM_REDIS_URL the name that it was made for"
            )
        if isinstance(cause, ssl.SSLError):
            return (
                f"TLS does not come about ({_reason(cause)}). Is it the TLS port, and does it ask for a certificate "
                "of ours (DREAM_REDIS_CERT)?"
            )
        if isinstance(cause, AuthenticationError):
            return PASSWORD
        if isinstance(cause, NoPermissionError):
            return PERMISSION
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or "the other side hung up").lower().replace("_", " ")
