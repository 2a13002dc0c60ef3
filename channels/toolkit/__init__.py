"""What channels share."""
