"""Slack's limits in one table: sizes in characters or items, rates in calls.

Sources: the Block Kit, `chat.*` and rate-limit pages of Slack's developer documentation
(docs.slack.dev), the constants of slack-sdk 3.47 (`slack_sdk/models/blocks`), and, where Slack
documents nothing, answers seen from the service:

- `message.blocks_characters`: blocks above roughly 13,200 characters are refused.
- `update.text`: `chat.update` refuses more than 4,000 characters although `chat.postMessage`
  takes 40,000 (seratch/ChatGPT-in-Slack issue 102).
- `response_url.*`: five posts within thirty minutes.
"""

from typing import Final, NamedTuple

SIZES: Final[dict[str, int]] = {
    # a message
    "message.text": 40_000,
    "update.text": 4_000,
    "message.blocks": 50,
    "message.blocks_characters": 13_200,
    "message.markdown_characters": 12_000,
    "message.tables": 1,
    "metadata.event_type": 255,
    # what several blocks share
    "block_id": 255,
    "action_id": 255,
    "text": 3_000,
    "url": 3_000,
    "alt_text": 2_000,
    # blocks
    "section.text": 3_000,
    "section.fields": 10,
    "section.field": 2_000,
    "header.text": 150,
    "image.title": 2_000,
    "context.elements": 10,
    "actions.elements": 25,
    "table.rows": 100,
    "table.columns": 20,
    # elements
    "button.text": 75,
    "button.value": 2_000,
    "button.accessibility_label": 75,
    "select.placeholder": 150,
    "select.options": 100,
    "overflow.options": 5,
    "option.text": 75,
    "option.value": 150,
    "option.description": 75,
    "confirm.title": 100,
    "confirm.text": 300,
    "confirm.button": 30,
    # answers to a command or click
    "response_url.posts": 5,
}

ACK_SECONDS: Final = 3.0
"""Slack waits this long for the answer to a command or click."""

RESPONSE_URL_SECONDS: Final = 30 * 60.0


class Rate(NamedTuple):
    """A token bucket: it refills with `per_minute` tokens a minute and holds `burst` of them."""

    per_minute: float
    burst: int


# Slack states tiers as "N+ per minute" and tolerates occasional bursts, so a bucket holds a
# minute's worth. Posting is the exception: about one message per second and channel.
TIER_1: Final = Rate(1, 1)
TIER_2: Final = Rate(20, 20)
TIER_3: Final = Rate(50, 50)
TIER_4: Final = Rate(100, 100)

POSTS_PER_CHANNEL: Final = Rate(60, 5)
POSTS_PER_WORKSPACE: Final = Rate(300, 60)

METHOD_RATES: Final[dict[str, Rate]] = {
    "api.test": TIER_4,
    "auth.test": Rate(600, 600),  # "special": hundreds a minute
    "chat.postMessage": POSTS_PER_WORKSPACE,  # and POSTS_PER_CHANNEL
    "chat.update": TIER_3,
    "chat.delete": TIER_3,
    "chat.postEphemeral": TIER_4,
    "chat.getPermalink": Rate(600, 600),  # "special"
    "conversations.info": TIER_3,
    "conversations.list": TIER_2,
    "conversations.members": TIER_4,
    "conversations.history": TIER_3,
    "conversations.replies": TIER_3,
    "conversations.join": TIER_3,
    "users.info": TIER_4,
    "reactions.add": TIER_3,
    "files.getUploadURLExternal": TIER_4,
    "files.completeUploadExternal": TIER_4,
}
