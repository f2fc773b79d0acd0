#include "ui/pages/alarms/alarm_form.h"

#include "ui/models/alarm_text.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QScopedValueRollback>
#include <QSpinBox>

#include <algorithm>

namespace gantry::ui {

using models::PlatformMetric;
using models::platformMetrics;
using widgets::Theme;

namespace {

// Of the field "Of": its data.
constexpr int kAccount = 0;
constexpr int kFunction = 1;
constexpr int kCustom = 2;
constexpr int kSpinWidth = 84;

struct Choice {
    QString text;
    const char* data; // as the platform spells it
};

void fill(QComboBox& box, const QList<Choice>& choices)
{
    for (const Choice& choice : choices)
        box.addItem(choice.text, QString::fromLatin1(choice.data));
}

// A value that the list does not offer is added: an alarm made elsewhere keeps it.
void select(QComboBox& box, const QVariant& data, const QString& text)
{
    int index = box.findData(data);
    if (index < 0) {
        box.addItem(text, data);
        index = box.count() - 1;
    }
    box.setCurrentIndex(index);
}

bool isBand(const QString& comparison)
{
    return comparison.contains(QLatin1String("Upper")) ||
           comparison.contains(QLatin1String("Lower"));
}

} // namespace

AlarmForm::AlarmForm(const QStringList& functions, QWidget* parent) : QWidget(parent)
{
    setObjectName(QStringLiteral("alarmForm"));
    const QScopedValueRollback filling(m_filling, true);
    setLayout(makeRows());
    m_subject->addItem(tr("The account"), kAccount);
    for (const QString& name : functions) {
        m_subject->addItem(name, kFunction);
        m_function->addItem(name, name);
    }
    m_subject->addItem(tr("Published metrics"), kCustom);
    subjectChosen();
    comparisonChosen();
    suggestName();
}

template <class Field> Field* AlarmForm::field(const char* id, const QString& name, const QString& tip)
{
    auto* made = new Field(this);
    widgets::identify(made, QLatin1String(id), name, tip);
    if constexpr (std::is_same_v<Field, QComboBox>) {
        made->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        made->setMinimumContentsLength(10);
        made->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        connect(made, &QComboBox::currentIndexChanged, this, &AlarmForm::emitChanged);
    } else if constexpr (std::is_base_of_v<QAbstractSpinBox, Field>) {
        made->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed); // not as wide as a billion
        made->setMinimumWidth(kSpinWidth);
        connect(made, &Field::valueChanged, this, &AlarmForm::emitChanged);
    } else if constexpr (std::is_same_v<Field, QCheckBox>) {
        made->setText(name);
        connect(made, &QCheckBox::toggled, this, &AlarmForm::emitChanged);
    } else {
        connect(made, &QLineEdit::textChanged, this, &AlarmForm::emitChanged);
    }
    return made;
}

QFormLayout* AlarmForm::makeRows()
{
    auto* form = new QFormLayout;
    form->setContentsMargins(0, 0, Theme::kSpace, 0);
    form->setVerticalSpacing(Theme::kSpace);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    makeWatched(*form);
    makeCondition(*form);
    makeActions(*form);
    return form;
}

void AlarmForm::makeWatched(QFormLayout& form)
{
    m_name = field<QLineEdit>("alarmName", tr("Name of the alarm"), tr("The name that the alarm is known by"));
    m_subject = field<QComboBox>("alarmSubject", tr("What the metric is of"),
                                 tr("The account, a function, or metrics that functions and clients publish"));
    m_metric = field<QComboBox>("alarmMetric", tr("Metric to watch"), tr("The metric that the alarm watches"));
    m_statistic = field<QComboBox>("alarmStatistic", tr("Statistic"),
                                   tr("What is made of the values of each period"));
    fill(*m_statistic, {{tr("Sum"), "Sum"}, {tr("Average"), "Average"}, {tr("Minimum"), "Minimum"},
                        {tr("Maximum"), "Maximum"}, {tr("Number of values"), "SampleCount"},
                        {QStringLiteral("p50"), "p50"}, {QStringLiteral("p90"), "p90"},
                        {QStringLiteral("p95"), "p95"}, {QStringLiteral("p99"), "p99"},
                        {QStringLiteral("p99.9"), "p99.9"}});
    m_period = field<QComboBox>("alarmPeriod", tr("Period"), tr("How long one data point is"));
    for (const int seconds : {10, 30, 60, 300, 900, 3600})
        m_period->addItem(models::periodText(seconds), seconds);
    m_period->setCurrentIndex(m_period->findData(60));
    form.addRow(tr("Name"), m_name);
    form.addRow(tr("Of"), m_subject);
    form.addRow(tr("Metric"), m_metric);
    form.addRow(tr("Statistic"), m_statistic);
    form.addRow(tr("Period"), m_period);
    connect(m_subject, &QComboBox::currentIndexChanged, this, &AlarmForm::subjectChosen);
    connect(m_metric, &QComboBox::currentIndexChanged, this, &AlarmForm::metricChosen);
}

