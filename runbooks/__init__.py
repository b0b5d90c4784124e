"""What people run, and script: each verb is a file with a function that returns a typed Report."""
