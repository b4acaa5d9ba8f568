import pytest

from wire.topics import (
    ANY_USER,
    BY_EDGES,
    HUB_SUBSCRIPTIONS,
    TO_EDGES,
    Channel,
    Topic,
    channel_of,
    edge_subscriptions,
    parse_topic,
    user_of,
)


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


def test_what_the_broker_lets_an_edge_do_is_told_by_its_name_alone() -> None:
    name = user_of("755A", "dock")
    assert {channel_of(name, channel) for channel in TO_EDGES} == set(
        edge_subscriptions("755A", "dock")
    )
    assert {channel_of(ANY_USER, channel) for channel in BY_EDGES} == set(HUB_SUBSCRIPTIONS)
    assert set(BY_EDGES) | set(TO_EDGES) == set(Channel)
