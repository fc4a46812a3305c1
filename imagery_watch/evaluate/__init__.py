"""The simulator and injector: planted truth for tests, the demo and, later, the accuracy harness."""
