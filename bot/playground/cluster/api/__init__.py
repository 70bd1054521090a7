"""The API server: Kubernetes' REST, watch, exec, log and proxy protocols over aiohttp."""
