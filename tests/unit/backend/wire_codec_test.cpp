#include "aws/lambda.pb.h"
#include "aws/secretsmanager.pb.h"
#include "backend/base/error.h"
#include "backend/wire/codecs.h"
#include "backend/wire/json_reader.h"
#include "backend/wire/json_writer.h"
#include "backend/wire/rest_json.h"
#include "backend/wire/router.h"
#include "backend/wire/scalar.h"
#include "backend/wire/services.h"
#include "backend/wire/validator.h"

#include <QTest>

#include <google/protobuf/empty.pb.h>
#include <google/protobuf/util/json_util.h>

using namespace gantry;
namespace lambda = gantry::aws::lambda;

namespace {

const wire::Schema& schema()
{
    static const wire::Schema instance(wire::allServices());
    return instance;
}

const wire::Router& router()
{
    static const wire::Router instance(schema());
    return instance;
}

const wire::OperationSchema& operation(const std::string& name)
{
    return *schema().find("gantry.aws.lambda.Lambda." + name);
}

QString text(const google::protobuf::Message& message)
{
    return QString::fromStdString(message.ShortDebugString());
}

// "Name: message" of an error, or nothing.
QString errorText(const absl::Status& status)
{
    if (status.ok())
        return {};
    const AwsError error = awsErrorOf(status);
    return QString::fromStdString(error.name + ": " + error.message);
}

std::vector<HttpHeader> parseHeaders(std::string_view lines)
{
    std::vector<HttpHeader> headers;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        headers.push_back({line.substr(0, line.find(':')), line.substr(line.find(':') + 1)});
    }
    return headers;
}

} // namespace

class CodecTest final : public QObject {
    Q_OBJECT

private slots:
    void everyOperationIsReachedByItsUri();
    void everyTargetIsReachedByItsHeader();
    void routesTargets_data();
    void routesTargets();
    void speaksJsonRpc();
    void routes_data();
    void routes();
    void decodes_data();
    void decodes();
    void movesThePayload();
    void encodes_data();
    void encodes();
    void encodesPayloadHeadersAndStatus();
    void encodesErrors_data();
    void encodesErrors();
    void validates_data();
    void validates();
    void keepsSensitiveValuesToItself();
    void fillsIdempotencyTokens();
    void readsBackWhatItWrites();
    void knowsUtf8_data();
    void knowsUtf8();
};

void CodecTest::everyOperationIsReachedByItsUri()
{
    int count = 0;
    for (const auto& operation : schema().operations()) {
        const std::string uri = operation->options->uri();
        if (uri.empty())
            continue;
        count += operation->method->service()->full_name() == "gantry.aws.lambda.Lambda";
        // A value with all that a label may hold: the slash of an ARN, a colon, a dollar, a space.
        std::string path = uri.substr(0, uri.find('?'));
        QueryParameters labels;
        for (std::size_t open; (open = path.find('{')) != std::string::npos;) {
            const std::size_t close = path.find('}', open);
            const std::string name = path.substr(open + 1, close - open - 1);
            labels.emplace_back(name, "arn:x/" + name + "$ \xc3\xa4");
            path.replace(open, close - open + 1, percentEncode(labels.back().second));
        }
        const std::string query = uri.find('?') == std::string::npos
                                      ? "Extra=1"
                                      : uri.substr(uri.find('?') + 1) + "&Extra=1";
        const wire::Route route = router().route(operation->options->method(), path, query);
        QVERIFY2(route.operation == operation.get(), uri.c_str());
        QVERIFY2(route.labels == labels, uri.c_str());
        QVERIFY(route.query.back() == (std::pair<std::string, std::string>("Extra", "1")));
        // Every label has its field.
        for (const auto& [name, value] : labels) {
            const bool bound = std::any_of(
                operation->input->fields.begin(), operation->input->fields.end(),
                [&](const auto& field) { return field.in == wire::PATH && field.name == name; });
            QVERIFY2(bound, uri.c_str());
        }
    }
    QCOMPARE(count, 88); // those of Lambda's model
}

