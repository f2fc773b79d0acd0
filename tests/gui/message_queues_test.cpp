// Where events go on to, how fast streams are, and who may sign packages, set without typing an ARN;
// against a server that the test plays.
#include "aws/iam.pb.h"
#include "aws/lambda.pb.h"
#include "aws/sqs.pb.h"
#include "gantry/v1/concurrency.pb.h"
#include "gantry/v1/message_queues.pb.h"
#include "gantry/v1/signing.pb.h"
#include "tests/support/control_checker.h"
#include "tests/support/played_platform.h"
#include "ui/pages/functions/async_card.h"
#include "ui/pages/functions/runtime_card.h"
#include "ui/pages/functions/signing_dialog.h"
#include "ui/pages/functions/stream_pace_row.h"
#include "ui/pages/queue/message_queues_panel.h"
#include "ui/widgets/json_view.h"
#include "ui/widgets/theme.h"

#include <QApplication>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QStandardItemModel>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

using namespace gantry;
namespace pb = gantry::aws::lambda;

namespace {

constexpr const char* kLambda = "/gantry.aws.lambda.Lambda/";
constexpr const char* kSqs = "/gantry.aws.sqs.Sqs/";
constexpr const char* kIam = "/gantry.aws.iam.Iam/";
constexpr const char* kQueues = "/gantry.v1.MessageQueues/";

const QString kFunctionArn = QStringLiteral("arn:aws:lambda:us-east-1:000000000000:function:work");
const std::string kQueueArn = "arn:aws:sqs:us-east-1:000000000000:";

v1::MessageQueue queueOf(const std::string& name, int visible)
{
    v1::MessageQueue queue;
    queue.set_name(name);
    queue.set_arn(kQueueArn + name);
    queue.set_visible(visible);
    queue.set_oldest_sent_ms(visible ? 1'700'000'000'000 : 0);
    return queue;
}

} // namespace

class MessageQueuesTest : public QObject, private test::PlayedPlatform {
    Q_OBJECT

private slots:
    void initTestCase() { widgets::Theme::current().install(*qApp); }

    void init() { startPlatform(); }
    void cleanup() { endPlatform(); }

    void showsWhatLiesInAQueue()
    {
        v1::MessageQueueList list;
        *list.add_queues() = queueOf("orders-dead-letters", 2);
        list.mutable_queues(0)->add_fed_by("orders");
        *list.add_queues() = queueOf("reports", 0);
        serve(kQueues, "ListMessageQueues", list);
        v1::PeekedMessages peeked;
        v1::PeekedMessage& message = *peeked.add_messages();
        message.set_message_id("m-1");
        message.set_body("{\"order\":7}");
        message.set_sent_ms(1'700'000'000'000);
        (*message.mutable_attributes())["ErrorMessage"] = "no such order";
        (*message.mutable_attributes())["RequestID"] = "r-1";
        serve(kQueues, "PeekMessages", peeked);
        serve(kSqs, "PurgeQueue", v1::MessageQueueList());
        serve(kSqs, "CreateQueue", aws::sqs::CreateQueueResult());
        ui::MessageQueuesPanel panel(*m_channel);
        panel.resize(1300, 700);
        panel.show();
        auto* queues = panel.findChild<QTableView*>(QStringLiteral("messageQueueTable"));
        QTRY_COMPARE(queues->model()->rowCount(), 2);
        queues->selectRow(0);
        auto* messages = panel.findChild<QTableView*>(QStringLiteral("messageTable"));
        QTRY_COMPARE(messages->model()->rowCount(), 1);
        messages->selectRow(0);
        auto* body = panel.findChild<widgets::JsonView*>();
        QTRY_VERIFY(body->text().contains(QStringLiteral("\"order\": 7")));
        const QString facts = panel.findChild<QLabel*>(QStringLiteral("messageAttributes"))->text();
        QVERIFY2(facts.contains(QStringLiteral("RequestID: r-1")), qPrintable(facts));
        QCOMPARE(test::controlProblems(panel).join(QStringLiteral("; ")), QString());
        test::picture(panel, "message-queues");
        QSignalSpy said(&panel, &ui::MessageQueuesPanel::messageRequested);
        panel.findChild<QPushButton*>(QStringLiteral("purgeQueue"))->click();
        auto* box = panel.findChild<QMessageBox*>();
        QVERIFY(box && asked("PurgeQueue").empty());
        box->buttons().last()->click();
        QTRY_COMPARE(said.count(), 1);
        QCOMPARE(parse<aws::sqs::PurgeQueueRequest>("PurgeQueue").queue_url(),
                 std::string("orders-dead-letters"));
        panel.findChild<QPushButton*>(QStringLiteral("newQueue"))->click();
        auto* dialog = panel.findChild<QInputDialog*>();
        QVERIFY(dialog);
        dialog->setTextValue(QStringLiteral("mine"));
        dialog->accept();
        QTRY_VERIFY(!asked("CreateQueue").empty());
        QCOMPARE(parse<aws::sqs::CreateQueueRequest>("CreateQueue").queue_name(), std::string("mine"));
    }

