"""Conversations in steps: one dialogue for every channel, pure, over the facts of a batch."""
