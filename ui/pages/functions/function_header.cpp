#include "ui/pages/functions/function_header.h"

#include "ui/models/format.h"
#include "ui/models/function_session.h"
#include "ui/models/functions_model.h"
#include "ui/models/live_metrics.h"
#include "ui/pages/functions/list_delegates.h"
#include "ui/rpc/functions_api.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/theme.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTimer>
#include <QToolButton>

namespace gantry::ui {

using models::FunctionSession;
using widgets::ButtonKind;
using widgets::Theme;

namespace {
constexpr int kNumbersMs = 500;
const QString kDot = QStringLiteral("  ·  ");
} // namespace

FunctionHeader::FunctionHeader(const Services& services, FunctionSession& session, QWidget* parent)
    : QWidget(parent), m_services(services), m_session(session), m_numbersTimer(new QTimer(this))
{
    m_bar = new widgets::MessageBar;
    m_bar->setObjectName(QStringLiteral("functionConfirm"));
    m_bar->hide();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace / 2);
    layout->addWidget(makeTitleRow());
    layout->addWidget(makeFactsRow());
    layout->addWidget(makePublishRow());
    layout->addWidget(m_bar);
    m_numbersTimer->setInterval(kNumbersMs);
    connect(m_numbersTimer, &QTimer::timeout, this, &FunctionHeader::showNumbers);
    connect(&session, &FunctionSession::opened, this, &FunctionHeader::showFunction);
    connect(&session, &FunctionSession::detailsChanged, this, &FunctionHeader::showState);
}

QWidget* FunctionHeader::makeTitleRow()
{
    auto* back = widgets::makeIconButton(QStringLiteral("backToFunctions"),
                                         QStringLiteral("arrow-left"), tr("Back to all functions"));
    connect(back, &QToolButton::clicked, this, &FunctionHeader::backRequested);
    m_name = widgets::makeTitle({});
    m_name->setObjectName(QStringLiteral("functionName"));
    m_name->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_state = new widgets::Badge;
    m_state->setObjectName(QStringLiteral("functionState"));
    auto* test = widgets::makeButton(QStringLiteral("headerTest"), tr("Test"), ButtonKind::Primary,
                                     QStringLiteral("play"));
    test->setAccessibleName(tr("Go to the test"));
    test->setToolTip(tr("Go to the test (Ctrl+T)"));
    connect(test, &QPushButton::clicked, this, &FunctionHeader::testRequested);
    auto* publish = widgets::makeButton(QStringLiteral("headerPublish"), tr("Publish version"),
                                        ButtonKind::Normal, QStringLiteral("version"));
    publish->setToolTip(tr("Keep the code and configuration as they are as a new version"));
    connect(publish, &QPushButton::clicked, this, &FunctionHeader::askPublish);
    auto* remove = widgets::makeButton(QStringLiteral("headerDelete"), tr("Delete"),
                                       ButtonKind::Danger, QStringLiteral("trash"));
    remove->setAccessibleName(tr("Delete this function"));
    remove->setToolTip(tr("Delete this function"));
    connect(remove, &QPushButton::clicked, this, &FunctionHeader::askDelete);

    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(back);
    row->addWidget(m_name);
    row->addWidget(m_state);
    row->addStretch(1);
    row->addWidget(remove);
    row->addWidget(publish);
    row->addWidget(test);
    return bar;
}

QWidget* FunctionHeader::makeFactsRow()
{
    m_facts = widgets::makeCaption({});
    m_facts->setObjectName(QStringLiteral("functionFacts"));
    m_facts->setWordWrap(false);
    auto* copy = widgets::makeIconButton(QStringLiteral("copyArn"), QStringLiteral("copy"),
                                         tr("Copy the ARN"));
    connect(copy, &QToolButton::clicked, this, &FunctionHeader::copyArn);
    m_numbers = new QLabel;
    m_numbers->setObjectName(QStringLiteral("functionNumbers"));
    m_numbers->setFont(Theme::current().font(Theme::Strong));
    auto* bar = new QWidget;
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(Theme::kSpace, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_facts);
    row->addWidget(copy);
    row->addStretch(1);
    row->addWidget(m_numbers);
    return bar;
}

QWidget* FunctionHeader::makePublishRow()
{
    m_description = new QLineEdit;
    widgets::identify(m_description, QStringLiteral("publishDescription"),
                      tr("Description of the new version"));
    m_description->setPlaceholderText(tr("What is new in this version? (optional)"));
    m_description->setMaxLength(256);
    m_publish =
        widgets::makeButton(QStringLiteral("publishConfirm"), tr("Publish"), ButtonKind::Primary);
    auto* cancel = widgets::makeButton(QStringLiteral("publishCancel"), tr("Cancel"));
    cancel->setAccessibleName(tr("Cancel publishing"));
    connect(m_publish, &QPushButton::clicked, this, &FunctionHeader::publish);
    connect(m_description, &QLineEdit::returnPressed, this, &FunctionHeader::publish);
    connect(cancel, &QPushButton::clicked, this, [this] { m_publishRow->hide(); });
    m_publishRow = widgets::makeCard();
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_description, 1);
    row->addWidget(cancel);
    row->addWidget(m_publish);
    widgets::cardLayout(static_cast<QFrame*>(m_publishRow))->addLayout(row);
    m_publishRow->hide();
    return m_publishRow;
}

