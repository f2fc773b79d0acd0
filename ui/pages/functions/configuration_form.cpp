#include "ui/pages/functions/configuration_form.h"

#include "ui/models/format.h"
#include "ui/models/pricing.h"
#include "ui/pages/functions/logging_section.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/key_value_table.h"
#include "ui/widgets/slider_field.h"
#include "ui/widgets/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFrame>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>

namespace gantry::ui {

using widgets::KeyValueTable;
using widgets::SliderField;
using widgets::Theme;

namespace {

constexpr int kLabelWidth = 132;
constexpr int kMaxTimeoutS = 900;

QGridLayout* makeGrid()
{
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(Theme::kMargin);
    grid->setVerticalSpacing(Theme::kSpace * 3 / 4);
    grid->setColumnMinimumWidth(0, kLabelWidth);
    grid->setColumnStretch(1, 1);
    return grid;
}

} // namespace

ConfigurationForm::ConfigurationForm(QWidget* parent)
    : QWidget(parent), m_memory(new SliderField(QStringLiteral("memory"), tr("Memory"), tr("MB"),
                                                SliderField::memorySteps())),
      m_tmp(new SliderField(QStringLiteral("tmpSize"), tr("Size of /tmp"), tr("MB"),
                            SliderField::tmpSteps())),
      m_timeout(new QSpinBox), m_architecture(new QComboBox), m_runtime(new QComboBox),
      m_handler(new QLineEdit), m_description(new QLineEdit),
      m_snapStart(new QCheckBox(tr("Restore published versions from a snapshot"))),
      m_tracing(new QCheckBox(tr("Sample and trace its calls"))),
      m_logging(new LoggingSection)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kMargin);
    layout->addWidget(makeSize());
    layout->addWidget(makeCode());
    layout->addWidget(makeEnvironment());
    layout->addWidget(m_logging);
    layout->addWidget(makeTags());
    layout->addStretch(1);
    connect(m_logging, &LoggingSection::changed, this, &ConfigurationForm::edited);
}

QLabel* ConfigurationForm::addRow(QGridLayout* grid, const QString& label, QWidget* control,
                                  const char* field)
{
    const int row = grid->rowCount();
    auto* name = new QLabel(label);
    name->setBuddy(control);
    auto* problem = widgets::makeCaption({});
    problem->setProperty("tone", QStringLiteral("error"));
    problem->setObjectName(QLatin1String(field) + QStringLiteral("Problem"));
    problem->hide();
    grid->addWidget(name, row, 0, Qt::AlignLeft | Qt::AlignVCenter);
    grid->addWidget(control, row, 1);
    grid->addWidget(problem, row + 1, 1);
    m_problems.insert(QString::fromLatin1(field).toLower(), problem);
    return problem;
}

QFrame* ConfigurationForm::makeSize()
{
    widgets::identify(m_timeout, QStringLiteral("timeout"), tr("Timeout"),
                      tr("A call that takes longer is ended (1 to 900 s)"));
    m_timeout->setRange(1, kMaxTimeoutS);
    m_timeout->setSuffix(tr(" s"));
    m_timeout->setMaximumWidth(160);
    widgets::identify(m_architecture, QStringLiteral("architecture"), tr("Architecture"),
                      tr("Changing it deploys the same code again"));
    m_architecture->addItems({QStringLiteral("x86_64"), QStringLiteral("arm64")});
    m_architecture->setMaximumWidth(160);
    m_memoryHint = widgets::makeCaption({});
    m_memoryHint->setObjectName(QStringLiteral("memoryHint"));
    m_priceHint = widgets::makeCaption({});
    m_priceHint->setObjectName(QStringLiteral("priceHint"));
    auto* grid = makeGrid();
    addRow(grid, tr("Memory"), m_memory, "memorySize");
    grid->addWidget(m_memoryHint, grid->rowCount(), 1);
    grid->addWidget(m_priceHint, grid->rowCount(), 1);
    auto* tune = widgets::makeButton(QStringLiteral("powerTune"), tr("Power tune…"),
                                     widgets::ButtonKind::Link, QStringLiteral("tuning"));
    tune->setToolTip(tr("Finds the best memory size by measuring the function in others"));
    connect(tune, &QPushButton::clicked, this, &ConfigurationForm::tuneRequested);
    grid->addWidget(tune, grid->rowCount(), 1, Qt::AlignLeft);
    addRow(grid, tr("/tmp"), m_tmp, "ephemeralStorage");
    grid->addWidget(widgets::makeCaption(tr("512 to 10,240 MB")), grid->rowCount(), 1);
    addRow(grid, tr("Timeout"), m_timeout, "timeout");
    grid->addWidget(widgets::makeCaption(tr("1 to 900 s; a call that takes longer is ended")),
                    grid->rowCount(), 1);
    addRow(grid, tr("Architecture"), m_architecture, "architectures");
    connect(m_memory, &SliderField::valueChanged, this, &ConfigurationForm::edited);
    connect(m_tmp, &SliderField::valueChanged, this, &ConfigurationForm::edited);
    connect(m_timeout, &QSpinBox::valueChanged, this, &ConfigurationForm::edited);
    connect(m_architecture, &QComboBox::activated, this, &ConfigurationForm::edited);
    auto* card = widgets::makeCard();
    widgets::cardLayout(card)->addWidget(widgets::makeHeading(tr("Size and limits")));
    widgets::cardLayout(card)->addLayout(grid);
    return card;
}

