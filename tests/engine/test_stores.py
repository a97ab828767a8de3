"""S3 and DynamoDB on the engine: the conditions every write of the meter leans on."""

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.engine


def code_of(call, **arguments):
    """The error code a call ends with, or "ok"."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"


def together(calls):
    """Their answers, from eight threads at once."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda call: call(), calls))


@pytest.fixture
def bucket(aws, a_name):
    name = a_name("bucket")
    aws("s3").create_bucket(Bucket=name)
    return name


def test_an_object_is_made_by_one_of_many_who_want_it_new(aws, bucket):
    put = aws("s3").put_object

    def attempt(number):
        return lambda: code_of(put, Bucket=bucket, Key=f"k{number % 5}", Body=b"x", IfNoneMatch="*")

    answers = together([attempt(number) for number in range(40)])

    assert answers.count("ok") == 5
    assert set(answers) <= {"ok", "PreconditionFailed", "ConditionalRequestConflict"}


def test_an_object_is_replaced_by_one_of_many_who_saw_the_same(aws, bucket):
    s3 = aws("s3")
    seen = s3.put_object(Bucket=bucket, Key="k", Body=b"first")["ETag"]

    answers = together(
        [
            partial(
                code_of, s3.put_object, Bucket=bucket, Key="k", Body=b"%d" % number, IfMatch=seen
            )
            for number in range(16)
        ]
    )

    assert answers.count("ok") == 1
    assert set(answers) <= {"ok", "PreconditionFailed", "ConditionalRequestConflict"}


def test_replacing_what_is_not_there_is_refused(aws, bucket):
    put = aws("s3").put_object

    assert code_of(put, Bucket=bucket, Key="k", Body=b"", IfMatch='"0"') == "NoSuchKey"


def test_metadata_and_etag_come_back_with_the_head_of_an_object(aws, bucket):
    s3 = aws("s3")
    put = s3.put_object(Bucket=bucket, Key="a b/ü", Body=b"x", Metadata={"generation": "17"})

    head = s3.head_object(Bucket=bucket, Key="a b/ü")

    assert head["Metadata"] == {"generation": "17"}
    assert head["ETag"] == put["ETag"]
    assert code_of(s3.head_object, Bucket=bucket, Key="none") == "404"


def test_a_listing_with_a_delimiter_names_folders_and_walks_pages(aws, bucket):
    s3 = aws("s3")
    for key in ("l/05/a", "l/05/b", "l/06/a", "l/x", "data/1"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")

    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="l/", Delimiter="/", PaginationConfig={"PageSize": 1}
    )

    pages = list(pages)
    assert [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", [])] == [
        "l/05/",
        "l/06/",
    ]
    assert [one["Key"] for page in pages for one in page.get("Contents", [])] == ["l/x"]


def test_a_part_of_an_object_can_be_read(aws, bucket):
    aws("s3").put_object(Bucket=bucket, Key="k", Body=b"0123456789")

    part = aws("s3").get_object(Bucket=bucket, Key="k", Range="bytes=2-4")

    assert part["Body"].read() == b"234"


def test_a_bucket_that_asks_for_tls_takes_what_handlers_send(
    aws, bucket, a_role, a_function, invoke
):
    """The engine listens on the loopback interface without TLS; that counts as secure."""
    refuse = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [refuse]})
    aws("s3").put_bucket_policy(Bucket=bucket, Policy=policy)
    puts = """
import boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket=event, Key="k", Body=b"x")
    return "written"
"""

    role = a_role({"Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"})

    assert invoke(a_function(puts, role=role), bucket) == "written"


def item(sk, **more):
    return {"pk": {"S": "p"}, "sk": {"S": sk}} | more


def key(sk):
    return item(sk)


