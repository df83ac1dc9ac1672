"""Load: scenarios and engines; nothing here yet."""
