"""What every response must carry, whatever the endpoint does."""
