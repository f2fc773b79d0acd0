#include "ui/pages/functions/test_tab.h"

#include "ui/models/aws_cli.h"
#include "ui/models/debug_run.h"
#include "ui/models/function_session.h"
#include "ui/models/report_line.h"
#include "ui/models/streamed_invocation.h"
#include "ui/pages/functions/event_panel.h"
#include "ui/pages/functions/invocation_history.h"
#include "ui/pages/functions/result_panel.h"
#include "ui/rpc/debug_api.h"
#include "ui/rpc/functions_api.h"
#include "ui/rpc/monitor_api.h"
#include "ui/rpc/urls_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QSplitter>
#include <QTimer>
#include <QToolButton>

namespace gantry::ui {

using models::FunctionSession;
using widgets::Theme;

namespace {

// The record is written in batches after the answer: ask again a few times.
constexpr int kRecordRetryMs = 250;
constexpr int kRecordAttempts = 8;
// Beside the types of the API: the answer is shown while it comes.
constexpr int kStreamed = 100;

QWidget* padded(QWidget* widget, int left, int right)
{
    auto* box = new QWidget;
    auto* layout = new QVBoxLayout(box);
    layout->setContentsMargins(left, 0, right, 0);
    layout->addWidget(widget);
    return box;
}

} // namespace

void fillQualifiers(QComboBox& choices, const FunctionSession& session)
{
    const QString before = choices.currentData().toString();
    choices.clear();
    choices.addItem(QStringLiteral("$LATEST"), QString());
    for (const rpc::Alias& alias : session.aliases())
        choices.addItem(FunctionSession::tr("Alias %1").arg(alias.name), alias.name);
    for (const rpc::FunctionConfiguration& version : session.versions()) {
        if (version.version != QLatin1String("$LATEST"))
            choices.addItem(FunctionSession::tr("Version %1").arg(version.version),
                            version.version);
    }
    choices.setCurrentIndex(std::max(0, choices.findData(before)));
}

TestTab::TestTab(const Services& services, FunctionSession& session)
    : FunctionTab(services, session), m_event(new EventPanel), m_result(new ResultPanel),
      m_history(new InvocationHistory(*services.monitorApi)), m_tenant(new QLineEdit),
      m_streams(std::make_unique<rpc::UrlsApi>(*services.channel)),
      m_streamed(new models::StreamedInvocation(*m_streams, this)),
      m_debugger(std::make_unique<rpc::DebugApi>(*services.channel)),
      m_debugged(new models::DebugRun(*m_debugger, this))
{
    auto* rows = new QSplitter(Qt::Vertical);
    rows->setChildrenCollapsible(false);
    rows->addWidget(makeColumns());
    rows->addWidget(m_history);
    rows->setStretchFactor(0, 3);
    rows->setStretchFactor(1, 1);
    rows->setSizes({520, 220});
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, Theme::kMargin, 0, 0);
    layout->addWidget(rows);

    connect(&session, &FunctionSession::opened, this, &TestTab::openFunction);
    connect(&session, &FunctionSession::versionsChanged, this,
            [this] { ui::fillQualifiers(*m_qualifier, m_session); });
    connect(&session, &FunctionSession::detailsChanged, this, &TestTab::showTenant);
    connect(m_streamed, &models::StreamedInvocation::changed, this, &TestTab::showStream);
    connect(m_debugged, &models::DebugRun::changed, this, &TestTab::showDebug);
    connect(m_result, &ResultPanel::stopDebuggingRequested, m_debugged, &models::DebugRun::stop);
    connect(m_result, &ResultPanel::debugConfigurationCopied, this, [this] {
        Q_EMIT messageRequested(tr("Copied; it belongs into .vscode/launch.json"), false);
    });
    connect(m_event, &EventPanel::problem, this,
            [this](const QString& text) { Q_EMIT messageRequested(text, true); });
    connect(m_history, &InvocationHistory::problem, this,
            [this](const QString& text) { Q_EMIT messageRequested(text, true); });
    connect(m_result, &ResultPanel::openRequested, this, &FunctionTab::openRequested);
    connect(m_history, &InvocationHistory::openRequested, m_result, &ResultPanel::showDetail);
    connect(m_history, &InvocationHistory::replayRequested, this,
            [this](const rpc::InvocationDetail& detail) {
                m_event->setText(QString::fromUtf8(detail.event));
                invoke();
            });
    connect(m_history, &InvocationHistory::debugRequested, this,
            [this](const rpc::InvocationDetail& detail) {
                m_event->setText(QString::fromUtf8(detail.event));
                debug();
            });
    openFunction();
}

