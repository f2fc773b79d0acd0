// The secrets page with a real daemon behind it.
#include "tests/support/console_driver.h"
#include "tests/support/control_checker.h"
#include "tests/support/process_memory.h"

#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/secret_field.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QToolButton>

#include <unistd.h>

using namespace gantry;
using test::kPatienceMs;

#define EVENTUALLY(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, kPatienceMs)

class SecretsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<test::ConsoleDriver>();
        m_driver->start();
        m_driver->window().openRoute(QStringLiteral("secrets"));
        EVENTUALLY(m_driver->find("firstSecret"));
    }
    void cleanupTestCase() { m_driver.reset(); }

    void aSecretIsMadeOfNamesAndValues()
    {
        click("firstSecret");
        EVENTUALLY(m_driver->find("secretEditName"));
        QVERIFY(!button("secretEditSave")->isEnabled());
        type("secretEditName", "prod/database");
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
        select("secretEditForm", 1);
        paste("secretEditRaw", R"({"user":"ada","password":"enigma-42"})");
        select("secretEditForm", 0); // and back, as pairs
        EVENTUALLY(button("secretEditSave")->isEnabled());
        click("secretEditSave");
        EVENTUALLY(table("secretTable")->currentId() == QLatin1String("prod/database"));
        EVENTUALLY(m_driver->find("secretReveal"));
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
    }

    void theValueIsHiddenUntilAskedForAndHiddenAgain()
    {
        auto* field = m_driver->window().findChild<widgets::SecretField*>(QStringLiteral("secretField"));
        QVERIFY(field);
        QVERIFY(!text("secretValue").contains(QLatin1String("enigma")));
        field->setPatience(1500);
        click("secretReveal");
        EVENTUALLY(text("secretValue").contains(QLatin1String("enigma-42")));
        EVENTUALLY(!field->isShown());
        QVERIFY(!text("secretValue").contains(QLatin1String("enigma")));
    }

    // Nothing of it stays with the daemon, neither what was sent nor what was shown.
    void theDaemonForgetsIt()
    {
        if (::geteuid() != 0)
            QSKIP("only root can read the daemon's memory");
        const auto platform = m_driver->answer<rpc::PlatformInfo>([this](auto done) {
            rpc::PlatformApi(m_driver->console().channel()).getPlatform(&m_driver->window(), done);
        });
        QVERIFY(platform);
        QVERIFY(test::memoryHas(platform->processId, "prod/database"));
        const QByteArray value = "\"password\":\"enigma-42\"";
        EVENTUALLY(!test::memoryHas(platform->processId, value));
    }

    void theClipboardForgetsIt()
    {
        click("secretCopy");
        EVENTUALLY(QApplication::clipboard()->text().contains(QLatin1String("enigma-42")));
        EVENTUALLY(!QApplication::clipboard()->text().contains(QLatin1String("enigma")));
        // Something else that is there by then stays.
        click("secretCopy");
        EVENTUALLY(QApplication::clipboard()->text().contains(QLatin1String("enigma-42")));
        QApplication::clipboard()->setText(QStringLiteral("mine"));
        QTest::qWait(2000);
        QCOMPARE(QApplication::clipboard()->text(), QStringLiteral("mine"));
    }

    void aNewValueLeavesThePreviousOne()
    {
        click("secretEdit");
        EVENTUALLY(m_driver->find("secretEditName"));
        QVERIFY(!m_driver->find<QLineEdit>("secretEditName")->isEnabled());
        select("secretEditForm", 1);
        paste("secretEditRaw", R"({"user":"ada","password":"colossus-7"})");
        click("secretEditSave");
        EVENTUALLY(m_driver->find("secretVersions") && table("secretVersions")->count() == 2);
        click("secretReveal");
        EVENTUALLY(text("secretValue").contains(QLatin1String("colossus-7")));
    }

    void aDeletedSecretComesBack()
    {
        click("secretRemove");
        EVENTUALLY(m_driver->find("messageButton"));
        click("messageButton");
        EVENTUALLY(m_driver->find("secretRestore"));
        QVERIFY(!m_driver->find("secretReveal"));
        click("secretRestore");
        EVENTUALLY(m_driver->find("secretReveal"));
    }

    void whatCannotBeSavedSaysWhy()
    {
        click("newSecret");
        EVENTUALLY(m_driver->find("secretEditName"));
        type("secretEditName", "prod/database");
        select("secretEditForm", 1);
        paste("secretEditRaw", "x");
        click("secretEditSave");
        EVENTUALLY(m_driver->find("secretEditProblem") &&
                   m_driver->find<QLabel>("secretEditProblem")
                       ->text()
                       .contains(QLatin1String("already exists")));
        click("secretEditCancel");
    }

    void parametersAreMadeAndChanged()
    {
        m_driver->window().openRoute(QStringLiteral("secrets/parameters"));
        EVENTUALLY(m_driver->find("firstParameter"));
        click("firstParameter");
        EVENTUALLY(m_driver->find("parameterEditName"));
        type("parameterEditName", "/prod/level");
        paste("parameterEditRaw", "debug");
        click("parameterEditSave");
        EVENTUALLY(m_driver->find("parameterReveal"));
        click("parameterReveal");
        EVENTUALLY(text("parameterValue") == QLatin1String("debug"));
        click("parameterEdit");
        EVENTUALLY(m_driver->find("parameterEditRaw"));
        paste("parameterEditRaw", "info");
        click("parameterEditSave");
        EVENTUALLY(m_driver->find("parameterReveal"));
        click("parameterReveal");
        EVENTUALLY(text("parameterValue") == QLatin1String("info"));
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
    }

    void keysAreMadeAndDisabled()
    {
        m_driver->window().openRoute(QStringLiteral("secrets/keys"));
        EVENTUALLY(m_driver->find("keyTable") && table("keyTable")->count() == 3);
        type("keyDescription", "for tests");
        click("createKey");
        EVENTUALLY(table("keyTable")->count() == 4);
        auto* keys = table("keyTable");
        keys->selectRow(0);
        EVENTUALLY(!button("toggleKey")->isEnabled()); // the platform's own
        keys->selectRow(3);
        EVENTUALLY(button("toggleKey")->isEnabled());
        click("toggleKey");
        EVENTUALLY(button("toggleKey")->text() == QLatin1String("Enable key"));
        const QString before = m_driver->find<QLabel>("masterKeyState")->text();
        QVERIFY(!before.isEmpty());
        click("rotateMasterKey");
        EVENTUALLY(m_driver->window()
                       .findChild<widgets::MessageBar*>(QStringLiteral("secretsMessage"))
                       ->text()
                       .contains(QLatin1String("new master key")));
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
    }