def test_one_of_many_wins_each_conditional_put(aws, a_table):
    table, put = a_table(), aws("dynamodb").put_item

    def attempt(number):
        return lambda: code_of(
            put,
            TableName=table,
            Item=item(f"k{number % 5}"),
            ConditionExpression="attribute_not_exists(pk)",
        )

    answers = together([attempt(number) for number in range(80)])

    assert answers.count("ok") == 5
    assert set(answers) == {"ok", "ConditionalCheckFailedException"}


def test_optimistic_replacement_loses_no_turn(aws, a_table):
    table, db = a_table(), aws("dynamodb")
    db.put_item(TableName=table, Item=item("v", version={"N": "0"}))

    def turn():
        while True:
            found = db.get_item(TableName=table, Key=key("v"), ConsistentRead=True)["Item"]
            version = int(found["version"]["N"])
            answer = code_of(
                db.put_item,
                TableName=table,
                Item=item("v", version={"N": str(version + 1)}),
                ConditionExpression="version = :seen",
                ExpressionAttributeValues={":seen": {"N": str(version)}},
            )
            if answer == "ok":
                return version

    assert sorted(together([turn] * 40)) == list(range(40))


def test_an_update_returns_what_it_left_and_adds_exactly(aws, a_table):
    table, db = a_table(), aws("dynamodb")

    def add():
        return db.update_item(
            TableName=table,
            Key=key("n"),
            UpdateExpression="SET dirty = if_not_exists(dirty, :zero) + :one",
            ExpressionAttributeValues={":zero": {"N": "0"}, ":one": {"N": "1"}},
            ReturnValues="ALL_NEW",
        )["Attributes"]["dirty"]["N"]

    assert sorted(int(one) for one in together([add] * 40)) == list(range(1, 41))


