// Read the quota topic and keep it: `npm install kafkajs`, then `node quotas.mjs`.
import { Kafka } from "kafkajs";

const topic = (process.env.HADIR_TOPIC_PREFIX ?? "hadir.") + "reporting.quotas.v1";
const kafka = new Kafka({ brokers: (process.env.HADIR_KAFKA ?? "127.0.0.1:9092").split(","), logLevel: 1 });
const consumer = kafka.consumer({ groupId: `quota-reader-${process.pid}` });
const cells = new Map(); // key year|region|category → the highest version holds
const keep = (key, cell) => cells.set(key, cell) && console.log(key, cell.certified, "of", cell.quota);
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({ eachMessage: async ({ message: { key, value } }) => {
  const cell = JSON.parse(value ?? '{"version": 0}');
  if (cell.version > (cells.get(`${key}`)?.version ?? 0)) keep(`${key}`, cell);
} });
