import pytest

from wire.topics import HUB_SUBSCRIPTIONS, Channel, Topic, edge_subscriptions, parse_topic


@pytest.mark.parametrize("channel", Channel)
def test_a_topic_is_read_as_it_was_written(channel: Channel) -> None:
    topic = Topic("755A", "dock", channel)
    assert parse_topic(str(topic)) == topic


def test_the_topics_are_those_of_the_design() -> None:
    assert str(Topic("755A", "dock", Channel.EVENTS)) == "custos/v1/755A/dock/events"
    assert HUB_SUBSCRIPTIONS == ("custos/v1/+/+/events", "custos/v1/+/+/state")
    assert edge_subscriptions("755A", "dock") == (
        "custos/v1/755A/dock/receipt",
        "custos/v1/755A/dock/cmd",
    )


@pytest.mark.parametrize(
    "text",
    ["", "custos/v1", "custos/v1/755A/dock", "custos/v1/755A/dock/events/x", "custos/v2/a/b/events",
     "x/custos/v1/a/events", "custos/v1/755A//events", "custos/v1/+/dock/events",
     "custos/v1/755A/#/events", "custos/v1/755A/dock\n/events", "custos/v1/755A/dock/events\n",
     "custos/v1/755A/dock/EVENTS", "/custos/v1/a/b/events", "custos/v1/a/b/" + "x" * 9000],
)  # fmt: skip
def test_a_topic_that_is_none_of_ours_is_refused_in_a_short_sentence(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_topic(text)
    assert len(str(caught.value)) < 250
