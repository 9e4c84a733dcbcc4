"""The review session without widgets: what is chosen, what can be done, what is shown of it."""
