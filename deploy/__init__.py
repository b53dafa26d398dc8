"""Starts, stops and inspects the system: the `hadir` command, the local stack, images and manifests.

Services never import this package.
"""
