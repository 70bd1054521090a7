"""One package per outside system. Typed evidence comes out; foreign exceptions do not."""
