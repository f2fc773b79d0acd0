// Who may call a function and use a layer, and the events of versions: chosen by name; against a
// server that the test plays.
#include "aws/iam.pb.h"
#include "aws/lambda.pb.h"
#include "tests/support/control_checker.h"
#include "tests/support/played_platform.h"
#include "ui/pages/functions/callers_card.h"
#include "ui/pages/functions/configuration_form.h"
#include "ui/pages/functions/grant_dialog.h"
#include "ui/pages/layers/share_layer_dialog.h"

#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>

using namespace gantry;
namespace pb = gantry::aws::lambda;

namespace {
constexpr const char* kLambda = "/gantry.aws.lambda.Lambda/";
constexpr const char* kIam = "/gantry.aws.iam.Iam/";
const QString kArn = QStringLiteral("arn:aws:lambda:us-east-1:000000000000:function:work");
const char* const kPolicy =
    "{\"Statement\":[{\"Sid\":\"bucket\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":"
    "\"s3.amazonaws.com\"},\"Action\":\"lambda:InvokeFunction\",\"Condition\":{\"ArnLike\":"
    "{\"AWS:SourceArn\":\"arn:aws:s3:::pictures\"}}}]}";
} // namespace

class GrantsTest : public QObject, private test::PlayedPlatform {
    Q_OBJECT
private slots:
    void initTestCase() { widgets::Theme::current().install(*qApp); }
    void init() { startPlatform(); }
    void cleanup() { endPlatform(); }

    void letsABucketCall()
    {
        pb::GetPolicyResponse policy;
        policy.set_policy(kPolicy);
        serve(kLambda, "GetPolicy", policy);
        serve(kLambda, "AddPermission", pb::AddPermissionResponse());
        serve(kLambda, "RemovePermission", pb::AddPermissionResponse());
        aws::iam::ListRolesResponse roles;
        auto& role = *roles.add_roles();
        role.set_role_name("worker");
        role.set_arn("arn:aws:iam::000000000000:role/worker");
        serve(kIam, "ListRoles", roles);
        serve(kIam, "ListUsers", aws::iam::ListUsersResponse());
        QWidget window;
        ui::CallersCard card(*m_channel, &window);
        window.resize(1000, 300);
        card.resize(1000, 300);
        window.show();
        card.qualifiers().addItem(QStringLiteral("Alias live"), QStringLiteral("live"));
        card.open(QStringLiteral("work"), kArn);
        auto* table = card.findChild<QTableView*>(QStringLiteral("functionCallers"));
        QTRY_COMPARE(table->model()->rowCount(), 1);
        QCOMPARE(table->model()->index(0, 0).data().toString(), QStringLiteral("Amazon S3"));
        QCOMPARE(table->model()->index(0, 2).data().toString(), QStringLiteral("pictures"));
        QCOMPARE(test::controlProblems(card).join(QStringLiteral("; ")), QString());
        test::picture(window, "callers");

        card.qualifiers().setCurrentIndex(1);
        card.findChild<QPushButton*>(QStringLiteral("addCaller"))->click();
        auto* dialog = window.findChild<ui::GrantDialog*>();
        QVERIFY(dialog);
        auto* allow = dialog->findChild<QPushButton*>(QStringLiteral("grantAllow"));
        dialog->findChild<QLineEdit*>(QStringLiteral("grantSource"))->setText(QStringLiteral("logos"));
        QCOMPARE(test::controlProblems(*dialog).join(QStringLiteral("; ")), QString());
        test::picture(*dialog, "grant-dialog");
        allow->click();
        QTRY_VERIFY(!asked("AddPermission").empty());
        const auto request = parse<pb::AddPermissionRequest>("AddPermission");
        QCOMPARE(request.function_name(), std::string("work:live"));
        QCOMPARE(request.principal(), std::string("s3.amazonaws.com"));
        QCOMPARE(request.source_arn(), std::string("arn:aws:s3:::logos"));
        QCOMPARE(request.source_account(), std::string("000000000000"));
        QTRY_VERIFY(!window.findChild<ui::GrantDialog*>());

        table->selectRow(0);
        card.findChild<QPushButton*>(QStringLiteral("removeCaller"))->click();
        QTRY_COMPARE(parse<pb::RemovePermissionRequest>("RemovePermission").statement_id(),
                     std::string("bucket"));
    }

