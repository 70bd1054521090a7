"""Plain data: what every room speaks of. Imports nothing of the project."""
