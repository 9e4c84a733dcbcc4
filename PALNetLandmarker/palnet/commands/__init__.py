"""The shell, one file a command: arguments in, words out."""
