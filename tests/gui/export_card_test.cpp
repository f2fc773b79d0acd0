// Other monitoring on the Platform page: the export is set with a daemon of the test's own, comes to a receiver
// here, and goes on after a restart. With GANTRY_SCREENSHOTS=DIR the card is also saved there.
#include "tests/support/control_checker.h"

#include "ui/pages/platform/export_card.h"
#include "ui/rpc/channel.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QLabel>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTemporaryDir>
#include <QTest>

using namespace gantry;

namespace {

constexpr int kWaitMs = 60'000;

// Answers every push with 200 and keeps what came.
class Receiver final : public QObject {
public:
    Receiver()
    {
        connect(&m_server, &QTcpServer::newConnection, this, [this] {
            QTcpSocket* socket = m_server.nextPendingConnection();
            connect(socket, &QTcpSocket::readyRead, this, [this, socket] {
                const QByteArray part = socket->readAll();
                received += part;
                if (!part.contains("\r\n\r\n") && m_waiting <= 0)
                    return;
                if (const auto head = part.indexOf("\r\n\r\n"); head >= 0) {
                    const auto at = part.toLower().indexOf("content-length: ");
                    m_waiting = part.mid(at + 16, part.indexOf("\r\n", at) - at - 16).toLongLong() +
                                head + 4;
                }
                m_waiting -= part.size();
                if (m_waiting <= 0) {
                    ++pushes;
                    socket->write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    socket->disconnectFromHost();
                }
            });
        });
        m_server.listen(QHostAddress::LocalHost);
    }
    QString endpoint() const { return QStringLiteral("http://127.0.0.1:%1").arg(m_server.serverPort()); }

    QByteArray received;
    int pushes = 0;

private:
    QTcpServer m_server;
    qint64 m_waiting = 0;
};

} // namespace

class ExportCardTest final : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void pushesAndGoesOn();
    void saysWhatIsWrong();

private:
    template <class Widget> Widget* find(const char* name) const
    {
        auto* widget = m_card->findChild<Widget*>(name);
        if (!widget)
            qFatal("no %s", name);
        return widget;
    }
    void startDaemon(const QString& directory, const QStringList& more = {});
    void stopDaemon();
    void apply();
    void save(const QString& name) const;

    std::unique_ptr<QProcess> m_daemon;
    std::unique_ptr<rpc::Channel> m_channel;
    std::unique_ptr<ui::ExportCard> m_card;
};

void ExportCardTest::initTestCase()
{
    QLocale::setDefault(QLocale::c());
    widgets::Theme::current().install(*qApp);
    widgets::Theme::current().setMode(widgets::Theme::Mode::Light);
}

void ExportCardTest::cleanup()
{
    m_card.reset();
    m_channel.reset();
    stopDaemon();
}

void ExportCardTest::startDaemon(const QString& directory, const QStringList& more)
{
    m_daemon = std::make_unique<QProcess>();
    m_daemon->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    m_daemon->start(QStringLiteral(GANTRY_BINARY_DIR "/bin/gantryd"),
                    QStringList{"--data-dir", directory + "/data", "--aws", "127.0.0.1:0", "--grpc",
                                "unix:" + directory + "/grpc.sock", "--master-key", "file"} + more);
    QByteArray said;
    QTRY_VERIFY_WITH_TIMEOUT((said += m_daemon->readAllStandardOutput()).contains("AWS endpoint"), kWaitMs);
    m_channel = std::make_unique<rpc::Channel>();
    m_channel->open(directory + "/grpc.sock");
    m_card = std::make_unique<ui::ExportCard>(*m_channel);
    m_card->resize(560, 420);
    m_card->show();
    QTRY_VERIFY_WITH_TIMEOUT(m_channel->isConnected(), kWaitMs);
    m_card->load();
    QTRY_VERIFY_WITH_TIMEOUT(find<QCheckBox>("exportOn")->isEnabled(), kWaitMs);
}

void ExportCardTest::stopDaemon()
{
    if (!m_daemon)
        return;
    m_daemon->terminate();
    if (!m_daemon->waitForFinished(kWaitMs))
        m_daemon->kill();
    m_daemon.reset();
}