    // A queue for failures, a new one for dead letters: chosen by name, opened to the role.
    void choosesQueuesForEvents()
    {
        v1::MessageQueueList list;
        *list.add_queues() = queueOf("failures", 0);
        serve(kQueues, "ListMessageQueues", list);
        serve(kLambda, "GetFunctionEventInvokeConfig", pb::FunctionEventInvokeConfig());
        pb::FunctionConfiguration configuration;
        configuration.set_role("arn:aws:iam::000000000000:role/work-role");
        serve(kLambda, "GetFunctionConfiguration", configuration);
        pb::GetFunctionRecursionConfigResponse loops;
        loops.set_recursive_loop("Terminate");
        serve(kLambda, "GetFunctionRecursionConfig", loops);
        serve(kLambda, "PutFunctionEventInvokeConfig", pb::FunctionEventInvokeConfig());
        serve(kLambda, "UpdateFunctionConfiguration", pb::FunctionConfiguration());
        serve(kIam, "PutRolePolicy", v1::MessageQueueList());
        serve(kSqs, "CreateQueue", aws::sqs::CreateQueueResult());
        QStandardItemModel functions;
        functions.appendRow(new QStandardItem(QStringLiteral("work")));
        functions.appendRow(new QStandardItem(QStringLiteral("other")));
        ui::AsyncCard card(*m_channel, functions);
        card.resize(1000, 420);
        card.show();
        card.open(QStringLiteral("work"), kFunctionArn);
        auto* failure = card.findChild<QComboBox*>(QStringLiteral("asyncOnFailure"));
        auto* dead = card.findChild<QComboBox*>(QStringLiteral("asyncDeadLetter"));
        QTRY_VERIFY(failure->isEnabled() && failure->findText(QStringLiteral("failures")) > 0);
        QCOMPARE(failure->findText(QStringLiteral("work")), -1); // not to itself
        QVERIFY(failure->findText(QStringLiteral("other")) > 0);
        QCOMPARE(dead->findText(QStringLiteral("other")), -1);
        failure->setCurrentIndex(failure->findText(QStringLiteral("failures")));

        *list.add_queues() = queueOf("work-dead-letters", 0);
        serve(kQueues, "ListMessageQueues", list);
        dead->setCurrentIndex(dead->count() - 1); // New queue…
        auto* dialog = card.findChild<QInputDialog*>();
        QVERIFY(dialog);
        QCOMPARE(dialog->textValue(), QStringLiteral("work-dead-letters"));
        dialog->accept();
        QTRY_COMPARE(dead->currentText(), QStringLiteral("work-dead-letters"));
        QCOMPARE(failure->currentText(), QStringLiteral("failures")); // kept
        auto* grant = card.findChild<QLabel*>(QStringLiteral("asyncGrant"));
        QVERIFY(grant->isVisible() && grant->text().contains(QStringLiteral("work-role")));
        QCOMPARE(test::controlProblems(card).join(QStringLiteral("; ")), QString());
        test::picture(card, "async-card");
        QSignalSpy saved(&card, &ui::AsyncCard::saved);
        card.findChild<QPushButton*>(QStringLiteral("saveAsync"))->click();
        QTRY_COMPARE(saved.count(), 1);
        const auto policy = parse<aws::iam::PutRolePolicyRequest>("PutRolePolicy");
        QCOMPARE(policy.role_name(), std::string("work-role"));
        const QString document = QString::fromStdString(policy.policy_document());
        QVERIFY(document.contains(QStringLiteral("sqs:SendMessage")) &&
                document.contains(QStringLiteral(":failures\"")) &&
                document.contains(QStringLiteral(":work-dead-letters\"")));
        QCOMPARE(parse<pb::PutFunctionEventInvokeConfigRequest>("PutFunctionEventInvokeConfig")
                     .destination_config()
                     .on_failure()
                     .destination(),
                 kQueueArn + "failures");
        QCOMPARE(parse<pb::UpdateFunctionConfigurationRequest>("UpdateFunctionConfiguration")
                     .dead_letter_config()
                     .target_arn(),
                 kQueueArn + "work-dead-letters");
        QVERIFY(!grant->isVisible());
    }

