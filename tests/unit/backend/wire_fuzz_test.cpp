// Mutated requests against everything that reads what a caller sends: routing, host and signature
// checks, the restJson codec, validation. Seeded, so that a failure repeats; GANTRY_FUZZ_ROUNDS
// makes it longer (under the asan preset, for example).
#include "aws/lambda.pb.h"
#include "backend/base/error.h"
#include "backend/wire/gateway.h"
#include "backend/wire/json_reader.h"
#include "backend/wire/json_writer.h"
#include "backend/wire/rest_json.h"
#include "backend/wire/services.h"
#include "backend/wire/validator.h"

#include <QTest>

#include <google/protobuf/util/message_differencer.h>

#include <random>

using namespace gantry;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

namespace {

class Mutator final {
public:
    explicit Mutator(unsigned seed) : m_random(seed) {}

    std::size_t below(std::size_t end) { return end ? m_random() % end : 0; }

    std::string mutate(std::string text)
    {
        for (std::size_t i = below(4) + 1; i > 0; --i)
            once(text);
        return text;
    }

private:
    void once(std::string& text)
    {
        static const char* const kPieces[] = {
            "{",           "}",  "[",   "]",  "\"",   ":",        ",",    "\\u",     "null",
            "1e999",       "-0", "%2F", "%",  "\xff", "\0x",      "/",    "$LATEST", "=",
            "99999999999", "&",  ";",   ", ", "../",  "\xc3\xa4", "true", "?"};
        const std::size_t at = below(text.size() + 1);
        switch (below(5)) {
        case 0:
            text.insert(at, kPieces[below(std::size(kPieces))]);
            break;
        case 1:
            text.erase(at, below(8) + 1);
            break;
        case 2:
            if (!text.empty())
                text[below(text.size())] = static_cast<char>(m_random());
            break;
        case 3:
            text.insert(at, text.substr(below(text.size() + 1), below(64)));
            break;
        default:
            text.insert(at, std::string(below(600), static_cast<char>(m_random())));
        }
    }

    std::mt19937 m_random;
};

int rounds()
{
    const int asked = qEnvironmentVariableIntValue("GANTRY_FUZZ_ROUNDS");
    return asked > 0 ? asked : 4'000;
}

std::unique_ptr<Message> newMessage(const google::protobuf::Descriptor* type)
{
    return std::unique_ptr<Message>(MessageFactory::generated_factory()->GetPrototype(type)->New());
}

// Some JSON that fits the message: every member, two levels of messages.
std::string sampleJson(const wire::MessageSchema& schema, int depth)
{
    if (schema.timestamp)
        return "1700000000.5";
    std::string out;
    for (const wire::FieldSchema& field : schema.fields) {
        if (field.in != wire::BODY)
            continue;
        const auto* holder = field.mapValue ? field.mapValue : field.field;
        std::string value = "\"YWJj\"";
        if (field.message)
            value = depth > 0 || field.message->timestamp || field.message->list
                        ? sampleJson(*field.message, depth - 1)
                        : "{}";
        else if (holder->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_BOOL)
            value = "true";
        else if (holder->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING)
            value = "42";
        if (schema.list)
            return "[" + value + "]";
        if (field.mapValue)
            value = "{\"key\":" + value + "}";
        else if (field.field->is_repeated())
            value = "[" + value + "," + value + "]";
        out += (out.empty() ? "" : ",") + ("\"" + field.name + "\":") + value;
    }
    return "{" + out + "}";
}

} // namespace

class WireFuzzTest final : public QObject {
    Q_OBJECT

private slots:
    void codecReadsAnything();
    void boundsHostileTexts();
    void gatewayAnswersAnything();
};

