#include "ui/pages/functions/result_panel.h"

#include "ui/models/debug_run.h"
#include "ui/models/format.h"
#include "ui/models/json_text.h"
#include "ui/models/report_line.h"
#include "ui/models/streamed_invocation.h"
#include "ui/pages/functions/debug_card.h"
#include "ui/pages/permissions/denial_bar.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/json_view.h"
#include "ui/widgets/measure_bars.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QPlainTextEdit>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTimer>

#include <algorithm>

namespace gantry::ui {

using widgets::Badge;
using widgets::Theme;

namespace {

constexpr int kTickMs = 100;
constexpr double kBytesPerMb = 1024.0 * 1024.0;

// "ValueError: broken" of an error document.
QString errorText(const QByteArray& payload)
{
    const QJsonObject error = QJsonDocument::fromJson(payload).object();
    const QString type = error.value(QLatin1String("errorType")).toString();
    const QString message = error.value(QLatin1String("errorMessage")).toString();
    return type.isEmpty() || message.isEmpty() ? type + message
                                               : type + QStringLiteral(": ") + message;
}

} // namespace

ResultPanel::ResultPanel(QWidget* parent)
    : QWidget(parent), m_stack(new QStackedWidget), m_debug(new DebugCard),
      m_ticker(new QTimer(this))
{
    m_stack->addWidget(makeIdle());
    m_running = widgets::makeCaption({});
    m_running->setAlignment(Qt::AlignCenter);
    m_stack->addWidget(m_running);
    m_stack->addWidget(makeResult());
    m_stack->addWidget(m_debug);
    connect(m_debug, &DebugCard::stopRequested, this, &ResultPanel::stopDebuggingRequested);
    connect(m_debug, &DebugCard::copied, this, &ResultPanel::debugConfigurationCopied);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_ticker->setInterval(kTickMs);
    connect(m_ticker, &QTimer::timeout, this, &ResultPanel::tick);
}

QWidget* ResultPanel::makeIdle()
{
    auto* idle = new widgets::EmptyState;
    idle->setIcon(QStringLiteral("test"));
    idle->setTitle(tr("Nothing sent yet"));
    idle->setText(tr("Invoke the function (Ctrl+Enter) to see its response, its log, and what the "
                     "call cost."));
    return idle;
}

QWidget* ResultPanel::makeResult()
{
    m_status = new Badge;
    m_status->setObjectName(QStringLiteral("resultStatus"));
    m_detail = widgets::makeCaption({});
    m_detail->setObjectName(QStringLiteral("resultDetail"));
    m_detail->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_bars = new widgets::MeasureBars(QStringLiteral("resultMeasures"), tr("Time and memory"));
    m_facts = new widgets::FactGrid;
    m_response = new widgets::JsonView(QStringLiteral("response"), tr("Response"),
                                       widgets::JsonView::Mode::Read);
    m_log = new QPlainTextEdit;
    widgets::identify(m_log, QStringLiteral("resultLog"), tr("Log of the invocation"));
    m_log->setToolTip({});
    m_log->setReadOnly(true);
    m_log->setTabChangesFocus(true);
    m_log->setFont(Theme::current().font(Theme::Mono));
    m_log->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_denied = new DenialBar(QStringLiteral("resultWhy"));
    connect(m_denied, &DenialBar::openRequested, this, &ResultPanel::openRequested);
    m_tabs = new QTabWidget;
    widgets::identify(m_tabs, QStringLiteral("resultTabs"), tr("Response and log"));
    m_tabs->setToolTip({});
    m_tabs->addTab(m_response, tr("Response"));
    m_tabs->addTab(m_log, tr("Log"));

    auto* result = new QWidget;
    auto* column = new QVBoxLayout(result);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    auto* head = new QHBoxLayout;
    head->setSpacing(Theme::kSpace);
    head->addWidget(m_status, 0, Qt::AlignTop);
    head->addWidget(m_detail, 1);
    column->addLayout(head);
    column->addWidget(m_denied);
    column->addWidget(m_bars);
    column->addWidget(m_facts);
    column->addWidget(m_tabs, 1);
    return result;
}

void ResultPanel::clear()
{
    m_ticker->stop();
    m_stack->setCurrentIndex(0);
}

void ResultPanel::showRunning()
{
    m_since.start();
    m_ticker->start();
    tick();
    m_stack->setCurrentWidget(m_running);
}

void ResultPanel::tick()
{
    const double seconds = static_cast<double>(m_since.elapsed()) / 1000;
    m_running->setText(tr("Running… %1 s").arg(QLocale().toString(seconds, 'f', 1)));
}

void ResultPanel::begin()
{
    m_ticker->stop();
    m_bars->setBars({});
    m_bars->hide();
    m_facts->hide();
    m_stack->setCurrentIndex(2);
}

void ResultPanel::setStatus(const QString& text, int tone, const QString& detail)
{
    m_status->set(text, static_cast<Badge::Tone>(tone));
    m_status->setAccessibleName(tr("Result: %1").arg(text));
    m_detail->setText(detail);
}

void ResultPanel::showReply(const rpc::InvokeReply& reply)
{
    begin();
    const auto report = models::parseReport(reply.log);
    const bool late = report && report->status == QLatin1String("timeout");
    if (!reply.functionError.isEmpty())
        setStatus(late ? tr("Timed out") : tr("Function error"), int(Badge::Tone::Error),
                  errorText(reply.payload));
    else if (reply.status == 202)
        setStatus(tr("Accepted"), int(Badge::Tone::Info), tr("The event waits for its turn."));
    else if (reply.status == 204)
        setStatus(tr("Dry run"), int(Badge::Tone::Info),
                  tr("The function exists and may be invoked; it did not run."));
    else
        setStatus(tr("Succeeded"), int(Badge::Tone::Success), {});
    showPayload(reply.payload);
    m_log->setPlainText(reply.log);
    m_tabs->setTabVisible(1, reply.status == 200);
    showDenials();
    if (!report)
        return;
    showMeasures({report->initMs, report->restoreMs, report->durationMs, report->billedMs,
                  double(report->memoryMb), double(report->memoryUsedMb)});
    m_facts->set(tr("Cost"), tr("…"));
    m_facts->set(tr("Version"), reply.executedVersion);
    m_facts->set(tr("Request ID"), report->requestId);
    m_facts->show();
}

void ResultPanel::showStream(const models::StreamedInvocation& stream)
{
    const models::ChunkLog& chunks = stream.chunks();
    const QString came =
        chunks.count() == 0
            ? QString()
            : tr("%1, the first after %2 (as the console saw it)")
                  .arg(chunks.sizeText(), models::formatMs(chunks.firstByteMs()));
    if (stream.hasCompleted()) {
        rpc::InvokeReply reply;
        reply.status = 200;
        reply.log = stream.log();
        reply.executedVersion = stream.executedVersion();
        reply.functionError = stream.errorCode();
        reply.payload = stream.errorCode().isEmpty() ? chunks.body() : stream.errorDetails().toUtf8();
        showReply(reply);
        if (stream.errorCode().isEmpty())
            m_detail->setText(came);
        return;
    }
    begin();
    setStatus(stream.isRunning() ? tr("Streaming") : tr("Stopped"),
              int(stream.isRunning() ? Badge::Tone::Info : Badge::Tone::Warning), came);
    m_response->setText(QString::fromUtf8(chunks.body()));
    m_log->clear();
    m_tabs->setTabVisible(1, false);
    showDenials();
}

void ResultPanel::showDebug(const models::DebugRun& run)
{
    using State = models::DebugRun::State;
    m_ticker->stop();
    switch (run.state()) {
    case State::Idle:
        break;
    case State::Starting:
    case State::Awaiting:
        m_debug->show(run);
        m_stack->setCurrentWidget(m_debug);
        break;
    case State::Finished:
        showReply(run.reply());
        m_bars->hide(); // they would show how long somebody looked at it
        m_facts->set(tr("Cost"), tr("none: it was debugged"));
        break;
    case State::Stopped:
        clear();
        break;
    case State::Failed:
        showError(run.error());
        break;
    }
}

void ResultPanel::showError(const rpc::Error& error)
{
    begin();
    const bool throttled = error.name == QLatin1String("TooManyRequestsException");
    setStatus(throttled ? tr("Throttled") : tr("Not invoked"),
              int(throttled ? Badge::Tone::Warning : Badge::Tone::Error),
              error.name + QStringLiteral(": ") + error.message);
    showPayload({});
    m_log->clear();
    m_tabs->setTabVisible(1, false);
    showDenials();
}

void ResultPanel::showSummary(const rpc::InvocationSummary& summary)
{
    showMeasures({summary.initMs, summary.restoreMs, summary.durationMs, double(summary.billedMs),
                  double(summary.memorySizeMb), double(summary.memoryUsedBytes) / kBytesPerMb});
    m_facts->set(tr("Cost"), tr("%1 this call, %2 per million")
                                 .arg(models::formatUsd(summary.costUsd),
                                      models::formatUsd(summary.costUsd * 1'000'000)));
    m_facts->set(tr("Version"), summary.alias.isEmpty()
                                    ? summary.version
                                    : tr("%1 by alias %2").arg(summary.version, summary.alias));
    m_facts->set(tr("Request ID"), summary.requestId);
    m_facts->show();
}

void ResultPanel::showDetail(const rpc::InvocationDetail& detail)
{
    begin();
    const rpc::InvocationSummary& summary = detail.summary;
    const QString when = QLocale().toString(QDateTime::fromMSecsSinceEpoch(summary.startedAtMs),
                                            QLocale::ShortFormat);
    const bool good = summary.errorType.isEmpty();
    setStatus(good ? tr("Succeeded") : tr("Function error"),
              int(good ? Badge::Tone::Success : Badge::Tone::Error),
              good ? when
                   : when + QStringLiteral(" · ") + summary.errorType + QStringLiteral(": ") +
                         summary.errorMessage);
    if (detail.responseKept)
        showPayload(detail.response);
    else
        m_response->setText(tr("The response was too large to keep."));
    QStringList lines;
    for (const rpc::LogLine& line : detail.log)
        lines << line.message.trimmed();
    m_log->setPlainText(lines.join(QLatin1Char('\n')));
    m_tabs->setTabVisible(1, true);
    showDenials();
    showSummary(summary);
}

void ResultPanel::showMeasures(const Measures& m)
{
    const double start = m.initMs + m.restoreMs;
    const double whole = std::max({start + m.durationMs, m.billedMs, 0.001});
    std::vector<widgets::MeasureBars::Bar> bars;
    bars.push_back({m.restoreMs > 0 ? tr("Restore") : tr("Init"),
                    start > 0 ? models::formatMs(start) : tr("warm"), 0, start / whole,
                    Theme::Warning});
    bars.push_back({tr("Duration"), models::formatMs(m.durationMs), start / whole,
                    (start + m.durationMs) / whole, Theme::Accent});
    bars.push_back(
        {tr("Billed"), models::formatMs(m.billedMs), 0, m.billedMs / whole, Theme::Success});
    if (m.memoryMb > 0)
        bars.push_back({tr("Memory"),
                        tr("%1 of %2")
                            .arg(models::formatMemory(qRound(m.memoryUsedMb)),
                                 models::formatMemory(qRound(m.memoryMb))),
                        0, m.memoryUsedMb / m.memoryMb,
                        m.memoryUsedMb > 0.9 * m.memoryMb ? Theme::Error : Theme::Info});
    m_bars->setBars(std::move(bars));
    m_bars->show();
}

void ResultPanel::showPayload(const QByteArray& payload)
{
    m_response->setText(models::formatJson(QString::fromUtf8(payload)));
}

void ResultPanel::showDenials()
{
    m_denied->setText(m_detail->text() + QLatin1Char('\n') + m_response->text() + QLatin1Char('\n') +
                      m_log->toPlainText());
}

} // namespace gantry::ui
