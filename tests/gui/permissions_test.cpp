// The permissions page with a real daemon behind it: a role is made by clicking, a call with it is
// denied, the console says why, and is used to mend it.
#include "tests/support/console_driver.h"
#include "tests/support/control_checker.h"

#include "ui/pages/permissions/list_field.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/rpc/vault_api.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/code_editor.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QTableWidget>
#include <QTreeWidget>

using namespace gantry;
using test::kPatienceMs;

#define EVENTUALLY(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, kPatienceMs)

class PermissionsTest final : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_driver = std::make_unique<test::ConsoleDriver>();
        m_driver->start();
        EVENTUALLY(m_driver->console().backend().state() == ui::BackendProcess::State::Running);
        rpc::VaultApi vault(m_driver->console().channel());
        QVERIFY(m_driver->answer<QString>([&](auto done) {
            vault.createSecret(QStringLiteral("prod/database"), {}, QStringLiteral("enigma-42"),
                               &m_driver->window(), done);
        }));
    }
    void cleanupTestCase() { m_driver.reset(); }

    void aRoleIsMadeByClicking()
    {
        open("permissions/roles");
        EVENTUALLY(m_driver->find("roleNewName"));
        QVERIFY(!button("roleCreate")->isEnabled());
        type("roleNewName", "worker");
        click("roleCreate");
        EVENTUALLY(table("roleTable")->currentId() == QLatin1String("worker"));
        EVENTUALLY(m_driver->find("roleTrust"));
        checkControls();
        // The test takes the role itself, as Lambda would.
        click("roleTrust");
        EVENTUALLY(m_driver->find("principalsEdit"));
        EVENTUALLY(button("policySave")->isEnabled());
        type("principalsEdit", "000000000000");
        click("principalsAdd");
        EVENTUALLY(json().contains(QLatin1String("\"AWS\": \"000000000000\"")));
        EVENTUALLY(button("policySave")->isEnabled());
        click("policySave");
        EVENTUALLY(!m_driver->find("policyDialog"));
    }

    void aCallIsDenied()
    {
        QCOMPARE(callAsRole(), QStringLiteral("AccessDeniedException"));
    }

    void theConsoleSaysWhy()
    {
        open("permissions/audit");
        EVENTUALLY(m_driver->find("auditTable") && table("auditTable")->count() > 0);
        checkControls();
        select("auditDecision", 1);
        EVENTUALLY(table("auditTable")->count() == 1);
        table("auditTable")->selectRow(0);
        EVENTUALLY(m_driver->find("auditWhy"));
        QVERIFY(label("auditReason").contains(QLatin1String("no policy of")));
        click("auditWhy");
        EVENTUALLY(verdict() == QLatin1String("Denied"));
        QVERIFY(label("simulateReason").contains(QLatin1String("secretsmanager:GetSecretValue")));
        checkControls();
    }

    void theFormAndTheJsonStayInStep()
    {
        open("permissions/roles/worker");
        EVENTUALLY(m_driver->find("rolePolicyNew"));
        click("rolePolicyNew");
        EVENTUALLY(m_driver->find("policyName"));
        checkControls();
        type("policyName", "ReadDatabase");
        QVERIFY(!button("policySave")->isEnabled()); // it allows nothing yet
        click("actionsBrowse");
        EVENTUALLY(m_driver->find("actionTree"));
        type("actionSearch", "GetSecretValue");
        auto* tree = m_driver->find<QTreeWidget>("actionTree");
        const auto items = tree->findItems(QStringLiteral("secretsmanager:GetSecretValue"),
                                           Qt::MatchExactly | Qt::MatchRecursive);
        QCOMPARE(items.size(), 1);
        QVERIFY(!items.first()->isHidden());
        items.first()->setCheckState(0, Qt::Checked);
        click("actionPick");
        EVENTUALLY(json().contains(QLatin1String("secretsmanager:GetSecretValue")));
        click("policyUndo");
        EVENTUALLY(!json().contains(QLatin1String("secretsmanager:GetSecretValue")));
        EVENTUALLY(list("actionsList").isEmpty());
        click("policyRedo");
        EVENTUALLY(list("actionsList").contains(QLatin1String("secretsmanager:GetSecretValue")));
        // And the other way.
        editJson(json().replace(QLatin1String("\"Allow\""), QLatin1String("\"Deny\"")));
        EVENTUALLY(m_driver->find<QComboBox>("statementEffect")->currentIndex() == 1);
        editJson(QStringLiteral("{ \"Statement\": oops }"));
        EVENTUALLY(!m_driver->find("statementEffect"));
        EVENTUALLY(table("policyIssues")->count() == 1);
        click("policyUndo");
        EVENTUALLY(m_driver->find("statementEffect"));
        select("statementEffect", 0);
        EVENTUALLY(json().contains(QLatin1String("\"Allow\"")));
    }

    void aResourceIsChosenFromWhatThereIs()
    {
        click("resourcesBrowse");
        EVENTUALLY(m_driver->find("resourceTable"));
        const auto kinds = [this] {
            QStringList all;
            for (int row = 0; row < table("resourceTable")->model()->rowCount(); ++row)
                all << table("resourceTable")->model()->index(row, 0).data().toString();
            return all;
        };
        for (const char* kind : {"Role", "Secret", "Key"})
            EVENTUALLY(kinds().contains(QLatin1String(kind)));
        type("resourceSearch", "prod/database");
        auto* known = table("resourceTable");
        EVENTUALLY(known->model()->rowCount() == 1);
        known->selectRow(0);
        m_secretArn = known->currentId();
        // Or by its form, in the region of the platform or in all.
        auto* types = m_driver->find<QComboBox>("resourceType");
        select("resourceType", types->findText(QStringLiteral("secretsmanager Secret")));
        QCOMPARE(m_driver->find<QLineEdit>("resourceArn")->text(),
                 QStringLiteral("arn:aws:secretsmanager:us-east-1:000000000000:secret:*"));
        select("resourceRegion", m_driver->find<QComboBox>("resourceRegion")->count() - 1);
        QCOMPARE(m_driver->find<QLineEdit>("resourceArn")->text(),
                 QStringLiteral("arn:aws:secretsmanager:*:000000000000:secret:*"));
        m_driver->find<QLineEdit>("resourceArn")->setText(m_secretArn);
        click("resourcePick");
        EVENTUALLY(json().contains(QLatin1String(":secret:prod/database-")));
        EVENTUALLY(button("policySave")->isEnabled());
        QVERIFY(label("policySentences").startsWith(QLatin1String("May ")));
        click("policySave");
        EVENTUALLY(!m_driver->find("policyDialog"));
        EVENTUALLY(table("rolePolicies")->count() == 1);
    }

    void aNewPolicyReplacesNone()
    {
        click("rolePolicyNew");
        EVENTUALLY(m_driver->find("policyName"));
        type("policyName", "ReadDatabase");
        editJson(QStringLiteral("{\"Version\": \"2012-10-17\", \"Statement\": {\"Effect\": \"Deny\", "
                                "\"Action\": \"s3:GetObject\", \"Resource\": \"*\"}}"));
        EVENTUALLY(button("policySave")->isEnabled());
        click("policySave");
        EVENTUALLY(label("policyError").contains(QLatin1String("has a policy ReadDatabase already")));
        click("policyCancel");
        EVENTUALLY(!m_driver->find("policyDialog"));
        QCOMPARE(table("rolePolicies")->count(), 1);
    }

    void nowItIsAllowedAndTheStatementShows()
    {
        QCOMPARE(callAsRole(), QStringLiteral("enigma-42"));
        open("permissions/audit");
        EVENTUALLY(m_driver->find("auditTable"));
        select("auditDecision", 1);
        EVENTUALLY(table("auditTable")->count() == 1);
        table("auditTable")->selectRow(0);
        click("auditWhy"); // the same question, with the policies as they are now
        EVENTUALLY(verdict() == QLatin1String("Allowed"));
        QVERIFY(label("simulateReason").contains(QLatin1String("ReadDatabase")));
        EVENTUALLY(table("simulateOutcomes")->count() == 1);
    }

    void whatEachFunctionMayDo()
    {
        QCOMPARE(run("create_function.py", "reader", "worker"), QStringLiteral("created"));
        QCOMPARE(run("create_function.py", "fresh", "fresh-role"), QStringLiteral("created"));
        EVENTUALLY(m_driver->console().functions().names().size() == 2);
        open("permissions/matrix");
        auto* cells = m_driver->find<QTableWidget>("matrixTable");
        EVENTUALLY(cells->rowCount() == 2 && cells->item(1, 2)); // compares at once
        QCOMPARE(cells->item(1, 2)->text(), QStringLiteral("denied")); // on "*"
        m_driver->find<QLineEdit>("matrixResource")->setText(m_secretArn);
        const auto cell = [cells](int row, int column) {
            return cells->item(row, column) ? cells->item(row, column)->text() : QString();
        };
        EVENTUALLY((click("matrixRun"), QTest::qWait(200), cell(1, 2) == QLatin1String("allowed")));
        QCOMPARE(cells->horizontalHeaderItem(2)->text(), QStringLiteral("secretsmanager:GetSecretValue"));
        QCOMPARE(cell(1, 0), QStringLiteral("denied"));
        // Made with the function, as the console of AWS would: it may write logs and no more.
        EVENTUALLY(cell(0, 1) == QLatin1String("allowed"));
        QCOMPARE(cell(0, 2), QStringLiteral("denied"));
    }

    void aRoleIsCutDownToItsUse()
    {
        open("functions/reader/permissions");
        EVENTUALLY(m_driver->find("functionGranted") && table("functionGranted")->count() == 1);
        EVENTUALLY(table("functionUsed")->count() > 0);
        checkControls();
        click("functionTighten");
        EVENTUALLY(label("tightenEffect").startsWith(QLatin1String("None of")));
        click("tightenApply");
        EVENTUALLY(!m_driver->find("tightenDialog"));
        QCOMPARE(callAsRole(), QStringLiteral("enigma-42"));
        open("permissions/roles/worker");
        EVENTUALLY(table("rolePolicies")->count() == 1);
        EVENTUALLY(table("rolePolicies")->model()->index(0, 0).data().toString() == QLatin1String("LeastPrivilege"));
    }

    void accessFromOutsideIsFound()
    {
        QCOMPARE(m_driver->runClient("allow_everybody.py", {QStringLiteral("reader")}), QStringLiteral("allowed"));
        open("permissions/findings");
        EVENTUALLY(m_driver->find("findingKind"));
        select("findingKind", 1);
        EVENTUALLY(table("findingTable")->count() == 1);
        const auto* rows = table("findingTable")->model();
        QCOMPARE(rows->index(0, 0).data().toString(), QStringLiteral("Access from outside"));
        QVERIFY(rows->index(0, 1).data().toString().endsWith(QLatin1String(":function:reader")));
        QCOMPARE(rows->index(0, 2).data().toString(), QStringLiteral("everybody"));
        select("findingKind", 2); // unused permissions: what "fresh" never did
        EVENTUALLY(table("findingTable")->count() >= 1);
        checkControls();
    }

    void theChainIsWhole()
    {
        open("permissions/audit");
        EVENTUALLY(m_driver->find("auditVerify"));
        click("auditVerify");
        auto* bar = m_driver->window().findChild<widgets::MessageBar*>(QStringLiteral("permissionsMessage"));
        EVENTUALLY(bar->isVisible() && bar->text().contains(QLatin1String("follow from each other")));
    }

    void everyTabHasItsControlsInOrder()
    {
        for (const char* tab : {"roles/worker", "users", "groups", "policies", "simulator", "matrix", "findings"}) {
            open(qPrintable(QStringLiteral("permissions/") + QLatin1String(tab)));
            QTest::qWait(300);
            checkControls();
        }
        EVENTUALLY(table("findingTable")->count() >= 0);
    }

