"""What a message is to say, read from the arguments of a call and held to Slack's limits."""

from typing import Any, NamedTuple

from bot.playground.slack.arguments import Arguments
from bot.playground.slack.blocks import characters, problems, with_ids
from bot.playground.slack.errors import SlackError
from bot.playground.slack.inspection import Json, Problem
from bot.playground.slack.limits import SIZES
from bot.playground.slack.state import State


class Content(NamedTuple):
    """The text and blocks of a message; None where the call did not name them."""

    text: str | None
    blocks: list[dict[str, Any]] | None
    metadata: dict[str, Any] | None


def read_content(
    state: State, arguments: Arguments, *, most_text: int = SIZES["message.text"]
) -> Content:
    """The content of a message, or the error with which Slack refuses it."""
    content = Content(
        text=arguments.text("text"),
        blocks=_blocks(state, arguments),
        metadata=_metadata(arguments),
    )
    for name in ("attachments", "markdown_text"):
        if arguments.given.get(name):
            raise SlackError("invalid_arguments", [f"{name} is not modelled here"])
    if not content.text and not content.blocks:
        raise SlackError("no_text")
    if len(content.text or "") > most_text:
        raise SlackError("msg_too_long")
    return content


def _blocks(state: State, arguments: Arguments) -> list[dict[str, Json]] | None:
    blocks = arguments.structure("blocks", error="invalid_blocks_format")
    if blocks is None:
        return None
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    if found := [*problems(blocks), *_missing_files(state, blocks, "/blocks")]:
        raise SlackError("invalid_blocks", [str(problem) for problem in found])
    if characters(blocks) > SIZES["message.blocks_characters"]:
        raise SlackError("msg_blocks_too_long")
    return with_ids(blocks)


def _missing_files(state: State, value: Json, pointer: str) -> list[Problem]:
    """Pictures by file id must be uploaded pictures of this workspace."""
    if isinstance(value, list):
        return [
            problem
            for index, item in enumerate(value)
            for problem in _missing_files(state, item, f"{pointer}/{index}")
        ]
    if not isinstance(value, dict):
        return []
    found = []
    for key, inner in value.items():
        named = inner.get("id") if key == "slack_file" and isinstance(inner, dict) else None
        if isinstance(named, str) and named not in state.files:
            found.append(Problem("invalid slack file", f"{pointer}/{key}"))
        found += _missing_files(state, inner, f"{pointer}/{key}")
    return found


def _metadata(arguments: Arguments) -> dict[str, Any] | None:
    metadata = arguments.structure("metadata", error="invalid_metadata_format")
    if metadata is None:
        return None
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    if not metadata:
        return {}  # an empty object removes what is there
    kind = metadata.get("event_type")
    if (
        not isinstance(kind, str)
        or not 0 < len(kind) <= SIZES["metadata.event_type"]
        or not isinstance(metadata.get("event_payload"), dict)
    ):
        raise SlackError("invalid_metadata_format")
    return {"event_type": kind, "event_payload": metadata["event_payload"]}
