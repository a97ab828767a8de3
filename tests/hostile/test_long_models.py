"""Ids of models as long as Bedrock takes them, and longer: an hour's total always fits its item."""

import pytest
from boto3.dynamodb.types import TypeSerializer

from bedrock_meter.aws.usage_items import of_total
from bedrock_meter.domain.totals.rollup import ClosedCall
from bedrock_meter.domain.totals.tally import tally
from bedrock_meter.domain.totals.total import MOST_MODELS, Total
from tests.builders import a_log_object, a_record
from tests.log_builders import SOURCE, a_valuation, found_in, metered, text_of, zipped

MOST_OF_AN_ITEM = 400 * 1024
PREFIX = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/"


def size_of(total: Total) -> int:
    """What DynamoDB counts of an item, and more: names and values, as text."""
    return len(repr(TypeSerializer().serialize(of_total(total))).encode())


def total_of(*models: str) -> Total:
    """The total of failed calls that name these models."""
    records = [
        a_record(f"{number}", modelId=model, errorCode="ValidationException")
        for number, model in enumerate(models)
    ]
    found = found_in(zipped(text_of(*records)))
    valuation = a_valuation()
    calls = [ClosedCall("o", one, *valuation.of(one)) for one in found.evidence]
    return tally(calls)["acme"]


def test_a_total_of_the_longest_ids_fits_its_item() -> None:
    models = [f"{PREFIX}{number}".ljust(2048, "x") for number in range(3 * MOST_MODELS)]

    assert size_of(total_of(*models)) < MOST_OF_AN_ITEM


@pytest.mark.parametrize("model", ["x" * 2049, "x" * 500_000, "é" * 1025])
def test_an_id_that_is_longer_than_bedrock_takes_costs_its_own_record_alone(model: str) -> None:
    data = zipped(text_of(a_record("1"), a_record("2", modelId=model), a_record("3")))
    source = SOURCE._replace(object_id=a_log_object().object_id)

    found, reading = found_in(data, source=source), metered(data, a_valuation())

    assert found.ids == ["1", "3"]
    assert found.reasons == ["bad_field"]
    assert (reading.records, reading.rejects) == (2, found.rejects)
