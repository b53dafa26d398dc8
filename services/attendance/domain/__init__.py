"""Who was there, for how long, and what follows: pure functions of sets of facts (rule L1).

No I/O, no clock, no logging: time comes in as an argument or as a fact (rule L2). Reading order:
webhook → connections → identity → presence (plan, measure) → eligibility (decide) → reasons.
"""
