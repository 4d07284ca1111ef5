"""The flows of publish that do something outside: webhooks, delivery, ERP."""

from dataflows.effects import EffectsStatus
from dataflows.effects_position import effects_file
from dataflows.publish import publish_effects
from dataflows.publishing import Stop
from headrace.documents import office_of
from headrace.effects_metrics import EffectsMetrics
from headrace.erps import opened_erps
from headrace.flows.serving import opened, publishing
from headrace.settings import Settings
from sinks.delivery.sink import DeliverySink
from sinks.effects.base import EffectSink
from sinks.erp.sink import ErpSink
from sinks.webhooks.sink import WebhookSink


def start_webhooks(settings: Settings, until_idle: Stop, stop: Stop) -> int:
    """Tell the endpoints that are set what happens."""
    return start_effects(settings, WebhookSink([webhook.endpoint() for webhook in settings.webhooks]), until_idle, stop)


def start_delivery(settings: Settings, until_idle: Stop, stop: Stop) -> int:
    """Send documents and letters by the channels that delivery.toml sets. Raises WrongSettings."""
    return start_effects(settings, DeliverySink(office_of(settings), settings.shards), until_idle, stop)


def start_erp(settings: Settings, until_idle: Stop, stop: Stop) -> int:
    """Write decisions back to the ERPs that are set. Raises WrongSettings."""
    erps = opened_erps(settings)
    try:
        return start_effects(settings, ErpSink(erps), until_idle, stop)
    finally:
        for erp in erps:
            erp.adapter.close()


def start_effects(settings: Settings, sink: EffectSink, until_idle: Stop, stop: Stop) -> int:
    """Do outside what decisions ask `sink` for."""
    log = opened(settings, until_idle, stop)
    effects = EffectsStatus()
    path, again = (
        effects_file(settings.dir, sink.name),
        f"headrace effects --dir {settings.dir} start {sink.name} --from end",
    )
    try:
        with publishing(settings, sink.name) as status, EffectsMetrics.told(sink.name, effects):
            publish_effects(log, sink, path, again, until_idle=until_idle, stop=stop, status=status, effects=effects)
    finally:
        log.close()
    return 0
