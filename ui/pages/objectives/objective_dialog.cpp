#include "ui/pages/objectives/objective_dialog.h"

#include "ui/models/objective_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QDateEdit>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using rpc::ObjectiveSettings;
using widgets::Theme;

namespace {

constexpr int kWidth = 560;
constexpr int kMostWindows = 10;
constexpr int kLongestWindow = 10'080; // minutes

QString windowsText(const QList<int>& windows)
{
    QStringList texts;
    for (const int minutes : windows)
        texts.append(QString::number(minutes));
    return texts.join(QStringLiteral(", "));
}

QList<int> windowsOf(const QString& text)
{
    QList<int> windows;
    for (const QString& part : text.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        const int minutes = part.trimmed().toInt();
        if (minutes >= 1 && minutes <= kLongestWindow && !windows.contains(minutes))
            windows.append(minutes);
    }
    std::sort(windows.begin(), windows.end());
    return windows.mid(0, kMostWindows);
}

void choose(QComboBox& box, const QVariant& value)
{
    const int index = box.findData(value);
    if (index >= 0)
        box.setCurrentIndex(index);
}

} // namespace

ObjectiveDialog::ObjectiveDialog(rpc::ObjectivesApi& api, const QString& function, QWidget* parent)
    : QDialog(parent), m_api(api), m_function(function)
{
    setWindowTitle(tr("New objective of %1").arg(function));
    setObjectName(QStringLiteral("objectiveDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    setMinimumWidth(kWidth);
    m_form = new QFormLayout;
    m_form->setHorizontalSpacing(Theme::kMargin);
    m_form->setVerticalSpacing(Theme::kSpace);
    makeWhat(*m_form);
    makeGoal(*m_form);
    m_preview = new QLabel(this);
    m_preview->setObjectName(QStringLiteral("objectivePreview"));
    m_preview->setWordWrap(true);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(Theme::kMargin);
    column->addLayout(m_form);
    column->addWidget(m_preview);
    column->addWidget(widgets::makeCaption(
        tr("Throttled calls never reach the function: they count neither as good nor as bad. A period in "
           "which it was not called counts as good."), this));
    column->addStretch();
    column->addLayout(makeButtons());
    chosen();
}

template <class Field>
Field* ObjectiveDialog::field(const char* id, const QString& name, const QString& tip)
{
    auto* made = new Field(this);
    widgets::identify(made, QLatin1String(id), name, tip);
    m_form->addRow(name, made);
    return made;
}

void ObjectiveDialog::makeWhat(QFormLayout&)
{
    m_name = field<QLineEdit>("objectiveName", tr("Name"), tr("Letters, digits, spaces and - . _"));
    m_name->setMaxLength(128);
    m_name->setText(m_function + tr(" availability"));
    m_name->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("[0-9A-Za-z][-._0-9A-Za-z ]*")), m_name));
    m_measure = field<QComboBox>("objectiveMeasure", tr("What is measured"),
                                 tr("Invocations without an error, or how long they take"));
    m_measure->addItem(tr("Availability"), int(ObjectiveSettings::Measure::Availability));
    m_measure->addItem(tr("Latency"), int(ObjectiveSettings::Measure::Latency));
    m_basis = field<QComboBox>("objectiveBasis", tr("What is counted"),
                               tr("Single invocations, or periods that are good or bad as a whole"));
    m_basis->addItem(tr("Each invocation"), false);
    m_basis->addItem(tr("Periods"), true);
    m_period = field<QComboBox>("objectivePeriod", tr("Length of a period"), tr("How long a period is"));
    for (const int seconds : {60, 300, 600, 900})
        m_period->addItem(models::windowText(seconds / 60), seconds);
    m_statistic = field<QComboBox>("objectiveStatistic", tr("Statistic"),
                                   tr("Of the durations of a period's invocations"));
    for (const char* name : {"p50", "p90", "p95", "p99", "p99.9", "Average", "Maximum"})
        m_statistic->addItem(QLatin1String(name), QLatin1String(name));
    choose(*m_statistic, QStringLiteral("p99"));
    m_threshold = field<QDoubleSpinBox>("objectiveThreshold", tr("Threshold"),
                                        tr("From where on it is bad"));
    m_threshold->setDecimals(2);
    for (QComboBox* box : {m_measure, m_basis, m_period, m_statistic})
        connect(box, &QComboBox::currentIndexChanged, this, &ObjectiveDialog::chosen);
    connect(m_measure, &QComboBox::currentIndexChanged, this, [this] {
        m_threshold->setValue(0); // means something else now
        chosen();
    });
    connect(m_name, &QLineEdit::textChanged, this, &ObjectiveDialog::chosen);
    connect(m_threshold, &QDoubleSpinBox::valueChanged, this, &ObjectiveDialog::chosen);
}

