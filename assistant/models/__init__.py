"""Language models, local and hosted: how they are reached, run, stopped and paid."""
