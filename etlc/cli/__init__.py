"""The command line: reads the arguments, calls the pipeline, prints what the reports render."""
