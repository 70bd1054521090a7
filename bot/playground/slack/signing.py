"""Signs requests as Slack does.

Source: "Verifying requests from Slack" in Slack's developer documentation, version v0.
"""

import hashlib
import hmac


def headers(secret: str, body: bytes, *, at: int) -> dict[str, str]:
    """The two headers that prove a body came from Slack at `at` (seconds since the epoch)."""
    signed = f"v0:{at}:".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={digest}"}
