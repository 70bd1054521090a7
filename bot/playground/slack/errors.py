"""The one error of the Web API: a word, and sometimes messages that explain it."""


class SlackError(Exception):
    """Answered as `{"ok": false, "error": error}`, with `messages` in `response_metadata`.

    `more` are fields beside the error, as `needed` and `provided` of `missing_scope`.
    """

    def __init__(self, error: str, messages: list[str] | None = None, **more: str) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []
        self.more = more

    def answer(self) -> dict[str, object]:
        """The JSON body, in the shape of Slack's own."""
        body: dict[str, object] = {"ok": False, "error": self.error, **self.more}
        if self.messages:
            body["errors"] = self.messages
            body["response_metadata"] = {
                "messages": [f"[ERROR] {message}" for message in self.messages]
            }
        return body
