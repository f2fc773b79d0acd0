// A function gets the least that it needs, as a user would give it: a role built by clicking, a call
// that is denied, the reason, the remedy; then its secret is rotated under it while it runs. The real
// console, the real daemon, real functions. Every step builds on the one before.
#include "tests/support/console_driver.h"
#include "tests/support/control_checker.h"

#include "ui/models/log_model.h"
#include "ui/pages/monitor/log_delegate.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/rpc/functions_api.h"
#include "ui/shell/page_stack.h"
#include "ui/widgets/code_editor.h"
#include "ui/widgets/scintilla.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QTreeWidget>

using namespace gantry;
using models::LogModel;
using test::kPatienceMs;

#define EVENTUALLY(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, kPatienceMs)

namespace {

QByteArray support(const char* file)
{
    QFile in(QStringLiteral(GANTRY_SOURCE_DIR "/tests/support/") + QLatin1String(file));
    if (!in.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(in.fileName()));
    return in.readAll();
}

} // namespace

class LeastPrivilegeE2eTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<test::ConsoleDriver>();
        m_driver->start();
        EVENTUALLY(m_driver->console().backend().state() == ui::BackendProcess::State::Running);
    }
    void init()
    {
        if (m_broken)
            QSKIP("the session did not get so far");
    }
    void cleanup() { m_broken = m_broken || QTest::currentTestFailed(); }
    void cleanupTestCase() { m_driver.reset(); }

    void aSecretIsMade()
    {
        open("secrets");
        click("firstSecret");
        type("secretEditName", "prod/database");
        choose("secretEditForm", "As it is");
        m_driver->paste(*get("secretEditRaw"), QStringLiteral("first-password"));
        EVENTUALLY(get("secretEditSave")->isEnabled());
        click("secretEditSave");
        EVENTUALLY(find("secretReveal"));
    }

    void aRoleIsBuiltByClicking()
    {
        makeRole("reader", "ReadDatabase", {"secretsmanager:DescribeSecret"});
    }

    void theFunctionGetsTheRole()
    {
        deploy("reader", "functions/python/reads_secret.py");
        giveRole("reader", "reader");
    }

    void anInvocationIsDenied()
    {
        open("functions/reader/test");
        QCOMPARE(invokeHere(), QStringLiteral("Result: Function error"));
        EVENTUALLY(find("resultWhy"));
        QCOMPARE(get<QPushButton>("resultWhy")->text(),
                 QStringLiteral("Why was secretsmanager:GetSecretValue denied?"));
        checkControls();
    }

    void theResultLeadsToTheReason()
    {
        click("resultWhy");
        expectReason();
    }

    void soDoesTheLineOfTheLog()
    {
        open("logs/live");
        auto* lines = get<QListView>("logList");
        QModelIndex denied;
        EVENTUALLY((denied = deniedLine(*lines)).isValid());
        lines->scrollTo(denied);
        const auto* delegate = static_cast<const ui::LogDelegate*>(lines->itemDelegate());
        const QRect why = delegate->whyRect(lines->visualRect(denied), denied);
        QVERIFY(!why.isEmpty());
        QTest::mouseClick(lines->viewport(), Qt::LeftButton, {}, why.center());
        expectReason();
    }

    void theRemedyIsOfferedThere()
    {
        click("simulateAllow");
        EVENTUALLY(find("policyDialog"));
        QCOMPARE(get<QLineEdit>("policyName")->text(), QStringLiteral("AllowGetSecretValue"));
        QVERIFY2(json().contains(QLatin1String(":secret:prod/database-")), qPrintable(json()));
        EVENTUALLY(get("policySave")->isEnabled());
        QVERIFY(label("policySentences").contains(QLatin1String("secretsmanager:GetSecretValue")));
        click("policySave");
        EVENTUALLY(!find("policyDialog"));
        EVENTUALLY(label("simulateVerdict") == QLatin1String("Allowed"));
        QVERIFY2(label("simulateReason").contains(QLatin1String("AllowGetSecretValue")),
                 qPrintable(label("simulateReason")));
    }

    void nowItReadsTheSecret()
    {
        open("functions/reader/test");
        QCOMPARE(invokeHere(), QStringLiteral("Result: Succeeded"));
        QVERIFY(!find("resultWhy"));
        QCOMPARE(response("password"), QStringLiteral("first-password"));
        m_born = response("born");
        QVERIFY(!m_born.isEmpty());
    }

    void theSecretIsRotated()
    {
        makeRole("rotator", "RotateDatabase",
                 {"secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue",
                  "secretsmanager:UpdateSecretVersionStage"});
        deploy("rotate", "functions/python/rotates_secret.py");
        giveRole("rotate", "rotator");
        open("secrets/secrets/prod/database");
        EVENTUALLY(find("rotateNow") && get("rotateNow")->isEnabled());
        choose("rotationFunction", "rotate");
        get("rotateNow")->setFocus(); // scrolls to it
        click("rotateNow");
        QTRY_VERIFY2_WITH_TIMEOUT(cell("rotationHistory", 0, 1) == QLatin1String("succeeded"),
                                  qPrintable(cell("rotationHistory", 0, 1) + QLatin1Char(' ') +
                                             cell("rotationHistory", 0, 2)),
                                  kPatienceMs);
        EVENTUALLY(table("secretVersions")->count() == 2);
        get("secretReveal")->setFocus();
        click("secretReveal");
        EVENTUALLY(get<QPlainTextEdit>("secretValue")->toPlainText() == QLatin1String("second-password"));
    }

    void theRunningFunctionPicksItUp()
    {
        open("functions/reader/test");
        QCOMPARE(invokeHere(), QStringLiteral("Result: Succeeded"));
        QCOMPARE(response("password"), QStringLiteral("second-password"));
        QCOMPARE(response("born"), m_born); // the environment that was there before
    }

    void theRecordShowsWhatTheRoleDid()
    {
        open("functions/reader/permissions");
        EVENTUALLY(find("functionUsed") && table("functionUsed")->count() >= 2); // denied, then allowed
        EVENTUALLY(table("functionGranted")->count() == 2);
        QCOMPARE(column("functionGranted", 1).count(QLatin1String("never")), 1);
        checkControls();
        click("functionTighten");
        EVENTUALLY(label("tightenEffect").startsWith(QLatin1String("None of")));
        click("tightenApply");
        EVENTUALLY(!find("tightenDialog"));
        EVENTUALLY(!column("functionGranted", 0).contains(QLatin1String("secretsmanager:DescribeSecret")));
        QVERIFY(column("functionGranted", 0).contains(QLatin1String("secretsmanager:GetSecretValue")));
        open("functions/reader/test");
        QCOMPARE(invokeHere(), QStringLiteral("Result: Succeeded"));
    }

