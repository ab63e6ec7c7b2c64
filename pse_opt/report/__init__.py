"""Pictures of instances and plans: functions that return the figure."""
