"""What a miss is said with: its values, and its words."""
