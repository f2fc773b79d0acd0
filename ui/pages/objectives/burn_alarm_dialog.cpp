#include "ui/pages/objectives/burn_alarm_dialog.h"

#include "ui/models/objective_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kWidth = 480;
constexpr double kMinuteMs = 60'000;

} // namespace

BurnAlarmDialog::BurnAlarmDialog(rpc::AlarmsApi& api, const rpc::Objective& objective, QWidget* parent)
    : QDialog(parent), m_api(api), m_objective(objective)
{
    setWindowTitle(tr("Alarm on the burn rate of %1").arg(objective.settings.name));
    setObjectName(QStringLiteral("burnAlarmDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setMinimumWidth(kWidth);
    m_window = new QComboBox(this);
    widgets::identify(m_window, QStringLiteral("burnAlarmWindow"), tr("Window"),
                      tr("The time that the rate is measured over"));
    for (const int minutes : objective.settings.burnWindows)
        m_window->addItem(models::windowText(minutes), minutes);
    m_rate = new QDoubleSpinBox(this);
    widgets::identify(m_rate, QStringLiteral("burnAlarmRate"), tr("Burn rate above"),
                      tr("From where on it is an alarm"));
    m_rate->setRange(0.01, 100'000);
    m_rate->setValue(2);
    m_desktop = new QCheckBox(tr("Tell by a desktop notification"), this);
    widgets::identify(m_desktop, QStringLiteral("burnAlarmDesktop"), m_desktop->text());
    m_desktop->setChecked(true);
    m_meaning = widgets::makeCaption({}, this);
    m_meaning->setObjectName(QStringLiteral("burnAlarmMeaning"));
    m_problem = widgets::makeCaption({}, this);
    m_problem->setObjectName(QStringLiteral("burnAlarmProblem"));
    m_problem->setProperty("tone", QStringLiteral("error"));
    auto* close = widgets::makeButton(QStringLiteral("burnAlarmCancel"), tr("Cancel"),
                                      widgets::ButtonKind::Normal, {}, this);
    m_save = widgets::makeButton(QStringLiteral("burnAlarmSave"), tr("Create alarm"),
                                 widgets::ButtonKind::Primary, QStringLiteral("save"), this);
    m_save->setDefault(true);
    m_save->setEnabled(m_window->count() > 0);
    auto* form = new QFormLayout;
    form->addRow(tr("Window"), m_window);
    form->addRow(tr("Burn rate above"), m_rate);
    form->addRow(QString(), m_desktop);
    auto* buttons = new QHBoxLayout;
    buttons->addWidget(m_problem, 1);
    buttons->addWidget(close);
    buttons->addWidget(m_save);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(Theme::kMargin);
    column->addLayout(form);
    column->addWidget(m_meaning);
    column->addLayout(buttons);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    connect(m_save, &QPushButton::clicked, this, &BurnAlarmDialog::save);
    connect(m_window, &QComboBox::currentIndexChanged, this, &BurnAlarmDialog::describe);
    connect(m_rate, &QDoubleSpinBox::valueChanged, this, &BurnAlarmDialog::describe);
    describe();
}

int BurnAlarmDialog::window() const
{
    return m_window->currentData().toInt();
}

// A rate r over a window w uses r * w / interval of the budget.
void BurnAlarmDialog::describe()
{
    if (m_window->count() == 0) {
        m_meaning->setText(tr("The objective has no burn rates: edit it and add a window."));
        return;
    }
    const double interval = double(m_objective.toMs - m_objective.fromMs);
    const double used = interval > 0 ? m_rate->value() * window() * kMinuteMs / interval * 100 : 0;
    m_meaning->setText(tr("Going on like this for %1 uses %2 % of the whole budget.")
                           .arg(models::windowText(window()), QLocale().toString(used, 'g', 3)));
}

void BurnAlarmDialog::save()
{
    rpc::AlarmSettings alarm;
    alarm.name = tr("%1 burn rate over %2").arg(m_objective.settings.name, models::windowText(window()));
    alarm.description = tr("The error budget of %1 is used too fast.").arg(m_objective.settings.name);
    alarm.metric.space = QStringLiteral("AWS/ApplicationSignals");
    alarm.metric.name = QStringLiteral("BurnRate");
    alarm.metric.dimensions = {{QStringLiteral("BurnRateWindowMinutes"), QString::number(window())},
                               {QStringLiteral("SloName"), m_objective.settings.name}};
    alarm.statistic = QStringLiteral("Maximum");
    alarm.threshold = m_rate->value();
    alarm.missing = QStringLiteral("notBreaching");
    if (m_desktop->isChecked())
        alarm.alarmActions = {QStringLiteral("gantry:desktop")};
    m_save->setEnabled(false);
    m_api.put(alarm, this, [this, name = alarm.name](const rpc::Result<rpc::Nothing>& done) {
        m_save->setEnabled(true);
        if (!done) {
            m_problem->setText(done.error().message);
            return;
        }
        Q_EMIT saved(name);
        close();
    });
}

} // namespace gantry::ui
