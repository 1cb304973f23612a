"""The investment program and the choice of weeks, read like a paper."""