def test_a_failed_condition_shows_the_item_if_asked_to(aws, a_table):
    table, db = a_table(), aws("dynamodb")
    db.put_item(TableName=table, Item=item("a", epoch={"N": "7"}))

    with pytest.raises(ClientError) as refused:
        db.put_item(
            TableName=table,
            Item=item("a"),
            ConditionExpression="epoch < :mine",
            ExpressionAttributeValues={":mine": {"N": "7"}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert refused.value.response["Item"]["epoch"] == {"N": "7"}


def test_a_transaction_writes_all_or_nothing_and_says_why(aws, a_table):
    table, db = a_table(), aws("dynamodb")
    db.put_item(TableName=table, Item=item("taken"))

    def put(sk):
        return {
            "Put": {
                "TableName": table,
                "Item": item(sk),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    with pytest.raises(ClientError) as refused:
        db.transact_write_items(TransactItems=[put("new"), put("taken")])

    reasons = [reason["Code"] for reason in refused.value.response["CancellationReasons"]]
    assert reasons == ["None", "ConditionalCheckFailed"]
    assert "Item" not in db.get_item(TableName=table, Key=key("new"), ConsistentRead=True)


def test_a_sparse_index_holds_only_items_that_have_its_key(aws, a_table):
    table = a_table(
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [
                    {"AttributeName": "due", "KeyType": "HASH"},
                    {"AttributeName": "pk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ]
    )
    db = aws("dynamodb")
    db.put_item(TableName=table, Item=item("a", due={"S": "yes"}, more={"S": "left out"}))
    db.put_item(TableName=table, Item=item("b"))

    def due():
        return db.query(
            TableName=table,
            IndexName="due",
            KeyConditionExpression="due = :yes",
            ExpressionAttributeValues={":yes": {"S": "yes"}},
        )["Items"]

    assert due() == [item("a", due={"S": "yes"})]
    db.update_item(TableName=table, Key=key("a"), UpdateExpression="REMOVE due")
    assert due() == []


def test_numbers_keep_38_digits_and_refuse_more(aws, a_table):
    table, db = a_table(), aws("dynamodb")
    fits = "12345678901234567890.123456789012345678"

    db.put_item(TableName=table, Item=item("n", amount={"N": fits}))

    found = db.get_item(TableName=table, Key=key("n"))["Item"]["amount"]["N"]
    assert Decimal(found) == Decimal(fits)
    too_long = item("m", amount={"N": fits + "9"})
    assert code_of(db.put_item, TableName=table, Item=too_long) == "ValidationException"


def test_an_item_over_400_kb_is_refused(aws, a_table):
    table, put = a_table(), aws("dynamodb").put_item

    assert code_of(put, TableName=table, Item=item("a", b={"B": b"x" * 390_000})) == "ok"
    too_large = item("a", b={"B": b"x" * 410_000})
    assert code_of(put, TableName=table, Item=too_large) == "ValidationException"


def test_consumed_units_follow_the_bytes(aws, a_table):
    table, db = a_table(), aws("dynamodb")

    def units(size):
        answer = db.put_item(
            TableName=table,
            Item=item(f"s{size}", b={"B": b"x" * size}),
            ReturnConsumedCapacity="TOTAL",
        )
        return answer["ConsumedCapacity"]["CapacityUnits"]

    assert [units(100), units(1_500), units(10_000)] == [1, 2, 10]


def test_a_query_walks_pages_of_a_megabyte(aws, a_table):
    table, db = a_table(), aws("dynamodb")
    for number in range(5):
        large = item(f"{number}", b={"B": b"x" * 300_000})
        db.put_item(TableName=table, Item=large)

    pages = list(
        db.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": {"S": "p"}},
            ConsistentRead=True,
        )
    )

    assert [one["sk"]["S"] for page in pages for one in page["Items"]] == list("01234")
    assert len(pages) > 1


@pytest.fixture
def flags(aws, a_name):
    table = a_name("flags")
    aws("dynamodb").create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "tenant", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "tenant", "KeyType": "HASH"}],
    )
    return table


@pytest.mark.parametrize(
    ("call", "named"),
    [
        ("get_item", {"Key": {"tenant": {"S": "?"}}}),
        ("put_item", {"Item": {"tenant": {"S": "?"}}}),
        (
            "query",
            {
                "KeyConditionExpression": "#t = :t",
                "ExpressionAttributeNames": {"#t": "tenant"},
                "ExpressionAttributeValues": {":t": {"S": "?"}},
            },
        ),
    ],
)
def test_leading_keys_limit_a_role_to_its_own_item(call, named, flags, a_role, a_function, invoke):
    role = a_role(
        {
            "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
            "Resource": f"arn:aws:dynamodb:us-east-1:000000000000:table/{flags}",
            "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["acme"]}},
        }
    )
    calls = """
import boto3, json, os
def handler(event, context):
    arguments = json.loads(os.environ["NAMED"].replace("?", event))
    try:
        call = getattr(boto3.client("dynamodb"), os.environ["CALL"])
        call(TableName=os.environ["T"], **arguments)
    except Exception as error:
        return error.response["Error"]["Code"]
    return "ok"
"""

    name = a_function(calls, role=role, T=flags, CALL=call, NAMED=json.dumps(named))

    assert invoke(name, "acme") == "ok"
    assert invoke(name, "globex") == "AccessDeniedException"


def test_a_session_tag_can_stand_for_the_leading_key(engine, aws, a_name, flags):
    iam, name = aws("iam"), a_name("application")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
    may = {
        "Effect": "Allow",
        "Action": "dynamodb:GetItem",
        "Resource": f"arn:aws:dynamodb:us-east-1:000000000000:table/{flags}",
        "Condition": {
            "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/tenant}"]}
        },
    }
    document = {"Version": "2012-10-17", "Statement": trust}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=policy)
    session = aws("sts").assume_role(
        RoleArn=role["Role"]["Arn"],
        RoleSessionName="acme",
        Tags=[{"Key": "tenant", "Value": "acme"}],
    )["Credentials"]

    reader = engine.client(
        "dynamodb",
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )

    def read(tenant):
        return code_of(reader.get_item, TableName=flags, Key={"tenant": {"S": tenant}})

    assert read("acme") == "ok"
    assert read("globex") == "AccessDeniedException"