void AlarmForm::makeCondition(QFormLayout& form)
{
    m_comparison = field<QComboBox>("alarmComparison", tr("Comparison"), tr("When a period counts as bad"));
    fill(*m_comparison, {{tr("is above"), "GreaterThanThreshold"},
                         {tr("is at or above"), "GreaterThanOrEqualToThreshold"},
                         {tr("is below"), "LessThanThreshold"},
                         {tr("is at or below"), "LessThanOrEqualToThreshold"},
                         {tr("is outside the usual"), "LessThanLowerOrGreaterThanUpperThreshold"},
                         {tr("is above the usual"), "GreaterThanUpperThreshold"},
                         {tr("is below the usual"), "LessThanLowerThreshold"}});
    connect(m_comparison, &QComboBox::currentIndexChanged, this, &AlarmForm::comparisonChosen);
    m_threshold = field<QDoubleSpinBox>("alarmThreshold", tr("Threshold"),
                                        tr("The value that is compared with; also a line in the chart"));
    m_threshold->setRange(-1e12, 1e12);
    m_threshold->setDecimals(3);
    m_band = field<QDoubleSpinBox>("alarmBand", tr("Width of the band in deviations"),
                                   tr("How far from the usual is still usual. What is usual is the median of "
                                      "the hour of the day, learnt from two weeks at most."));
    m_band->setRange(0.5, 100);
    m_band->setDecimals(1);
    m_band->setValue(2);
    m_band->setSuffix(tr(" deviations"));
    m_toAlarm = field<QSpinBox>("alarmToAlarm", tr("Bad periods to alarm"), tr("How many periods must be bad"));
    m_periods = field<QSpinBox>("alarmPeriods", tr("Periods looked at"), tr("Out of how many of the newest"));
    for (QSpinBox* box : {m_toAlarm, m_periods})
        box->setRange(1, 1440);
    connect(m_periods, &QSpinBox::valueChanged, m_toAlarm, &QSpinBox::setMaximum);
    m_toAlarm->setMaximum(1);
    m_missing = field<QComboBox>("alarmMissing", tr("Missing data"), tr("How a period without values counts"));
    fill(*m_missing, {{tr("is no data"), "missing"}, {tr("is good"), "notBreaching"},
                      {tr("is bad"), "breaching"}, {tr("keeps the state"), "ignore"}});
    auto* limit = new QHBoxLayout;
    limit->setSpacing(Theme::kSpace);
    limit->addWidget(m_comparison, 1);
    limit->addWidget(m_threshold, 1);
    limit->addWidget(m_band, 1);
    auto* counts = new QHBoxLayout;
    counts->setSpacing(Theme::kSpace);
    counts->addWidget(m_toAlarm, 1);
    counts->addWidget(new QLabel(tr("of the newest"), this));
    counts->addWidget(m_periods, 1);
    counts->addWidget(new QLabel(tr("periods"), this));
    form.addRow(tr("In alarm when it"), limit);
    form.addRow(tr("In"), counts);
    form.addRow(tr("Missing data"), m_missing);
}

void AlarmForm::makeActions(QFormLayout& form)
{
    m_desktop = field<QCheckBox>("alarmDesktop", tr("Show a desktop notification"),
                                 tr("While a console is open"));
    m_function = field<QComboBox>("alarmFunction", tr("Function to call"),
                                  tr("Gets the alarm as an asynchronous event"));
    m_function->addItem(tr("none"), QString());
    m_webhook = field<QLineEdit>("alarmWebhook", tr("Webhook"), tr("URL that the alarm is posted to as JSON"));
    m_webhook->setPlaceholderText(QStringLiteral("https://…"));
    m_onOk = field<QCheckBox>("alarmOnOk", tr("Also tell when it is over"),
                              tr("The same actions when the alarm is OK again"));
    form.addRow(tr("Then"), m_desktop);
    form.addRow(tr("Call"), m_function);
    form.addRow(tr("Post to"), m_webhook);
    form.addRow(QString(), m_onOk);
    m_desktop->setChecked(true);
}

