// HTTPS on the Platform page: switched on and off, and the trust in its authority, with a certutil
// in the place of the real one. With GANTRY_SCREENSHOTS=DIR the card is also saved there.
#include "tests/support/control_checker.h"
#include "tests/support/grpc_server.h"

#include "gantry/v1/platform.pb.h"
#include "ui/pages/platform/tls_card.h"
#include "ui/rpc/channel.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <mutex>

using namespace gantry;

namespace {

constexpr int kWaitMs = 20'000;

class FakeTls final {
public:
    explicit FakeTls(test::GrpcServer& server)
    {
        server.on("/gantry.v1.Platform/GetTls", [this](const std::string&) { return reply(); });
        server.on("/gantry.v1.Platform/SetTls", [this](const std::string& bytes) {
            v1::SetTlsRequest request;
            request.ParseFromString(bytes);
            {
                const std::lock_guard lock(m_mutex);
                m_on = request.on();
            }
            return reply();
        });
    }
    bool isOn()
    {
        const std::lock_guard lock(m_mutex);
        return m_on;
    }

private:
    test::Reply reply()
    {
        const std::lock_guard lock(m_mutex);
        v1::TlsStatus status;
        status.set_on(m_on);
        if (m_on) {
            status.set_endpoint("https://localhost:4567");
            status.set_authority_name("Gantry local CA 0a1b2c3d");
            status.set_certificate_file("/data/gantry/tls/authority.pem");
            status.set_certificate_pem("-----BEGIN CERTIFICATE-----\n");
            status.set_fingerprint("AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:"
                                   "45:67:89:AB:CD:EF:01:23:45:67:89");
            status.set_expires_at_ms(2'110'000'000'000);
            for (const char* name : {"localhost", "*.lambda-url.us-east-1.localhost", "127.0.0.1"})
                status.add_names(name);
        }
        return {{status.SerializeAsString()}, grpc::Status::OK, {}, false};
    }

    std::mutex m_mutex;
    bool m_on = false;
};

} // namespace

class TlsCardTest final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void switchesOnAndOff();
    void trustsByAClick();
    void saysWhatToInstall();

private:
    template <class Widget> Widget* find(const char* name) const
    {
        auto* widget = m_card->findChild<Widget*>(name);
        if (!widget)
            qFatal("no %s", name);
        return widget;
    }
    void open();
    void putCertutil();
    void save(const QString& name) const;

    std::unique_ptr<QTemporaryDir> m_home;
    std::unique_ptr<test::GrpcServer> m_server;
    std::unique_ptr<FakeTls> m_platform;
    std::unique_ptr<rpc::Channel> m_channel;
    std::unique_ptr<ui::TlsCard> m_card;
};

void TlsCardTest::initTestCase()
{
    QLocale::setDefault(QLocale::c());
    widgets::Theme::current().install(*qApp);
    widgets::Theme::current().setMode(widgets::Theme::Mode::Light);
}

void TlsCardTest::init()
{
    m_card.reset();
    m_channel.reset();
    m_server.reset();
    m_home = std::make_unique<QTemporaryDir>();
    qputenv("HOME", m_home->path().toLocal8Bit());
    qputenv("PATH", m_home->filePath("bin").toLocal8Bit());
    QVERIFY(QDir(m_home->path()).mkdir("bin"));
    m_server = std::make_unique<test::GrpcServer>(m_home->filePath("grpc.sock").toStdString());
    m_platform = std::make_unique<FakeTls>(*m_server);
    QVERIFY(m_server->start());
    m_channel = std::make_unique<rpc::Channel>();
    m_channel->open(m_home->filePath("grpc.sock"));
}

void TlsCardTest::open()
{
    m_card = std::make_unique<ui::TlsCard>(*m_channel);
    m_card->resize(560, 480);
    m_card->show();
    QTRY_VERIFY_WITH_TIMEOUT(m_channel->isConnected(), kWaitMs);
    m_card->load();
    QTRY_VERIFY_WITH_TIMEOUT(find<QCheckBox>("serveTls")->isEnabled(), kWaitMs);
}

