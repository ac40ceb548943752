"""Fine-tuned causal language models."""
