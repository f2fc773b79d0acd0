#include "backend/api/log_subscriptions.h"
#include "backend/base/clock.h"
#include "backend/observe/logs/groups.h"
#include "backend/observe/recorder.h"

#include <absl/strings/escaping.h>
#include <absl/strings/str_cat.h>

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <zlib.h>

#include <chrono>
#include <optional>

using namespace gantry;

namespace {

const char* const kFunction = "arn:aws:lambda:us-east-1:000000000000:function:sink";

QByteArray gunzip(const QByteArray& data)
{
    QByteArray out(1 << 20, '\0');
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK)
        return {};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream.avail_in = static_cast<uInt>(data.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool done = inflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(done ? static_cast<int>(stream.total_out) : 0);
    inflateEnd(&stream);
    return out;
}

struct Bench {
    Bench()
    {
        auto opened = observe::Recorder::open(io, clock, directory.path().toStdString());
        if (!opened.ok())
            qFatal("%s", opened.status().ToString().c_str());
        recorder = *std::move(opened);
        subscriptions.emplace(io, *recorder, functions::Place(),
                              [this](const std::string& arn, const std::string& event,
                                     const std::function<void(absl::Status)>& done) {
                                  calls.emplace_back(arn, event);
                                  done(refusals-- > 0 ? absl::UnavailableError("busy")
                                                      : absl::OkStatus());
                              });
    }
    void log(const std::string& function, const std::string& stream, const std::string& message)
    {
        invoke::LogEntry entry;
        entry.timeMicros = clock.unixMicros();
        entry.functionName = function;
        entry.logStream = stream;
        entry.message = message;
        recorder->logged(std::move(entry));
    }
    void subscribe(const std::string& function, const std::string& pattern)
    {
        log(function, "s", "makes the group");
        bool done = false;
        recorder->logStore().change(
            [&](store::Database& database) {
                return observe::logs::putSubscription(
                    database, {"/aws/lambda/" + function, "filter", pattern, kFunction, "",
                               "ByLogStream", 1});
            },
            [&](const absl::Status& status) { done = status.ok(); });
        wait([&] { return done; });
        subscriptions->refresh();
        for (int i = 0; i < 100; ++i) { // until it is in force
            io.restart();
            io.run_for(std::chrono::milliseconds(2));
        }
    }
    template <class Done> void wait(Done done)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!done() && std::chrono::steady_clock::now() < end) {
            io.restart();
            io.run_for(std::chrono::milliseconds(2));
        }
        QVERIFY(done());
    }
    QJsonObject message(std::size_t call) const
    {
        const auto event =
            QJsonDocument::fromJson(QByteArray::fromStdString(calls.at(call).second)).object();
        const QString data = event["awslogs"].toObject()["data"].toString();
        return QJsonDocument::fromJson(gunzip(QByteArray::fromBase64(data.toLatin1()))).object();
    }

    QTemporaryDir directory;
    boost::asio::io_context io;
    const Clock clock;
    std::unique_ptr<observe::Recorder> recorder;
    int refusals = 0;
    std::vector<std::pair<std::string, std::string>> calls;
    std::optional<api::LogSubscriptions> subscriptions;
};

} // namespace

class LogSubscriptionsTest : public QObject {
    Q_OBJECT
private slots:
    void linesAreDelivered();
    void refusedCallsAreTriedAgain();
};

void LogSubscriptionsTest::linesAreDelivered()
{
    Bench b;
    b.subscribe("f", "ERROR");
    b.log("f", "one", "ERROR first");
    b.log("f", "one", "fine");
    b.log("f", "two", "ERROR \"second\"");
    b.log("g", "one", "ERROR of another");
    b.log("f", "one", "ERROR third");
    b.wait([&] { return b.calls.size() == 2; });
    QCOMPARE(b.calls[0].first, std::string(kFunction));
    const QJsonObject message = b.message(0);
    QCOMPARE(message["messageType"].toString(), QString("DATA_MESSAGE"));
    QCOMPARE(message["owner"].toString(), QString("000000000000"));
    QCOMPARE(message["logGroup"].toString(), QString("/aws/lambda/f"));
    QCOMPARE(message["logStream"].toString(), QString("one"));
    QCOMPARE(message["subscriptionFilters"].toArray()[0].toString(), QString("filter"));
    const QJsonArray events = message["logEvents"].toArray();
    QCOMPARE(events.size(), 2);
    QCOMPARE(events[0].toObject()["message"].toString(), QString("ERROR first"));
    QCOMPARE(events[1].toObject()["message"].toString(), QString("ERROR third"));
    QCOMPARE(events[0].toObject()["id"].toString().size(), 56);
    QCOMPARE(b.message(1)["logEvents"].toArray()[0].toObject()["message"].toString(),
             QString("ERROR \"second\""));
}

void LogSubscriptionsTest::refusedCallsAreTriedAgain()
{
    Bench b;
    b.subscribe("f", "");
    b.refusals = 1;
    b.log("f", "one", "line");
    b.wait([&] { return b.calls.size() == 2; });
    QCOMPARE(b.calls[0].second, b.calls[1].second);
}

QTEST_GUILESS_MAIN(LogSubscriptionsTest)
#include "log_subscriptions_test.moc"
