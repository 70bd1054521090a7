"""The store: Redis or Valkey, its embedded server, and every change of state as one Lua script."""
