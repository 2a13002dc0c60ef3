"""What the service says, in Russian and English."""