QFrame* ConfigurationForm::makeCode()
{
    widgets::identify(m_runtime, QStringLiteral("runtime"), tr("Runtime"));
    m_runtime->setMaximumWidth(240);
    widgets::identify(m_handler, QStringLiteral("handler"), tr("Handler"),
                      tr("File and function that take the events, e.g. app.handler"));
    m_handler->setFont(Theme::current().font(Theme::Mono));
    widgets::identify(m_description, QStringLiteral("description"), tr("Description"));
    m_description->setMaxLength(256);
    m_description->setPlaceholderText(tr("Up to 256 characters"));
    widgets::identify(m_snapStart, QStringLiteral("snapStart"), tr("SnapStart"),
                      tr("Publishing runs the function's init once; its environments then begin "
                         "where that ended. For Python 3.12 and Java 11 and later, with 512 MB of "
                         "/tmp at most"));
    connect(m_snapStart, &QCheckBox::toggled, this, &ConfigurationForm::edited);
    widgets::identify(m_tracing, QStringLiteral("activeTracing"), tr("Active tracing"),
                      tr("The first call of each second and 5 % of the others, unless a sampling rule says "
                         "otherwise. Without it only calls are traced whose caller is."));
    connect(m_tracing, &QCheckBox::toggled, this, &ConfigurationForm::edited);
    auto* grid = makeGrid();
    addRow(grid, tr("Runtime"), m_runtime, "runtime");
    addRow(grid, tr("Handler"), m_handler, "handler");
    addRow(grid, tr("Description"), m_description, "description");
    addRow(grid, tr("SnapStart"), m_snapStart, "SnapStart");
    addRow(grid, tr("Active tracing"), m_tracing, "TracingConfig");
    m_tenancy = widgets::makeCaption({});
    m_tenancy->setObjectName(QStringLiteral("tenancy"));
    const int last = grid->rowCount();
    grid->addWidget(new QLabel(tr("Tenants")), last, 0);
    grid->addWidget(m_tenancy, last, 1);
    connect(m_runtime, &QComboBox::activated, this, &ConfigurationForm::edited);
    connect(m_handler, &QLineEdit::textEdited, this, &ConfigurationForm::edited);
    connect(m_description, &QLineEdit::textEdited, this, &ConfigurationForm::edited);
    auto* card = widgets::makeCard();
    widgets::cardLayout(card)->addWidget(widgets::makeHeading(tr("Code")));
    widgets::cardLayout(card)->addLayout(grid);
    return card;
}