void AlarmForm::setPlace(const QString& account, const QString& region)
{
    m_account = account;
    m_region = region;
}

QString AlarmForm::arnOf(const QString& functionName) const
{
    return QStringLiteral("arn:aws:lambda:%1:%2:function:%3").arg(m_region, m_account, functionName);
}

void AlarmForm::setCustomMetrics(const QList<rpc::AlarmMetric>& metrics)
{
    m_custom = metrics;
    if (m_subject->currentData() == kCustom && m_metric->count() != m_custom.size()) {
        const QScopedValueRollback filling(m_filling, true);
        const rpc::AlarmMetric before = metric();
        subjectChosen();
        selectMetric(before);
    }
}

void AlarmForm::subjectChosen()
{
    const bool wasFilling = m_filling;
    m_filling = true;
    const QString before = m_metric->currentText();
    m_metric->clear();
    if (m_subject->currentData() == kCustom) {
        for (const rpc::AlarmMetric& each : m_custom)
            m_metric->addItem(models::metricText(each));
    } else {
        for (const PlatformMetric& each : platformMetrics())
            m_metric->addItem(each.title);
    }
    m_metric->setCurrentIndex(std::max(0, m_metric->findText(before)));
    m_filling = wasFilling;
    metricChosen();
}

void AlarmForm::metricChosen()
{
    const int index = m_metric->currentIndex();
    if (m_filling || index < 0 || m_subject->currentData() == kCustom)
        return emitChanged();
    {
        const QScopedValueRollback filling(m_filling, true);
        const PlatformMetric& chosen = platformMetrics().at(index);
        select(*m_statistic, QLatin1String(chosen.statistic), QLatin1String(chosen.statistic));
    }
    emitChanged();
}

void AlarmForm::comparisonChosen()
{
    const bool band = isBand(m_comparison->currentData().toString());
    m_threshold->setVisible(!band);
    m_band->setVisible(band);
}

// As long as nobody has written another one.
void AlarmForm::suggestName()
{
    if (!m_name->isEnabled() || m_name->text() != m_suggested)
        return;
    const rpc::AlarmMetric watched = metric();
    const QString function = watched.dimension(QStringLiteral("FunctionName"));
    m_suggested = watched.name.isEmpty()
                      ? QString()
                      : QStringLiteral("%1 %2").arg(function.isEmpty() ? watched.space == QLatin1String("AWS/Lambda")
                                                                             ? tr("account")
                                                                             : watched.space
                                                                       : function,
                                                    watched.name);
    m_suggested.replace(QLatin1Char('/'), QLatin1Char(' '));
    const QSignalBlocker blocked(m_name);
    m_name->setText(m_suggested);
}

void AlarmForm::emitChanged()
{
    if (m_filling)
        return;
    suggestName();
    Q_EMIT changed();
}

rpc::AlarmMetric AlarmForm::metric() const
{
    const int index = m_metric->currentIndex();
    if (m_subject->currentData() == kCustom)
        return index >= 0 && index < m_custom.size() ? m_custom.at(index) : rpc::AlarmMetric();
    if (index < 0 || index >= platformMetrics().size())
        return m_base.metric; // one that the list does not offer
    const PlatformMetric& chosen = platformMetrics().at(index);
    rpc::AlarmMetric metric{QLatin1String(chosen.space), QLatin1String(chosen.name), {}};
    if (m_subject->currentData() == kFunction)
        metric.dimensions = {{QStringLiteral("FunctionName"), m_subject->currentText()}};
    // An alarm on an alias or a version stays on it while nothing else is chosen.
    if (m_base.metric.name == metric.name && m_base.metric.dimensions.size() > 1 &&
        m_base.metric.dimension(QStringLiteral("FunctionName")) == m_subject->currentText())
        return m_base.metric;
    return metric;
}

