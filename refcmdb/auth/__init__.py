"""Who is asking: passwords, tokens, actors."""