void CodecTest::everyTargetIsReachedByItsHeader()
{
    int count = 0;
    for (const auto& operation : schema().operations()) {
        const std::string& prefix = operation->service->options->target_prefix();
        if (prefix.empty())
            continue;
        ++count;
        const std::string target = prefix + "." + operation->method->name();
        const HttpRequest head{"POST", "/", "", {{"X-Amz-Target", target}}, ""};
        QCOMPARE(router().route(head).operation, operation.get());
        QVERIFY2(!operation->options->action().empty(), target.c_str());
    }
    QVERIFY(count > 50);
}

void CodecTest::routesTargets_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("headers");
    QTest::addColumn<QString>("operation");
    QTest::addColumn<int>("protocol");

    QTest::newRow("known") << QByteArray("POST") << QByteArray("/")
                           << QByteArray("x-amz-target:secretsmanager.GetSecretValue")
                           << "GetSecretValue" << int(wire::JSON_1_1);
    QTest::newRow("unknown operation") << QByteArray("POST") << QByteArray("/")
                                       << QByteArray("x-amz-target:secretsmanager.Nothing") << ""
                                       << int(wire::JSON_1_1);
    QTest::newRow("answers in the caller's version")
        << QByteArray("POST") << QByteArray("/")
        << QByteArray("x-amz-target:Nobody.Nothing\ncontent-type:application/x-amz-json-1.0") << ""
        << int(wire::JSON_1_0);
    QTest::newRow("not a GET") << QByteArray("GET") << QByteArray("/")
                               << QByteArray("x-amz-target:secretsmanager.GetSecretValue") << ""
                               << int(wire::JSON_1_1);
    QTest::newRow("no path") << QByteArray("POST") << QByteArray("/2015-03-31/functions")
                             << QByteArray("x-amz-target:secretsmanager.GetSecretValue") << ""
                             << int(wire::JSON_1_1);
    QTest::newRow("by path without a target")
        << QByteArray("GET") << QByteArray("/2015-03-31/functions") << QByteArray("host:localhost")
        << "ListFunctions" << int(wire::REST_JSON);
}

void CodecTest::routesTargets()
{
    QFETCH(const QByteArray, method);
    QFETCH(const QByteArray, path);
    QFETCH(const QByteArray, headers);
    QFETCH(const QString, operation);
    QFETCH(const int, protocol);
    // The views of the request must outlive it.
    const std::string methodText = method.toStdString(), pathText = path.toStdString(),
                      headerText = headers.toStdString();
    const wire::Route route =
        router().route(HttpRequest{methodText, pathText, "", parseHeaders(headerText), ""});
    QCOMPARE(QString::fromStdString(route.operation ? route.operation->method->name() : ""),
             operation);
    QCOMPARE(int(route.protocol), protocol);
}

void CodecTest::speaksJsonRpc()
{
    namespace secrets = gantry::aws::secretsmanager;
    const wire::OperationSchema* operation =
        schema().find("gantry.aws.secretsmanager.SecretsManager.PutSecretValue");
    QVERIFY(operation);
    const wire::Codec& codec = wire::codecFor(wire::JSON_1_1);
    const wire::Route route{operation, wire::JSON_1_1, {}, {}};

    HttpRequest request;
    request.body = R"({"SecretId":"a","SecretBinary":"AAEC","VersionStages":["x","y"],"Later":1})";
    secrets::PutSecretValueRequest message;
    QCOMPARE(errorText(codec.decode(request, route, message)), QString());
    QCOMPARE(QString::fromStdString(message.secret_id()), QStringLiteral("a"));
    QCOMPARE(message.secret_binary(), std::string("\0\1\2", 3));
    QCOMPARE(message.version_stages_size(), 2);

    request.body = "{";
    QVERIFY(errorText(codec.decode(request, route, message)).startsWith("SerializationException"));
    request.body = R"({"SecretId":7})";
    QVERIFY(errorText(codec.decode(request, route, message)).startsWith("SerializationException"));

    secrets::PutSecretValueResponse response;
    response.set_name("a");
    const HttpReply reply = codec.encode(*operation, response);
    QCOMPARE(reply.status, 200);
    QCOMPARE(QString::fromStdString(reply.body), QStringLiteral(R"({"Name":"a","VersionStages":[]})"));
    QCOMPARE(QString::fromStdString(reply.headers.front().second),
             QStringLiteral("application/x-amz-json-1.1"));

    const HttpReply error = codec.encodeError(
        operation->service, AwsError{"ResourceNotFoundException", 400, "Say \"no\".", {}, 0});
    QCOMPARE(error.status, 400);
    QCOMPARE(QString::fromStdString(error.body),
             QStringLiteral(R"({"__type":"ResourceNotFoundException","Message":"Say \"no\"."})"));
    QCOMPARE(QString::fromStdString(codec.encodeError(nullptr, AwsError{"X", 400, "y", {}, 0}).body),
             QStringLiteral(R"({"__type":"X","message":"y"})"));
}

