"""What the processes tell of themselves: where a log line belongs, metrics, traces."""
