"""REGISTRATION: who takes part in what, from which region.

reads   registration.* (its own topics, into the Redis view "registration")
writes  registration.{programmes,webinars,keys,participants,enrolments}.v1
owns    programmes and quotas, webinars, participants (personal data, sealed), enrolments
runs as api (HTTP, the only writer) · worker (keeps the view)
"""