void WireFuzzTest::codecReadsAnything()
{
    const wire::Schema schema(wire::awsServices());
    // Our own operations take nothing from a body, and those of the Query protocol no JSON.
    std::vector<const wire::OperationSchema*> operations;
    for (const auto& each : schema.operations()) {
        if (each->method->full_name().rfind("gantry.aws.", 0) == 0 &&
            each->service->options->protocol() != wire::AWS_QUERY)
            operations.push_back(each.get());
    }
    Mutator mutator(20250601);
    int accepted = 0;
    for (int round = 0; round < rounds(); ++round) {
        const wire::OperationSchema& operation =
            *operations[std::size_t(round) % operations.size()];
        const std::string sample = sampleJson(*operation.input, 2);
        // Every operation once as it should be, then as it should not.
        const bool whole = std::size_t(round) < operations.size();
        const std::string text = whole ? sample : mutator.mutate(sample);
        const auto message = newMessage(operation.method->input_type());
        const absl::Status status = wire::readJson(text, *operation.input, *message);
        if (!status.ok()) {
            QVERIFY2(!whole, (operation.method->name() + ": " + std::string(status.message())).c_str());
            QCOMPARE(awsErrorOf(status).status, 400);
            continue;
        }
        ++accepted;
        (void)wire::prepare(*operation.input, *message);
        std::string written;
        wire::writeJson(*message, *operation.input, written);
        const auto back = newMessage(operation.method->input_type());
        const absl::Status again = wire::readJson(written, *operation.input, *back);
        QVERIFY2(again.ok(), written.c_str());
        // The marks of lists that were sent empty: see gantry/empty_lists.h.
        message->DiscardUnknownFields();
        back->DiscardUnknownFields();
        QVERIFY2(google::protobuf::util::MessageDifferencer::Equals(*message, *back) ||
                     written.find("NaN") != std::string::npos,
                 written.c_str());
    }
    QVERIFY(accepted > int(schema.operations().size()));
}

void WireFuzzTest::boundsHostileTexts()
{
    // Patterns that backtrack, a nesting bomb, a value too long to be shown.
    const wire::Pattern evil("([a-z]+)+[0-9]");
    QVERIFY(!evil.matches(std::string(100'000, 'a')));
    QVERIFY(evil.matches("abc1"));

    const wire::Schema schema(wire::awsServices());
    const wire::MessageSchema& input =
        *schema.find("gantry.aws.lambda.Lambda.CreateFunction")->input;
    aws::lambda::CreateFunctionRequest request;
    const absl::Status deep = wire::readJson(std::string(100'000, '['), input, request);
    QVERIFY(awsErrorOf(deep).name == "InvalidRequestContentException");

    request.set_function_name(std::string(6'000'000, 'a'));
    request.set_role("arn:aws:iam::000000000000:role/r");
    request.mutable_code();
    const std::string found = awsErrorOf(wire::prepare(input, request)).message;
    QVERIFY(found.starts_with("2 validation errors detected"));
    QVERIFY(found.size() < 10'000);
}

void WireFuzzTest::gatewayAnswersAnything()
{
    const iam::Credential key{"AKIDEXAMPLE", "secret", "", 0, "000000000000", "arn"};
    const api::OperationTable table;
    const Clock clock;
    const auto gateway = std::make_shared<wire::Gateway>(
        table, [&](std::string_view id) { return id == key.accessKeyId ? &key : nullptr; },
        "us-east-1", clock, std::vector<std::string>{});
    const std::string authorization =
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250601/us-east-1/lambda/aws4_request, "
        "SignedHeaders=host;x-amz-date, Signature=" +
        std::string(64, 'a');
    const std::string query =
        "Qualifier=%24LATEST&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F"
        "20250601%2Fus-east-1%2Flambda%2Faws4_request&X-Amz-Date=20250601T120000Z&X-Amz-Expires="
        "604800&X-Amz-SignedHeaders=host&X-Amz-Signature=" +
        std::string(64, 'a');
    Mutator mutator(20250602);
    int reached = 0;
    for (int round = 0; round < rounds(); ++round) {
        std::string parts[] = {"/2015-03-31/functions/arn%3Aaws%3Alambda/invocations",
                               round % 2 ? query : "Qualifier=1",
                               "127.0.0.1:9000",
                               authorization,
                               "20250601T120000Z",
                               "{\"a\":1}"};
        std::string& changed = parts[mutator.below(std::size(parts))];
        changed = mutator.mutate(changed);
        HttpRequest request;
        request.method = "POST";
        request.path = parts[0];
        request.query = parts[1];
        request.headers = {{"Host", parts[2]}, {"X-Amz-Date", parts[4]}};
        if (round % 2 == 0)
            request.headers.push_back({"Authorization", parts[3]});
        request.body = parts[5];
        wire::Gateway::Admission admission = gateway->admit(request);
        int replies = 0;
        HttpReply reply;
        if (admission.refusal) {
            reply = *admission.refusal;
            replies = 1;
        } else {
            ++reached;
            gateway->handle(request, admission, [&](HttpReply given) {
                reply = std::move(given);
                ++replies;
            });
        }
        // No forged signature passes, and every refusal is a proper AWS error.
        QCOMPARE(replies, 1);
        QVERIFY2(reply.status == 403 || reply.status == 404, reply.body.c_str());
        QVERIFY(reply.body.starts_with('{') && reply.body.ends_with('}'));
    }
    QVERIFY(reached > rounds() / 4);
}

QTEST_GUILESS_MAIN(WireFuzzTest)
#include "wire_fuzz_test.moc"
