"""What messages say: a folder for each dialect."""
