// Secrets that were pasted into a function, found and moved into the store by clicking; the real
// daemon is behind it, and the code that is offered is run.
#include "tests/support/console_driver.h"
#include "tests/support/control_checker.h"

#include "ui/pages/secrets/pasted_panel.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/iam_api.h"
#include "ui/rpc/vault_api.h"
#include "ui/widgets/copy_line.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QDirIterator>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>

using namespace gantry;
using test::kPatienceMs;

#define EVENTUALLY(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, kPatienceMs)

namespace {

const QString kPassword = QStringLiteral("enigma-42-of-the-shop");
// In two parts, so that nobody's scanner takes the test for a leak.
const QString kStripe = QStringLiteral("sk_live_") + QStringLiteral("4eC39HqLyjWDarjtT1zdp7dc");

// A custom runtime in a few lines, around the command that reads the secret.
const char kBootstrap[] =
    "#!/bin/bash\n"
    "api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation\n"
    "while true; do\n"
    "    curl -s -D /tmp/head -o /tmp/event $api/next\n"
    "    id=$(grep -i '^lambda-runtime-aws-request-id' /tmp/head | tr -d '[:space:]' | cut -d: -f2)\n"
    "    answer=$(%1)\n"
    "    curl -s -o /dev/null --data-binary \"$answer\" $api/$id/response\n"
    "done\n";

} // namespace

class PastedSecretsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<test::ConsoleDriver>();
        m_driver->start();
        EVENTUALLY(m_driver->console().backend().state() == ui::BackendProcess::State::Running);
        deploy("STRIPE_KEY = \"" + kStripe.toUtf8() + "\"\n\n\ndef handler(event, context):\n    return 1\n");
        EVENTUALLY(variables().value(QStringLiteral("DB_PASSWORD")) == kPassword);
    }
    void cleanupTestCase() { m_driver.reset(); }

    void theVariablesHaveAHint()
    {
        m_driver->window().openRoute(QStringLiteral("functions/shop/configuration"));
        auto* hint = get<QPushButton>("environmentPasted");
        QVERIFY2(hint->text().startsWith(QLatin1String("DB_PASSWORD looks like a secret")),
                 qPrintable(hint->text()));
        click("environmentPasted");
        EVENTUALLY(m_driver->find("pastedTable") && table("pastedTable")->count() == 2);
        QCOMPARE(get<QLineEdit>("pastedSearch")->text(), QStringLiteral("shop"));
        const QAbstractItemModel* rows = table("pastedTable")->model();
        for (int row = 0; row < rows->rowCount(); ++row) {
            for (int column = 0; column < rows->columnCount(); ++column) {
                const QString cell = rows->index(row, column).data().toString();
                QVERIFY(!cell.contains(kPassword.mid(4)) && !cell.contains(kStripe.mid(4)));
            }
        }
        checkControls();
    }

    void oneClickMovesAVariable()
    {
        choose(QStringLiteral("variable DB_PASSWORD"));
        EVENTUALLY(get<QLineEdit>("pastedName")->text() == QLatin1String("shop/db-password"));
        QVERIFY(label("pastedPlan").contains(QLatin1String("DB_PASSWORD_SECRET_ARN")));
        click("pastedMove");
        EVENTUALLY(m_driver->find("pastedUndo") && table("pastedTable")->count() == 1);
        checkControls();
        const rpc::StringMap after = variables();
        QVERIFY(!after.contains(QStringLiteral("DB_PASSWORD")));
        QCOMPARE(after.value(QStringLiteral("LEVEL")), QStringLiteral("debug"));
        const QString arn = after.value(QStringLiteral("DB_PASSWORD_SECRET_ARN"));
        QVERIFY2(arn.contains(QLatin1String(":secret:shop/db-password-")), qPrintable(arn));
        QCOMPARE(policies(), QStringList{QStringLiteral("ReadSecret-shop-db-password")});
        // That secret and nothing else.
        rpc::IamApi iam(m_driver->console().channel());
        const auto policy = m_driver->answer<QString>([&](auto done) {
            iam.ownDocument(rpc::IdentityKind::Role, QStringLiteral("shopkeeper"),
                            QStringLiteral("ReadSecret-shop-db-password"), &m_driver->window(), done);
        });
        QVERIFY(policy);
        QCOMPARE(*policy, QStringLiteral("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\","
                                         "\"Action\":\"secretsmanager:GetSecretValue\",\"Resource\":\"%1\"}]}")
                              .arg(arn));
    }

    void noFileHasTheValue()
    {
        int files = 0;
        QDirIterator all(m_driver->path("data"), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (all.hasNext()) {
            QFile file(all.next());
            if (!file.open(QIODevice::ReadOnly))
                continue;
            ++files;
            QVERIFY2(!file.readAll().contains(kPassword.toUtf8()), qPrintable(file.fileName()));
        }
        QVERIFY(files > 5);
    }

    void theOfferedCodeReadsIt()
    {
        deploy(code().toUtf8() + "\n\n\ndef handler(event, context):\n    return value\n");
        const auto reply = invoke(QStringLiteral("shop"));
        QVERIFY(reply);
        QCOMPARE(QString::fromUtf8(reply->payload), u'"' + kPassword + u'"');
    }

    // The move is the platform's to remember: a console that is opened afterwards offers to undo it.
    void anotherConsoleUndoesIt()
    {
        rpc::VaultApi vault(m_driver->console().channel());
        widgets::MessageBar bar(nullptr, QStringLiteral("another"));
        ui::PastedPanel another(vault, bar);
        another.resize(900, 700);
        another.show();
        another.refresh();
        auto* undo = another.findChild<QPushButton*>(QStringLiteral("pastedUndo"));
        EVENTUALLY(undo->isVisible());
        QCOMPARE(another.findChild<QComboBox*>(QStringLiteral("pastedMoves"))->currentText(),
                 QStringLiteral("variable DB_PASSWORD of shop, now shop/db-password"));
        QTest::mouseClick(undo, Qt::LeftButton);
        EVENTUALLY(!undo->isVisible());
        QCOMPARE(variables(), (rpc::StringMap{{QStringLiteral("DB_PASSWORD"), kPassword},
                                              {QStringLiteral("LEVEL"), QStringLiteral("debug")}}));
        QCOMPARE(policies(), QStringList());
        QCOMPARE(secrets(), QStringList());
        click("pastedAgain"); // here as well
        EVENTUALLY(!m_driver->find("pastedUndo"));
    }

    void whatWasMovedCanBeUndoneHere()
    {
        EVENTUALLY(table("pastedTable")->count() == 1);
        choose(QStringLiteral("variable DB_PASSWORD"));
        click("pastedMove");
        click("pastedUndo");
        EVENTUALLY(!m_driver->find("pastedUndo"));
        EVENTUALLY(variables().value(QStringLiteral("DB_PASSWORD")) == kPassword);
        QCOMPARE(secrets(), QStringList());
    }

    void aLineOfCodeIsTheUsersToChange()
    {
        deploy("STRIPE_KEY = \"" + kStripe.toUtf8() + "\"\n\n\ndef handler(event, context):\n    return 1\n");
        click("pastedAgain");
        EVENTUALLY(table("pastedTable")->count() == 2);
        choose(QStringLiteral("app.py, line 1"));
        EVENTUALLY(get<QLineEdit>("pastedName")->text() == QLatin1String("shop/stripe-key"));
        click("pastedMove");
        EVENTUALLY(m_driver->find("pastedUndo"));
        QVERIFY2(label("pastedDone").contains(QLatin1String("line 1 of app.py")), qPrintable(label("pastedDone")));
        QVERIFY(code().contains(QLatin1String("os.environ[\"STRIPE_KEY_SECRET_ARN\"]")));
        rpc::VaultApi vault(m_driver->console().channel());
        const auto value = m_driver->answer<rpc::SecretValue>([&](auto done) {
            vault.secretValue(QStringLiteral("shop/stripe-key"), {}, &m_driver->window(), done);
        });
        QVERIFY(value);
        QCOMPARE(value->text, kStripe);
    }

    void whatCannotBeMovedSaysWhyAndChangesNothing()
    {
        const rpc::StringMap before = variables();
        EVENTUALLY(table("pastedTable")->count() == 2);
        choose(QStringLiteral("variable DB_PASSWORD"));
        m_driver->paste(*get<QLineEdit>("pastedName"), QStringLiteral("shop/stripe-key"));
        click("pastedMove");
        auto* bar = m_driver->window().findChild<QWidget*>(QStringLiteral("secretsMessage"));
        EVENTUALLY(bar->isVisible());
        QCOMPARE(variables(), before);
        QCOMPARE(secrets(), QStringList{QStringLiteral("shop/stripe-key")});
        QCOMPARE(policies(), QStringList{QStringLiteral("ReadSecret-shop-stripe-key")});
    }

    // What a user copies from here works in the other languages, too.
    void theOfferedCodeReadsItInOtherLanguages_data()
    {
        QTest::addColumn<QString>("family");
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("around");
        QTest::newRow("Node.js") << "nodejs" << "app.js"
                                 << "exports.handler = async () => {\n%1\nreturn { SecretString: value };\n};\n";
        QTest::newRow("Ruby") << "ruby" << "app.rb"
                              << "def handler(event:, context:)\n%1\n{ SecretString: value }\nend\n";
        QTest::newRow("curl") << "provided" << "bootstrap" << kBootstrap;
    }
    void theOfferedCodeReadsItInOtherLanguages()
    {
        QFETCH(QString, family);
        QFETCH(QString, file);
        QFETCH(QString, around);
        const QString runtime = runtimeOf(family);
        if (runtime.isEmpty())
            QSKIP("this host has no such interpreter");
        const auto upload = [&](const QString& code) {
            const QString path = m_driver->write(qPrintable(family), qPrintable(file), around.arg(code).toUtf8()) +
                                 QLatin1Char('/') + file;
            return m_driver->runClient("create_function.py",
                                       {family, QStringLiteral("reader"), path,
                                        QStringLiteral("API_TOKEN=") + kPassword},
                                       {QStringLiteral("--runtime"), runtime});
        };
        QCOMPARE(upload({}), QStringLiteral("created"));
        rpc::VaultApi vault(m_driver->console().channel());
        rpc::PastedSecret from;
        from.functionName = family;
        from.variable = QStringLiteral("API_TOKEN");
        const auto moved = m_driver->answer<rpc::MovedSecret>([&](auto done) {
            vault.moveToSecret(from, family + QStringLiteral("/token"), &m_driver->window(), done);
        });
        QVERIFY(moved);
        QCOMPARE(upload(moved->code), QStringLiteral("updated"));
        const auto reply = invoke(family);
        QVERIFY(reply);
        QCOMPARE(QJsonDocument::fromJson(reply->payload).object().value(QLatin1String("SecretString")).toString(),
                 kPassword);
        QVERIFY(m_driver->answer<rpc::Nothing>(
            [&](auto done) { vault.undoMove(*moved, &m_driver->window(), done); }));
    }

private:
    void deploy(const QByteArray& content)
    {
        const QString file = m_driver->write("source", "app.py", content) + QStringLiteral("/app.py");
        const QString done = m_driver->runClient(
            "create_function.py", {QStringLiteral("shop"), QStringLiteral("shopkeeper"), file,
                                   QStringLiteral("DB_PASSWORD=") + kPassword, QStringLiteral("LEVEL=debug")});
        QVERIFY(done == QLatin1String("created") || done == QLatin1String("updated"));
    }
    std::optional<rpc::InvokeReply> invoke(const QString& function)
    {
        rpc::FunctionsApi functions(m_driver->console().channel());
        rpc::InvokeRequest request;
        request.function = function;
        request.payload = "{}";
        return m_driver->answer<rpc::InvokeReply>(
            [&](auto done) { functions.invoke(request, &m_driver->window(), done); });
    }
    // The first of a language that this host can run; empty when it has none.
    QString runtimeOf(const QString& family)
    {
        rpc::PlatformApi platform(m_driver->console().channel());
        const auto runtimes = m_driver->answer<QList<rpc::RuntimeInfo>>(
            [&](auto done) { platform.listRuntimes(&m_driver->window(), done); });
        for (const rpc::RuntimeInfo& each : runtimes ? *runtimes : QList<rpc::RuntimeInfo>()) {
            if (each.id.startsWith(family) && each.available && !each.deprecated)
                return each.id;
        }
        return {};
    }
    rpc::StringMap variables()
    {
        rpc::FunctionsApi functions(m_driver->console().channel());
        const auto details = m_driver->answer<rpc::FunctionDetails>([&](auto done) {
            functions.get(QStringLiteral("shop"), {}, &m_driver->window(), done);
        });
        return details ? details->configuration.environment : rpc::StringMap();
    }
    // That the role has of its own.
    QStringList policies()
    {
        rpc::IamApi iam(m_driver->console().channel());
        const auto held = m_driver->answer<QList<rpc::HeldPolicy>>([&](auto done) {
            iam.heldPolicies(rpc::IdentityKind::Role, QStringLiteral("shopkeeper"), &m_driver->window(), done);
        });
        QStringList names;
        for (const rpc::HeldPolicy& each : held ? *held : QList<rpc::HeldPolicy>()) {
            if (each.arn.isEmpty())
                names << each.name;
        }
        return names;
    }
    QStringList secrets()
    {
        rpc::VaultApi vault(m_driver->console().channel());
        const auto all = m_driver->answer<QList<rpc::SecretInfo>>(
            [&](auto done) { vault.listSecrets(&m_driver->window(), done); });
        QStringList names;
        for (const rpc::SecretInfo& each : all ? *all : QList<rpc::SecretInfo>())
            names << each.name;
        return names;
    }
    // Clicks the row that names the place, once it is there.
    void choose(const QString& place)
    {
        ui::TextTable* rows = table("pastedTable");
        const auto row = [&] {
            for (int i = 0; i < rows->model()->rowCount(); ++i) {
                const QModelIndex index = rows->model()->index(i, 1);
                if (index.data().toString() == place)
                    return index;
            }
            return QModelIndex();
        };
        QVERIFY2(QTest::qWaitFor([&] { return row().isValid(); }, kPatienceMs), qPrintable(place));
        QTest::mouseClick(rows->viewport(), Qt::LeftButton, {}, rows->visualRect(row()).center());
    }
    QString code()
    {
        return qobject_cast<widgets::CopyLine*>(get("pastedCode")->parentWidget())->text();
    }
    void checkControls()
    {
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
    }
    template <class T = QWidget> T* get(const char* name)
    {
        if (!QTest::qWaitFor([&] { return m_driver->find<T>(name) != nullptr; }, kPatienceMs))
            qFatal("no %s on the screen", name);
        return m_driver->find<T>(name);
    }
    ui::TextTable* table(const char* name) { return get<ui::TextTable>(name); }
    QString label(const char* name)
    {
        const auto* found = m_driver->find<QLabel>(name);
        return found ? found->text() : QString();
    }
    void click(const char* name)
    {
        QWidget* widget = get(name);
        QTRY_VERIFY2_WITH_TIMEOUT(widget->isEnabled(), name, kPatienceMs);
        QTest::mouseClick(widget, Qt::LeftButton);
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
    PastedSecretsTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "pasted_secrets_test.moc"
