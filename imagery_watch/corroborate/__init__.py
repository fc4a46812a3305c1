"""What flight tracks say of an airfield: movements, and whether silence would mean anything. Pure: opens nothing."""
