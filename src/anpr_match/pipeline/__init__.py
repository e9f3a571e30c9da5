"""What happens, in order: the flow from a read to a hit on a unit's screen. Knows no technology."""
