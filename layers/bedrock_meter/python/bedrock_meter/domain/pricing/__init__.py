"""What a call costs: models, places, rates, the price book, contracts, charges."""