// Knows an authority once it was added.
void TlsCardTest::putCertutil()
{
    QFile file(m_home->filePath("bin/certutil"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    const QByteArray known = m_home->filePath("known").toLocal8Bit();
    file.write("#!/bin/sh\ncase \"$3\" in\n-A) : > '" + known + "';;\n-D) /bin/rm '" + known +
               "';;\n-L) [ -e '" + known + "' ];;\nesac\n");
    file.close();
    QVERIFY(file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
}

void TlsCardTest::save(const QString& name) const
{
    const QString target = qEnvironmentVariable("GANTRY_SCREENSHOTS");
    if (target.isEmpty())
        return;
    auto& theme = widgets::Theme::current();
    for (const bool dark : {false, true}) {
        theme.setMode(dark ? widgets::Theme::Mode::Dark : widgets::Theme::Mode::Light);
        QTest::qWait(150);
        m_card->grab().save(target + "/tls-" + name + (dark ? "-dark.png" : "-light.png"));
    }
    theme.setMode(widgets::Theme::Mode::Light);
}

void TlsCardTest::switchesOnAndOff()
{
    open();
    auto* on = find<QCheckBox>("serveTls");
    QVERIFY(!on->isChecked());
    QVERIFY(find<QLabel>("tlsEndpoint")->text().startsWith("Off."));
    QVERIFY(!find<QPushButton>("trustAuthority")->isVisible());
    save("off");
    QTest::mouseClick(on, Qt::LeftButton, {}, QPoint(8, on->height() / 2));
    QTRY_VERIFY_WITH_TIMEOUT(m_platform->isOn(), kWaitMs);
    QTRY_VERIFY_WITH_TIMEOUT(find<QLabel>("tlsEndpoint")->text().contains("https://localhost:4567"),
                             kWaitMs);
    QVERIFY(find<QPushButton>("saveCertificate")->isVisible());
    QVERIFY(find<QLabel>("tlsAuthority")->text().contains("Gantry local CA 0a1b2c3d"));
    QTRY_VERIFY_WITH_TIMEOUT(on->isEnabled(), kWaitMs);
    QTest::mouseClick(on, Qt::LeftButton, {}, QPoint(8, on->height() / 2));
    QTRY_VERIFY_WITH_TIMEOUT(!find<QPushButton>("saveCertificate")->isVisible(), kWaitMs);
    QVERIFY(!m_platform->isOn());
}

void TlsCardTest::trustsByAClick()
{
    putCertutil();
    open();
    find<QCheckBox>("serveTls")->setChecked(true);
    auto* trust = find<QPushButton>("trustAuthority");
    QTRY_VERIFY_WITH_TIMEOUT(trust->isVisible() && trust->isEnabled(), kWaitMs);
    // It says what it will do before it does it.
    QVERIFY(find<QLabel>("trustText")->text().contains(m_home->path() + "/.pki/nssdb"));
    QVERIFY(trust->toolTip().contains("certutil -d"));
    save("on");
    QSignalSpy messages(m_card.get(), &ui::TlsCard::messageRequested);
    QTest::mouseClick(trust, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(trust->text(), "Trust it no longer", kWaitMs);
    QVERIFY(QFile::exists(m_home->filePath("known")));
    QTRY_VERIFY_WITH_TIMEOUT(trust->isEnabled(), kWaitMs);
    save("trusted");
    QTest::mouseClick(trust, Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(trust->text(), "Trust the local CA", kWaitMs);
    QVERIFY(!QFile::exists(m_home->filePath("known")));
    QCOMPARE(messages.size(), 2);
    QCOMPARE(messages[0][1].toBool(), false);
}

void TlsCardTest::saysWhatToInstall()
{
    open();
    find<QCheckBox>("serveTls")->setChecked(true);
    auto* trust = find<QPushButton>("trustAuthority");
    QTRY_VERIFY_WITH_TIMEOUT(trust->isVisible(), kWaitMs);
    QVERIFY(!trust->isEnabled());
    QVERIFY(find<QLabel>("trustText")->text().contains("libnss3-tools"));
    save("no-certutil");
    QCOMPARE(test::controlProblems(*m_card).join("; "), QString());
}

QTEST_MAIN(TlsCardTest)
#include "tls_card_test.moc"
