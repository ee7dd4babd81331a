"""Calculations over tables: what a question asks, which rows and columns it means, the result."""
