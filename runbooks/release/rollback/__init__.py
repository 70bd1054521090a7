"""`rollback` and `clear-pending-release`: back to an earlier revision of the release."""
