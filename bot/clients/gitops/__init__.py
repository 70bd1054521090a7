"""GitOps controllers: who else writes what the bot would write."""
