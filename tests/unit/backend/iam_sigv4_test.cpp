#include "backend/base/error.h"
#include "backend/iam/account.h"
#include "backend/iam/sigv4.h"

#include <QDateTime>
#include <QFile>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

using namespace gantry;

namespace {

constexpr char kMismatch[] =
    "The request signature we calculated does not match the signature you provided. Check your AWS "
    "Secret Access Key and signing method. Consult the service documentation for details.";

const iam::Credential kKeys[] = {
    // The keys of AWS's published examples.
    {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", 0, "000000000000", "arn:one"},
    {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", 0, "000000000000",
     "arn:two"},
    {"ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
     "token/with+chars==", 1748779500, "000000000000", "arn:three"},
};

const iam::Credential* lookUp(std::string_view id)
{
    for (const iam::Credential& key : kKeys) {
        if (key.accessKeyId == id)
            return &key;
    }
    return nullptr;
}

std::int64_t seconds(const char* iso)
{
    QDateTime time = QDateTime::fromString(iso, "yyyyMMdd'T'HHmmss'Z'");
    time.setTimeSpec(Qt::UTC);
    return time.toSecsSinceEpoch();
}

// "NAME: value" lines, as in a request.
HttpRequest makeRequest(const char* method, const char* target, const char* headers,
                        const char* body = "")
{
    HttpRequest request;
    const std::string_view text(target);
    const std::size_t mark = text.find('?');
    request.method = method;
    request.path = text.substr(0, mark);
    request.query = mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1);
    request.body = body;
    std::string_view lines(headers);
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        const std::size_t colon = line.find(':');
        const std::size_t value = line.find_first_not_of(' ', colon + 1);
        request.headers.push_back({line.substr(0, colon), line.substr(value)});
    }
    return request;
}

struct Verdict {
    QString name;
    QString message;
};

Verdict verdict(const absl::StatusOr<const iam::Credential*>& result)
{
    if (result.ok())
        return {QString::fromStdString((*result)->accessKeyId), {}};
    const AwsError error = awsErrorOf(result.status());
    return {QString::fromStdString(error.name), QString::fromStdString(error.message)};
}

} // namespace

class SigV4Test final : public QObject {
    Q_OBJECT

private slots:
    void acceptsSignedRequests_data();
    void acceptsSignedRequests();
    void refusesAlteredRequests_data();
    void refusesAlteredRequests();
    void refusesOutOfTime_data();
    void refusesOutOfTime();
    void namesWhatIsWrong_data();
    void namesWhatIsWrong();
    void derivesKeysAgainForANewSecret();
    void accountMakesItsKeyOnceAndKeepsIt();
    void accountRefusesABrokenFile();
};

