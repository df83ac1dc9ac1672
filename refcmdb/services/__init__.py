"""What the API stands on: the database and the cache."""
