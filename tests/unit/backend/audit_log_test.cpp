#include "backend/base/clock.h"
#include "backend/iam/audit_log.h"
#include "backend/store/database.h"
#include "backend/store/files.h"

#include <QTemporaryDir>
#include <QtTest>

#include <boost/asio/io_context.hpp>

#include <array>
#include <chrono>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>

using namespace gantry;

namespace {

namespace fs = std::filesystem;

// Stands for the key store: opens only what it made itself.
iam::Sealing sealing(const std::string& key)
{
    return {[key](const std::string&, const std::string& text) -> absl::StatusOr<std::string> {
                return key + iam::auditHash(key + text) + text;
            },
            [key](const std::string&, const std::string& sealed) -> absl::StatusOr<std::string> {
                if (sealed.size() < key.size() + 64 || sealed.substr(0, key.size()) != key)
                    return absl::InvalidArgumentError("another key");
                const std::string text = sealed.substr(key.size() + 64);
                if (sealed.substr(key.size(), 64) != iam::auditHash(key + text))
                    return absl::InvalidArgumentError("changed");
                return text;
            }};
}

v1::AuditEntry entry(const std::string& action, const std::string& resource = "*",
                     v1::AuditDecision decision = v1::AUDIT_ALLOWED)
{
    v1::AuditEntry made;
    made.set_door("aws");
    made.set_principal_arn("arn:aws:sts::000000000000:assumed-role/worker/s1");
    made.set_action(action);
    made.set_resource(resource);
    made.set_decision(decision);
    made.set_reason("because");
    return made;
}

} // namespace

class AuditLogTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        start();
    }
    void cleanup() { m_log.reset(); }

    void keepsWhoWhatAndWhy()
    {
        v1::AuditEntry denied = entry("s3:GetObject", "arn:aws:s3:::b/k", v1::AUDIT_DENIED);
        v1::ContextValue& context = *denied.add_context();
        context.set_key("aws:sourceip");
        context.add_values("127.0.0.1");
        v1::ContextValue& keys = *denied.add_context();
        keys.set_key("aws:tagkeys");
        keys.set_many(true);
        keys.add_values("a");
        denied.set_statement("statement 1");
        m_log->record(denied);
        const auto listed = list({});
        QCOMPARE(listed.entries_size(), 1);
        const v1::AuditEntry& read = listed.entries(0);
        QCOMPARE(read.sequence(), 1);
        QCOMPARE(read.count(), 1);
        QVERIFY(read.time_ms() > 0);
        QCOMPARE(read.action(), "s3:GetObject");
        QCOMPARE(read.resource(), "arn:aws:s3:::b/k");
        QCOMPARE(read.decision(), v1::AUDIT_DENIED);
        QCOMPARE(read.statement(), "statement 1");
        QCOMPARE(read.context_size(), 2);
        QCOMPARE(read.context(0).values(0), "127.0.0.1");
        QVERIFY(!read.context(0).many());
        QVERIFY(read.context(1).many());
        QCOMPARE(read.hash().size(), std::size_t(64));
    }

    void identicalCallsShareAnEntry()
    {
        for (int i = 0; i < 500; ++i)
            m_log->record(entry("lambda:InvokeFunction", i % 5 == 0 ? "f1" : "f2"));
        const auto listed = list({});
        QCOMPARE(listed.entries_size(), 2);
        QCOMPARE(listed.entries(0).count(), 400);
        QCOMPARE(listed.entries(1).count(), 100);
    }

    void goesOnAfterARestart()
    {
        record(3);
        start();
        record(2);
        const auto result = verify();
        QVERIFY2(result.intact(), result.problem().c_str());
        QCOMPARE(result.entries(), 5);
        QCOMPARE(result.last(), 5);
        QVERIFY(result.head_record());
    }

    void filtersAndPages()
    {
        for (int i = 0; i < 30; ++i)
            m_log->record(entry("a:B", "r" + std::to_string(i), i % 3 ? v1::AUDIT_ALLOWED : v1::AUDIT_DENIED));
        v1::ListAuditEntriesRequest request;
        request.mutable_filter()->add_decisions(v1::AUDIT_DENIED);
        request.set_limit(6);
        const auto first = list(request);
        QCOMPARE(first.entries_size(), 6);
        QVERIFY(first.more());
        QCOMPARE(first.entries(0).resource(), "r27");
        request.set_before(first.entries(5).sequence());
        const auto second = list(request);
        QCOMPARE(second.entries_size(), 4);
        QVERIFY(!second.more());
        v1::ListAuditEntriesRequest text;
        text.mutable_filter()->set_text("R29");
        QCOMPARE(list(text).entries_size(), 1);
        v1::ListAuditEntriesRequest who;
        who.mutable_filter()->set_principal("role/worker");
        QCOMPARE(list(who).entries_size(), 30);
        who.mutable_filter()->set_principal("role/other");
        QCOMPARE(list(who).entries_size(), 0);
    }

    void exportIsAChainThatAnyoneCanCheck()
    {
        record(10);
        v1::ExportAuditLogRequest request;
        std::optional<v1::ExportAuditLogResponse> exported;
        m_log->exportLines(request, [&](const auto& result) { exported = *result; });
        run([&] { return exported.has_value(); });
        std::istringstream lines(exported->lines());
        std::string line, previous;
        int count = 0;
        while (std::getline(lines, line)) {
            const auto read = iam::readAuditLine(line);
            QVERIFY(read.has_value());
            QCOMPARE(read->previousHash, previous);
            previous = iam::auditHash(line);
            ++count;
        }
        QCOMPARE(count, 10);
        QCOMPARE(previous, verify().head_hash());
    }

    void tamperingShows_data()
    {
        QTest::addColumn<QString>("sql");
        QTest::addColumn<qint64>("broken");
        QTest::addColumn<QString>("says");
        QTest::newRow("edit")
            << "UPDATE entry SET line = replace(line, 'because', 'whyever') WHERE sequence = 4"
            << qint64(4) << "was changed";
        QTest::newRow("cut out") << "DELETE FROM entry WHERE sequence = 5" << qint64(5)
                                 << "is missing";
        QTest::newRow("cut out and renumbered")
            << "DELETE FROM entry WHERE sequence = 5; UPDATE entry SET sequence = sequence - 1 "
               "WHERE sequence > 5"
            << qint64(5) << "was moved";
        QTest::newRow("begin") << "DELETE FROM entry WHERE sequence < 3" << qint64(1)
                               << "is missing";
        QTest::newRow("end") << "DELETE FROM entry WHERE sequence > 7" << qint64(8) << "cut off";
        QTest::newRow("all") << "DELETE FROM entry" << qint64(1) << "cut off";
        QTest::newRow("hash") << "UPDATE entry SET hash = '00' WHERE sequence = 10" << qint64(10)
                              << "was changed";
    }

    void tamperingShows()
    {
        QFETCH(QString, sql);
        QFETCH(qint64, broken);
        QFETCH(QString, says);
        record(10);
        m_log.reset();
        for (const QString& each : sql.split(QStringLiteral("; ")))
            tamper(each.toStdString());
        start(); // goes on, and does not repair what was done
        auto result = verify();
        QVERIFY(!result.intact());
        QCOMPARE(result.first_broken(), broken);
        if (says == "cut off") // by now the chain has gone on behind the gap
            says = QStringLiteral("is missing");
        QVERIFY2(result.problem().find(says.toStdString()) != std::string::npos,
                 result.problem().c_str());
        record(3);
        start();
        result = verify();
        QVERIFY(!result.intact());
        QCOMPARE(result.first_broken(), broken);
    }

    void aCutEndShowsWhileRunning()
    {
        record(10);
        list({});
        tamper("DELETE FROM entry WHERE sequence > 7");
        const auto result = verify();
        QVERIFY(!result.intact());
        QCOMPARE(result.first_broken(), 8);
        QVERIFY2(result.problem().find("cut off") != std::string::npos, result.problem().c_str());
    }

    // One who can write both files still lacks the key of the head record.
    void aRewrittenChainShows()
    {
        record(5);
        m_log.reset();
        std::string previous;
        for (int i = 1; i <= 3; ++i) {
            v1::AuditEntry forged = entry("nothing:Happened");
            forged.set_sequence(i);
            forged.set_count(1);
            const std::string line = iam::auditLine(forged, previous);
            previous = iam::auditHash(line);
            tamper("UPDATE entry SET line = '" + line + "', hash = '" + previous +
                   "' WHERE sequence = " + std::to_string(i));
        }
        tamper("DELETE FROM entry WHERE sequence > 3");
        {
            // A head record that was sealed with another key.
            const auto forged = sealing("other-key").seal(
                "audit-head",
                "{\"first\":1,\"beforeFirst\":\"\",\"last\":3,\"lastHash\":\"" + previous + "\"}");
            const fs::path file = path() / "audit.head";
            fs::remove(file);
            QVERIFY(store::writeDurably(file, *forged, path() / "t").ok());
        }
        start();
        const auto listed = list({});
        QCOMPARE(listed.entries(0).action(), "gantry:AuditLogDamaged");
        QVERIFY(listed.entries(0).reason().find("replaced") != std::string::npos);
    }

    void aRemovedHeadShows()
    {
        record(5);
        m_log.reset();
        fs::remove(path() / "audit.head");
        start();
        QCOMPARE(list({}).entries(0).action(), "gantry:AuditLogDamaged");
    }

    void keepsNoMoreThanItMay()
    {
        m_options.entries = 1'500;
        start();
        for (int i = 0; i < 4'000; ++i) {
            m_log->record(entry("a:B", std::to_string(i)));
            if (i % 500 == 499)
                list({});
        }
        run([&] { return list({}).kept() <= 2'500; });
        const auto result = verify();
        QVERIFY2(result.intact(), result.problem().c_str());
        QVERIFY(result.first() > 1);
        QCOMPARE(result.last(), 4'000);
        tamper("DELETE FROM entry WHERE sequence = " + std::to_string(result.first()));
        QVERIFY(!verify().intact());
    }

    void sumsUpWhoUsedWhat()
    {
        for (int i = 0; i < 7; ++i) {
            m_log->record(entry("s3:GetObject", "b"));
            list({}); // an entry of its own
        }
        m_log->record(entry("s3:PutObject", "b", v1::AUDIT_DENIED));
        std::optional<iam::AuditLog::Usage> usage;
        m_log->usage("role/worker", [&](const auto& result) { usage = *result; });
        run([&] { return usage.has_value(); });
        QCOMPARE(usage->uses.size(), std::size_t(2));
        QCOMPARE(usage->uses[0].action, "s3:GetObject");
        QCOMPARE(usage->uses[0].count, 7);
        QVERIFY(usage->uses[0].allowed);
        QVERIFY(usage->uses[0].lastMs >= usage->uses[0].firstMs);
        QVERIFY(!usage->uses[1].allowed);
        QVERIFY(usage->sinceMs > 0);
    }

    void sumsUpWhatCallsNeededBesides()
    {
        v1::AuditEntry creates = entry("lambda:CreateFunction", "f");
        v1::AuditedUse& passed = *creates.add_also();
        passed.set_action("iam:PassRole");
        passed.set_resource("r");
        m_log->record(creates);
        m_log->record(entry("lambda:CreateFunction", "f")); // passed none: an entry of its own
        const auto listed = list({});
        QCOMPARE(listed.entries_size(), 2);
        QCOMPARE(listed.entries(0).also_size(), 0);
        QCOMPARE(listed.entries(1).also(0).action(), "iam:PassRole");
        std::optional<iam::AuditLog::Usage> usage;
        m_log->usage("role/worker", [&](const auto& result) { usage = *result; });
        run([&] { return usage.has_value(); });
        QCOMPARE(usage->uses.size(), std::size_t(2));
        const bool first = usage->uses[0].action == "iam:PassRole";
        QCOMPARE(usage->uses[first ? 0 : 1].action, "iam:PassRole");
        QCOMPARE(usage->uses[first ? 0 : 1].resource, "r");
        QCOMPARE(usage->uses[first ? 0 : 1].count, 1);
        QCOMPARE(usage->uses[first ? 1 : 0].count, 2);
    }

    void longTextsOfCallersAreCut()
    {
        m_log->record(entry("a:B", std::string(100'000, 'x')));
        QVERIFY(list({}).entries(0).resource().size() < 2'000);
    }

    void whoIsMeant_data()
    {
        QTest::addColumn<QString>("arn");
        QTest::addColumn<QString>("name");
        QTest::newRow("session") << "arn:aws:sts::1:assumed-role/r/s" << "role/r";
        QTest::newRow("role") << "arn:aws:iam::1:role/path/r" << "role/r";
        QTest::newRow("user") << "arn:aws:iam::1:user/u" << "user/u";
        QTest::newRow("root") << "arn:aws:iam::1:root" << "root";
        QTest::newRow("none") << "anonymous" << "anonymous";
    }
    void whoIsMeant()
    {
        QFETCH(QString, arn);
        QFETCH(QString, name);
        QCOMPARE(QString::fromStdString(iam::auditPrincipal(arn.toStdString())), name);
    }

private:
    fs::path path() const { return m_directory->path().toStdString(); }

    void start()
    {
        m_log.reset();
        auto opened = iam::AuditLog::open(m_io, path(), m_clock, sealing("key"), m_options);
        QVERIFY2(opened.ok(), opened.status().ToString().c_str());
        m_log = *std::move(opened);
    }

    void record(int count)
    {
        for (int i = 0; i < count; ++i)
            m_log->record(entry("a:B", "r" + std::to_string(i)));
    }

    template <class Condition> void run(Condition condition)
    {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!condition() && std::chrono::steady_clock::now() < end) {
            m_io.restart();
            m_io.run_for(std::chrono::milliseconds(5));
        }
        QVERIFY(condition());
    }

    v1::ListAuditEntriesResponse list(const v1::ListAuditEntriesRequest& request)
    {
        std::optional<v1::ListAuditEntriesResponse> listed;
        m_log->list(request, [&](const auto& result) { listed = *result; });
        run([&] { return listed.has_value(); });
        return *listed;
    }

    v1::VerifyAuditLogResponse verify()
    {
        std::optional<v1::VerifyAuditLogResponse> verified;
        m_log->verify([&](const auto& result) { verified = *result; });
        run([&] { return verified.has_value(); });
        return *verified;
    }

    void tamper(const std::string& sql)
    {
        auto database = store::Database::open(path() / "audit.db", std::array{std::string_view("")});
        QVERIFY2(database.ok(), database.status().ToString().c_str());
        const absl::Status status = database->run(sql);
        QVERIFY2(status.ok(), status.ToString().c_str());
    }

    boost::asio::io_context m_io;
    Clock m_clock;
    iam::AuditOptions m_options;
    std::unique_ptr<QTemporaryDir> m_directory;
    std::unique_ptr<iam::AuditLog> m_log;
};

QTEST_GUILESS_MAIN(AuditLogTest)
#include "audit_log_test.moc"
