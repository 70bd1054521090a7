"""Carries runs. Knows no door and no runbook: doors hand it requests and a reporter."""
