#include "ui/pages/tuning/tuning_form.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {

constexpr int kPayloadHeight = 96;
constexpr int kLeastMb = 128, kMostMb = 10'240;
enum Cold { ColdNone, ColdFromTraffic, ColdShare };

template <class T> T* named(T* control, const char* name, const QString& accessible, const QString& tip)
{
    widgets::identify(control, QLatin1String(name), accessible, tip);
    return control;
}

QDoubleSpinBox* number(const char* name, const QString& accessible, const QString& tip, double most,
                       int decimals, const QString& suffix, const QString& zero)
{
    auto* box = named(new QDoubleSpinBox, name, accessible, tip);
    box->setRange(0, most);
    box->setDecimals(decimals);
    box->setSuffix(suffix);
    if (!zero.isEmpty())
        box->setSpecialValueText(zero);
    return box;
}

} // namespace

TuningForm::TuningForm(QWidget* parent) : QWidget(parent)
{
    m_start = widgets::makeButton(QStringLiteral("tuningStart"), tr("Start tuning"),
                                  ButtonKind::Primary, QStringLiteral("play"));
    m_stop = widgets::makeButton(QStringLiteral("tuningStop"), tr("Stop"), ButtonKind::Normal,
                                 QStringLiteral("stop"));
    m_stop->setAccessibleName(tr("Stop tuning"));
    m_stop->setToolTip(tr("End after the call under way and answer from what is known"));
    connect(m_start, &QPushButton::clicked, this, &TuningForm::startRequested);
    connect(m_stop, &QPushButton::clicked, this, &TuningForm::stopRequested);
    m_problem = widgets::makeCaption({});
    m_problem->setObjectName(QStringLiteral("tuningFormProblem"));
    m_problem->setProperty("tone", QStringLiteral("error"));
    m_problem->hide();

    auto* basics = new QFormLayout;
    basics->setRowWrapPolicy(QFormLayout::WrapAllRows);
    basics->setVerticalSpacing(4);
    addBasics(basics);
    auto* more = new QWidget;
    auto* moreForm = new QFormLayout(more);
    moreForm->setContentsMargins(0, 0, 0, 0);
    moreForm->setRowWrapPolicy(QFormLayout::WrapAllRows);
    moreForm->setVerticalSpacing(4);
    addMore(moreForm);
    more->hide();
    auto* fold = named(new QToolButton, "tuningMore", tr("More options"),
                       tr("Sizes, limits, cold starts, processors, what happens at the end"));
    fold->setText(tr("More options"));
    fold->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    fold->setArrowType(Qt::RightArrow);
    fold->setCheckable(true);
    fold->setAutoRaise(true);
    connect(fold, &QToolButton::toggled, this, [fold, more](bool open) {
        more->setVisible(open);
        fold->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
    });

    auto* inside = new QWidget;
    auto* column = new QVBoxLayout(inside);
    column->setContentsMargins(0, 0, Theme::kSpace, 0);
    column->addLayout(basics);
    column->addWidget(fold, 0, Qt::AlignLeft);
    column->addWidget(more);
    column->addStretch();
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(inside);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(Theme::kSpace);
    buttons->setContentsMargins(0, 0, Theme::kSpace, 0); // as wide as the fields
    buttons->addWidget(m_start, 1);
    buttons->addWidget(m_stop);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addWidget(scroll, 1);
    layout->addWidget(m_problem);
    layout->addLayout(buttons);
    setRunning(false, false);
}

