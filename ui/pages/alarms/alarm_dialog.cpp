#include "ui/pages/alarms/alarm_dialog.h"

#include "ui/charts/threshold_chart.h"
#include "ui/models/alarm_text.h"
#include "ui/models/functions_model.h"
#include "ui/pages/alarms/alarm_form.h"
#include "ui/rpc/platform_api.h"
#include "ui/rpc/platform_types.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kWaitMs = 350;
constexpr int kAgainMs = 5'000; // what is measured meanwhile shows in the test against the past
constexpr int kFormWidth = 520;
constexpr qint64 kHourMs = 3'600'000;

// The spans of time in which the platform's seconds are there suit short periods.
constexpr qint64 kSecondsSpanMs = kHourMs * 9 / 10;

charts::ThresholdData dataOf(const rpc::AlarmTest& test, bool band)
{
    charts::ThresholdData data;
    for (const rpc::AlarmTest::Point& point : test.points) {
        data.times.push_back(double(point.timeMs));
        data.values.push_back(point.value);
        if (band) {
            data.lower.push_back(point.lower);
            data.upper.push_back(point.upper);
        }
    }
    const double end = data.times.empty() ? 0 : data.times.back();
    for (qsizetype i = 0; i < test.transitions.size(); ++i) {
        if (test.transitions.at(i).state != rpc::AlarmState::Alarm)
            continue;
        const bool last = i + 1 == test.transitions.size();
        data.alarms.emplace_back(double(test.transitions.at(i).timeMs),
                                 last ? end : double(test.transitions.at(i + 1).timeMs));
    }
    return data;
}

} // namespace

AlarmDialog::AlarmDialog(const Services& services, rpc::AlarmsApi& api, QWidget* parent)
    : QDialog(parent), m_services(services), m_api(api)
{
    setWindowTitle(tr("New alarm"));
    setObjectName(QStringLiteral("alarmDialog"));
    setAttribute(Qt::WA_DeleteOnClose);
    resize(1200, 640);
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kMargin);
    row->addWidget(makeForm());
    row->addWidget(makePast(), 1);
    auto* column = new QVBoxLayout(this);
    column->setSpacing(Theme::kMargin);
    column->addLayout(row, 1);
    column->addWidget(makeButtons());
    m_wait.setSingleShot(true);
    m_wait.setInterval(kWaitMs);
    m_again.setInterval(kAgainMs);
    for (const QTimer* timer : {&m_wait, &m_again})
        connect(timer, &QTimer::timeout, this, &AlarmDialog::testNow);
    m_again.start();
    connect(m_form, &AlarmForm::changed, this, &AlarmDialog::formChanged);
    connect(m_chart, &charts::ThresholdChart::thresholdMoved, this, [this](double threshold) {
        m_fit = false;
        m_form->setThreshold(threshold);
    });
    connect(m_range, &QComboBox::currentIndexChanged, this, &AlarmDialog::testNow);
    loadChoices();
    formChanged();
}

QWidget* AlarmDialog::makeForm()
{
    m_form = new AlarmForm(m_services.functions ? m_services.functions->names() : QStringList(), this);
    auto* scroll = new QScrollArea(this);
    scroll->setObjectName(QStringLiteral("alarmFormScroll"));
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setFixedWidth(kFormWidth);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(m_form);
    return scroll;
}

QWidget* AlarmDialog::makePast()
{
    auto* card = widgets::makeCard(this);
    m_range = new QComboBox(card);
    widgets::identify(m_range, QStringLiteral("alarmRange"), tr("Time to test against"),
                      tr("The past that the alarm is tested against"));
    m_range->addItem(tr("Last 3 hours"), 3 * kHourMs);
    m_range->addItem(tr("Last day"), 24 * kHourMs);
    m_range->addItem(tr("Last week"), 7 * 24 * kHourMs);
    m_range->setCurrentIndex(2);
    m_chart = new charts::ThresholdChart(QStringLiteral("alarmChart"),
                                         tr("The metric and the threshold"), card);
    m_chart->setEmptyText(tr("There are no values in this time."));
    m_verdict = new QLabel(card);
    m_verdict->setObjectName(QStringLiteral("alarmVerdict"));
    m_verdict->setWordWrap(true);
    auto* head = new QHBoxLayout;
    head->addWidget(widgets::makeHeading(tr("Against the past"), card));
    head->addStretch();
    head->addWidget(m_range);
    widgets::cardLayout(card)->addLayout(head);
    widgets::cardLayout(card)->addWidget(m_chart, 1);
    widgets::cardLayout(card)->addWidget(m_verdict);
    return card;
}

