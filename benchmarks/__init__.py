"""The measurements that the README and the constants rest on, each one command."""