private:
    QPushButton* button(const char* name)
    {
        auto* found = m_driver->find<QPushButton>(name);
        if (!found)
            qFatal("no button %s", name);
        return found;
    }
    ui::TextTable* table(const char* name) { return m_driver->find<ui::TextTable>(name); }
    QString text(const char* name)
    {
        auto* found = m_driver->find<QPlainTextEdit>(name);
        return found ? found->toPlainText() : QString();
    }
    void click(const char* name) { QTest::mouseClick(button(name), Qt::LeftButton); }
    void type(const char* name, const char* what)
    {
        m_driver->paste(*m_driver->find<QLineEdit>(name), QLatin1String(what));
    }
    void paste(const char* name, const char* what)
    {
        m_driver->paste(*m_driver->find<QPlainTextEdit>(name), QLatin1String(what));
    }
    void select(const char* name, int index)
    {
        auto* box = m_driver->find<QComboBox>(name);
        box->setCurrentIndex(index);
        Q_EMIT box->activated(index); // as the user's choice does
    }

    std::unique_ptr<test::ConsoleDriver> m_driver;
};

int main(int argc, char** argv)
{
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    QCoreApplication::setOrganizationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationName(QStringLiteral("gantry-test"));
    QApplication application(argc, argv);
    widgets::Theme::current().install(application);
    SecretsTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "secrets_test.moc"
