"""A farm that is not there: machines that ramp, restart, lie and fall silent, and a meter, on loopback or in memory."""
