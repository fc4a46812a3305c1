"""A busy terminal and its gates, look by look: stands that are hardly ever empty, beside bright roofs.

What makes real gates hard is here: piers whose roofs are displaced by the view and whose shadows follow the sun, jet
bridges that follow the aircraft, soiled stands, vehicles about each stand, glints, and turnover between any two looks.
Every density, size and colour is an assumption; how the network that learns from this fares at real gates is in
`benchmarks/RESULTS.md`.
"""