TestTab::~TestTab() = default;

QWidget* TestTab::makeColumns()
{
    auto* left = new QWidget;
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, Theme::kMargin, Theme::kSpace);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_event, 1);
    column->addWidget(makeSender());
    auto* columns = new QSplitter(Qt::Horizontal);
    columns->setChildrenCollapsible(false);
    columns->addWidget(left);
    columns->addWidget(padded(m_result, Theme::kMargin, 0));
    columns->setSizes({500, 600});
    return columns;
}

QWidget* TestTab::makeSender()
{
    m_qualifier = new QComboBox;
    widgets::identify(m_qualifier, QStringLiteral("testQualifier"), tr("Version or alias"));
    m_qualifier->setMinimumWidth(140);
    m_type = new QComboBox;
    widgets::identify(m_type, QStringLiteral("testType"), tr("Invocation type"));
    m_type->addItem(tr("Wait for the answer"), int(rpc::InvocationType::RequestResponse));
    m_type->addItem(tr("Stream the answer"), kStreamed);
    m_type->addItem(tr("Dry run"), int(rpc::InvocationType::DryRun));
    widgets::identify(m_tenant, QStringLiteral("testTenant"), tr("Tenant ID"),
                      tr("The tenant whose environment runs the event"));
    m_tenant->setPlaceholderText(tr("Tenant ID"));
    m_tenant->setMaxLength(256);
    m_tenant->setMaximumWidth(160);
    m_tenant->hide();
    auto* copy = widgets::makeIconButton(QStringLiteral("copyInvoke"), QStringLiteral("terminal"),
                                         tr("Copy as AWS CLI command"));
    connect(copy, &QToolButton::clicked, this, &TestTab::copyCommand);
    m_invoke = widgets::makeButton(QStringLiteral("invoke"), tr("Invoke"),
                                   widgets::ButtonKind::Primary, QStringLiteral("play"));
    m_invoke->setToolTip(tr("Send the event (Ctrl+Enter)"));
    connect(m_invoke, &QPushButton::clicked, this, &TestTab::invoke);
    m_debug = widgets::makeButton(QStringLiteral("debugInvoke"), tr("Debug"),
                                  widgets::ButtonKind::Normal, QStringLiteral("debug"));
    m_debug->setToolTip(tr("Send the event and wait for your debugger to attach (Ctrl+Shift+Enter). "
                           "Beyond Lambda: there is no time-out"));
    m_debug->setShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_Return);
    connect(m_debug, &QPushButton::clicked, this, &TestTab::debug);
    for (const int key : {Qt::Key_Return, Qt::Key_Enter}) {
        auto* action = new QAction(this);
        action->setShortcut(QKeySequence(Qt::CTRL | Qt::Key(key)));
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        connect(action, &QAction::triggered, this, &TestTab::invoke);
        addAction(action);
    }
    auto* sender = new QWidget;
    auto* row = new QHBoxLayout(sender);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_qualifier);
    row->addWidget(m_type);
    row->addWidget(m_tenant);
    row->addStretch(1);
    row->addWidget(copy);
    row->addWidget(m_debug);
    row->addWidget(m_invoke);
    return sender;
}

void TestTab::activated()
{
    m_history->setFollowing(true);
}

void TestTab::deactivated()
{
    m_history->setFollowing(false);
}

void TestTab::show(const QString& subRoute)
{
    if (!subRoute.startsWith(QLatin1String("debug/")))
        return;
    m_services.monitorApi->getInvocation(
        subRoute.section(u'/', 1), this, [this](const rpc::Result<rpc::InvocationDetail>& detail) {
            if (!detail || !detail->eventKept) {
                Q_EMIT messageRequested(detail ? tr("The event of this invocation was not kept.")
                                               : detail.error().message,
                                        true);
                return;
            }
            m_event->setText(QString::fromUtf8(detail->event));
            debug();
        });
}

// Only a function with tenant isolation takes a tenant, and it takes nothing without.
void TestTab::showTenant()
{
    m_tenant->setVisible(m_session.details() &&
                         m_session.details()->configuration.tenantIsolation);
}