QFrame* ConfigurationForm::makeEnvironment()
{
    m_environment = new KeyValueTable({QStringLiteral("environment"), tr("Environment variable"),
                                       tr("NAME"), tr("value"), tr("Add variable")},
                                      models::environmentProblem);
    m_environmentSize = widgets::makeCaption({});
    m_environmentSize->setObjectName(QStringLiteral("environmentSize"));
    m_key = new QComboBox;
    widgets::identify(m_key, QStringLiteral("environmentKey"), tr("Key of the environment variables"),
                      tr("Whoever may not use the key does not see them; while it is disabled, the "
                         "function does not start"));
    m_key->setMaximumWidth(320);
    m_key->addItem(tr("The platform's own key"), QString());
    connect(m_key, &QComboBox::activated, this, &ConfigurationForm::edited);
    auto* sealed = new QHBoxLayout;
    sealed->setSpacing(Theme::kMargin);
    auto* sealedWith = new QLabel(tr("Encrypted with"));
    sealedWith->setBuddy(m_key);
    sealed->addWidget(sealedWith);
    sealed->addWidget(m_key, 1);
    sealed->addStretch(1);
    m_pasted = widgets::makeButton(QStringLiteral("environmentPasted"), tr("Move to the store"),
                                   widgets::ButtonKind::Link, QStringLiteral("lock"));
    m_pasted->hide();
    connect(m_pasted, &QPushButton::clicked, this, &ConfigurationForm::pastedRequested);
    connect(m_environment, &KeyValueTable::changed, this, &ConfigurationForm::edited);
    auto* problem = widgets::makeCaption({});
    problem->setProperty("tone", QStringLiteral("error"));
    problem->hide();
    m_problems.insert(QStringLiteral("environment"), problem);
    auto* card = widgets::makeCard();
    widgets::cardLayout(card)->addWidget(widgets::makeHeading(tr("Environment variables")));
    widgets::cardLayout(card)->addWidget(m_environment);
    widgets::cardLayout(card)->addWidget(m_pasted, 0, Qt::AlignLeft);
    widgets::cardLayout(card)->addWidget(m_environmentSize);
    widgets::cardLayout(card)->addLayout(sealed);
    widgets::cardLayout(card)->addWidget(problem);
    return card;
}

QFrame* ConfigurationForm::makeTags()
{
    m_tags = new KeyValueTable(
        {QStringLiteral("tags"), tr("Tag"), tr("key"), tr("value"), tr("Add tag")},
        models::tagProblem);
    connect(m_tags, &KeyValueTable::changed, this, &ConfigurationForm::edited);
    auto* card = widgets::makeCard();
    widgets::cardLayout(card)->addWidget(widgets::makeHeading(tr("Tags")));
    widgets::cardLayout(card)->addWidget(m_tags);
    return card;
}

models::ConfigurationValues ConfigurationForm::values() const
{
    models::ConfigurationValues values;
    values.memoryMb = m_memory->value();
    values.timeoutS = m_timeout->value();
    values.tmpMb = m_tmp->value();
    values.architecture = m_architecture->currentText();
    values.runtime = m_runtime->currentData().toString();
    values.handler = m_handler->text();
    values.description = m_description->text();
    values.environment = m_environment->values();
    values.tags = m_tags->values();
    values.log = m_logging->values();
    values.snapStart = m_snapStart->isChecked();
    values.activeTracing = m_tracing->isChecked();
    values.kmsKeyArn = m_key->currentData().toString();
    return values;
}

void ConfigurationForm::setValues(const models::ConfigurationValues& values)
{
    const QSignalBlocker quiet(m_timeout), noCheck(m_snapStart), noTrace(m_tracing);
    m_memory->setValue(values.memoryMb);
    m_timeout->setValue(values.timeoutS);
    m_tmp->setValue(values.tmpMb);
    m_architecture->setCurrentText(values.architecture);
    if (m_runtime->findData(values.runtime) < 0)
        m_runtime->addItem(values.runtime, values.runtime);
    m_runtime->setCurrentIndex(m_runtime->findData(values.runtime));
    m_handler->setText(values.handler);
    m_description->setText(values.description);
    m_environment->setValues(values.environment);
    m_tags->setValues(values.tags);
    m_logging->setValues(values.log);
    m_snapStart->setChecked(values.snapStart);
    m_tracing->setChecked(values.activeTracing);
    chooseKey(values.kmsKeyArn);
    clearProblems();
    showHints();
}

void ConfigurationForm::setTenantIsolation(bool isolated)
{
    m_tenancy->setText(isolated ? tr("Each tenant has environments of its own, and every call names "
                                     "one. Chosen when the function was made.")
                                : tr("Not told apart. Isolation is chosen when a function is made."));
}

void ConfigurationForm::setKeys(const QList<rpc::KeyInfo>& keys)
{
    const QString chosen = m_key->currentData().toString();
    while (m_key->count() > 1)
        m_key->removeItem(1);
    for (const rpc::KeyInfo& key : keys) {
        if (key.managed || (key.state != QLatin1String("Enabled") && key.arn != chosen))
            continue;
        const QString name = !key.aliases.isEmpty()       ? key.aliases.first()
                             : !key.description.isEmpty() ? key.description
                                                          : key.id;
        m_key->addItem(name, key.arn);
    }
    chooseKey(chosen);
}

