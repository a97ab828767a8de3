"""The stack on this machine: an embedded engine, its deployer, its traffic. Development only."""
