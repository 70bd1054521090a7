"""What the fork server imports before it forks bots."""

from tests.chaos.bot_process import warm

warm()
