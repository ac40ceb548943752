"""What people read of a discovery: the file that they edit, and the page."""