private:
    // A role for functions, with one policy that allows actions on the secret.
    void makeRole(const char* role, const char* policy, const QList<const char*>& actions)
    {
        open("permissions/roles");
        type("roleNewName", role);
        click("roleCreate");
        EVENTUALLY(table("roleTable")->currentId() == QLatin1String(role));
        click("rolePolicyNew");
        type("policyName", policy);
        click("actionsBrowse");
        for (const char* action : actions)
            pickAction(action);
        click("actionPick");
        EVENTUALLY(!find("actionPicker"));
        click("resourcesBrowse");
        EVENTUALLY(find("resourceTable") && table("resourceTable")->count() > 0);
        type("resourceSearch", "prod/database");
        EVENTUALLY(table("resourceTable")->model()->rowCount() == 1);
        QWidget* rows = table("resourceTable")->viewport();
        QTest::mouseClick(rows, Qt::LeftButton, {},
                          table("resourceTable")->visualRect(table("resourceTable")->model()->index(0, 0)).center());
        click("resourcePick");
        EVENTUALLY(get("policySave")->isEnabled());
        click("policySave");
        EVENTUALLY(!find("policyDialog"));
        EVENTUALLY(table("rolePolicies")->count() == 1);
    }
    void pickAction(const char* action)
    {
        type("actionSearch", action);
        auto* tree = get<QTreeWidget>("actionTree");
        const auto items = tree->findItems(QLatin1String(action), Qt::MatchExactly | Qt::MatchRecursive);
        QCOMPARE(items.size(), 1);
        QVERIFY(!items.first()->isHidden());
        tree->setCurrentItem(items.first());
        QTest::keyClick(tree, Qt::Key_Space);
        QCOMPARE(items.first()->checkState(0), Qt::Checked);
    }
    // code: a file of tests/support. It calls AWS services with aws.py, which is beside it.
    void deploy(const char* name, const char* code)
    {
        m_driver->write(name, "aws.py", support("aws.py"));
        m_driver->drop(m_driver->write(name, "app.py", support(code)));
        EVENTUALLY(find("deployDialog"));
        EVENTUALLY(get("deployStart")->isEnabled());
        QCOMPARE(get<QComboBox>("deployHandler")->currentText(), QStringLiteral("app.handler"));
        click("deployStart");
        EVENTUALLY(label("deployResult").startsWith(QLatin1String(name) + QLatin1String(" is live")));
        click("deployTest");
        EVENTUALLY(!find("deployDialog"));
    }
    void giveRole(const char* function, const char* role)
    {
        open(("functions/" + QByteArray(function) + "/permissions").constData());
        EVENTUALLY(get<QComboBox>("functionRoleChoice")->findText(QLatin1String(role)) >= 0);
        choose("functionRoleChoice", role);
        click("functionRoleUse");
        EVENTUALLY(label("functionRole").endsWith(QLatin1String(":role/") + QLatin1String(role)));
        // Until the update is over, what was there before answers.
        rpc::FunctionsApi functions(m_driver->console().channel());
        const auto isUpdated = [&] {
            const auto details = m_driver->answer<rpc::FunctionDetails>([&](auto done) {
                functions.get(QLatin1String(function), {}, &m_driver->window(), done);
            });
            return details && details->configuration.lastUpdateStatus == QLatin1String("Successful");
        };
        EVENTUALLY(isUpdated());
    }
    void expectReason()
    {
        EVENTUALLY(m_driver->window().pages().currentRoute().startsWith(QLatin1String("permissions/")));
        EVENTUALLY(label("simulateVerdict") == QLatin1String("Denied"));
        const QString reason = label("simulateReason");
        QVERIFY2(reason.contains(QLatin1String("role/reader")) &&
                     reason.contains(QLatin1String("secretsmanager:GetSecretValue")),
                 qPrintable(reason));
        QCOMPARE(table("simulateOutcomes")->count(), 1);
        QVERIFY2(cell("simulateOutcomes", 0, 3).contains(QLatin1String("secretsmanager:DescribeSecret")),
                 qPrintable(cell("simulateOutcomes", 0, 3)));
        QVERIFY(!get<QComboBox>("simulateWho")->currentText().isEmpty());
        checkControls();
    }
    static QModelIndex deniedLine(const QListView& lines)
    {
        for (int row = 0; row < lines.model()->rowCount(); ++row) {
            const QModelIndex index = lines.model()->index(row, 0);
            if (index.data(LogModel::DeniedRole).toBool())
                return index;
        }
        return {};
    }
    // The status that the result shows, of an invocation with an empty event.
    QString invokeHere()
    {
        auto* editor = get<QsciScintilla>("testEvent");
        m_driver->paste(*editor, QStringLiteral("{}"));
        QTest::keyClick(editor, Qt::Key_Return, Qt::ControlModifier);
        static_cast<void>(QTest::qWaitFor([&] { return !find("resultStatus"); }, 1000)); // it runs
        return QTest::qWaitFor([&] { return find("resultStatus") != nullptr; }, kPatienceMs)
                   ? find("resultStatus")->accessibleName()
                   : QString();
    }
    QString response(const char* member)
    {
        const QByteArray text = get<QsciScintilla>("response")->text().toUtf8();
        return QJsonDocument::fromJson(text).object().value(QLatin1String(member)).toString();
    }

    void open(const char* route) { m_driver->window().openRoute(QLatin1String(route)); }
    void checkControls()
    {
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
    }
    template <class T = QWidget> T* find(const char* name) { return m_driver->find<T>(name); }
    template <class T = QWidget> T* get(const char* name)
    {
        if (!QTest::qWaitFor([&] { return find<T>(name) != nullptr; }, kPatienceMs))
            qFatal("no %s on the screen", name);
        return find<T>(name);
    }
    template <class T = QLabel> QString label(const char* name)
    {
        const T* widget = find<T>(name);
        return widget ? widget->text() : QString();
    }
    ui::TextTable* table(const char* name) { return get<ui::TextTable>(name); }
    QString cell(const char* name, int row, int column)
    {
        return table(name)->model()->index(row, column).data().toString();
    }
    QStringList column(const char* name, int column)
    {
        QStringList cells;
        for (int row = 0; row < table(name)->model()->rowCount(); ++row)
            cells << cell(name, row, column);
        return cells;
    }
    QString json()
    {
        return qobject_cast<widgets::CodeEditor*>(get("policyJson")->parentWidget())->text();
    }
    void click(const char* name)
    {
        QWidget* widget = get(name);
        QTRY_VERIFY2_WITH_TIMEOUT(widget->isEnabled(), name, kPatienceMs); // what it is about loads
        QTest::mouseClick(widget, Qt::LeftButton);
    }
    void type(const char* name, const char* what)
    {
        m_driver->paste(*get<QLineEdit>(name), QLatin1String(what));
    }
    // By the keyboard, as typing the beginning of a choice selects it.
    void choose(const char* name, const char* what)
    {
        auto* box = get<QComboBox>(name);
        QApplication::setActiveWindow(box->window());
        box->setFocus();
        QTest::keyClicks(box, QLatin1String(what));
        QTest::qWait(QApplication::keyboardInputInterval()); // what is typed next begins anew
        QVERIFY2(box->currentText().startsWith(QLatin1String(what)), qPrintable(box->currentText()));
    }

    std::unique_ptr<test::ConsoleDriver> m_driver;
    QString m_born; // which environment answered first
    bool m_broken = false;
};

int main(int argc, char** argv)
{
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    for (const char* folder : {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"})
        qputenv(folder, settings.path().toLocal8Bit());
    QCoreApplication::setOrganizationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationName(QStringLiteral("gantry-test"));
    QApplication application(argc, argv);
    widgets::Theme::current().install(application);
    LeastPrivilegeE2eTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "least_privilege_e2e_test.moc"