    void letsARoleCallTheUrl()
    {
        serve(kLambda, "AddPermission", pb::AddPermissionResponse());
        aws::iam::ListRolesResponse roles;
        auto& role = *roles.add_roles();
        role.set_role_name("worker");
        role.set_arn("arn:aws:iam::000000000000:role/worker");
        serve(kIam, "ListRoles", roles);
        serve(kIam, "ListUsers", aws::iam::ListUsersResponse());
        auto* dialog = new ui::GrantDialog(*m_channel, QStringLiteral("work"), kArn);
        dialog->show();
        auto* kind = dialog->findChild<QComboBox*>(QStringLiteral("grantKind"));
        auto* allow = dialog->findChild<QPushButton*>(QStringLiteral("grantAllow"));
        auto* account = dialog->findChild<QLineEdit*>(QStringLiteral("grantAccount"));
        kind->setCurrentIndex(2); // another account
        QVERIFY(account->isVisible() && !allow->isEnabled());
        account->setText(QStringLiteral("123456789012"));
        QVERIFY(allow->isEnabled());
        kind->setCurrentIndex(1); // a role or a user
        auto* identity = dialog->findChild<QComboBox*>(QStringLiteral("grantIdentity"));
        QTRY_COMPARE(identity->currentText(), QStringLiteral("role worker"));
        dialog->findChild<QComboBox*>(QStringLiteral("grantAction"))->setCurrentIndex(1);
        QSignalSpy granted(dialog, &ui::GrantDialog::granted);
        allow->click();
        QTRY_COMPARE(granted.count(), 1);
        const auto request = parse<pb::AddPermissionRequest>("AddPermission");
        QCOMPARE(request.principal(), std::string("arn:aws:iam::000000000000:role/worker"));
        QCOMPARE(request.action(), std::string("lambda:InvokeFunctionUrl"));
        QCOMPARE(request.function_url_auth_type(), std::string("AWS_IAM"));
    }

    void sharesALayer()
    {
        serve(kLambda, "GetLayerVersionPolicy", pb::GetLayerVersionPolicyResponse());
        serve(kLambda, "AddLayerVersionPermission", pb::AddLayerVersionPermissionResponse());
        auto* dialog = new ui::ShareLayerDialog(*m_channel, QStringLiteral("tools"), 3);
        dialog->show();
        auto* share = dialog->findChild<QPushButton*>(QStringLiteral("shareLayerWith"));
        QVERIFY(!share->isEnabled());
        dialog->findChild<QLineEdit*>(QStringLiteral("shareLayerAccount"))
            ->setText(QStringLiteral("123456789012"));
        QCOMPARE(test::controlProblems(*dialog).join(QStringLiteral("; ")), QString());
        test::picture(*dialog, "share-layer");
        share->click();
        QTRY_VERIFY(!asked("AddLayerVersionPermission").empty());
        const auto request = parse<pb::AddLayerVersionPermissionRequest>("AddLayerVersionPermission");
        QCOMPARE(request.layer_name(), std::string("tools"));
        QCOMPARE(request.version_number(), std::int64_t{3});
        QCOMPARE(request.principal(), std::string("123456789012"));
        dialog->close();
    }

    void choosesAKeyForVariables()
    {
        ui::ConfigurationForm form;
        models::ConfigurationValues values;
        values.kmsKeyArn = QStringLiteral("arn:aws:kms:us-east-1:000000000000:key/of-before");
        form.setValues(values);
        rpc::KeyInfo own;
        own.arn = QStringLiteral("arn:aws:kms:us-east-1:000000000000:key/mine");
        own.aliases = {QStringLiteral("alias/mine")};
        own.state = QStringLiteral("Enabled");
        rpc::KeyInfo managed = own;
        managed.managed = true;
        form.setKeys({own, managed});
        auto* key = form.findChild<QComboBox*>(QStringLiteral("environmentKey"));
        QCOMPARE(form.values().kmsKeyArn, values.kmsKeyArn); // stays, though it is not listed
        QCOMPARE(key->count(), 3);
        key->setCurrentIndex(key->findText(QStringLiteral("alias/mine")));
        const rpc::ConfigurationChange change =
            models::changeBetween(values, form.values(), QStringLiteral("r"));
        QCOMPARE(change.kmsKeyArn, std::optional(own.arn));
        key->setCurrentIndex(0);
        QCOMPARE(form.values().kmsKeyArn, QString());
    }
};

QTEST_MAIN(GrantsTest)
#include "grants_test.moc"
