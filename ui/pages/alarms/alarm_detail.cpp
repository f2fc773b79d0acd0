#include "ui/pages/alarms/alarm_detail.h"

#include "ui/models/alarm_text.h"
#include "ui/pages/alarms/alarm_tone.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTableWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kRowHeight = 28;

QString timeText(qint64 unixMs)
{
    return QLocale().toString(QDateTime::fromMSecsSinceEpoch(unixMs),
                              QStringLiteral("d MMM HH:mm:ss"));
}

QString missingText(const QString& missing)
{
    return missing == QLatin1String("notBreaching") ? AlarmDetail::tr("is good")
           : missing == QLatin1String("breaching")  ? AlarmDetail::tr("is bad")
           : missing == QLatin1String("ignore")     ? AlarmDetail::tr("keeps the state")
                                                    : AlarmDetail::tr("is no data");
}

QString actionsText(const QStringList& actions)
{
    QStringList texts;
    for (const QString& action : actions)
        texts.append(models::actionText(action));
    return texts.isEmpty() ? QStringLiteral("–") : texts.join(QStringLiteral(", "));
}

} // namespace

AlarmDetail::AlarmDetail(QWidget* parent)
    : QFrame(parent), m_title(widgets::makeHeading({}, this)), m_state(new widgets::Badge),
      m_reason(widgets::makeCaption({}, this)), m_facts(new widgets::FactGrid(this))
{
    setProperty("card", true);
    setObjectName(QStringLiteral("alarmDetail"));
    m_reason->setObjectName(QStringLiteral("alarmReason"));
    m_reason->setTextInteractionFlags(Qt::TextSelectableByMouse);
    makeHistory();
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addLayout(makeHead());
    column->addWidget(m_reason);
    column->addWidget(m_facts);
    column->addLayout(makeButtons());
    column->addWidget(widgets::makeHeading(tr("History"), this));
    column->addWidget(m_history, 1);
}

QLayout* AlarmDetail::makeHead()
{
    auto* close = widgets::makeIconButton(QStringLiteral("closeAlarm"), QStringLiteral("close"),
                                          tr("Close the alarm"), this);
    connect(close, &QToolButton::clicked, this, &AlarmDetail::closeRequested);
    auto* head = new QHBoxLayout;
    head->addWidget(m_title);
    head->addSpacing(Theme::kSpace);
    head->addWidget(m_state);
    head->addStretch();
    head->addWidget(close);
    return head;
}

QLayout* AlarmDetail::makeButtons()
{
    m_actions = new QCheckBox(tr("Actions on"), this);
    widgets::identify(m_actions, QStringLiteral("alarmActionsOn"), tr("Actions of the alarm on"),
                      tr("Off: the state changes, but nobody is told"));
    connect(m_actions, &QCheckBox::toggled, this,
            [this](bool on) { Q_EMIT actionsToggled(name(), on); });
    m_edit = widgets::makeButton(QStringLiteral("editAlarm"), tr("Edit"),
                                 widgets::ButtonKind::Normal, QStringLiteral("edit"), this);
    connect(m_edit, &QPushButton::clicked, this,
            [this] { Q_EMIT editRequested(m_alarm.settings); });
    auto* remove = widgets::makeButton(QStringLiteral("deleteAlarm"), tr("Delete"),
                                       widgets::ButtonKind::Danger, QStringLiteral("trash"), this);
    remove->setToolTip(tr("Delete the alarm; its history stays for 30 days"));
    connect(remove, &QPushButton::clicked, this, [this] { Q_EMIT deleteRequested(name()); });
    auto* row = new QHBoxLayout;
    row->addWidget(m_actions);
    row->addStretch();
    row->addWidget(m_edit);
    row->addWidget(remove);
    return row;
}

void AlarmDetail::makeHistory()
{
    m_history = new QTableWidget(0, 2, this);
    widgets::identify(m_history, QStringLiteral("alarmHistory"), tr("History of the alarm"));
    m_history->setHorizontalHeaderLabels({tr("Time"), tr("What")});
    m_history->horizontalHeader()->setStretchLastSection(true);
    m_history->horizontalHeader()->setHighlightSections(false);
    m_history->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_history->setColumnWidth(0, 130);
    m_history->verticalHeader()->hide();
    m_history->verticalHeader()->setDefaultSectionSize(kRowHeight);
    m_history->setShowGrid(false);
    m_history->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_history->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_history->setTabKeyNavigation(false);
}

void AlarmDetail::setAlarm(const rpc::Alarm& alarm)
{
    if (alarm.settings.name != name())
        m_history->setRowCount(0);
    m_alarm = alarm;
    const rpc::AlarmSettings& settings = alarm.settings;
    m_title->setText(settings.name);
    m_state->set(models::alarmStateText(alarm.state), toneOf(alarm.state));
    m_reason->setText(alarm.reason);
    m_facts->set(tr("Watches"), alarm.isComposite()          ? tr("other alarms")
                                : alarm.expression.isEmpty() ? models::metricText(settings.metric)
                                                             : alarm.expression);
    m_facts->set(tr("Condition"), models::conditionText(alarm));
    m_facts->set(tr("Missing data"), alarm.isComposite() ? QStringLiteral("–") : missingText(settings.missing));
    m_facts->set(tr("In alarm, tells"), actionsText(settings.alarmActions));
    m_facts->set(tr("When OK, tells"), actionsText(settings.okActions));
    m_facts->set(tr("Since"), timeText(alarm.sinceMs));
    const QSignalBlocker blocked(m_actions);
    m_actions->setChecked(settings.actionsEnabled);
    m_edit->setEnabled(alarm.isEditable());
    m_edit->setToolTip(alarm.isEditable() ? tr("Change the alarm")
                                          : tr("Alarms on expressions and on other alarms are changed "
                                               "with the AWS CLI or an SDK"));
}

void AlarmDetail::showHistory(const QList<rpc::AlarmHistoryItem>& items)
{
    m_history->setRowCount(int(items.size()));
    for (int row = 0; row < int(items.size()); ++row) {
        m_history->setItem(row, 0, new QTableWidgetItem(timeText(items.at(row).timeMs)));
        auto* what = new QTableWidgetItem(items.at(row).summary);
        what->setToolTip(items.at(row).data);
        m_history->setItem(row, 1, what);
    }
}

} // namespace gantry::ui
