"""Pure rules of metering: no clock, environment, network or logger, standard library only."""
