"""The exercises of the lesson 04_pubsub."""