void CodecTest::routes_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<QByteArray>("query");
    QTest::addColumn<QString>("name");
    QTest::newRow("slash at the end") << QByteArray("GET") << QByteArray("/2015-03-31/functions/")
                                      << QByteArray() << QString("ListFunctions");
    QTest::newRow("fixed query") << QByteArray("GET") << QByteArray("/2018-10-31/layers")
                                 << QByteArray("find=LayerVersion&Arn=x")
                                 << QString("GetLayerVersionByArn");
    QTest::newRow("without it") << QByteArray("GET") << QByteArray("/2018-10-31/layers")
                                << QByteArray("find=Other") << QString("ListLayers");
    QTest::newRow("literal before label")
        << QByteArray("GET") << QByteArray("/2019-09-25/functions/f/event-invoke-config/list")
        << QByteArray() << QString("ListFunctionEventInvokeConfigs");
    QTest::newRow("unknown path") << QByteArray("GET") << QByteArray("/2015-03-31/nothing")
                                  << QByteArray() << QString();
    QTest::newRow("root") << QByteArray("GET") << QByteArray("/") << QByteArray() << QString();
    QTest::newRow("no path") << QByteArray("GET") << QByteArray() << QByteArray() << QString();
    QTest::newRow("other method") << QByteArray("PATCH") << QByteArray("/2015-03-31/functions")
                                  << QByteArray() << QString();
    QTest::newRow("longer") << QByteArray("GET") << QByteArray("/2015-03-31/functions/f/versions/1")
                            << QByteArray() << QString();
    QTest::newRow("empty label") << QByteArray("POST")
                                 << QByteArray("/2015-03-31/functions//invocations") << QByteArray()
                                 << QString();
    QTest::newRow("cut escape") << QByteArray("GET") << QByteArray("/2015-03-31/functions/f%2")
                                << QByteArray() << QString();
    QTest::newRow("NUL") << QByteArray("GET") << QByteArray("/2015-03-31/functions/f%00")
                         << QByteArray() << QString();
    QTest::newRow("bad query") << QByteArray("GET") << QByteArray("/2015-03-31/functions/f")
                               << QByteArray("a=%zz") << QString();
    QTest::newRow("thousand segments")
        << QByteArray("GET") << QByteArray("/x").repeated(1000) << QByteArray() << QString();
}

void CodecTest::routes()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, path);
    QFETCH(QByteArray, query);
    QFETCH(QString, name);
    const wire::Route route =
        router().route(method.toStdString(), path.toStdString(), query.toStdString());
    QCOMPARE(route.operation ? QString::fromStdString(route.operation->method->name()) : QString(),
             name);
}

