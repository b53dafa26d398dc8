"""What all services share: events, topics, and the few tools that touch Kafka, Redis and HTTP."""
