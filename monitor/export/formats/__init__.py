"""What an alert looks like to other programs: one file for each format."""
