"""What bidders, officers and hosts run: the public HTTP and WebSocket interface seen from outside."""
