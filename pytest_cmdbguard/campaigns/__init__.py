"""What checks do over many requests: attack, fuzz, time, read plans, play two actors."""
