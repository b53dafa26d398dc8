"""The operators' desk: pages on which cases, times and settlements are decided by people."""
