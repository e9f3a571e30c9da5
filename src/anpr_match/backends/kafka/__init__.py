"""Reads on an Apache Kafka topic, and the dead letters beside them: the only importer of aiokafka."""