private:
    void open(const char* route) { m_driver->window().openRoute(QLatin1String(route)); }
    void checkControls()
    {
        QCOMPARE(test::controlProblems(m_driver->window()).join(QLatin1String("; ")), QString());
    }
    QString callAsRole() { return run("call_as_role.py", "worker", "prod/database"); }
    QString run(const char* script, const char* first, const char* second)
    {
        return m_driver->runClient(script, {QLatin1String(first), QLatin1String(second)});
    }
    QPushButton* button(const char* name)
    {
        auto* found = m_driver->find<QPushButton>(name);
        if (!found)
            qFatal("no button %s", name);
        return found;
    }
    ui::TextTable* table(const char* name)
    {
        auto* found = m_driver->find<ui::TextTable>(name);
        if (!found)
            qFatal("no table %s", name);
        return found;
    }
    QString label(const char* name)
    {
        auto* found = m_driver->find<QLabel>(name);
        return found ? found->text() : QString();
    }
    QString verdict() { return label("simulateVerdict"); }
    QStringList list(const char* name)
    {
        auto* found = m_driver->find(name);
        auto* field = found ? qobject_cast<ui::ListField*>(found->parentWidget()) : nullptr;
        return field ? field->items() : QStringList();
    }
    widgets::CodeEditor* editor()
    {
        QWidget* found = m_driver->find("policyJson");
        return found ? qobject_cast<widgets::CodeEditor*>(found->parentWidget()) : nullptr;
    }
    QString json() { return editor() ? editor()->text() : QString(); }
    void editJson(const QString& text) { m_driver->paste(*m_driver->find("policyJson"), text); }
    void click(const char* name) { QTest::mouseClick(button(name), Qt::LeftButton); }
    void type(const char* name, const char* what)
    {
        m_driver->paste(*m_driver->find<QLineEdit>(name), QLatin1String(what));
    }
    void select(const char* name, int index)
    {
        auto* box = m_driver->find<QComboBox>(name);
        box->setCurrentIndex(index);
        Q_EMIT box->activated(index); // as the user's choice does
    }

    std::unique_ptr<test::ConsoleDriver> m_driver;
    QString m_secretArn;
};

int main(int argc, char** argv)
{
    const QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    QCoreApplication::setOrganizationName(QStringLiteral("gantry"));
    QCoreApplication::setApplicationName(QStringLiteral("gantry-test"));
    QApplication application(argc, argv);
    widgets::Theme::current().install(application);
    PermissionsTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "permissions_test.moc"
