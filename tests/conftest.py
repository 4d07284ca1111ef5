"""Fixtures of all tests."""

from tests.brokers import kafka, local_kafka

__all__ = ["kafka", "local_kafka"]
