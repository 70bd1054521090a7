"""The one error of the Web API: a word, and sometimes messages that explain it."""


class SlackError(Exception):
    """Answered as `{"ok": false, "error": error}`, with `messages` in `response_metadata`."""

    def __init__(self, error: str, messages: list[str] | None = None) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []

    def answer(self) -> dict[str, object]:
        """The JSON body, in the shape of Slack's own."""
        body: dict[str, object] = {"ok": False, "error": self.error}
        if self.messages:
            body["errors"] = self.messages
            body["response_metadata"] = {
                "messages": [f"[ERROR] {message}" for message in self.messages]
            }
        return body
