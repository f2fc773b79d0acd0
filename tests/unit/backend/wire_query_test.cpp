// The query protocol: forms become messages, answers and errors become XML.
#include "aws/cloudwatch.pb.h"
#include "aws/iam.pb.h"
#include "aws/sqs.pb.h"
#include "backend/base/error.h"
#include "backend/wire/json_rpc.h"
#include "backend/wire/query.h"
#include "backend/wire/query_form.h"
#include "backend/wire/services.h"
#include "backend/wire/xml_writer.h"

#include <QTest>

#include <algorithm>

using namespace gantry;

namespace {

const wire::Schema& schema()
{
    static const wire::Schema all(wire::awsServices());
    return all;
}

const wire::OperationSchema& operation(const char* name)
{
    return *schema().find(std::string("gantry.aws.iam.Iam.") + name);
}

} // namespace

class WireQueryTest final : public QObject {
    Q_OBJECT

private slots:
    void readsForms();
    void refusesForms_data();
    void refusesForms();
    void writesAnswers();
    void writesErrors();
    void servesBesideAnotherProtocol();
    void flattensListsAndMaps();
};

void WireQueryTest::readsForms()
{
    const auto form = wire::parseForm(
        "Action=SimulateCustomPolicy&Version=2010-05-08&PolicyInputList.member.2=second&"
        "PolicyInputList.member.10=tenth&PolicyInputList.member.1=a+b%2Bc&ActionNames=&"
        "ContextEntries.member.1.ContextKeyName=k&ContextEntries.member.1.ContextKeyValues.member.1="
        "v&MaxItems=7&Unknown.x=1");
    QVERIFY(form.has_value());
    aws::iam::SimulateCustomPolicyRequest request;
    QVERIFY(wire::readForm(*form, *operation("SimulateCustomPolicy").input, request).ok());
    QCOMPARE(request.policy_input_list_size(), 3);
    QCOMPARE(request.policy_input_list(0), std::string("a b+c"));
    QCOMPARE(request.policy_input_list(1), std::string("second"));
    QCOMPARE(request.policy_input_list(2), std::string("tenth")); // by number, not by letters
    QCOMPARE(request.action_names_size(), 0);                    // how an empty list is sent
    QCOMPARE(request.context_entries(0).context_key_values(0), std::string("v"));
    QCOMPARE(request.max_items(), 7);
}

// As SQS has them: members beside the others, maps with names of their own for key and value.
void WireQueryTest::flattensListsAndMaps()
{
    const auto form = wire::parseForm(
        "Action=SendMessageBatch&SendMessageBatchRequestEntry.2.Id=b&"
        "SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=x&"
        "SendMessageBatchRequestEntry.1.MessageAttribute.1.Name=n&"
        "SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.DataType=String&"
        "SendMessageBatchRequestEntry.1.MessageAttribute.1.Value.StringValue=v");
    const auto* batch = schema().find("gantry.aws.sqs.Sqs.SendMessageBatch");
    aws::sqs::SendMessageBatchRequest request;
    QVERIFY(wire::readForm(*form, *batch->input, request).ok());
    QCOMPARE(request.entries_size(), 2);
    QCOMPARE(request.entries(0).id(), std::string("a"));
    QCOMPARE(request.entries(0).message_attributes().at("n").string_value(), std::string("v"));

    const auto* receive = schema().find("gantry.aws.sqs.Sqs.ReceiveMessage");
    aws::sqs::ReceiveMessageResult result;
    std::string xml;
    wire::writeXml(result, *receive->output, xml);
    QCOMPARE(xml, std::string());
    auto& message = *result.add_messages();
    message.set_body("<b>");
    (*message.mutable_attributes())["SenderId"] = "me";
    wire::writeXml(result, *receive->output, xml);
    QCOMPARE(xml, std::string("<Message><Body>&lt;b&gt;</Body><Attribute><Name>SenderId</Name>"
                              "<Value>me</Value></Attribute></Message>"));
}

