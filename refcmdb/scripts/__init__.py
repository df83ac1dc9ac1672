"""What operators run now and then."""
