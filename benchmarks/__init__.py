"""Ratios against a named baseline in the same run. No timed tests: numbers to read."""
