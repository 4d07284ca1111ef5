"""Names of topics, and which kind of fact producers publish where."""

from typing import Final

FACTS: Final = "facts"
DECISIONS: Final = "decisions"
DEAD_LETTERS: Final = "dead_letters"
# Published policies, one partition: its order is the order in which every shard gets them (connectors/intake/policies.py).
POLICIES: Final = "policies"
# The from_time of a policy that is in force from the next clock on, whatever that says.
NEXT_CLOCK: Final = 1

# What producers publish, by kind of fact. Kinds that are not here (clock, policy, rules, drain,
# cash_transferred, credit_exposure, credit_group_told) are headrace's own and are refused from outside.
TOPIC_OF_KIND: Final[dict[str, str]] = {
    "customer": "customers",
    "payer_relation": "customers",
    "order": "orders",
    "price_agreement": "orders",
    "shipment": "shipments",
    "proof_of_delivery": "shipments",
    "return": "shipments",
    "invoice": "invoices",
    "credit_note": "invoices",
    "receipt": "payments",
    "receipt_returned": "payments",
    "remittance_advice": "payments",
    "dispute": "disputes",
    "dispute_update": "disputes",
    "promise": "promises",
    "operator_action": "operations",
    "approval": "operations",
    "message": "messages",
    "service_case": "messages",
    "account_owner": "customers",
    "debit_note": "invoices",
    "opening_item": "invoices",
    "refund": "payments",
    "erp_posting": "erp_postings",
    "fx_rate": "rates",
    "period_close": "periods",
    "credit_limit": "customers",
}
# For a whole installation: intake appends them to every shard.
EVERY_SHARD_KINDS: Final = ("fx_rate", "period_close")
INPUT_TOPICS: Final[tuple[str, ...]] = tuple(dict.fromkeys(TOPIC_OF_KIND.values()))

SUSPENSE_PREFIX: Final = "~suspense:"
SUSPENSE_BUCKETS: Final = 16
# Begins the account on which the credit limit of a group of accounts hangs.
CREDIT_PREFIX: Final = "~credit:"
# In the text of the exception that asks whose money it is: it ends the payer's account (docs/ledger.md).
WHO_PAID_SEPARATOR: Final = " · "
