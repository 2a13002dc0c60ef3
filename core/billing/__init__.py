"""Files that billing gives and takes."""