void WireQueryTest::refusesForms_data()
{
    QTest::addColumn<QByteArray>("form");
    QTest::newRow("number") << QByteArray("MaxItems=seven");
    std::string deep = "PolicyInputList";
    for (int i = 0; i < 100; ++i)
        deep += ".member";
    QTest::newRow("deep") << QByteArray::fromStdString(deep + "=x");
    QByteArray many;
    for (int i = 0; i < 30'000; ++i)
        many += "PolicyInputList.member." + QByteArray::number(i) + "=x&";
    QTest::newRow("many") << many;
    QTest::newRow("text") << QByteArray("PolicyInputList.member.1=%ff");
}

void WireQueryTest::refusesForms()
{
    QFETCH(QByteArray, form);
    const auto parsed = wire::parseForm(form.toStdString());
    QVERIFY(parsed.has_value());
    aws::iam::SimulateCustomPolicyRequest request;
    const absl::Status status =
        wire::readForm(*parsed, *operation("SimulateCustomPolicy").input, request);
    QCOMPARE(awsErrorOf(status).name, std::string("SerializationException"));
    QVERIFY(!wire::parseForm("a=%2"));
}

void WireQueryTest::writesAnswers()
{
    const wire::QueryCodec codec;
    aws::iam::ListUserTagsResponse response;
    auto& tag = *response.add_tags();
    tag.set_key("<a & \"b\">");
    tag.set_value(std::string("\x01", 1));
    response.set_is_truncated(false);
    HttpReply reply = codec.encode(operation("ListUserTags"), response);
    codec.identify(reply, "id-1");
    QCOMPARE(QString::fromStdString(reply.body),
             QStringLiteral("<ListUserTagsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/"
                            "\"><ListUserTagsResult><Tags><member><Key>&lt;a &amp; &quot;b&quot;&gt;"
                            "</Key><Value>\uFFFD</Value></member></Tags><IsTruncated>false"
                            "</IsTruncated></ListUserTagsResult><ResponseMetadata><RequestId>id-1"
                            "</RequestId></ResponseMetadata></ListUserTagsResponse>"));
    aws::iam::GetUserResponse user;
    user.mutable_user()->mutable_create_date()->set_seconds(1738281600);
    const std::string body = codec.encode(operation("GetUser"), user).body;
    QVERIFY(body.find("<CreateDate>2025-01-31T00:00:00Z</CreateDate>") != std::string::npos);
    google::protobuf::Empty empty;
    QCOMPARE(codec.encode(operation("DeleteUser"), empty).body,
             std::string("<DeleteUserResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\">"
                         "</DeleteUserResponse>"));
}

void WireQueryTest::writesErrors()
{
    const wire::QueryCodec codec;
    HttpReply reply = codec.encodeError(operation("GetUser").service,
                                        AwsError{"NoSuchEntity", 404, "no <user>", {}, 0});
    codec.identify(reply, "id-2");
    QCOMPARE(reply.status, 404);
    QCOMPARE(reply.body,
             std::string("<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error>"
                         "<Type>Sender</Type><Code>NoSuchEntity</Code><Message>no &lt;user&gt;"
                         "</Message></Error><RequestId>id-2</RequestId></ErrorResponse>"));
    // Common errors have names of their own here.
    const HttpReply denied =
        codec.encodeError(nullptr, AwsError{"AccessDeniedException", 403, "x", {}, 0});
    QVERIFY(denied.body.find("<Code>AccessDenied</Code>") != std::string::npos);
}

// CloudWatch is declared for JSON and annotated with what the query protocol needs besides.
void WireQueryTest::servesBesideAnotherProtocol()
{
    const auto cloudWatch = [](const char* name) -> const wire::OperationSchema& {
        return *schema().find(std::string("gantry.aws.cloudwatch.CloudWatch.") + name);
    };
    const auto form = wire::parseForm(
        "Namespace=shop&MetricData.member.1.MetricName=n&MetricData.member.1.Values.member.1=1.5&"
        "MetricData.member.1.Values.member.2=-2e-7&MetricData.member.1.Counts.member.1=3&"
        "MetricData.member.1.Timestamp=2025-01-31T00%3A00%3A00.250Z");
    aws::cloudwatch::PutMetricDataInput request;
    QVERIFY(wire::readForm(*form, *cloudWatch("PutMetricData").input, request).ok());
    const aws::cloudwatch::MetricDatum& datum = request.metric_data(0);
    QCOMPARE(datum.values_size(), 2);
    QCOMPARE(datum.values(1), -2e-7);
    QCOMPARE(datum.counts(0), 3.0);
    QCOMPARE(datum.timestamp().seconds(), std::int64_t{1738281600});
    QCOMPARE(datum.timestamp().nanos(), 250'000'000);

    const wire::QueryCodec query;
    aws::cloudwatch::GetMetricDataOutput output;
    auto& result = *output.add_metric_data_results();
    result.add_timestamps()->set_seconds(1738281600);
    result.add_values(0.1);
    output.add_metric_data_results(); // without values: its lists are there and empty
    const std::string body = query.encode(cloudWatch("GetMetricData"), output).body;
    QVERIFY2(body.find("xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"") != std::string::npos,
             body.c_str());
    QVERIFY2(body.find("<Timestamps><member>2025-01-31T00:00:00Z</member></Timestamps><Values><member>"
                       "0.1</member></Values>") != std::string::npos,
             body.c_str());
    QVERIFY2(body.find("<member><Timestamps></Timestamps><Values></Values></member>") !=
                 std::string::npos,
             body.c_str());

    const AwsError error{"MissingRequiredParameterException", 400, "x", {}, 0};
    const auto* service = cloudWatch("PutMetricData").service;
    QVERIFY(query.encodeError(service, error).body.find("<Code>MissingParameter</Code>") !=
            std::string::npos);
    const HttpReply json = wire::JsonRpcCodec("application/x-amz-json-1.0").encodeError(service, error);
    QVERIFY(json.body.find("MissingRequiredParameterException") != std::string::npos);
    QVERIFY(std::find(json.headers.begin(), json.headers.end(),
                      std::pair<std::string, std::string>("x-amzn-query-error",
                                                          "MissingParameter;Sender")) !=
            json.headers.end());
}

QTEST_GUILESS_MAIN(WireQueryTest)
#include "wire_query_test.moc"