void TestTab::openFunction()
{
    m_call.reset();
    m_streamed->clear();
    m_debugged->clear();
    showTenant();
    m_invoke->setEnabled(true);
    m_debug->setEnabled(true);
    m_event->setFunction(m_session.name());
    m_history->setFunction(m_session.name());
    m_result->clear();
    ui::fillQualifiers(*m_qualifier, m_session);
}

void TestTab::invoke()
{
    if (m_streamed->isRunning())
        return m_streamed->stop();
    if (!m_invoke->isEnabled())
        return;
    std::optional<rpc::InvokeRequest> request = makeRequest();
    if (!request)
        return;
    m_call = std::make_unique<QObject>();
    if (m_type->currentData().toInt() == kStreamed)
        return m_streamed->start(*request);
    request->type = static_cast<rpc::InvocationType>(m_type->currentData().toInt());
    m_invoke->setEnabled(false);
    m_result->showRunning();
    m_services.functionsApi->invoke(
        *request, m_call.get(), [this](rpc::Result<rpc::InvokeReply> result) { invoked(result); });
}

// Nothing when what was typed cannot be sent; the user is told.
std::optional<rpc::InvokeRequest> TestTab::makeRequest()
{
    if (!m_event->checkText())
        return std::nullopt;
    if (m_tenant->isVisibleTo(this) && m_tenant->text().trimmed().isEmpty()) {
        Q_EMIT messageRequested(tr("This function needs a tenant ID: type one"), true);
        return std::nullopt;
    }
    rpc::InvokeRequest request;
    request.function = m_session.name();
    request.qualifier = m_qualifier->currentData().toString();
    request.payload = m_event->text().toUtf8();
    if (m_tenant->isVisibleTo(this))
        request.tenantId = m_tenant->text().trimmed();
    return request;
}

void TestTab::debug()
{
    if (!m_debug->isEnabled())
        return;
    if (const auto request = makeRequest())
        m_debugged->start(*request);
}

void TestTab::showDebug()
{
    m_debug->setEnabled(!m_debugged->isRunning());
    m_invoke->setEnabled(!m_debugged->isRunning());
    m_result->showDebug(*m_debugged);
}

void TestTab::showStream()
{
    m_invoke->setText(m_streamed->isRunning() ? tr("Stop") : tr("Invoke"));
    if (m_streamed->error())
        return m_result->showError(*m_streamed->error());
    if (m_streamed->isIdle())
        return;
    m_result->showStream(*m_streamed);
    if (m_streamed->isRunning())
        return;
    if (const auto report = models::parseReport(m_streamed->log()))
        showRecord(report->requestId, 1);
}

void TestTab::invoked(const rpc::Result<rpc::InvokeReply>& result)
{
    m_invoke->setEnabled(true);
    if (!result)
        return m_result->showError(result.error());
    m_result->showReply(*result);
    if (const auto report = models::parseReport(result->log))
        showRecord(report->requestId, 1);
}

void TestTab::showRecord(const QString& requestId, int attempt)
{
    m_services.monitorApi->getInvocation(
        requestId, m_call.get(),
        [this, requestId, attempt](rpc::Result<rpc::InvocationDetail> detail) {
            if (detail) {
                m_result->showSummary(detail->summary);
                m_history->reload();
            } else if (attempt < kRecordAttempts) {
                QTimer::singleShot(kRecordRetryMs, m_call.get(), [this, requestId, attempt] {
                    showRecord(requestId, attempt + 1);
                });
            }
        });
}

void TestTab::copyCommand()
{
    QList<QPair<QString, QString>> options{{QStringLiteral("function-name"), m_session.name()}};
    const QString qualifier = m_qualifier->currentData().toString();
    if (!qualifier.isEmpty())
        options.append({QStringLiteral("qualifier"), qualifier});
    if (m_tenant->isVisibleTo(this))
        options.append({QStringLiteral("tenant-id"), m_tenant->text().trimmed()});
    options.append({QStringLiteral("cli-binary-format"), QStringLiteral("raw-in-base64-out")});
    options.append({QStringLiteral("payload"), m_event->text().trimmed()});
    QGuiApplication::clipboard()->setText(
        models::awsCliCommand(m_session.awsEndpoint(), QStringLiteral("invoke"), options) +
        QStringLiteral(" /dev/stdout"));
    Q_EMIT messageRequested(tr("Copied the command that sends this event"), false);
}

} // namespace gantry::ui