void CodecTest::decodes_data()
{
    QTest::addColumn<QByteArray>("request"); // METHOD path[?query]
    QTest::addColumn<QByteArray>("headers");
    QTest::addColumn<QByteArray>("body");
    QTest::addColumn<QString>("message");
    QTest::addColumn<QString>("error");
    const QByteArray create("POST /2015-03-31/functions");
    const QByteArray none;
    const QString ok;

    QTest::newRow("path, query, headers, payload")
        << QByteArray("POST /2015-03-31/functions/arn%3Aaws%3Ax/invocations?Qualifier=%24LATEST")
        << QByteArray("x-amz-invocation-type:Event\nX-AMZ-LOG-TYPE:Tail") << QByteArray("{\"a\":1}")
        << "function_name: \"arn:aws:x\" invocation_type: \"Event\" log_type: \"Tail\" payload: "
           "\"{\\\"a\\\":1}\" qualifier: \"$LATEST\""
        << ok;
    QTest::newRow("no payload") << QByteArray("POST /2015-03-31/functions/f/invocations") << none
                                << none << "function_name: \"f\"" << ok;
    QTest::newRow("integer in the query")
        << QByteArray("GET /2015-03-31/functions?MaxItems=50&Marker=a%2Bb") << none << none
        << "marker: \"a+b\" max_items: 50" << ok;
    QTest::newRow("text for an integer in the query")
        << QByteArray("GET /2015-03-31/functions?MaxItems=many") << none << none << ""
        << "SerializationException: The value of MaxItems can not be converted to an Integer";
    QTest::newRow("repeated parameter")
        << QByteArray("DELETE /2017-03-31/tags/arn?tagKeys=a&tagKeys=b%20c") << none << none
        << "resource: \"arn\" tag_keys: \"a\" tag_keys: \"b c\"" << ok;
    QTest::newRow("timestamp in the query")
        << QByteArray("GET /2025-12-01/functions/f/durable-executions?StartedAfter=1700000000.25")
        << none << none
        << "function_name: \"f\" started_after { seconds: 1700000000 nanos: 250000000 }" << ok;
    QTest::newRow("body")
        << create << none
        << QByteArray(R"({"FunctionName":"f","Timeout":3,"MemorySize":128.0,"Publish":true,)"
                      R"("Code":{"ZipFile":"UEsDBA=="},"Environment":{"Variables":{"A":"1"}},)"
                      R"("Tags":{"k":"v"},"Layers":["x","y"],"Unknown":{"a":[1]},)"
                      R"("Description":null})")
        << "function_name: \"f\" code { zip_file: \"PK\\003\\004\" } timeout: 3 memory_size: 128 "
           "publish: true environment { variables { key: \"A\" value: \"1\" } } tags { key: \"k\" "
           "value: \"v\" } layers: \"x\" layers: \"y\""
        << ok;
    QTest::newRow("map of doubles")
        << QByteArray("POST /2015-03-31/functions/f/aliases") << none
        << QByteArray(R"({"RoutingConfig":{"AdditionalVersionWeights":{"2":0.25}}})")
        << "function_name: \"f\" routing_config { additional_version_weights { key: \"2\" value: "
           "0.25 } }"
        << ok;
    QTest::newRow("map of lists and timestamp")
        << QByteArray("POST /2015-03-31/event-source-mappings") << none
        << QByteArray(R"({"SelfManagedEventSource":{"Endpoints":{"KAFKA":["a:1","b:2"]}},)"
                      R"("StartingPositionTimestamp":1700000000})")
        << "starting_position_timestamp { seconds: 1700000000 } self_managed_event_source { "
           "endpoints { key: \"KAFKA\" value { members: \"a:1\" members: \"b:2\" } } }"
        << ok;
    QTest::newRow("path label wins over a body member of that name")
        << QByteArray("POST /2015-03-31/functions/f/aliases") << none
        << QByteArray(R"({"FunctionName":"g","Name":"a"})") << "function_name: \"f\" name: \"a\""
        << ok;
    QTest::newRow("broken JSON") << create << none << QByteArray("{\"a\":") << ""
                                 << "InvalidRequestContentException: Could not parse request body "
                                    "into json: incomplete JSON";
    QTest::newRow("no object") << create << none << QByteArray("[1]") << ""
                               << "SerializationException: Start of list found where not expected.";
    QTest::newRow("text for integer")
        << create << none << QByteArray(R"({"Timeout":"3"})") << ""
        << "SerializationException: STRING_VALUE can not be converted to an Integer";
    QTest::newRow("fraction for integer")
        << create << none << QByteArray(R"({"Timeout":3.5})") << ""
        << "SerializationException: NUMBER_VALUE can not be converted to an Integer";
    QTest::newRow("integer out of range")
        << create << none << QByteArray(R"({"Timeout":3000000000})") << ""
        << "SerializationException: NUMBER_VALUE can not be converted to an Integer";
    QTest::newRow("number for text")
        << create << none << QByteArray(R"({"FunctionName":1})") << ""
        << "SerializationException: NUMBER_VALUE can not be converted to a String";
    QTest::newRow("boolean for text")
        << create << none << QByteArray(R"({"FunctionName":true})") << ""
        << "SerializationException: TRUE_VALUE can not be converted to a String";
    QTest::newRow("text for boolean")
        << create << none << QByteArray(R"({"Publish":"true"})") << ""
        << "SerializationException: STRING_VALUE can not be converted to a Boolean";
    QTest::newRow("object for text")
        << create << none << QByteArray(R"({"FunctionName":{}})") << ""
        << "SerializationException: Start of structure or map found where not expected.";
    QTest::newRow("text for list") << create << none << QByteArray(R"({"Layers":"x"})") << ""
                                   << "SerializationException: Expected list or null";
    QTest::newRow("null in list") << create << none << QByteArray(R"({"Layers":[null]})") << ""
                                  << "SerializationException: A list may not hold null.";
    QTest::newRow("text for structure")
        << create << none << QByteArray(R"({"Code":"x"})") << ""
        << "SerializationException: STRING_VALUE can not be converted to a Structure";
    QTest::newRow("no base64") << create << none << QByteArray(R"({"Code":{"ZipFile":"%%"}})") << ""
                               << "SerializationException: STRING_VALUE can not be converted to a "
                                  "Blob";
    QTest::newRow("header that is no UTF-8")
        << QByteArray("POST /2015-03-31/functions/f/invocations")
        << QByteArray("X-Amz-Client-Context:\xff") << none << ""
        << "SerializationException: The value of ClientContext can not be converted to a String";
}

