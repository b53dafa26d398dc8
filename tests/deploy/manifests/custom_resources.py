"""Strict JSON schemas of the operators' objects: the fields that our manifests use, and no other.

Field names and types are those of the custom resource definitions of Strimzi 1.3 (API v1), KEDA 2.20
and the Prometheus operator 0.93.
"""

from typing import Any

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}


def thing(*optional: str, **fields: Schema) -> Schema:
    """An object with exactly these fields; those named first may be absent."""
    required = sorted(set(fields) - set(optional))
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": fields,
        "required": required,
    }


def some(item: Schema) -> Schema:
    """A list with at least one item."""
    return {"type": "array", "minItems": 1, "items": item}


def one_of(*values: str) -> Schema:
    """One of these words."""
    return {"enum": list(values)}


def resource(api: str, kind: str, spec: Schema) -> Schema:
    """A whole object."""
    meta = thing("namespace", "labels", name=TEXT, namespace=TEXT, labels=TEXTS)
    return thing(apiVersion=one_of(api), kind=one_of(kind), metadata=meta, spec=spec)


SELECTED = thing(matchLabels=TEXTS)
SCRAM = thing(type=one_of("scram-sha-512"))
LISTENER = thing(
    "authentication", "networkPolicyPeers",
    name={"type": "string", "pattern": "^[a-z0-9]{1,11}$"}, port={"type": "integer", "minimum": 9092},
    type=one_of("internal"), tls=FLAG, authentication=SCRAM,
    networkPolicyPeers=some(thing("podSelector", "namespaceSelector", podSelector=SELECTED, namespaceSelector=SELECTED)),
)  # fmt: skip
KAFKA = thing(
    kafka=thing(
        version=TEXT, metadataVersion=TEXT, listeners=some(LISTENER), config={"type": "object"},
        authorization=thing(type=one_of("simple"), superUsers=some(TEXT)),
    ),
    entityOperator=thing(userOperator=thing()),
)  # fmt: skip
VOLUME = thing(
    id=NUMBER,
    type=one_of("persistent-claim"),
    size=TEXT,
    kraftMetadata=one_of("shared"),
    deleteClaim=FLAG,
)
POOL = thing(
    "jvmOptions",
    replicas=NUMBER, roles=some(one_of("controller", "broker")),
    storage=thing(type=one_of("jbod"), volumes=some(VOLUME)),
    resources=thing(requests=TEXTS, limits=TEXTS), jvmOptions=thing(**{"-Xms": TEXT, "-Xmx": TEXT}),
)  # fmt: skip
ACL = thing(
    resource=thing(
        type=one_of("topic", "group"), name=TEXT, patternType=one_of("literal", "prefix")
    ),
    operations=some(one_of("Read", "Write", "Describe")),
)
USER = thing(authentication=SCRAM, authorization=thing(type=one_of("simple"), acls=some(ACL)))
KAFKA_TRIGGER = thing(
    bootstrapServers=TEXT, consumerGroup=TEXT, topic=TEXT, lagThreshold=TEXT,
    offsetResetPolicy=one_of("earliest", "latest"), limitToPartitionsWithLag=one_of("true", "false"),
)  # fmt: skip
POLICY = thing(type=one_of("Pods"), value=NUMBER, periodSeconds=NUMBER)
PACE = thing(stabilizationWindowSeconds=NUMBER, policies=some(POLICY))
SCALED = thing(
    scaleTargetRef=thing(apiVersion=one_of("apps/v1"), kind=one_of("Deployment", "StatefulSet"), name=TEXT),
    minReplicaCount={"type": "integer", "minimum": 1}, maxReplicaCount=NUMBER,
    pollingInterval=NUMBER, cooldownPeriod=NUMBER,
    advanced=thing(horizontalPodAutoscalerConfig=thing(behavior=thing(scaleUp=PACE, scaleDown=PACE))),
    triggers=some(thing(type=one_of("kafka"), metadata=KAFKA_TRIGGER)),
)  # fmt: skip
ENDPOINT = thing(port=TEXT, path=TEXT, interval=TEXT, scrapeTimeout=TEXT)
MONITOR = thing(jobLabel=TEXT, selector=SELECTED, endpoints=some(ENDPOINT))
RULE = thing("for", alert=TEXT, expr=TEXT, labels=TEXTS, annotations=TEXTS, **{"for": TEXT})
RULES = thing(groups=some(thing(name=TEXT, rules=some(RULE))))

SCHEMAS: dict[str, Schema] = {
    "Kafka": resource("kafka.strimzi.io/v1", "Kafka", KAFKA),
    "KafkaNodePool": resource("kafka.strimzi.io/v1", "KafkaNodePool", POOL),
    "KafkaUser": resource("kafka.strimzi.io/v1", "KafkaUser", USER),
    "PrometheusRule": resource("monitoring.coreos.com/v1", "PrometheusRule", RULES),
    "ScaledObject": resource("keda.sh/v1alpha1", "ScaledObject", SCALED),
    "ServiceMonitor": resource("monitoring.coreos.com/v1", "ServiceMonitor", MONITOR),
}