    void setsTheSpeedOfStreams()
    {
        v1::StreamPace usual;
        usual.set_burst_mb(6);
        usual.set_mb_per_second(2);
        serve("/gantry.v1.Concurrency/", "GetStreamPace", usual);
        v1::StreamPace own = usual;
        own.set_mb_per_second(0.5);
        own.set_own(true);
        serve("/gantry.v1.Concurrency/", "SetStreamPace", own);
        ui::StreamPaceRow row(*m_channel);
        row.resize(1000, 40);
        row.show();
        row.open(QStringLiteral("work"));
        auto* rate = row.findChild<QDoubleSpinBox*>(QStringLiteral("paceRate"));
        auto* save = row.findChild<QPushButton*>(QStringLiteral("savePace"));
        auto* usually = row.findChild<QPushButton*>(QStringLiteral("usualPace"));
        QTRY_COMPARE(rate->value(), 2.0);
        QVERIFY(!save->isEnabled() && !usually->isVisible());
        rate->setValue(0.5);
        QCOMPARE(test::controlProblems(row).join(QStringLiteral("; ")), QString());
        save->click();
        QTRY_VERIFY(usually->isVisible());
        QCOMPARE(parse<v1::SetStreamPaceRequest>("SetStreamPace").pace().mb_per_second(), 0.5);
        test::picture(row, "stream-pace");
        usually->click();
        QTRY_VERIFY(!parse<v1::SetStreamPaceRequest>("SetStreamPace").has_pace());
    }

    void makesASigningConfigurationFromACertificate()
    {
        serve(kLambda, "GetRuntimeManagementConfig", pb::GetRuntimeManagementConfigResponse());
        serve(kLambda, "ListCodeSigningConfigs", pb::ListCodeSigningConfigsResponse());
        serve(kLambda, "GetFunctionCodeSigningConfig", pb::GetFunctionCodeSigningConfigResponse());
        serve(kLambda, "PutFunctionCodeSigningConfig", pb::PutFunctionCodeSigningConfigResponse());
        v1::SigningProfile profile;
        profile.set_profile_version_arn("arn:aws:signer:us-east-1:000000000000:/signing-profiles/team/abc");
        serve("/gantry.v1.Signing/", "AddSigningProfile", profile);
        pb::CreateCodeSigningConfigResponse created;
        created.mutable_code_signing_config()->set_code_signing_config_arn("arn:csc");
        created.mutable_code_signing_config()->set_description("the team");
        created.mutable_code_signing_config()
            ->mutable_code_signing_policies()
            ->set_untrusted_artifact_on_deployment("Enforce");
        serve(kLambda, "CreateCodeSigningConfig", created);
        ui::RuntimeCard card(*m_channel);
        card.resize(1000, 300);
        card.show();
        card.open(QStringLiteral("work"), {});
        auto* make = card.findChild<QPushButton*>(QStringLiteral("newSigning"));
        QTRY_VERIFY(make->isEnabled());
        QCOMPARE(test::controlProblems(card).join(QStringLiteral("; ")), QString());
        test::picture(card, "runtime-card");
        make->click();
        auto* dialog = card.findChild<ui::SigningDialog*>();
        QVERIFY(dialog);
        const QString good = m_directory->filePath(QStringLiteral("team.pem"));
        const QString bad = m_directory->filePath(QStringLiteral("notes.txt"));
        write(good, "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n");
        write(bad, "no certificate");
        auto* create = dialog->findChild<QPushButton*>(QStringLiteral("createSigning"));
        auto* problem = dialog->findChild<QLabel*>(QStringLiteral("signingProblem"));
        dialog->setCertificate(bad);
        QVERIFY(problem->isVisible() && !create->isEnabled());
        dialog->findChild<QLineEdit*>(QStringLiteral("signingPublisher"))->clear();
        dialog->setCertificate(good);
        QVERIFY(!problem->isVisible());
        QCOMPARE(dialog->findChild<QLineEdit*>(QStringLiteral("signingPublisher"))->text(),
                 QStringLiteral("team"));
        QCOMPARE(test::controlProblems(*dialog).join(QStringLiteral("; ")), QString());
        test::picture(*dialog, "signing-dialog");
        create->click();
        auto* signing = card.findChild<QComboBox*>(QStringLiteral("codeSigning"));
        QTRY_COMPARE(signing->currentText(), QStringLiteral("the team (enforced)"));
        QCOMPARE(parse<v1::AddSigningProfileRequest>("AddSigningProfile").name(), std::string("team"));
        const auto request = parse<pb::CreateCodeSigningConfigRequest>("CreateCodeSigningConfig");
        QCOMPARE(request.allowed_publishers().signing_profile_version_arns(0),
                 profile.profile_version_arn());
        card.findChild<QPushButton*>(QStringLiteral("saveRuntime"))->click();
        QTRY_VERIFY(!asked("PutFunctionCodeSigningConfig").empty());
        QCOMPARE(parse<pb::PutFunctionCodeSigningConfigRequest>("PutFunctionCodeSigningConfig")
                     .code_signing_config_arn(),
                 std::string("arn:csc"));
    }

private:
    static void write(const QString& path, const char* text)
    {
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text);
    }
};

QTEST_MAIN(MessageQueuesTest)
#include "message_queues_test.moc"
