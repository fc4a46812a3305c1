"""One object over looks: where its stay begins and ends, what took its place, and the changes that follow."""