void ObjectiveDialog::makeGoal(QFormLayout& form)
{
    m_goal = field<QDoubleSpinBox>("objectiveGoal", tr("Goal"), tr("How much of it must be good"));
    m_goal->setRange(0.1, 99.999);
    m_goal->setDecimals(3);
    m_goal->setSuffix(tr(" %"));
    m_goal->setValue(99);
    m_kind = field<QComboBox>("objectiveKind", tr("Interval"),
                              tr("A stretch that ends now, or one of the calendar"));
    m_kind->addItem(tr("Rolling: the last"), false);
    m_kind->addItem(tr("Calendar: each, from a date on"), true);
    auto* length = new QWidget(this);
    auto* row = new QHBoxLayout(length);
    row->setContentsMargins(0, 0, 0, 0);
    m_duration = new QSpinBox(length);
    widgets::identify(m_duration, QStringLiteral("objectiveDuration"), tr("Length of the interval"));
    m_duration->setRange(1, 1'000);
    m_duration->setValue(7);
    m_unit = new QComboBox(length);
    widgets::identify(m_unit, QStringLiteral("objectiveUnit"), tr("Unit of the interval"));
    for (const QString& unit : {tr("minutes"), tr("hours"), tr("days"), tr("months")})
        m_unit->addItem(unit, m_unit->count());
    m_unit->setCurrentIndex(int(ObjectiveSettings::Unit::Day));
    row->addWidget(m_duration);
    row->addWidget(m_unit, 1);
    form.addRow(tr("Its length"), length);
    m_start = field<QDateEdit>("objectiveStart", tr("From"), tr("When the first interval begins, in UTC"));
    m_start->setCalendarPopup(true);
    m_start->setDate(QDate(QDate::currentDate().year(), QDate::currentDate().month(), 1));
    m_warning = field<QSpinBox>("objectiveWarning", tr("Warn below"),
                                tr("How much of the budget is left when it is low"));
    m_warning->setRange(0, 100);
    m_warning->setSuffix(tr(" % of the budget"));
    m_warning->setValue(50);
    m_windows = field<QLineEdit>("objectiveWindows", tr("Burn rates over"),
                                 tr("Minutes, separated by commas: alarms can watch these; 1 to 10,080"));
    m_windows->setText(QStringLiteral("60, 360"));
    m_windows->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("[0-9, ]*")), m_windows));
    for (QComboBox* box : {m_kind, m_unit})
        connect(box, &QComboBox::currentIndexChanged, this, &ObjectiveDialog::chosen);
    connect(m_goal, &QDoubleSpinBox::valueChanged, this, &ObjectiveDialog::chosen);
    connect(m_duration, &QSpinBox::valueChanged, this, &ObjectiveDialog::chosen);
    connect(m_start, &QDateEdit::dateChanged, this, &ObjectiveDialog::chosen);
}

