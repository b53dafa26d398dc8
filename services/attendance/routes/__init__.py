"""The routes of the attendance api, one file a subject."""