void AlarmForm::selectMetric(const rpc::AlarmMetric& metric)
{
    const auto& known = platformMetrics();
    const auto found = std::find_if(known.begin(), known.end(), [&](const PlatformMetric& each) {
        return metric.space == QLatin1String(each.space) && metric.name == QLatin1String(each.name);
    });
    const QString function = metric.dimension(QStringLiteral("FunctionName"));
    if (found != known.end()) {
        if (function.isEmpty()) {
            m_subject->setCurrentIndex(0);
        } else {
            if (m_subject->findText(function) < 0)
                m_subject->insertItem(1, function, kFunction);
            m_subject->setCurrentIndex(m_subject->findText(function));
        }
        subjectChosen();
        m_metric->setCurrentIndex(int(found - known.begin()));
        return;
    }
    m_subject->setCurrentIndex(m_subject->findData(kCustom));
    if (!m_custom.contains(metric) && !metric.name.isEmpty())
        m_custom.append(metric);
    subjectChosen();
    m_metric->setCurrentIndex(std::max(0, int(m_custom.indexOf(metric))));
}

void AlarmForm::choose(const QString& functionName, const QString& metricName)
{
    for (const PlatformMetric& each : platformMetrics()) {
        if (metricName != QLatin1String(each.name))
            continue;
        rpc::AlarmMetric metric{QLatin1String(each.space), metricName, {}};
        if (!functionName.isEmpty())
            metric.dimensions = {{QStringLiteral("FunctionName"), functionName}};
        {
            const QScopedValueRollback filling(m_filling, true);
            selectMetric(metric);
            select(*m_statistic, QLatin1String(each.statistic), QLatin1String(each.statistic));
        }
        return emitChanged();
    }
}

void AlarmForm::setThreshold(double threshold)
{
    m_threshold->setValue(threshold);
}

void AlarmForm::setSettings(const rpc::AlarmSettings& settings)
{
    {
        const QScopedValueRollback filling(m_filling, true);
        m_base = settings;
        m_name->setText(settings.name);
        selectMetric(settings.metric);
        select(*m_statistic, settings.statistic, settings.statistic);
        select(*m_period, settings.periodSeconds, models::periodText(settings.periodSeconds));
        select(*m_comparison, settings.comparison, settings.comparison);
        m_threshold->setValue(settings.threshold);
        if (settings.bandWidth > 0)
            m_band->setValue(settings.bandWidth);
        m_periods->setValue(settings.periods);
        m_toAlarm->setValue(settings.toAlarm);
        select(*m_missing, settings.missing, settings.missing);
        readActions(settings);
    }
    emitChanged();
}

void AlarmForm::readActions(const rpc::AlarmSettings& settings)
{
    m_desktop->setChecked(settings.alarmActions.contains(models::kDesktopAction));
    for (const QString& action : settings.alarmActions) {
        const qsizetype at = action.indexOf(QLatin1String(":function:"));
        if (action.startsWith(QLatin1String("http")))
            m_webhook->setText(action);
        else if (at >= 0)
            select(*m_function, action.mid(at + 10), action.mid(at + 10));
    }
    m_onOk->setChecked(!settings.okActions.isEmpty());
}

// What the fields do not show, as a topic's ARN, stays.
QStringList AlarmForm::actions() const
{
    QStringList actions;
    for (const QString& action : m_base.alarmActions) {
        if (action != models::kDesktopAction && !action.startsWith(QLatin1String("http")) &&
            !action.contains(QLatin1String(":function:")))
            actions.append(action);
    }
    if (m_desktop->isChecked())
        actions.append(models::kDesktopAction);
    if (!m_function->currentData().toString().isEmpty())
        actions.append(arnOf(m_function->currentData().toString()));
    if (!m_webhook->text().trimmed().isEmpty())
        actions.append(m_webhook->text().trimmed());
    return actions;
}

rpc::AlarmSettings AlarmForm::settings() const
{
    rpc::AlarmSettings settings = m_base;
    settings.name = m_name->text().trimmed();
    settings.metric = metric();
    settings.statistic = m_statistic->currentData().toString();
    settings.periodSeconds = m_period->currentData().toInt();
    settings.comparison = m_comparison->currentData().toString();
    settings.threshold = m_threshold->value();
    settings.bandWidth = isBand(settings.comparison) ? m_band->value() : 0;
    settings.periods = m_periods->value();
    settings.toAlarm = m_toAlarm->value();
    settings.missing = m_missing->currentData().toString();
    settings.alarmActions = actions();
    settings.okActions = m_onOk->isChecked() ? settings.alarmActions : QStringList();
    return settings;
}

void AlarmForm::lockName()
{
    m_name->setEnabled(false);
}

} // namespace gantry::ui