void CodecTest::decodes()
{
    QFETCH(QByteArray, request);
    QFETCH(QByteArray, headers);
    QFETCH(QByteArray, body);
    QFETCH(QString, message);
    QFETCH(QString, error);
    const QByteArray target = request.mid(request.indexOf(' ') + 1);
    const int mark = target.indexOf('?');
    HttpRequest http;
    const std::string method = request.left(request.indexOf(' ')).toStdString();
    const std::string path = (mark < 0 ? target : target.left(mark)).toStdString();
    const std::string query = (mark < 0 ? QByteArray() : target.mid(mark + 1)).toStdString();
    const std::string lines = headers.toStdString();
    http.headers = parseHeaders(lines);
    http.body = body.toStdString();
    const wire::Route route = router().route(method, path, query);
    QVERIFY(route.operation);
    const std::unique_ptr<google::protobuf::Message> read(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(route.operation->method->input_type())
            ->New());
    const absl::Status status = wire::RestJsonCodec().decode(http, route, *read);
    QCOMPARE(errorText(status), error);
    if (status.ok())
        QCOMPARE(text(*read), message);
}

void CodecTest::movesThePayload()
{
    HttpRequest http;
    http.body = std::string(1 << 20, 'x');
    const char* bytes = http.body.data();
    const wire::Route route = router().route("POST", "/2015-03-31/functions/f/invocations", "");
    lambda::InvocationRequest request;
    QVERIFY(wire::RestJsonCodec().decode(http, route, request).ok());
    QVERIFY(request.payload().data() == bytes);

    lambda::InvocationResponse response;
    response.set_payload(request.payload());
    bytes = response.payload().data();
    const HttpReply reply = wire::RestJsonCodec().encode(operation("Invoke"), response);
    QVERIFY(reply.body.data() == bytes);
}

void CodecTest::encodes_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("message"); // as the wire reads it
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("unset members are left out")
        << "CreateFunction" << QByteArray(R"({"FunctionName":"f","CodeSize":4294967296})")
        << QByteArray(R"({"FunctionName":"f","CodeSize":4294967296})");
    QTest::newRow("zero and empty are set")
        << "CreateFunction" << QByteArray(R"({"Description":"","Timeout":0})")
        << QByteArray(R"({"Description":"","Timeout":0})");
    QTest::newRow("empty list of the outermost")
        << "ListFunctions" << QByteArray("{}") << QByteArray(R"({"Functions":[]})");
    QTest::newRow("empty map of the outermost")
        << "ListTags" << QByteArray("{}") << QByteArray(R"({"Tags":{}})");
    QTest::newRow("no empty list of an inner message")
        << "ListFunctions" << QByteArray(R"({"Functions":[{"FunctionName":"f"}]})")
        << QByteArray(R"({"Functions":[{"FunctionName":"f"}]})");
    QTest::newRow("escapes")
        << "CreateFunction"
        << QByteArray("{\"Description\":\"q\\\" b\\\\ n\\n t\\t \\u0001 \xc3\xa4\"}")
        << QByteArray("{\"Description\":\"q\\\" b\\\\ n\\n t\\t \\u0001 \xc3\xa4\"}");
    QTest::newRow("doubles") << "GetAlias"
                             << QByteArray(R"({"RoutingConfig":{"AdditionalVersionWeights":)"
                                           R"({"2":0.1}}})")
                             << QByteArray(R"({"RoutingConfig":{"AdditionalVersionWeights":)"
                                           R"({"2":0.1}}})");
    QTest::newRow("timestamps")
        << "GetEventSourceMapping"
        << QByteArray(R"({"LastModified":1700000000.5,"StartingPositionTimestamp":1700000000})")
        << QByteArray(R"({"StartingPositionTimestamp":1700000000,"LastModified":1700000000.500})");
    QTest::newRow("list wrapper")
        << "GetEventSourceMapping"
        << QByteArray(R"({"SelfManagedEventSource":{"Endpoints":{"KAFKA":["a:1","b:2"]}}})")
        << QByteArray(R"({"SelfManagedEventSource":{"Endpoints":{"KAFKA":["a:1","b:2"]}}})");
}

