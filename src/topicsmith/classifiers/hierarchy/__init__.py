"""Topics with subtopics, over any other kind that learns topics."""
