"""Where LocalStack 4.14.0 contradicts the AWS documentation in what this project needs. Nothing else of it is improved.

Each correction has a test that fails without it; those tests start LocalStack with `LOCALSTACK_UNCORRECTED` naming
corrections (or `all`) that are to be left out.
"""

import json
import os
from datetime import UTC, datetime

UNCORRECTED = "LOCALSTACK_UNCORRECTED"


def is_wanted(name: str) -> bool:
    left_out = os.environ.get(UNCORRECTED, "").split(",")
    return name not in left_out and "all" not in left_out


def make() -> None:
    """The archive provider is a plug-in of its own, see `entry_points`."""
    for name, correct in {
        "replay-times": compare_event_times_as_dates,
        "input-transformer-numbers": allow_numbers_in_strings,
        "replay-filter": replay_only_to_named_rules,
    }.items():
        if is_wanted(name):
            correct()


def compare_event_times_as_dates() -> None:
    """A replay starts. LocalStack keeps event times as text but compares dates, so `StartReplay` answers 500.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_StartReplay.html
    """
    from localstack.services.events import archive, utils

    normalize = archive.ArchiveService._normalize_datetime
    archive.ArchiveService._normalize_datetime = lambda self, moment: normalize(self, _date(moment))

    # the replayed entry goes through the same function as an entry of PutEvents, whose time is a date
    get_event_time = utils.get_event_time
    utils.get_event_time = lambda event: get_event_time({**event, "Time": _date(event["Time"])} if event.get("Time") else event)


def allow_numbers_in_strings() -> None:
    """A number may stand in the middle of a text. LocalStack raises a `TypeError`, and the delivery is lost without a trace.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    from localstack.services.events import target

    replace_placeholders = target.replace_template_placeholders

    def replace(template, replacements):
        texts = {}
        for match in target.TRANSFORMER_PLACEHOLDER_PATTERN.finditer(template):
            value = replacements.get(match[1])
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if is_number and target.is_nested_in_string(template, match):
                # one placeholder may stand inside a text and outside of one: each place gets what it needs
                texts[match.span()] = json.dumps(value)
        if not texts:
            return replace_placeholders(template, replacements)
        pieces, end = [], 0
        for (start, stop), text in texts.items():
            pieces += [template[end:start], text]
            end = stop
        return replace_placeholders("".join([*pieces, template[end:]]), replacements)

    target.replace_template_placeholders = replace


def replay_only_to_named_rules() -> None:
    """A replay with `Destination.FilterArns` reaches those rules only. LocalStack sends it to every rule of the bus.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_ReplayDestination.html
    """
    from localstack.services.events.provider import EventsProvider

    process_rules = EventsProvider._process_rules

    def process_named_rules(self, rule, region, account_id, event_formatted, trace_header):
        replay = self.get_store(region, account_id).replays.get(event_formatted.get("replay-name"))
        named = replay.destination.get("FilterArns") if replay else None
        if not named or rule.arn in named:
            process_rules(self, rule, region, account_id, event_formatted, trace_header)

    EventsProvider._process_rules = process_named_rules


def _date(moment: str | datetime) -> datetime:
    date = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return date if date.tzinfo else date.replace(tzinfo=UTC)
