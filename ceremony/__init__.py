"""What every ceremony needs: a command becomes events, the log, live fan-out and replay."""
