"""A trained classifier behind an address: batches, a bounded queue, a process of its own for the model."""
