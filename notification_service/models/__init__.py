"""Tables and the state changes they allow."""