void CodecTest::encodes()
{
    QFETCH(QString, name);
    QFETCH(QByteArray, message);
    QFETCH(QByteArray, body);
    const wire::OperationSchema& schema = operation(name.toStdString());
    const std::unique_ptr<google::protobuf::Message> response(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(schema.method->output_type())
            ->New());
    QVERIFY(wire::readJson(message.toStdString(), *schema.output, *response).ok());
    const HttpReply reply = wire::RestJsonCodec().encode(schema, *response);
    QCOMPARE(QByteArray::fromStdString(reply.body), body);
    QCOMPARE(reply.status, schema.options->status());
}

void CodecTest::encodesPayloadHeadersAndStatus()
{
    lambda::InvocationResponse response;
    response.set_status_code(202);
    response.set_executed_version("$LATEST");
    response.set_function_error("Unhandled");
    HttpReply reply = wire::RestJsonCodec().encode(operation("Invoke"), response);
    QCOMPARE(reply.status, 202);
    QCOMPARE(reply.body, std::string());
    using Headers = std::vector<std::pair<std::string, std::string>>;
    QCOMPARE(reply.headers, (Headers{{"X-Amz-Function-Error", "Unhandled"},
                                     {"X-Amz-Executed-Version", "$LATEST"}}));

    google::protobuf::Empty empty;
    reply = wire::RestJsonCodec().encode(operation("DeleteAlias"), empty);
    QCOMPARE(reply.status, 204);
    QCOMPARE(reply.body, std::string());
}

void CodecTest::encodesErrors_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<QByteArray>("body");
    QTest::newRow("Message, user") << 0 << QByteArray(R"({"Type":"User","Message":"gone"})");
    QTest::newRow("message, user") << 1 << QByteArray(R"({"Type":"User","message":"bad"})");
    QTest::newRow("service") << 2 << QByteArray(R"({"Type":"Service","Message":"oops"})");
    QTest::newRow("not modelled") << 3 << QByteArray(R"({"message":"1 \"x\""})");
    QTest::newRow("throttled")
        << 4
        << QByteArray(R"({"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded",)"
                      R"("Type":"User","message":"Rate Exceeded.","retryAfterSeconds":"1"})");
}

void CodecTest::encodesErrors()
{
    QFETCH(int, kind);
    QFETCH(QByteArray, body);
    const absl::Status errors[] = {notFound("gone"), invalidParameter("bad"), serviceError("oops"),
                                   validationError("1 \"x\""),
                                   throttled("ReservedFunctionConcurrentInvocationLimitExceeded")};
    const AwsError error = awsErrorOf(errors[kind]);
    const HttpReply reply =
        wire::RestJsonCodec().encodeError(operation("GetFunction").service, error);
    QCOMPARE(QByteArray::fromStdString(reply.body), body);
    QCOMPARE(reply.status, error.status);
    QVERIFY(std::find(reply.headers.begin(), reply.headers.end(),
                      (std::pair<std::string, std::string>("x-amzn-ErrorType", error.name))) !=
            reply.headers.end());
    const bool retry =
        std::any_of(reply.headers.begin(), reply.headers.end(),
                    [](const auto& header) { return header.first == "Retry-After"; });
    QCOMPARE(retry, error.status == 429);
}

