"""What decisions have in common, so that each is kept in fewer bytes (`shared.shrunk`)."""

from shared.shrunk import Shrunk

DECISION = Shrunk((
    '{"base_seconds":', ',"cause":"grace","decided_at":"20', 'Z","digest":"sha256:',
    '","goes_out":true,"history":[],"participant_id":"',
    '","goes_out":false,"history":[],"participant_id":"', ',"present_seconds":',
    ',"provisional":false,"reasons":[{"code":"', ',"provisional":true,"reasons":[{"code":"',
    'share_reached","figures":', 'share_not_reached","figures":', ',"required_seconds":',
    '},"text":{"en":"Present ', '},"text":{"en":"', '","id":"Hadir ', ") were required.", " menit",
    " detik", "; syaratnya ", " jam ", '."}}]', ',"rule_version":', ',"sessions":[', ',"id":"s',
    '}],"verdict":"eligible","version":1,"webinar_id":"',
    '}],"verdict":"not_eligible","version":1,"webinar_id":"', ',"verdict":"', ',"version":',
    ',"webinar_id":"', 'waiting_retry_window","figures":{',
), (
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
