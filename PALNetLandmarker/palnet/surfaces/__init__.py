"""The same few thousand points on every face: the template, its fit to a scan, and what fitted faces say together."""
