"""Read the quota topic and keep it: `pip install kafka-python`, then run this file."""

import json
import os

from kafka import KafkaConsumer

topic = os.environ.get("HADIR_TOPIC_PREFIX", "hadir.") + "reporting.quotas.v1"
brokers = os.environ.get("HADIR_KAFKA", "127.0.0.1:9092")
cells: dict[bytes, dict[str, object]] = {}  # key year|region|category → the highest version holds
for record in KafkaConsumer(topic, bootstrap_servers=brokers, auto_offset_reset="earliest"):
    cell = json.loads(record.value or b'{"version": 0}')
    if cell["version"] > cells.get(record.key, {}).get("version", 0):
        cells[record.key] = cell
        print(record.key.decode(), cell["certified"], "of", cell["quota"], flush=True)