void CodecTest::validates_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<QString>("error");
    const QByteArray head(
        R"({"FunctionName":"f","Role":"arn:aws:iam::000000000000:role/r","Code":{})");
    const QString one("ValidationException: 1 validation error detected: ");
    const QString two("ValidationException: 2 validation errors detected: ");
    const QString create("CreateFunction");
    QTest::newRow("good") << create << head + "}" << QString();
    QTest::newRow("missing")
        << create << QByteArray(R"({"FunctionName":"f","Code":{}})")
        << one + "Value null at 'role' failed to satisfy constraint: Member must not be null";
    QTest::newRow("all of them")
        << create << QByteArray(R"({"FunctionName":"f"})")
        << two +
               "Value null at 'role' failed to satisfy constraint: Member must not be null; Value "
               "null at 'code' failed to satisfy constraint: Member must not be null";
    QTest::newRow("too small")
        << create << head + R"(,"Timeout":0})"
        << one + "Value '0' at 'timeout' failed to satisfy constraint: Member must have value "
                 "greater than or equal to 1";
    QTest::newRow("too big")
        << create << head + R"(,"MemorySize":40000})"
        << one + "Value '40000' at 'memorySize' failed to satisfy constraint: Member must have "
                 "value less than or equal to 32768";
    QTest::newRow("too long, in characters")
        << create << head + ",\"Description\":\"" + QByteArray("\xc3\xa4").repeated(256) + "\"}"
        << QString();
    QTest::newRow("empty and not matching")
        << "GetAlias" << QByteArray(R"({"FunctionName":"f","Name":""})")
        << two + "Value '' at 'name' failed to satisfy constraint: Member must have length greater "
                 "than or equal to 1; Value '' at 'name' failed to satisfy constraint: Member must "
                 "satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)";
    QTest::newRow("lookahead")
        << "GetAlias" << QByteArray(R"({"FunctionName":"f","Name":"12"})")
        << one + "Value '12' at 'name' failed to satisfy constraint: Member must satisfy regular "
                 "expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)";
    QTest::newRow("line feed at the end")
        << "GetAlias" << QByteArray(R"({"FunctionName":"f","Name":"a\n"})")
        << one + "Value 'a\n' at 'name' failed to satisfy constraint: Member must satisfy regular "
                 "expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)";
    QTest::newRow("enumeration")
        << create << head + R"(,"PackageType":"Tar"})"
        << one + "Value 'Tar' at 'packageType' failed to satisfy constraint: Member must satisfy "
                 "enum value set: [Zip, Image]";
    QTest::newRow("members of a list")
        << create << head + R"(,"Architectures":["arm"]})"
        << one + "Value '[arm]' at 'architectures' failed to satisfy constraint: Member must "
                 "satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member "
                 "must not be null]";
    QTest::newRow("length of a list")
        << create << head + R"(,"Architectures":["arm64","x86_64"]})"
        << one + "Value '[arm64, x86_64]' at 'architectures' failed to satisfy constraint: Member "
                 "must have length less than or equal to 1";
    QTest::newRow("message in a list")
        << create
        << head + R"(,"FileSystemConfigs":[{"Arn":"arn:aws:elasticfilesystem:us-east-1:)"
                  R"(000000000000:access-point/fsap-0123456789abcdef0"}]})"
        << one + "Value null at 'fileSystemConfigs.1.member.localMountPath' failed to satisfy "
                 "constraint: Member must not be null";
    QTest::newRow("inner message")
        << create << head + R"(,"EphemeralStorage":{"Size":100}})"
        << one + "Value '100' at 'ephemeralStorage.size' failed to satisfy constraint: Member must "
                 "have value greater than or equal to 512";
    QTest::newRow("values of a map")
        << create << head + ",\"Tags\":{\"k\":\"" + QByteArray(257, 'v') + "\"}}"
        << one + "Value '{k=" + QString(257, 'v') +
               "}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: "
               "[Member must have length less than or equal to 256, Member must have length "
               "greater than or equal to 0, Member must satisfy regular expression pattern: "
               "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*), Member must not be null]";
    QTest::newRow("list wrapper")
        << "CreateEventSourceMapping"
        << QByteArray(R"({"FunctionName":"f","SelfManagedEventSource":{"Endpoints":)"
                      R"({"KAFKA_BOOTSTRAP_SERVERS":{"members":["not an endpoint"]}}}})")
        << one + "Value '[not an endpoint]' at 'selfManagedEventSource.endpoints."
                 "KAFKA_BOOTSTRAP_SERVERS' failed to satisfy constraint: Member must satisfy "
                 "constraint: [Member must have length less than or equal to 300, Member must have "
                 "length greater than or equal to 1, Member must satisfy regular expression "
                 "pattern: (([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\\-]*[a-zA-Z0-9])\\.)*([A-Za-z0-9]|"
                 "[A-Za-z0-9][A-Za-z0-9\\-]*[A-Za-z0-9]):[0-9]{1,5}, Member must not be null]";
}