void SigV4Test::acceptsSignedRequests_data()
{
    QTest::addColumn<QByteArray>("service");
    QTest::addColumn<QByteArray>("time");
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("headers");
    QTest::addColumn<QByteArray>("body");

    // AWS's Signature Version 4 test suite.
    const QByteArray suite =
        "Authorization: AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=";
    const QByteArray hostAndDate = "Host:example.amazonaws.com\nX-Amz-Date:20150830T123600Z\n";
    QTest::newRow("get-vanilla")
        << QByteArray("service") << QByteArray("20150830T123600Z") << QByteArray("GET")
        << QByteArray("/")
        << hostAndDate + suite +
               "host;x-amz-date, "
               "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        << QByteArray();
    QTest::newRow("get-vanilla-query-order-key-case")
        << QByteArray("service") << QByteArray("20150830T123600Z") << QByteArray("GET")
        << QByteArray("/?Param2=value2&Param1=value1")
        << hostAndDate + suite +
               "host;x-amz-date, "
               "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        << QByteArray();
    QTest::newRow("post-vanilla")
        << QByteArray("service") << QByteArray("20150830T123600Z") << QByteArray("POST")
        << QByteArray("/")
        << hostAndDate + suite +
               "host;x-amz-date, "
               "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        << QByteArray();
    QTest::newRow("get-header-value-trim")
        << QByteArray("service") << QByteArray("20150830T123600Z") << QByteArray("GET")
        << QByteArray("/")
        << hostAndDate + "My-Header1: value1\nMy-Header2: \"a   b   c\"\n" + suite +
               "host;my-header1;my-header2;x-amz-date, "
               "Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
        << QByteArray();
    QTest::newRow("get-utf8")
        << QByteArray("service") << QByteArray("20150830T123600Z") << QByteArray("GET")
        << QByteArray("/\xe1\x88\xb4")
        << hostAndDate + suite +
               "host;x-amz-date, "
               "Signature=8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"
        << QByteArray();
    // The examples of the IAM and S3 guides.
    QTest::newRow("iam ListUsers")
        << QByteArray("iam") << QByteArray("20150830T123600Z") << QByteArray("GET")
        << QByteArray("/?Action=ListUsers&Version=2010-05-08")
        << QByteArray("content-type:application/x-www-form-urlencoded; charset=utf-8\n"
                      "host:iam.amazonaws.com\nx-amz-date:20150830T123600Z\n"
                      "Authorization: AWS4-HMAC-SHA256 "
                      "Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                      "SignedHeaders=content-type;host;x-amz-date, "
                      "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
        << QByteArray();
    QTest::newRow("s3 GetObject")
        << QByteArray("s3") << QByteArray("20130524T000000Z") << QByteArray("GET")
        << QByteArray("/test.txt")
        << QByteArray("Host:examplebucket.s3.amazonaws.com\nRange:bytes=0-9\n"
                      "x-amz-content-sha256:"
                      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
                      "x-amz-date:20130524T000000Z\n"
                      "Authorization: AWS4-HMAC-SHA256 "
                      "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                      "aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        << QByteArray();
    QTest::newRow("s3 presigned")
        << QByteArray("s3") << QByteArray("20130524T120000Z") << QByteArray("GET")
        << QByteArray(
               "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE"
               "%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-"
               "Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
               "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
        << QByteArray("Host:examplebucket.s3.amazonaws.com") << QByteArray();
    // Signed by botocore 1.29.
    const QByteArray botocore = "Authorization: AWS4-HMAC-SHA256 Credential=";
    QTest::newRow("botocore Invoke, encoded path")
        << QByteArray("lambda") << QByteArray("20250601T120200Z") << QByteArray("POST")
        << QByteArray("/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3A"
                      "function%3Ahello/invocations?Qualifier=%24LATEST")
        << QByteArray("Host:127.0.0.1:9000\nX-Amz-Invocation-Type:RequestResponse\n"
                      "X-Amz-Client-Context:two   spaces\nX-Amz-Date:20250601T120000Z\n") +
               botocore +
               "AKIAIOSFODNN7EXAMPLE/20250601/us-east-1/lambda/aws4_request, "
               "SignedHeaders=host;x-amz-client-context;x-amz-date;x-amz-invocation-type, "
               "Signature=84a5751aa1912ae002e32de477b954e0ab29aaf921c013e7c9d48db50c5c81ee"
        << QByteArray("{\"a\": 1}");
    QTest::newRow("botocore UntagResource, repeated parameter")
        << QByteArray("lambda") << QByteArray("20250601T120000Z") << QByteArray("DELETE")
        << QByteArray("/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction"
                      "%3Ahello?tagKeys=b%20c&tagKeys=a%2Fb&tagKeys=")
        << QByteArray("Host:localhost:9000\nX-Amz-Date:20250601T120000Z\n") + botocore +
               "AKIAIOSFODNN7EXAMPLE/20250601/us-east-1/lambda/aws4_request, "
               "SignedHeaders=host;x-amz-date, "
               "Signature=9474755a020aaf403c86d1ec7a7d9d891ab770aadfdb856a5cbebf349b0e82e7"
        << QByteArray();
    QTest::newRow("botocore, session token")
        << QByteArray("lambda") << QByteArray("20250601T120000Z") << QByteArray("GET")
        << QByteArray("/2015-03-31/functions/")
        << QByteArray("Host:localhost:9000\nX-Amz-Date:20250601T120000Z\n"
                      "X-Amz-Security-Token:token/with+chars==\n") +
               botocore +
               "ASIAIOSFODNN7EXAMPLE/20250601/us-east-1/lambda/aws4_request, "
               "SignedHeaders=host;x-amz-date;x-amz-security-token, "
               "Signature=cbdf09be4ffa74c20e2800e19c1249fdd721c4d2906a3778bbfeeabdf8fd01b5"
        << QByteArray();
    QTest::newRow("botocore presigned")
        << QByteArray("lambda") << QByteArray("20250601T120959Z") << QByteArray("GET")
        << QByteArray("/2015-03-31/functions/f%24x?Qualifier=1&X-Amz-Algorithm=AWS4-HMAC-SHA256&"
                      "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20250601%2Fus-east-1%2Flambda%2F"
                      "aws4_request&X-Amz-Date=20250601T120000Z&X-Amz-Expires=600&X-Amz-"
                      "SignedHeaders=host&X-Amz-Signature="
                      "abbcea22812ae0d549fc031583cda550efb209fc054b3c6f012e0f58ea04f67c")
        << QByteArray("Host:localhost:9000") << QByteArray();
    QTest::newRow("botocore presigned, session token")
        << QByteArray("lambda") << QByteArray("20250601T120000Z") << QByteArray("GET")
        << QByteArray("/2015-03-31/functions/f?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
                      "ASIAIOSFODNN7EXAMPLE%2F20250601%2Fus-east-1%2Flambda%2Faws4_request&X-Amz-"
                      "Date=20250601T120000Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-"
                      "Security-Token=token%2Fwith%2Bchars%3D%3D&X-Amz-Signature="
                      "2f84683db2f221630b3966951c8abc4239eee3b90cc98e8da3e70be5f9c78aab")
        << QByteArray("Host:localhost:9000") << QByteArray();
}

void SigV4Test::acceptsSignedRequests()
{
    QFETCH(QByteArray, service);
    QFETCH(QByteArray, time);
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, headers);
    QFETCH(QByteArray, body);
    iam::SigV4Verifier verifier(lookUp, "us-east-1");
    const HttpRequest request =
        makeRequest(method.data(), target.data(), headers.data(), body.data());
    // Twice: the second time with the cached signing key.
    for (int i = 0; i < 2; ++i) {
        const auto result = verifier.verify(request, service.toStdString(), seconds(time.data()));
        QVERIFY2(result.ok(), qPrintable(verdict(result).message));
        QVERIFY((headers + target).contains(QByteArray::fromStdString((*result)->accessKeyId)));
    }
}

namespace {

constexpr char kTarget[] = "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3A"
                           "function%3Ahello/invocations?Qualifier=%24LATEST";
constexpr char kHeaders[] =
    "Host:127.0.0.1:9000\nX-Amz-Invocation-Type:RequestResponse\n"
    "X-Amz-Client-Context:two   spaces\nX-Amz-Date:20250601T120000Z\n"
    "Authorization: AWS4-HMAC-SHA256 "
    "Credential=AKIAIOSFODNN7EXAMPLE/20250601/us-east-1/lambda/aws4_request, "
    "SignedHeaders=host;x-amz-client-context;x-amz-date;x-amz-invocation-type, "
    "Signature=84a5751aa1912ae002e32de477b954e0ab29aaf921c013e7c9d48db50c5c81ee";
constexpr char kBody[] = "{\"a\": 1}";
constexpr char kTime[] = "20250601T120000Z";

} // namespace

void SigV4Test::refusesAlteredRequests_data()
{
    QTest::addColumn<QByteArray>("method");
    QTest::addColumn<QByteArray>("target");
    QTest::addColumn<QByteArray>("headers");
    QTest::addColumn<QByteArray>("body");
    const QByteArray headers(kHeaders);
    QTest::newRow("method") << QByteArray("PUT") << QByteArray(kTarget) << headers
                            << QByteArray(kBody);
    QTest::newRow("path") << QByteArray("POST") << QByteArray(kTarget).replace("hello", "jello")
                          << headers << QByteArray(kBody);
    QTest::newRow("query") << QByteArray("POST") << QByteArray(kTarget) + "&x=1" << headers
                           << QByteArray(kBody);
    QTest::newRow("body") << QByteArray("POST") << QByteArray(kTarget) << headers
                          << QByteArray("{\"a\": 2}");
    QTest::newRow("signed header")
        << QByteArray("POST") << QByteArray(kTarget)
        << QByteArray(headers).replace("RequestResponse", "Event") << QByteArray(kBody);
    QTest::newRow("host") << QByteArray("POST") << QByteArray(kTarget)
                          << QByteArray(headers).replace("127.0.0.1:9000", "127.0.0.1:9001")
                          << QByteArray(kBody);
    QTest::newRow("signature") << QByteArray("POST") << QByteArray(kTarget)
                               << QByteArray(headers).replace("81ee", "81ef") << QByteArray(kBody);
    QTest::newRow("short signature")
        << QByteArray("POST") << QByteArray(kTarget) << QByteArray(headers).replace("81ee", "")
        << QByteArray(kBody);
    QTest::newRow("date") << QByteArray("POST") << QByteArray(kTarget)
                          << QByteArray(headers).replace("Date:20250601T120000Z",
                                                         "Date:20250601T120001Z")
                          << QByteArray(kBody);
}

void SigV4Test::refusesAlteredRequests()
{
    QFETCH(QByteArray, method);
    QFETCH(QByteArray, target);
    QFETCH(QByteArray, headers);
    QFETCH(QByteArray, body);
    iam::SigV4Verifier verifier(lookUp, "us-east-1");
    const Verdict found = verdict(
        verifier.verify(makeRequest(method.data(), target.data(), headers.data(), body.data()),
                        "lambda", seconds(kTime)));
    QCOMPARE(found.name, QString("InvalidSignatureException"));
    QCOMPARE(found.message, QString(kMismatch));
}

void SigV4Test::refusesOutOfTime_data()
{
    QTest::addColumn<bool>("presigned");
    QTest::addColumn<QByteArray>("now");
    QTest::addColumn<QString>("message");
    QTest::newRow("just in time") << false << QByteArray("20250601T120500Z") << QString();
    QTest::newRow("old") << false << QByteArray("20250601T120501Z")
                         << QString("Signature expired: 20250601T120000Z is now earlier than "
                                    "20250601T120001Z (20250601T120501Z - 5 min.)");
    QTest::newRow("ahead") << false << QByteArray("20250601T115459Z")
                           << QString("Signature not yet current: 20250601T120000Z is still later "
                                      "than 20250601T115959Z (20250601T115459Z + 5 min.)");
    QTest::newRow("presigned, in time") << true << QByteArray("20250601T121000Z") << QString();
    QTest::newRow("presigned, expired")
        << true << QByteArray("20250601T121001Z")
        << QString("Signature expired: 20250601T120000Z is now earlier than 20250601T120001Z.");
}

void SigV4Test::refusesOutOfTime()
{
    QFETCH(bool, presigned);
    QFETCH(QByteArray, now);
    QFETCH(QString, message);
    iam::SigV4Verifier verifier(lookUp, "us-east-1");
    const char query[] = "/2015-03-31/functions/f%24x?Qualifier=1&X-Amz-Algorithm=AWS4-HMAC-SHA256&"
                         "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20250601%2Fus-east-1%2Flambda%2F"
                         "aws4_request&X-Amz-Date=20250601T120000Z&X-Amz-Expires=600&X-Amz-"
                         "SignedHeaders=host&X-Amz-Signature="
                         "abbcea22812ae0d549fc031583cda550efb209fc054b3c6f012e0f58ea04f67c";
    const HttpRequest request = presigned ? makeRequest("GET", query, "Host:localhost:9000")
                                          : makeRequest("POST", kTarget, kHeaders, kBody);
    QCOMPARE(verdict(verifier.verify(request, "lambda", seconds(now.data()))).message, message);
}

void SigV4Test::namesWhatIsWrong_data()
{
    QTest::addColumn<QByteArray>("headers");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("part");
    const QByteArray good(kHeaders);
    QTest::newRow("no signature") << QByteArray("Host:localhost")
                                  << QString("MissingAuthenticationTokenException")
                                  << QString("Missing Authentication Token");
    QTest::newRow("other scheme") << QByteArray("Host:localhost\nAuthorization:Basic Zm9v")
                                  << QString("IncompleteSignatureException")
                                  << QString("AWS4-HMAC-SHA256");
    QTest::newRow("no Signature") << QByteArray(good).replace(", Signature=", ", X=")
                                  << QString("IncompleteSignatureException")
                                  << QString("requires 'Signature' parameter");
    QTest::newRow("no date") << QByteArray(good).replace("X-Amz-Date:", "X-Other:")
                             << QString("IncompleteSignatureException") << QString("X-Amz-Date");
    QTest::newRow("bad date") << QByteArray(good).replace("X-Amz-Date:20250601T120000Z",
                                                          "X-Amz-Date:20250601")
                              << QString("IncompleteSignatureException") << QString("ISO-8601");
    QTest::newRow("short credential")
        << QByteArray(good).replace("/us-east-1", "") << QString("IncompleteSignatureException")
        << QString("5 slash-delimited");
    QTest::newRow("unknown key") << QByteArray(good).replace("AKIAIOSFODNN7EXAMPLE", "AKIAOTHER")
                                 << QString("UnrecognizedClientException")
                                 << QString(
                                        "The security token included in the request is invalid.");
    QTest::newRow("token of a key without one")
        << "X-Amz-Security-Token:x\n" + good << QString("UnrecognizedClientException")
        << QString("The security token included in the request is invalid.");
    QTest::newRow("no token") << QByteArray(good).replace("AKIAIOSFODNN7EXAMPLE",
                                                          "ASIAIOSFODNN7EXAMPLE")
                              << QString("UnrecognizedClientException") << QString("invalid");
    QTest::newRow("region") << QByteArray(good).replace("us-east-1/lambda", "eu-west-1/lambda")
                            << QString("InvalidSignatureException") << QString("valid region");
    QTest::newRow("service") << QByteArray(good).replace("us-east-1/lambda", "us-east-1/s3")
                             << QString("InvalidSignatureException")
                             << QString("correct service: 'lambda'");
    QTest::newRow("terminator") << QByteArray(good).replace("aws4_request", "aws5_request")
                                << QString("InvalidSignatureException")
                                << QString("valid terminator");
    QTest::newRow("scope date") << QByteArray(good).replace("EXAMPLE/20250601", "EXAMPLE/20250602")
                                << QString("InvalidSignatureException")
                                << QString("'20250602' != '20250601'");
    QTest::newRow("host not signed")
        << QByteArray(good).replace("SignedHeaders=host;", "SignedHeaders=")
        << QString("InvalidSignatureException") << QString("Host");
    QTest::newRow("hash of another body")
        << QByteArray("X-Amz-Content-Sha256:"
                      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n") +
               good
        << QString("InvalidSignatureException") << QString("does not match what was computed");
}

void SigV4Test::namesWhatIsWrong()
{
    QFETCH(QByteArray, headers);
    QFETCH(QString, name);
    QFETCH(QString, part);
    iam::SigV4Verifier verifier(lookUp, "us-east-1");
    const auto result = verifier.verify(makeRequest("POST", kTarget, headers.data(), kBody),
                                        "lambda", seconds(kTime));
    QCOMPARE(verdict(result).name, name);
    QVERIFY2(verdict(result).message.contains(part), qPrintable(verdict(result).message));
    QCOMPARE(awsErrorOf(result.status()).status, 403);
    QVERIFY(!verdict(result).message.contains("84a5751aa1912ae0"));
}

void SigV4Test::derivesKeysAgainForANewSecret()
{
    iam::Credential key = kKeys[1];
    iam::SigV4Verifier verifier([&](std::string_view) { return &key; }, "us-east-1");
    const HttpRequest request = makeRequest("POST", kTarget, kHeaders, kBody);
    QVERIFY(verifier.verify(request, "lambda", seconds(kTime)).ok());
    key.secretAccessKey = "rotated";
    QCOMPARE(verdict(verifier.verify(request, "lambda", seconds(kTime))).message,
             QString(kMismatch));
}

void SigV4Test::accountMakesItsKeyOnceAndKeepsIt()
{
    const QTemporaryDir directory;
    const auto first = iam::Account::open(directory.path().toStdString());
    QVERIFY(first.ok());
    QCOMPARE(first->id(), std::string("000000000000"));
    QCOMPARE(first->region(), std::string("us-east-1"));
    QCOMPARE(first->root().principalArn, std::string("arn:aws:iam::000000000000:root"));
    QVERIFY(QRegularExpression("^AKIA[A-Z2-7]{16}$")
                .match(QString::fromStdString(first->root().accessKeyId))
                .hasMatch());
    QCOMPARE(first->root().secretAccessKey.size(), std::size_t(40));
    QFile file(directory.filePath("credentials"));
    QCOMPARE(file.permissions() & ~(QFile::ReadUser | QFile::WriteUser),
             QFile::ReadOwner | QFile::WriteOwner);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll().startsWith("[gantry]\naws_access_key_id = " +
                                      QByteArray::fromStdString(first->root().accessKeyId)));

    const auto second = iam::Account::open(directory.path().toStdString());
    QVERIFY(second.ok());
    QCOMPARE(second->root().accessKeyId, first->root().accessKeyId);
    QCOMPARE(second->root().secretAccessKey, first->root().secretAccessKey);
    QVERIFY(second->find(first->root().accessKeyId) == &second->root());
    QVERIFY(!second->find("AKIAOTHER"));
}

void SigV4Test::accountRefusesABrokenFile()
{
    const QTemporaryDir directory;
    QFile file(directory.filePath("credentials"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("[other]\naws_access_key_id = AKIA\naws_secret_access_key = x\n");
    file.close();
    const auto account = iam::Account::open(directory.path().toStdString());
    QVERIFY(!account.ok());
    QVERIFY(std::string(account.status().message()).find("[gantry]") != std::string::npos);
}

QTEST_GUILESS_MAIN(SigV4Test)
#include "iam_sigv4_test.moc"
