"""What is spoken over HTTP: routes, shapes of other servers, who may ask, and limits of a connection."""
