"""What every service builds on: the Redis client."""
