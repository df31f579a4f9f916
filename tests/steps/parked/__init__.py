"""One workflow twice: as a deploy brought it, and as the next one healed it."""