QWidget* AlarmDialog::makeButtons()
{
    auto* bar = new QWidget(this);
    m_problem = widgets::makeCaption({}, bar);
    m_problem->setObjectName(QStringLiteral("alarmProblem"));
    m_problem->setProperty("tone", QStringLiteral("error"));
    auto* close = widgets::makeButton(QStringLiteral("alarmCancel"), tr("Cancel"),
                                      widgets::ButtonKind::Normal, {}, bar);
    m_save = widgets::makeButton(QStringLiteral("alarmSave"), tr("Create alarm"),
                                 widgets::ButtonKind::Primary, QStringLiteral("save"), bar);
    m_save->setDefault(true);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    connect(m_save, &QPushButton::clicked, this, &AlarmDialog::save);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(Theme::kSpace);
    row->addWidget(m_problem, 1);
    row->addWidget(close);
    row->addWidget(m_save);
    return bar;
}

void AlarmDialog::loadChoices()
{
    m_api.listCustomMetrics(this, [this](const rpc::Result<QList<rpc::AlarmMetric>>& metrics) {
        if (metrics)
            m_form->setCustomMetrics(*metrics);
    });
    if (!m_services.platformApi)
        return;
    m_services.platformApi->getPlatform(this, [this](const rpc::Result<rpc::PlatformInfo>& info) {
        if (info)
            m_form->setPlace(info->accountId, info->region);
    });
}

void AlarmDialog::choose(const QString& functionName, const QString& metricName)
{
    m_form->choose(functionName, metricName);
}

void AlarmDialog::edit(const rpc::AlarmSettings& settings)
{
    m_fit = false;
    m_form->setSettings(settings);
    m_form->lockName();
    setWindowTitle(tr("Change alarm"));
    m_save->setText(tr("Save"));
}

void AlarmDialog::formChanged()
{
    const rpc::AlarmSettings settings = m_form->settings();
    if (settings.bandWidth > 0)
        m_chart->setThreshold(std::nullopt);
    else
        m_chart->setThreshold(settings.threshold);
    m_save->setEnabled(!settings.name.isEmpty() && !settings.metric.name.isEmpty());
    tell({});
    m_wait.start();
}

void AlarmDialog::testNow()
{
    rpc::AlarmSettings settings = m_form->settings();
    if (settings.metric.name.isEmpty())
        return;
    if (settings.name.isEmpty())
        settings.name = QStringLiteral("test");
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    const qint64 wanted = m_range->currentData().toLongLong();
    const qint64 span = settings.periodSeconds < 60 ? std::min(wanted, kSecondsSpanMs) : wanted;
    const quint64 asked = ++m_asked;
    m_api.test(settings, now - span, now, this, [this, asked](const rpc::Result<rpc::AlarmTest>& test) {
        if (asked != m_asked)
            return;
        if (!test)
            return tell(test.error().message);
        showTest(*test);
    });
}

// A new alarm begins with its line a little above what there was.
void AlarmDialog::fitThreshold(const rpc::AlarmTest& test)
{
    double highest = 0;
    for (const rpc::AlarmTest::Point& point : test.points) {
        if (!std::isnan(point.value))
            highest = std::max(highest, point.value);
    }
    m_fit = highest <= 0;
    if (highest <= 0)
        return;
    const double unit = std::pow(10, std::floor(std::log10(highest)));
    m_form->setThreshold(std::ceil(highest * 1.2 / unit) * unit);
}

void AlarmDialog::showTest(const rpc::AlarmTest& test)
{
    const bool band = m_form->settings().bandWidth > 0;
    m_chart->setData(dataOf(test, band));
    if (m_fit && !band)
        fitThreshold(test);
    const bool seconds = m_form->settings().periodSeconds < 60;
    const QString when = seconds ? tr("in the last hour, for which seconds are kept")
                                 : tr("in the %1").arg(m_range->currentText().toLower());
    const bool any = std::any_of(test.points.begin(), test.points.end(),
                                 [](const auto& point) { return !std::isnan(point.value); });
    m_verdict->setText(!any              ? tr("There was nothing to test against %1.").arg(when)
                       : test.fired == 0 ? tr("It would not have fired %1.").arg(when)
                       : test.fired == 1 ? tr("It would have fired once %1.").arg(when)
                                         : tr("It would have fired %1 times %2.").arg(test.fired).arg(when));
}

void AlarmDialog::save()
{
    const QString name = m_form->settings().name;
    m_save->setEnabled(false);
    m_api.put(m_form->settings(), this, [this, name](const rpc::Result<rpc::Nothing>& done) {
        m_save->setEnabled(true);
        if (!done)
            return tell(done.error().message);
        Q_EMIT saved(name);
        close();
    });
}

void AlarmDialog::tell(const QString& problem)
{
    m_problem->setText(problem);
}

} // namespace gantry::ui
