"""The schedules of Temporal that start workflows: how they are written, and how declared ones are kept as declared."""
