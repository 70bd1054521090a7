"""Slack's limits in one table: sizes in characters or items, rates in calls.

Sources: the Block Kit, `chat.*` and rate-limit pages of Slack's developer documentation
(docs.slack.dev), the constants of slack-sdk 3.47 (`slack_sdk/models/blocks`), and, where Slack
documents nothing, answers seen from the service:

- `message.blocks_characters`: blocks above roughly 13,200 characters are refused.
- `update.text`: `chat.update` refuses more than 4,000 characters although `chat.postMessage`
  takes 40,000 (seratch/ChatGPT-in-Slack issue 102).
- `file.alt_txt`: `alt_txt_too_large` of `files.getUploadURLExternal`.
- `response_url.*`: five posts within thirty minutes.
- `view.*`: the pages of `views.open` (250 kB, three views in a stack) and "Views".
- `apps.connections.open` is tier 1; ten sockets an app ("Using Socket Mode").
- Events are tried again at once, after a minute and after five ("Events API", retries).
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
    # a file
    "file.alt_txt": 1_000,
    # a modal or home tab
    "view.blocks": 100,
    "view.title": 24,
    "view.button": 24,
    "view.private_metadata": 3_000,
    "view.callback_id": 255,
    "view.external_id": 255,
    "view.bytes": 250_000,
    "view.stack": 3,
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
    "input.label": 2_000,
    "input.hint": 2_000,
    "context_actions.elements": 5,
    "card.title": 150,
    "card.subtitle": 150,
    "card.body": 200,
    # elements
    "button.text": 75,
    "button.value": 2_000,
    "button.accessibility_label": 75,
    "placeholder": 150,
    "select.options": 100,
    "select.groups": 100,
    "choices.options": 10,
    "text_input.characters": 3_000,
    "feedback.text": 75,
    "feedback.value": 2_000,
    "overflow.options": 5,
    "option.text": 75,
    "option.value": 150,
    "option.description": 75,
    "confirm.title": 100,
    "confirm.text": 300,
    "confirm.button": 30,
    # answers to a command or click
    "response_url.posts": 5,
    # Socket Mode
    "sockets": 10,
}

ACK_SECONDS: Final = 3.0
"""Slack waits this long for the answer to a command, click, submission or event."""

TRIGGER_SECONDS: Final = 3.0
"""A trigger id opens one modal within this time; like the answer, this measures the bot."""

EVENT_RETRY_SECONDS: Final = (0.0, 60.0, 300.0)
"""An event that is not answered with 2xx in time is sent again after these waits, then no more."""

SOCKET_SECONDS: Final = 3_600.0
"""How long a socket lives before Slack asks for a new one; announced in `hello`."""

SOCKET_WARNING_SECONDS: Final = 10.0
"""Between the warning and the end of a socket."""

SOCKET_TICKET_SECONDS: Final = 30.0
"""How long the address from `apps.connections.open` may be used, once."""

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
    "files.info": TIER_4,
    "views.open": TIER_4,
    "views.push": TIER_4,
    "views.update": TIER_4,
    "views.publish": TIER_4,
    "conversations.open": TIER_3,
    "users.list": TIER_2,
    "usergroups.list": TIER_2,
    "usergroups.users.list": TIER_2,
    # Tier 1. An app may open ten sockets at once; the burst leaves each one reconnect.
    "apps.connections.open": Rate(1, 20),
}
