"""What becomes of a discovery: proposals that a person took, as edits of the topics, and what these do to rows."""