void TuningForm::addBasics(QFormLayout* form)
{
    m_strategy = named(new QComboBox, "tuningStrategy", tr("Strategy"),
                       tr("What is best: cheap, fast, or something between"));
    m_strategy->addItems({tr("Lowest cost"), tr("Highest speed"), tr("Balanced")});
    m_weight = number("tuningWeight", tr("Weight of cost"),
                      tr("Of the balanced strategy: 0 looks at speed alone, 1 at cost alone"), 1, 2, {},
                      {});
    m_weight->setPrefix(tr("weight of cost "));
    m_weight->setSingleStep(0.05);
    m_weight->setValue(0.5);
    m_weight->setEnabled(false);
    connect(m_strategy, &QComboBox::currentIndexChanged, this, [this](int strategy) {
        m_weight->setEnabled(strategy == int(rpc::TuningStrategy::Balanced));
    });
    m_limit = number("tuningLimit", tr("Latency limit"),
                     tr("Only sizes whose 95th percentile of the warm duration stays below"), 900'000,
                     0, tr(" ms (p95)"), tr("none"));
    m_calls = named(new QSpinBox, "tuningCalls", tr("Budget in calls"),
                    tr("It stops sooner when it is sure"));
    m_calls->setRange(4, 10'000);
    m_calls->setValue(60);
    m_calls->setSuffix(tr(" calls at most"));
    m_payload = named(new QPlainTextEdit(QStringLiteral("{}")), "tuningPayload", tr("Payload"),
                      tr("The event, as JSON, that every call gets"));
    m_payload->setFont(Theme::current().font(Theme::Mono));
    m_payload->setFixedHeight(kPayloadHeight);
    m_payload->setTabChangesFocus(true);
    m_weighted = named(new QCheckBox(tr("Several, with weights")), "tuningWeighted",
                       tr("Several payloads with weights"),
                       tr("The payload is a list: [{\"payload\": {…}, \"weight\": 3}, …]"));
    form->addRow(tr("Strategy"), m_strategy);
    form->addRow(m_weight);
    form->addRow(tr("Latency limit"), m_limit);
    form->addRow(tr("Budget"), m_calls);
    form->addRow(tr("Payload"), m_payload);
    form->addRow(m_weighted);
}

void TuningForm::addMore(QFormLayout* form)
{
    m_sizes = named(new QLineEdit(QStringLiteral("ALL")), "tuningSizes", tr("Memory sizes"),
                    tr("ALL (128 to 3,008 MB in steps of 64), or a list as 128, 512, 1024"));
    m_otherArchitecture =
        named(new QCheckBox(tr("Estimate the other architecture")), "tuningOtherArchitecture",
              tr("Estimate the other architecture"),
              tr("This host's durations at the other architecture's price; marked as an estimate"));
    m_otherArchitecture->setChecked(true);
    m_usd = number("tuningUsd", tr("Budget in dollars"), tr("At AWS prices; calls here are free"),
                   1000, 4, tr(" $ at most"), tr("no limit in money"));
    m_minutes = number("tuningMinutes", tr("Budget in minutes"), {}, 24 * 60, 1, tr(" min at most"),
                       tr("no limit in time"));
    m_cold = named(new QComboBox, "tuningCold", tr("Cold starts"),
                   tr("Their share of all calls counts in cost and duration"));
    m_cold->addItems({tr("Not counted"), tr("As the traffic has them"), tr("A share of…")});
    m_coldShare = number("tuningColdShare", tr("Share of cold starts"), {}, 100, 2, tr(" %"), {});
    m_coldShare->setEnabled(false);
    connect(m_cold, &QComboBox::currentIndexChanged, this,
            [this](int index) { m_coldShare->setEnabled(index == ColdShare); });
    m_onlyCold = named(new QCheckBox(tr("Measure cold starts only")), "tuningOnlyCold",
                       tr("Measure cold starts only"),
                       tr("Every call in an environment of its own, its init included"));
    m_parallel = named(new QCheckBox(tr("Measure three environments at a time")), "tuningParallel",
                       tr("Measure in parallel"),
                       tr("Quicker, but they share this host's processors and disturb each other"));
    m_num = named(new QSpinBox, "tuningNum", tr("Calls in one environment"),
                  tr("The first of them is cold; few calls in many environments tell most"));
    m_num->setRange(2, 1'000);
    m_num->setValue(3);
    m_num->setSuffix(tr(" calls in one environment"));
    connect(m_onlyCold, &QCheckBox::toggled, m_num, &QWidget::setDisabled);
    m_sleep = named(new QSpinBox, "tuningSleep", tr("Pause between calls"), {});
    m_sleep->setRange(0, 60'000);
    m_sleep->setSuffix(tr(" ms between calls"));
    m_discard = number("tuningDiscard", tr("Discard at top and bottom"),
                       tr("Of the measured durations, for the export only; the model is robust"), 40,
                       0, tr(" % at either end"), {});
    m_discard->setValue(20);
    m_pre = named(new QLineEdit, "tuningPre", tr("Preprocessor"),
                  tr("A function that is called before each call; its answer is the payload"));
    m_post = named(new QLineEdit, "tuningPost", tr("Postprocessor"),
                   tr("A function that is called after each call with the answer"));
    m_allowed = named(new QLineEdit, "tuningAllowed", tr("Allowed exceptions"),
                      tr("Error types that count as answers, separated by commas"));
    m_auto = named(new QCheckBox(tr("Apply the pick at the end")), "tuningAuto",
                   tr("Apply the pick at the end"), {});
    m_autoAlias = named(new QLineEdit, "tuningAutoAlias", tr("Alias to move at the end"),
                        tr("Is pointed at the version that is published then"));
    m_autoAlias->setEnabled(false);
    connect(m_auto, &QCheckBox::toggled, m_autoAlias, &QWidget::setEnabled);
    m_dryRun = named(new QCheckBox(tr("Dry run: one call only")), "tuningDryRun", tr("Dry run"),
                     tr("Checks that the function takes the payload, in its present size"));
    form->addRow(tr("Memory sizes"), m_sizes);
    form->addRow(m_otherArchitecture);
    form->addRow(tr("Further limits"), m_usd);
    form->addRow(m_minutes);
    form->addRow(tr("Cold starts"), m_cold);
    form->addRow(m_coldShare);
    form->addRow(m_onlyCold);
    form->addRow(m_parallel);
    form->addRow(tr("Calls"), m_num);
    form->addRow(tr("Pause"), m_sleep);
    form->addRow(tr("Discard (export)"), m_discard);
    form->addRow(tr("Preprocessor"), m_pre);
    form->addRow(tr("Postprocessor"), m_post);
    form->addRow(tr("Allowed exceptions"), m_allowed);
    form->addRow(m_auto);
    form->addRow(tr("Alias to move"), m_autoAlias);
    form->addRow(m_dryRun);
}

void TuningForm::setRunning(bool running, bool stopping)
{
    m_start->setEnabled(!running && m_usable);
    m_stop->setEnabled(running && !stopping);
    m_stop->setText(stopping ? tr("Stopping…") : tr("Stop"));
}

void TuningForm::setUsable(bool usable)
{
    m_usable = usable;
    m_start->setEnabled(usable && !m_stop->isEnabled());
}

void TuningForm::problem(const QString& text)
{
    m_problem->setText(text);
    m_problem->setVisible(!text.isEmpty());
}

bool TuningForm::readSizes(rpc::TuningOptions& options)
{
    const QString text = m_sizes->text().trimmed();
    if (text.isEmpty() || text.compare(QLatin1String("ALL"), Qt::CaseInsensitive) == 0)
        return true;
    for (const QString& part : text.split(QLatin1Char(','), Qt::SkipEmptyParts)) {
        bool ok = false;
        const int size = part.trimmed().toInt(&ok);
        if (!ok || size < kLeastMb || size > kMostMb) {
            problem(tr("“%1” is not a memory size from 128 to 10,240 MB.").arg(part.trimmed()));
            return false;
        }
        options.sizesMb.append(size);
    }
    return true;
}

bool TuningForm::readPayloads(rpc::TuningOptions& options)
{
    const QByteArray text = m_payload->toPlainText().toUtf8().trimmed();
    if (!m_weighted->isChecked()) {
        options.payloads.append({text.isEmpty() ? QByteArray("{}") : text, 1});
        return true;
    }
    const QJsonDocument document = QJsonDocument::fromJson(text);
    for (const QJsonValue& item : document.array()) {
        const QJsonObject one = item.toObject();
        const int weight = one.value(QLatin1String("weight")).toInt();
        if (!one.contains(QLatin1String("payload")) || weight < 1) {
            options.payloads.clear();
            break;
        }
        // A list of one value, without its brackets: QJsonDocument writes no bare values.
        const QByteArray list =
            QJsonDocument(QJsonArray{one.value(QLatin1String("payload"))}).toJson(QJsonDocument::Compact);
        options.payloads.append({list.mid(1, list.size() - 2), weight});
    }
    if (options.payloads.isEmpty())
        problem(tr("With weights the payload must be a list of "
                   "{\"payload\": …, \"weight\": 1 or more}."));
    return !options.payloads.isEmpty();
}

std::optional<rpc::TuningOptions> TuningForm::options()
{
    problem({});
    rpc::TuningOptions options;
    if (!readSizes(options) || !readPayloads(options))
        return std::nullopt;
    options.strategy = static_cast<rpc::TuningStrategy>(m_strategy->currentIndex());
    options.balancedWeight = m_weight->value();
    options.num = m_num->value();
    options.p95LimitMs = m_limit->value();
    options.maxCalls = m_calls->value();
    options.maxUsd = m_usd->value();
    options.maxMinutes = m_minutes->value();
    options.bothArchitectures = m_otherArchitecture->isChecked();
    const int cold = m_cold->currentIndex();
    options.coldShare = cold == ColdFromTraffic ? -1 : cold == ColdShare ? m_coldShare->value() / 100 : 0;
    options.onlyColdStarts = m_onlyCold->isChecked();
    options.parallel = m_parallel->isChecked();
    options.sleepMs = m_sleep->value();
    options.discardTopBottom = m_discard->value() / 100;
    options.preProcessor = m_pre->text().trimmed();
    options.postProcessor = m_post->text().trimmed();
    for (const QString& name : m_allowed->text().split(QLatin1Char(','), Qt::SkipEmptyParts))
        options.allowedExceptions.append(name.trimmed());
    options.autoOptimize = m_auto->isChecked();
    options.autoOptimizeAlias = m_auto->isChecked() ? m_autoAlias->text().trimmed() : QString();
    options.dryRun = m_dryRun->isChecked();
    return options;
}

} // namespace gantry::ui
