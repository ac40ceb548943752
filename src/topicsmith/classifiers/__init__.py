"""Every kind of classifier, one file each, behind one protocol."""
