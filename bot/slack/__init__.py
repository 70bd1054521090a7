"""Door: slash commands come in signed, one live message per run goes out within Slack's limits."""
