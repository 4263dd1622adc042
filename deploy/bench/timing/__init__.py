"""Runs programs side by side and tells what they cost. Standard library only, so that this process stays small beside what it measures."""