void CodecTest::validates()
{
    QFETCH(QString, name);
    QFETCH(QByteArray, message);
    QFETCH(QString, error);
    const wire::OperationSchema& schema = operation(name.toStdString());
    const std::unique_ptr<google::protobuf::Message> request(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(schema.method->input_type())
            ->New());
    QVERIFY(google::protobuf::util::JsonStringToMessage(message.toStdString(), request.get()).ok());
    QCOMPARE(errorText(wire::prepare(*schema.input, *request)), error);
}

void CodecTest::keepsSensitiveValuesToItself()
{
    lambda::UpdateFunctionConfigurationRequest request;
    request.set_function_name("f");
    auto& variables = *request.mutable_environment()->mutable_variables();
    variables["1BAD"] = "hunter2";
    const QString found =
        errorText(wire::prepare(*operation("UpdateFunctionConfiguration").input, request));
    QCOMPARE(found, QString("ValidationException: 1 validation error detected: Value at "
                            "'environment.variables' failed to satisfy constraint: Map keys must "
                            "satisfy constraint: [Member must satisfy regular expression pattern: "
                            "[a-zA-Z]([a-zA-Z0-9_])+, Member must not be null]"));
}

void CodecTest::fillsIdempotencyTokens()
{
    lambda::CheckpointDurableExecutionRequest request;
    request.set_durable_execution_arn("arn:aws:lambda:us-east-1:000000000000:function:f:1/"
                                      "durable-execution/n/i");
    request.set_checkpoint_token("dG9rZW4=");
    const auto& schema = *operation("CheckpointDurableExecution").input;
    QCOMPARE(errorText(wire::prepare(schema, request)), QString());
    QCOMPARE(request.client_token().size(), std::size_t(36));
    const std::string first = request.client_token();
    QCOMPARE(errorText(wire::prepare(schema, request)), QString());
    QCOMPARE(request.client_token(), first);
}

void CodecTest::readsBackWhatItWrites()
{
    lambda::FunctionConfiguration function;
    function.set_function_name("f\xf0\x9f\x98\x80\x01\"\\/");
    function.set_code_size(9'007'199'254'740'993); // more than a double can hold
    function.set_timeout(-5);
    (*function.mutable_environment()->mutable_variables())["key \n"] = "";
    function.add_architectures("arm64");
    std::string json;
    const auto& schema = *operation("CreateFunction").output;
    wire::writeJson(function, schema, json);
    lambda::FunctionConfiguration back;
    QVERIFY(wire::readJson(json, schema, back).ok());
    QCOMPARE(text(back), text(function));
    for (const double value : {0.0, 0.05, 1e-9, 123456789.125, 1e300, -2.5, 1.0 / 3})
        QCOMPARE(std::stod(wire::doubleText(value)), value);
}

void CodecTest::knowsUtf8_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("valid");
    QTest::newRow("ASCII") << QByteArray("abc") << true;
    QTest::newRow("two, three, four bytes")
        << QByteArray("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80") << true;
    QTest::newRow("cut") << QByteArray("\xe2\x82") << false;
    QTest::newRow("overlong") << QByteArray("\xe0\x80\xaf") << false;
    QTest::newRow("surrogate") << QByteArray("\xed\xa0\x80") << false;
    QTest::newRow("too high") << QByteArray("\xf4\x90\x80\x80") << false;
    QTest::newRow("continuation alone") << QByteArray("\x80") << false;
}

void CodecTest::knowsUtf8()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, valid);
    QCOMPARE(wire::isValidUtf8(text.toStdString()), valid);
}

QTEST_GUILESS_MAIN(CodecTest)
#include "wire_codec_test.moc"