void ExportCardTest::apply()
{
    auto* button = find<QPushButton>("applyExport");
    QVERIFY(button->isEnabled());
    QSignalSpy messages(m_card.get(), &ui::ExportCard::messageRequested);
    QTest::mouseClick(button, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(messages.size() == 1, kWaitMs);
}

void ExportCardTest::save(const QString& name) const
{
    const QString target = qEnvironmentVariable("GANTRY_SCREENSHOTS");
    if (target.isEmpty())
        return;
    auto& theme = widgets::Theme::current();
    for (const bool dark : {false, true}) {
        theme.setMode(dark ? widgets::Theme::Mode::Dark : widgets::Theme::Mode::Light);
        QTest::qWait(150);
        m_card->grab().save(target + "/export-" + name + (dark ? "-dark.png" : "-light.png"));
    }
    theme.setMode(widgets::Theme::Mode::Light);
}

void ExportCardTest::pushesAndGoesOn()
{
    QTemporaryDir directory;
    Receiver receiver;
    startDaemon(directory.path());
    QVERIFY(find<QLabel>("exportState")->text().startsWith("Off."));
    QVERIFY(!find<QLineEdit>("exportEndpoint")->isVisible());
    save("off");
    find<QCheckBox>("exportOn")->click();
    QVERIFY(!find<QPushButton>("applyExport")->isEnabled()); // nowhere to
    QTest::keyClicks(find<QLineEdit>("exportEndpoint"), receiver.endpoint());
    find<QSpinBox>("exportInterval")->setValue(5);
    QTest::mouseClick(find<QPushButton>("exportHeadersAdd"), Qt::LeftButton);
    QTest::keyClicks(find<QLineEdit>("exportHeadersKey1"), "X-Key");
    QTest::keyClicks(find<QLineEdit>("exportHeadersValue1"), "hidden-word");
    QCOMPARE(test::controlProblems(*m_card).join("; "), QString());
    apply();
    QTRY_VERIFY_WITH_TIMEOUT(receiver.pushes > 0, kWaitMs);
    QVERIFY(receiver.received.contains("POST /v1/metrics"));
    QVERIFY(receiver.received.contains("X-Key: hidden-word"));
    QVERIFY(receiver.received.contains("gantry.invocations"));
    QTRY_VERIFY_WITH_TIMEOUT((m_card->load(), QTest::qWait(200),
                              find<QLabel>("exportState")->text().startsWith("Pushed ")), kWaitMs);
    // The value is the platform's to keep: neither here nor readable on the disk.
    QCOMPARE(find<QLineEdit>("exportHeadersValue1")->text(), QString());
    QFile kept(directory.path() + "/data/telemetry-export");
    QVERIFY(kept.open(QIODevice::ReadOnly));
    QVERIFY(!kept.readAll().contains("hidden-word"));
    save("on");

    // Another setting keeps the header, and a restart keeps everything.
    find<QCheckBox>("exportTraces")->click();
    apply();
    m_card.reset();
    m_channel.reset();
    stopDaemon();
    receiver.received.clear();
    const int before = receiver.pushes;
    startDaemon(directory.path());
    QVERIFY(find<QCheckBox>("exportOn")->isChecked());
    QVERIFY(find<QCheckBox>("exportTraces")->isChecked());
    QCOMPARE(find<QLineEdit>("exportEndpoint")->text(), receiver.endpoint());
    QTRY_VERIFY_WITH_TIMEOUT(receiver.pushes > before, kWaitMs);
    QVERIFY(receiver.received.contains("X-Key: hidden-word"));
    find<QCheckBox>("exportOn")->click();
    apply();
    QVERIFY(find<QLabel>("exportState")->text().startsWith("Off."));
}

void ExportCardTest::saysWhatIsWrong()
{
    QTemporaryDir directory;
    startDaemon(directory.path(), {"--prometheus"});
    QVERIFY(find<QLabel>("prometheusState")->text().contains("fetches"));
    find<QCheckBox>("exportOn")->click();
    auto* endpoint = find<QLineEdit>("exportEndpoint");
    QTest::keyClicks(endpoint, "collector:4318");
    QSignalSpy messages(m_card.get(), &ui::ExportCard::messageRequested);
    apply();
    QCOMPARE(messages.size(), 1);
    QVERIFY(messages[0][1].toBool());
    QVERIFY(messages[0][0].toString().contains("http://127.0.0.1:4318"));
    endpoint->clear();
    QTest::keyClicks(endpoint, "http://127.0.0.1:9"); // where nobody listens
    apply();
    QTRY_VERIFY_WITH_TIMEOUT((m_card->load(), QTest::qWait(200),
                              find<QLabel>("exportState")->text().contains("was not reached")), kWaitMs);
    save("away");
}

QTEST_MAIN(ExportCardTest)
#include "export_card_test.moc"
