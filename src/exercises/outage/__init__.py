"""The exercises of the lesson 07_when_redis_fails."""
