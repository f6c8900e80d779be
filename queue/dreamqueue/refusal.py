"""Why Redis will not have us, in words for whoever runs it. No word of it holds a password."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from redis.exceptions import AuthenticationError, NoPermissionError

CLOSED = "Connection closed by server"
"""How redis-py says that the other side hung up."""
WHO = "it refuses the user or the password in DREAM_REDIS_URL"
HUNG_UP = "it hangs up as soon as TLS is there. Does it ask for a certificate of ours (DREAM_REDIS_CERT)?"
PERMISSION = "the user in DREAM_REDIS_URL may not do that (queue/users.acl)"


def refusal(error: BaseException, over_tls: bool = False) -> str | None:
    """What is wrong with certificate, password or rights; None if it is something else, such as silence."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"its certificate is not accepted ({cause.verify_message.rstrip('.')}). DREAM_REDIS_CA has "
                "to be the certificate that signed it, and DREAM_REDIS_URL the name that it was made for"
            )
        if isinstance(cause, ssl.SSLError):
            return f"TLS does not come about ({_reason(cause)}). Is it the TLS port?"
        if isinstance(cause, AuthenticationError):
            return WHO
        if isinstance(cause, NoPermissionError):
            return PERMISSION
        if over_tls and str(cause).startswith(CLOSED):
            return HUNG_UP
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _reason(error: ssl.SSLError) -> str:
    return (error.reason or "the other side hung up").lower().replace("_", " ")
