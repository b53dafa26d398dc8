"""What enrolments have in common, so that each is kept in fewer bytes (`shared.shrunk`)."""

from shared.shrunk import Shrunk

ENROLMENT = Shrunk(
    '{"category":"asn","customer_key_hmac":"', '{"category":"public","customer_key_hmac":"',
    '{"category":"', '","customer_key_hmac":"', '","email_hmac":"', '","external_id":"',
    '","former_email_hmacs":[],"former_links":[],"links":[{"registrant_id":"',
    '","former_email_hmacs":[', '],"former_links":[', '],"links":[', '{"registrant_id":"',
    '","zoom_number":"9', '"}],"mode":"online","participant_id":"',
    '"}],"mode":"onsite","participant_id":"', '],"mode":"', '","participant_id":"',
    '","region_code":"', '","status":"enrolled","taken_from":[],"version":', '","status":"',
    '","taken_from":[', '],"version":', ',"webinar_id":"', '","year":20',
)  # fmt: skip