// One that is not listed is shown by its id.
void ConfigurationForm::chooseKey(const QString& arn)
{
    if (m_key->findData(arn) < 0)
        m_key->addItem(arn.section(u'/', -1), arn);
    m_key->setCurrentIndex(m_key->findData(arn));
}

void ConfigurationForm::setLogGroups(const QStringList& groups)
{
    m_logging->setGroups(groups);
}

void ConfigurationForm::setPasted(const QStringList& variables)
{
    m_pasted->setVisible(!variables.isEmpty());
    m_pasted->setText(variables.size() == 1
                          ? tr("%1 looks like a secret: move it to the store...").arg(variables.first())
                          : tr("%1 look like secrets: move them to the store...")
                                .arg(variables.join(QStringLiteral(", "))));
    m_pasted->setToolTip(tr("Shows what would be moved, and how the code reads it then"));
}

void ConfigurationForm::setRuntimes(const QList<rpc::RuntimeInfo>& runtimes)
{
    const QString chosen = m_runtime->currentData().toString();
    m_runtime->clear();
    for (const rpc::RuntimeInfo& runtime : runtimes) {
        if (!runtime.available && runtime.id != chosen)
            continue;
        m_runtime->addItem(runtime.id, runtime.id);
        m_runtime->setItemData(m_runtime->count() - 1, runtime.note, Qt::ToolTipRole);
    }
    if (!chosen.isEmpty() && m_runtime->findData(chosen) < 0)
        m_runtime->addItem(chosen, chosen);
    m_runtime->setCurrentIndex(m_runtime->findData(chosen));
}

void ConfigurationForm::setPricing(const std::optional<rpc::PriceTable>& prices,
                                   std::optional<double> meanMs)
{
    m_prices = prices;
    m_meanMs = meanMs;
    showHints();
}

void ConfigurationForm::edited()
{
    clearProblems();
    showHints();
    Q_EMIT changed();
}

void ConfigurationForm::showHints()
{
    constexpr double kAssumedMs = 100;
    const models::ConfigurationValues now = values();
    m_memoryHint->setText(tr("%1, in proportion to memory: one whole processor at 1,769 MB · 128 to "
                             "10,240 MB")
                              .arg(models::formatVcpus(now.memoryMb)));
    if (m_prices) {
        const double ms = m_meanMs.value_or(kAssumedMs);
        const pricing::Money million =
            models::pricePerMillion(*m_prices, {now.architecture, now.memoryMb, now.tmpMb}, ms);
        const QString price = models::formatUsd(million);
        m_priceHint->setText(
            m_meanMs ? tr("%1 per million calls at its recent average of %2 (prices of %3)")
                           .arg(price, models::formatMs(ms), m_prices->asOf)
                     : tr("%1 per million calls if each took %2; no recent calls (prices of %3)")
                           .arg(price, models::formatMs(ms), m_prices->asOf));
    }
    const int bytes = models::environmentBytes(now.environment);
    m_environmentSize->setText(
        tr("%1 of %2 bytes")
            .arg(models::formatCount(bytes), models::formatCount(models::kEnvironmentLimit)));
    widgets::setStyleProperty(m_environmentSize, "tone",
                              bytes > models::kEnvironmentLimit ? QStringLiteral("error")
                                                                : QString());
    const QString handler = models::handlerProblem(now.handler, now.runtime);
    m_problems[QStringLiteral("handler")]->setText(handler);
    m_problems[QStringLiteral("handler")]->setVisible(!handler.isEmpty());
    widgets::setStyleProperty(m_handler, "invalid", !handler.isEmpty());
}

bool ConfigurationForm::isValid() const
{
    const models::ConfigurationValues now = values();
    return m_environment->isValid() && m_tags->isValid() && m_logging->isValid() &&
           models::environmentBytes(now.environment) <= models::kEnvironmentLimit &&
           models::handlerProblem(now.handler, now.runtime).isEmpty();
}

bool ConfigurationForm::showProblem(const QString& message)
{
    for (auto it = m_problems.begin(); it != m_problems.end(); ++it) {
        if (!message.contains(it.key(), Qt::CaseInsensitive))
            continue;
        it.value()->setText(message);
        it.value()->show();
        return true;
    }
    return false;
}

void ConfigurationForm::clearProblems()
{
    for (QLabel* problem : std::as_const(m_problems))
        problem->hide();
}

} // namespace gantry::ui
