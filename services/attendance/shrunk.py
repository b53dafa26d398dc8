"""What decisions have in common, so that each is kept in fewer bytes (`shared.shrunk`)."""

from shared.shrunk import Shrunk

DECISION = Shrunk(
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
)  # fmt: skip
