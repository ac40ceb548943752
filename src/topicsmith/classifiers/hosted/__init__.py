"""Services that fine-tune models: their wire formats, and the life of a job that is never paid for twice."""
