"""What the core does: the desk, texts, moderation, the outbox."""
