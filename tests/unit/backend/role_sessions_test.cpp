#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/iam/directory.h"
#include "backend/iam/role_sessions.h"
#include "backend/iam/sigv4.h"

#include <absl/strings/str_replace.h>
#include <boost/asio/io_context.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <optional>

using namespace gantry;
using namespace gantry::iam;

namespace {

constexpr const char* kFunction = "arn:aws:lambda:us-east-1:000000000000:function:f";

std::string trust(const std::string& service, const std::string& condition = "{}")
{
    return absl::StrReplaceAll(
        R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"SERVICE"},
            "Action":"sts:AssumeRole","Condition":CONDITION}})",
        {{"SERVICE", service}, {"CONDITION", condition}});
}

struct FixedClock final : Clock {
    std::int64_t seconds = 1'700'000'000;
    std::int64_t unixMicros() const override { return seconds * 1'000'000; }
};

} // namespace

class RoleSessionsTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_temporary.emplace();
        const std::filesystem::path directory = m_temporary->path().toStdString();
        m_account.emplace(*Account::open(directory));
        m_directory = *Directory::open(m_io, directory / "iam.db",
                                       GANTRY_SOURCE_DIR "/resources/iam/managed_policies.json",
                                       *m_account, m_clock, {});
        m_sessions.emplace(*m_directory, 3'600);
    }

    void cleanup()
    {
        m_sessions.reset();
        m_directory.reset();
        m_account.reset();
    }

    void makesCredentialsOfTheRole()
    {
        addRole("r", trust("lambda.amazonaws.com"));
        const auto one = assume("r"), two = assume("r");
        QVERIFY(one.ok() && *one && two.ok() && *two);
        QVERIFY((*one)->accessKeyId.starts_with("ASIA"));
        QVERIFY((*one)->accessKeyId != (*two)->accessKeyId);
        QVERIFY((*one)->secretAccessKey != (*two)->secretAccessKey);
        QVERIFY((*one)->sessionToken != (*two)->sessionToken);
        QCOMPARE((*one)->principalArn, std::string("arn:aws:sts::000000000000:assumed-role/r/f"));
        QCOMPARE((*one)->expiresUnixSeconds, m_clock.seconds + 3'600);
        QCOMPARE((*one)->session->sourceFunctionArn, std::string(kFunction));
    }

    void areKnownAsLongAsTheyAreHeld()
    {
        addRole("r", trust("lambda.amazonaws.com"));
        auto session = *assume("r");
        const std::string id = session->accessKeyId;
        QVERIFY(m_directory->credential(id));
        addRole("another", trust("lambda.amazonaws.com")); // a change of the directory
        QVERIFY(m_directory->credential(id));
        session.reset();
        QVERIFY(!m_directory->credential(id));
    }

    void expire()
    {
        addRole("r", trust("lambda.amazonaws.com"));
        const auto session = *assume("r");
        const Credential* known = m_directory->credential(session->accessKeyId);
        const auto check = [&](std::string_view token, std::int64_t seconds) {
            return awsErrorOf(checkToken(known, token, m_clock.seconds + seconds).status()).name;
        };
        QVERIFY(checkToken(known, session->sessionToken, m_clock.seconds + 3'599).ok());
        QCOMPARE(check(session->sessionToken, 3'600), std::string("ExpiredTokenException"));
        QCOMPARE(check("another", 0), std::string("UnrecognizedClientException"));
        QCOMPARE(check("", 0), std::string("UnrecognizedClientException"));
        QVERIFY(!checkToken(nullptr, session->sessionToken, m_clock.seconds).ok());
    }

    void trustDecides_data()
    {
        QTest::addColumn<QString>("document");
        QTest::addColumn<bool>("trusted");
        const auto of = [](const char* key, const char* value) {
            return QString::fromStdString(
                trust("lambda.amazonaws.com",
                      absl::StrReplaceAll(R"({"StringEquals":{"KEY":"VALUE"}})",
                                          {{"KEY", key}, {"VALUE", value}})));
        };
        QTest::newRow("lambda") << QString::fromStdString(trust("lambda.amazonaws.com")) << true;
        QTest::newRow("another service")
            << QString::fromStdString(trust("ec2.amazonaws.com")) << false;
        QTest::newRow("the account")
            << R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":)"
               R"({"AWS":"000000000000"},"Action":"sts:AssumeRole"}})"
            << false;
        QTest::newRow("this function") << of("aws:SourceArn", kFunction) << true;
        QTest::newRow("another function")
            << of("aws:SourceArn", "arn:aws:lambda:us-east-1:000000000000:function:g") << false;
        QTest::newRow("another account") << of("aws:SourceAccount", "111122223333") << false;
        QTest::newRow("not a policy") << "{" << false;
    }

    void trustDecides()
    {
        QFETCH(QString, document);
        QFETCH(bool, trusted);
        addRole("r", document.toStdString());
        const auto session = assume("r");
        QCOMPARE(session.ok(), trusted);
        if (!trusted) {
            QCOMPARE(awsErrorOf(session.status()).name, std::string("AccessDeniedException"));
            QCOMPARE(awsErrorOf(session.status()).status, 403);
        }
    }

    void rolesThatAreNotThere()
    {
        QVERIFY(!assume("none").ok());
        addRole("r", trust("lambda.amazonaws.com"));
        // Another account's role of the same name must not become ours.
        const auto foreign = m_sessions->assume("arn:aws:iam::111122223333:role/r", "f", kFunction);
        QVERIFY(foreign.ok());
        QVERIFY(!*foreign);
        QVERIFY(!m_sessions->assume("arn:aws:iam::000000000000:user/r", "f", kFunction).ok());
    }

private:
    absl::StatusOr<std::shared_ptr<const Credential>> assume(const std::string& role)
    {
        return m_sessions->assume("arn:aws:iam::000000000000:role/" + role, "f", kFunction);
    }

    void addRole(const std::string& name, const std::string& document)
    {
        std::optional<absl::Status> done;
        m_directory->change(
            [&](Directory::Draft& draft) {
                draft.add(IdentityKind::Role, name).set_trust(document);
                return absl::OkStatus();
            },
            [&](absl::Status status) { done = std::move(status); });
        while (!done) {
            m_io.restart();
            m_io.run_one();
        }
        QVERIFY(done->ok());
    }

    boost::asio::io_context m_io;
    FixedClock m_clock;
    std::optional<QTemporaryDir> m_temporary;
    std::optional<Account> m_account;
    std::unique_ptr<Directory> m_directory;
    std::optional<RoleSessions> m_sessions;
};

QTEST_GUILESS_MAIN(RoleSessionsTest)
#include "role_sessions_test.moc"
