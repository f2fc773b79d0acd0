#include "backend/api/package_link.h"
#include "backend/base/clock.h"
#include "backend/iam/account.h"
#include "backend/wire/gateway.h"
#include "gantry/v1/develop.pb.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

using namespace gantry;

namespace {

struct StoppedClock final : Clock {
    std::int64_t unixMicros() const override { return micros; }
    std::int64_t micros = 1'795'000'000'000'000;
};

} // namespace

// The address in Code.Location, used as a client would: by the HTTP front, signature and all.
class PackageLinkTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        const std::filesystem::path path = m_directory.path().toStdString();
        m_account = std::make_unique<iam::Account>(*iam::Account::open(path));
        m_table.on<v1::GetPackageRequest, v1::GetPackageResponse>(
            [](api::CallPtr, const v1::GetPackageRequest& request,
               const api::Reply<v1::GetPackageResponse>& reply) {
                v1::GetPackageResponse response;
                response.set_zip("zip of " + request.function_name() + " " + request.qualifier());
                response.set_content_type("application/zip");
                reply(std::move(response));
            });
        m_gateway = std::make_shared<wire::Gateway>(
            m_table, [this](std::string_view id) { return m_account->find(id); },
            m_account->region(), m_clock, std::vector<std::string>());
    }

    void leadsToThePackage_data()
    {
        QTest::addColumn<QString>("qualifier");
        QTest::newRow("unqualified") << QString();
        QTest::newRow("latest") << QStringLiteral("$LATEST");
        QTest::newRow("version") << QStringLiteral("12");
    }

    void leadsToThePackage()
    {
        QFETCH(QString, qualifier);
        const HttpReply reply = get(link(qualifier.toStdString()));
        QCOMPARE(reply.status, 200);
        QCOMPARE(reply.body, "zip of my-function_1 " + qualifier.toStdString());
        const auto types =
            std::count_if(reply.headers.begin(), reply.headers.end(),
                          [](const auto& header) { return header.first == "Content-Type"; });
        QCOMPARE(types, 1);
        QVERIFY(std::find(reply.headers.begin(), reply.headers.end(),
                          std::pair<std::string, std::string>("Content-Type", "application/zip")) !=
                reply.headers.end());
    }

    void isGoodForTenMinutesOnly()
    {
        const std::string url = link("1");
        m_clock.micros += 599'000'000;
        QCOMPARE(get(url).status, 200);
        m_clock.micros += 2'000'000;
        QCOMPARE(get(url).status, 403);
    }

    void isGoodForThisPackageOnly()
    {
        std::string url = link("1");
        QCOMPARE(get(url).status, 200);
        url.replace(url.find("my-function_1"), 13, "my-function_2");
        QCOMPARE(get(url).status, 403);
    }

private:
    std::string link(const std::string& qualifier) const
    {
        const auto endpoint = [] { return std::string("http://127.0.0.1:4566"); };
        return api::signedPackageLink(endpoint, *m_account, m_clock)("my-function_1", qualifier);
    }

    HttpReply get(const std::string& url)
    {
        const std::string target = url.substr(std::string("http://127.0.0.1:4566").size());
        const std::size_t mark = target.find('?');
        HttpRequest request;
        request.method = "GET";
        const std::string path = target.substr(0, mark);
        const std::string query = target.substr(mark + 1);
        request.path = path;
        request.query = query;
        request.headers.push_back({"Host", "127.0.0.1:4566"});
        const auto admission = m_gateway->admit(request);
        if (admission.refusal)
            return *admission.refusal;
        HttpReply result;
        m_gateway->handle(request, admission, [&](HttpReply reply) { result = std::move(reply); });
        return result;
    }

    QTemporaryDir m_directory;
    StoppedClock m_clock;
    std::unique_ptr<iam::Account> m_account;
    api::OperationTable m_table;
    std::shared_ptr<wire::Gateway> m_gateway;
};

QTEST_APPLESS_MAIN(PackageLinkTest)
#include "package_link_test.moc"
