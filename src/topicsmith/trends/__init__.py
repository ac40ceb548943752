"""What changes over time: topic shares by period, rises and falls, rows far from anything known."""
