"""From labels to rows a classifier can learn from and be judged on: splits, balance, statistics."""
