"""The remedies ``cordon NODE [--for DURATION]`` and ``uncordon NODE``."""
