"""The commands of the command line, one module each. Results go to stdout, progress and logs to stderr."""
