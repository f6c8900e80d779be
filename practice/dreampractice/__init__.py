"""A Discord on loopback, with a chat page: the demo, and the other side of the tests."""