QLayout* ObjectiveDialog::makeButtons()
{
    m_problem = widgets::makeCaption({}, this);
    m_problem->setObjectName(QStringLiteral("objectiveProblem"));
    m_problem->setProperty("tone", QStringLiteral("error"));
    auto* close = widgets::makeButton(QStringLiteral("objectiveCancel"), tr("Cancel"),
                                      widgets::ButtonKind::Normal, {}, this);
    m_save = widgets::makeButton(QStringLiteral("objectiveSave"), tr("Create objective"),
                                 widgets::ButtonKind::Primary, QStringLiteral("save"), this);
    m_save->setDefault(true);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    connect(m_save, &QPushButton::clicked, this, &ObjectiveDialog::save);
    auto* row = new QHBoxLayout;
    row->addWidget(m_problem, 1);
    row->addWidget(close);
    row->addWidget(m_save);
    return row;
}

// Shows the fields that matter for what is chosen.
void ObjectiveDialog::chosen()
{
    if (!m_save)
        return;
    const ObjectiveSettings now = settings();
    const bool latency = now.measure == ObjectiveSettings::Measure::Latency;
    const auto reveal = [this](QWidget* field, bool visible) {
        field->setVisible(visible);
        m_form->labelForField(field)->setVisible(visible);
    };
    reveal(m_period, now.byPeriods);
    reveal(m_statistic, now.byPeriods && latency);
    reveal(m_threshold, now.byPeriods || latency);
    reveal(m_start, now.calendar);
    const QSignalBlocker blocked(m_threshold);
    m_threshold->setRange(latency ? 0.01 : 0.1, latency ? 900'000 : 100);
    m_threshold->setSuffix(latency ? tr(" ms at most") : tr(" % of invocations without an error"));
    if (now.threshold <= 0.1)
        m_threshold->setValue(latency ? 500 : 99);
    m_preview->setText(models::objectiveText(settings()));
    m_save->setEnabled(now.name.size() >= 2);
}

void ObjectiveDialog::edit(const ObjectiveSettings& settings)
{
    m_editing = true;
    setWindowTitle(tr("Objective %1").arg(settings.name));
    m_save->setText(tr("Save"));
    m_save->setAccessibleName(tr("Save the objective"));
    m_name->setText(settings.name);
    m_name->setEnabled(false);
    choose(*m_measure, int(settings.measure));
    choose(*m_basis, settings.byPeriods);
    m_basis->setEnabled(false); // the platform keeps that
    choose(*m_period, settings.periodSeconds);
    choose(*m_statistic, settings.statistic);
    chosen();
    m_threshold->setValue(settings.threshold);
    m_goal->setValue(settings.goal);
    m_warning->setValue(int(settings.warning));
    choose(*m_kind, settings.calendar);
    m_duration->setValue(settings.duration);
    m_unit->setCurrentIndex(int(settings.unit));
    if (settings.calendar)
        m_start->setDate(QDateTime::fromMSecsSinceEpoch(settings.startMs, Qt::UTC).date());
    m_windows->setText(windowsText(settings.burnWindows));
    chosen();
}

ObjectiveSettings ObjectiveDialog::settings() const
{
    ObjectiveSettings settings;
    settings.name = m_name->text().trimmed();
    settings.function = m_function;
    settings.measure = ObjectiveSettings::Measure(m_measure->currentData().toInt());
    settings.byPeriods = m_basis->currentData().toBool();
    settings.periodSeconds = m_period->currentData().toInt();
    settings.statistic = m_statistic->currentData().toString();
    settings.threshold = m_threshold->value();
    settings.goal = m_goal->value();
    settings.warning = m_warning->value();
    settings.calendar = m_kind->currentData().toBool();
    settings.startMs = m_start->date().startOfDay(Qt::UTC).toMSecsSinceEpoch();
    settings.unit = ObjectiveSettings::Unit(m_unit->currentIndex());
    settings.duration = m_duration->value();
    settings.burnWindows = windowsOf(m_windows->text());
    return settings;
}

void ObjectiveDialog::save()
{
    m_save->setEnabled(false);
    const auto done = [this](const rpc::Result<rpc::Nothing>& answer) {
        m_save->setEnabled(true);
        if (!answer) {
            m_problem->setText(answer.error().message);
            return;
        }
        Q_EMIT saved();
        close();
    };
    if (m_editing)
        m_api.update(settings(), this, done);
    else
        m_api.create(settings(), this, done);
}

} // namespace gantry::ui
