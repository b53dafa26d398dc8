"""Why a decision is as it is: the evidence as a timeline, in words and as a picture."""
