"""A run to look at and listen to: its table, its plots and every test query, as one folder of static HTML."""