void FunctionHeader::setLive(bool on)
{
    if (on) {
        showNumbers();
        m_numbersTimer->start();
    } else {
        m_numbersTimer->stop();
    }
}

void FunctionHeader::showFunction()
{
    m_name->setText(m_session.name());
    m_publishRow->hide();
    m_bar->hide();
    m_numbers->clear();
    showState();
    showNumbers();
}

void FunctionHeader::showState()
{
    m_state->setVisible(m_session.details().has_value());
    if (!m_session.details()) {
        m_facts->setText(m_session.error() ? m_session.error()->message : tr("Reading…"));
        return;
    }
    const rpc::FunctionConfiguration& c = m_session.details()->configuration;
    const bool updating = c.lastUpdateStatus == QLatin1String("InProgress");
    const bool failed = c.lastUpdateStatus == QLatin1String("Failed");
    m_state->set(updating ? tr("Updating")
                 : failed ? tr("Update failed")
                          : c.state,
                 updating ? widgets::Badge::Tone::Warning
                 : failed ? widgets::Badge::Tone::Error
                          : toneOfState(c.state));
    m_state->setToolTip(failed ? c.lastUpdateReason : c.stateReason);
    QStringList facts{c.runtime.isEmpty() ? c.packageType : c.runtime, c.architecture,
                      models::formatMemory(c.memoryMb), models::formatBytes(c.codeSize), c.arn};
    m_facts->setText(facts.join(kDot));
}

void FunctionHeader::showNumbers()
{
    const QString& name = m_session.name();
    if (!m_services.liveMetrics || name.isEmpty())
        return;
    const models::LiveMetrics& live = *m_services.liveMetrics;
    if (!live.isLive()) {
        m_numbers->clear();
        return;
    }
    const qint64 now = live.nowMs();
    const models::MetricSeries& series = live.function(name);
    const models::MetricsTotals totals =
        series.totals(now - models::FunctionsModel::kWindowMs, now + 1000);
    const rpc::MetricsPoint* last = series.lastWithInvocations();
    QStringList parts{tr("%1 running").arg(models::formatCount(live.concurrencyOf(name)))};
    if (last)
        parts << tr("p50 %1").arg(models::formatMs(last->durationP50Ms));
    parts << tr("%1 calls, %2 errors in 5 min")
                 .arg(models::formatCount(totals.invocations), models::formatCount(totals.errors));
    m_numbers->setText(parts.join(kDot));
}

void FunctionHeader::askPublish()
{
    m_description->clear();
    m_publish->setEnabled(true);
    m_publishRow->show();
    m_description->setFocus();
}

void FunctionHeader::publish()
{
    if (!m_publish->isEnabled())
        return;
    m_publish->setEnabled(false);
    m_services.functionsApi->publishVersion(
        m_session.name(), m_description->text(), {}, this,
        [this](rpc::Result<rpc::FunctionConfiguration> result) {
            m_publish->setEnabled(true);
            if (!result) {
                m_bar->showMessage(result.error().message, widgets::Badge::Tone::Error);
                return;
            }
            m_publishRow->hide();
            m_session.reloadVersions();
            Q_EMIT messageRequested(
                tr("Version %1 of %2 is published").arg(result->version, result->name), false);
        });
}

void FunctionHeader::askDelete()
{
    m_bar->showMessage(
        tr("Delete %1? Code, versions and aliases go with it; this cannot be undone.")
            .arg(m_session.name()),
        widgets::Badge::Tone::Warning, tr("Delete %1").arg(m_session.name()),
        [this] { removeFunction(); });
}

void FunctionHeader::removeFunction()
{
    const QString name = m_session.name();
    m_services.functionsApi->remove(name, {}, this, [this, name](rpc::Result<rpc::Nothing> result) {
        if (result) {
            Q_EMIT messageRequested(tr("Deleted %1").arg(name), false);
            Q_EMIT backRequested();
        } else {
            m_bar->showMessage(result.error().message, widgets::Badge::Tone::Error);
        }
    });
}

void FunctionHeader::copyArn()
{
    if (!m_session.details())
        return;
    QGuiApplication::clipboard()->setText(m_session.details()->configuration.arn);
    Q_EMIT messageRequested(tr("Copied the ARN"), false);
}

} // namespace gantry::ui
