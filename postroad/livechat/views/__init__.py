"""The pages of live chat for staff; what visitors ask is in `visitor` and `widget`."""
