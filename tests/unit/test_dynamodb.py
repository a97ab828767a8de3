"""What DynamoDB adapters share: batches and new versions are tried again, but not without end."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, ConditionBase
from botocore.stub import Stubber

from bedrock_meter.aws.dynamodb import (
    Item,
    get_all,
    put_next,
    replace_item,
    update_if,
    write_all,
)
from bedrock_meter.domain.records.errors import Contended

TABLE = "t"


@pytest.fixture
def table() -> Any:
    """A table that reaches nobody."""
    dynamodb = boto3.resource(
        "dynamodb", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    return dynamodb.Table(TABLE)


@pytest.fixture
def told(table: Any) -> Iterator[Stubber]:
    """What DynamoDB answers, in turn."""
    with Stubber(table.meta.client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def item(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"k{number}"}}


def keys(numbers: range) -> list[dict[str, str]]:
    return [{"pk": f"k{number}"} for number in numbers]


def asked(numbers: range) -> dict[str, Any]:
    return {TABLE: {"Keys": keys(numbers), "ConsistentRead": True}}


def left(numbers: range) -> dict[str, Any]:
    return {TABLE: {"Keys": [item(number) for number in numbers], "ConsistentRead": True}}


def test_keys_left_unread_are_read_in_the_next_turn(table: Any, told: Stubber) -> None:
    told.add_response(
        "batch_get_item",
        {"Responses": {TABLE: [item(0)]}, "UnprocessedKeys": left(range(1, 3))},
        {"RequestItems": asked(range(3))},
    )
    told.add_response(
        "batch_get_item",
        {"Responses": {TABLE: [item(2), item(1)]}, "UnprocessedKeys": {}},
        {"RequestItems": asked(range(1, 3))},
    )

    read = get_all(table, keys(range(3)), sleep=no_sleep)

    assert [one["pk"] for one in read] == ["k0", "k2", "k1"]


def test_reading_waits_where_nothing_was_read_and_gives_up_at_last(
    table: Any, told: Stubber
) -> None:
    waits: list[float] = []
    for _ in range(7):
        nothing = {"Responses": {}, "UnprocessedKeys": left(range(2))}
        told.add_response("batch_get_item", nothing)

    with pytest.raises(Contended):
        list(get_all(table, keys(range(2)), sleep=waits.append))

    assert len(waits) == 6
    assert sum(waits) < 4


def test_more_keys_than_a_batch_takes_are_read_in_several(table: Any, told: Stubber) -> None:
    for numbers in (range(100), range(100, 130)):
        told.add_response(
            "batch_get_item",
            {"Responses": {TABLE: [item(number) for number in numbers]}},
            {"RequestItems": asked(numbers)},
        )

    assert len(list(get_all(table, keys(range(130)), sleep=no_sleep))) == 130


def test_what_was_not_written_is_written_in_the_next_turn(table: Any, told: Stubber) -> None:
    puts = [{"PutRequest": {"Item": key}} for key in keys(range(30))]
    second = {TABLE: [{"PutRequest": {"Item": item(number)}} for number in (3, 4)]}
    told.add_response(
        "batch_write_item", {"UnprocessedItems": second}, {"RequestItems": {TABLE: puts[:25]}}
    )
    told.add_response("batch_write_item", {}, {"RequestItems": {TABLE: puts[3:5]}})
    told.add_response("batch_write_item", {}, {"RequestItems": {TABLE: puts[25:]}})

    write_all(table, puts, sleep=no_sleep)


def test_writing_waits_where_nothing_was_written(table: Any, told: Stubber) -> None:
    waits: list[float] = []
    put = [{"PutRequest": {"Item": keys(range(1))[0]}}]
    for _ in range(2):
        same = {TABLE: [{"PutRequest": {"Item": item(0)}}]}
        told.add_response("batch_write_item", {"UnprocessedItems": same})
    told.add_response("batch_write_item", {"UnprocessedItems": {}})

    write_all(table, put, sleep=waits.append)

    assert len(waits) == 2
    assert 0 < waits[0] <= waits[1]


def no_sleep(_: float) -> None:
    raise AssertionError("nobody has to wait for that")


def refused(told: Stubber, operation: str) -> None:
    told.add_client_error(operation, "ConditionalCheckFailedException")


@pytest.mark.parametrize(
    ("version", "condition"), [(1, Attr("pk").not_exists()), (2, Attr("version").eq(1))]
)
def test_the_next_version_replaces_the_one_before_it(
    table: Any, told: Stubber, version: int, condition: ConditionBase
) -> None:
    item = {"pk": "a", "version": version}
    request = {"TableName": TABLE, "Item": item, "ConditionExpression": condition}
    told.add_response("put_item", {}, request)
    refused(told, "put_item")

    assert put_next(table, item)
    assert not put_next(table, item)


def test_an_item_that_was_replaced_meanwhile_is_read_and_changed_again(
    table: Any, told: Stubber
) -> None:
    stored = iter([{"pk": "a", "version": 1, "n": 1}, {"pk": "a", "version": 2, "n": 5}])
    refused(told, "put_item")
    told.add_response(
        "put_item",
        {},
        {
            "TableName": TABLE,
            "Item": {"pk": "a", "version": 3, "n": 6},
            "ConditionExpression": Attr("version").eq(2),
        },
    )

    replace_item(lambda: next(stored), one_more, table)


def test_an_item_that_needs_no_change_is_left_alone(table: Any, told: Stubber) -> None:
    replace_item(lambda: {"pk": "a", "version": 4}, lambda _: None, table)


def test_an_item_that_others_always_replace_is_given_up(table: Any, told: Stubber) -> None:
    for _ in range(24):
        refused(told, "put_item")

    with pytest.raises(Contended, match="24 times"):
        replace_item(lambda: {"pk": "a", "version": 1, "n": 1}, one_more, table)


def one_more(item: Item) -> Item:
    return item | {"n": item["n"] + 1}


def test_an_update_returns_the_item_and_nothing_where_its_condition_does_not_hold(
    table: Any, told: Stubber
) -> None:
    told.add_response("update_item", {"Attributes": {"n": {"N": "1"}}})
    told.add_response("update_item", {})
    refused(told, "update_item")
    update = {"Key": {"pk": "a"}, "UpdateExpression": "SET n = :n"}

    assert update_if(table, **update) == {"n": 1}
    assert update_if(table, returned="ALL_OLD", **update) == {}
    assert update_if(table, **update) is None
