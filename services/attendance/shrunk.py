"""What decisions have in common, so that each is kept in fewer bytes (`shared.shrunk`)."""

from shared.shrunk import Shrunk

DECISION = Shrunk(1, (
    b',"code":"too_short","code":"nothing_seen","figures":{},"text":{"en":"The required time was not '
    b'reached.","id":"Waktu hadir belum tercapai."},"verdict":"needs_review","verdict":"not_eligible"'
    b',"provisional":true,"goes_out":true,{"at":"2026-11-12T05:00:00Z","cause":"left","version":1},'
    b'{"base_seconds":7200,"cause":"grace","decided_at":"2026-11-12T05:00:00Z","digest":"sha256:",'
    b'"goes_out":false,"history":[],"participant_id":"","present_seconds":7000,"provisional":false,'
    b'"reasons":[{"code":"share_reached","figures":{"present_seconds":7000,"required_seconds":5760},'
    b'"text":{"en":"The required time was reached.","id":"Waktu hadir tercapai."}}],'
    b'"required_seconds":5760,"rule_version":1,"sessions":[{"base_seconds":7200,"id":"s1",'
    b'"present_seconds":7000,"required_seconds":5760}],"verdict":"eligible","version":1,'
    b'"webinar_id":"'
))  # fmt: skip
