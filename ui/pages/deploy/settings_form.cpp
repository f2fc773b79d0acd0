#include "ui/pages/deploy/settings_form.h"

#include "ui/models/format.h"
#include "ui/models/pricing.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/slider_field.h"
#include "ui/widgets/theme.h"

#include <QButtonGroup>
#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QSpinBox>

namespace gantry::ui {
namespace {

constexpr double kExampleMs = 100;  // the duration that the price beside the slider is for

QLabel* makeHint(const char* objectName, QWidget* parent)
{
    QLabel* hint = widgets::makeCaption({}, parent);
    hint->setObjectName(QString::fromLatin1(objectName));
    return hint;
}

} // namespace

SettingsForm::SettingsForm(QWidget* parent)
    : QWidget(parent), m_name(new QLineEdit(this)), m_nameHint(makeHint("deployNameHint", this)),
      m_runtime(new QComboBox(this)), m_runtimeHint(makeHint("deployRuntimeHint", this)),
      m_handler(new QComboBox(this)), m_handlerHint(makeHint("deployHandlerHint", this)),
      m_memory(new widgets::SliderField(QStringLiteral("deployMemory"), tr("Memory"), tr("MB"),
                                        widgets::SliderField::memorySteps(), this)),
      m_memoryHint(makeHint("deployMemoryHint", this)), m_architecture(new QButtonGroup(this)),
      m_timeout(new QSpinBox(this)), m_watch(new QCheckBox(tr("Redeploy on every save of the folder"), this))
{
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(widgets::Theme::kMargin);
    grid->setVerticalSpacing(2);
    grid->setColumnStretch(1, 1);

    widgets::identify(m_name, QStringLiteral("deployName"), tr("Function name"), tr("Letters, digits, - and _; at most 64"));
    m_name->setMaxLength(64);
    widgets::identify(m_runtime, QStringLiteral("deployRuntime"), tr("Runtime"));
    widgets::identify(m_handler, QStringLiteral("deployHandler"), tr("Handler"), tr("file.function"));
    m_handler->setEditable(true);
    widgets::identify(m_timeout, QStringLiteral("deployTimeout"), tr("Time-out in seconds"), tr("1 to 900 seconds"));
    m_timeout->setRange(1, 900);
    m_timeout->setValue(3);
    m_timeout->setSuffix(tr(" s"));
    widgets::identify(m_watch, QStringLiteral("deployWatch"), tr("Redeploy on save"));

    auto* architectures = new QWidget(this);
    auto* row = new QHBoxLayout(architectures);
    row->setContentsMargins(0, 0, 0, 0);
    for (const char* name : {"x86_64", "arm64"}) {
        auto* button = widgets::makeButton(QStringLiteral("deploy_") + QLatin1String(name), QLatin1String(name),
                                           widgets::ButtonKind::Normal, {}, architectures);
        button->setCheckable(true);
        m_architecture->addButton(button);
        row->addWidget(button);
    }
    row->addStretch();
    m_architecture->buttons().first()->setChecked(true);

    addRow(tr("Name"), m_name, m_nameHint);
    addRow(tr("Runtime"), m_runtime, m_runtimeHint);
    addRow(tr("Handler"), m_handler, m_handlerHint);
    addRow(tr("Memory"), m_memory, m_memoryHint);
    addRow(tr("Architecture"), architectures, nullptr);
    addRow(tr("Time-out"), m_timeout, nullptr);
    grid->addWidget(m_watch, grid->rowCount(), 1);

    connect(m_name, &QLineEdit::textChanged, this, [this](const QString& name) {
        setExists(false);
        Q_EMIT nameChanged(name);
        Q_EMIT changed();
    });
    connect(m_runtime, &QComboBox::currentIndexChanged, this, [this] {
        showRuntimeNote();
        Q_EMIT changed();
    });
    connect(m_runtime, &QComboBox::activated, this, [this] {
        m_runtimeReason.clear();
        showRuntimeNote();
    });
    connect(m_handler, &QComboBox::editTextChanged, this, &SettingsForm::changed);
    connect(m_memory, &widgets::SliderField::valueChanged, this, &SettingsForm::showPrice);
    connect(m_architecture, &QButtonGroup::buttonClicked, this, &SettingsForm::showPrice);
    setExists(false);
}

void SettingsForm::addRow(const QString& label, QWidget* field, QLabel* hint)
{
    auto* grid = static_cast<QGridLayout*>(layout());
    const int row = grid->rowCount();
    auto* caption = new QLabel(label, this);
    caption->setBuddy(field);
    grid->addWidget(caption, row, 0);
    grid->addWidget(field, row, 1);
    if (hint)
        grid->addWidget(hint, row + 1, 1);
    grid->setRowMinimumHeight(row + 2, widgets::Theme::kSpace);
}

void SettingsForm::setRuntimes(const QList<rpc::RuntimeInfo>& runtimes)
{
    m_runtimes = runtimes;
    const QString chosen = m_runtime->currentData().toString();
    m_runtime->clear();
    for (const rpc::RuntimeInfo& runtime : runtimes) {
        if (runtime.available)
            m_runtime->addItem(runtime.id, runtime.id);
    }
    m_runtime->setCurrentIndex(m_runtime->findData(chosen));
}

void SettingsForm::setPrices(const rpc::PriceTable& prices)
{
    m_prices = prices;
    showPrice();
}

void SettingsForm::apply(const models::Inference& inference)
{
    m_name->setText(inference.name);
    m_runtimeReason = inference.runtimeReason;
    chooseRuntime(inference.runtime);
    m_handler->clear();
    m_handler->addItems(inference.handlers);
    m_handler->setCurrentText(inference.handler);
    m_handlerHint->setText(inference.handlerReason);
    showRuntimeNote();
}

void SettingsForm::apply(const rpc::NewFunction& function)
{
    m_name->setText(function.name);
    m_runtimeReason.clear();
    chooseRuntime(function.runtime);
    m_handler->clear();
    m_handler->setCurrentText(function.handler);
    m_handlerHint->clear();
    m_memory->setValue(function.memoryMb);
    showPrice();
    m_timeout->setValue(function.timeoutS);
    showRuntimeNote();
}

void SettingsForm::setExists(bool exists)
{
    m_nameHint->setText(exists ? tr("This function exists: its code and these settings are replaced.") : nameProblem(m_name->text()));
    widgets::setStyleProperty(m_nameHint, "tone", exists ? QStringLiteral("warning") : QString());
}

void SettingsForm::setWatchable(bool folder)
{
    m_watch->setVisible(folder);
    if (!folder)
        m_watch->setChecked(false);
}

rpc::NewFunction SettingsForm::function() const
{
    rpc::NewFunction function;
    function.name = m_name->text();
    function.runtime = m_runtime->currentData().toString();
    function.handler = m_handler->currentText().trimmed();
    function.memoryMb = m_memory->value();
    function.timeoutS = m_timeout->value();
    function.architecture = architecture();
    return function;
}

bool SettingsForm::watch() const { return m_watch->isChecked(); }

QString SettingsForm::nameProblem(const QString& name)
{
    static const QRegularExpression valid(QStringLiteral("^[a-zA-Z0-9-_]+$"));
    if (name.isEmpty() || valid.match(name).hasMatch())
        return {};
    return tr("Only letters, digits, - and _ are allowed.");
}

QString SettingsForm::problem() const
{
    if (m_name->text().isEmpty())
        return tr("The function needs a name.");
    if (const QString problem = nameProblem(m_name->text()); !problem.isEmpty())
        return problem;
    if (m_runtime->currentIndex() < 0)
        return m_missing.isEmpty() ? tr("Choose a runtime.") : m_missing;
    static const QRegularExpression space(QStringLiteral("\\s"));
    const QString handler = m_handler->currentText().trimmed();
    if (handler.isEmpty() || handler.contains(space))
        return tr("Name the handler as file.function.");
    return {};
}

// Only what this host can run is offered; of anything else the form says what is missing.
void SettingsForm::chooseRuntime(const QString& id)
{
    m_missing.clear();
    m_runtime->setCurrentIndex(m_runtime->findData(id));
    for (const rpc::RuntimeInfo& runtime : m_runtimes) {
        if (runtime.id == id && !runtime.available)
            m_missing = tr("%1 cannot run here. %2").arg(id, runtime.note);
    }
}

void SettingsForm::showRuntimeNote()
{
    QStringList parts;
    if (!m_runtimeReason.isEmpty())
        parts << m_runtimeReason;
    if (m_runtime->currentIndex() < 0 && !m_missing.isEmpty())
        parts << m_missing;
    for (const rpc::RuntimeInfo& runtime : m_runtimes) {
        if (runtime.id == m_runtime->currentData().toString() && !runtime.note.isEmpty())
            parts << runtime.note;
    }
    m_runtimeHint->setText(parts.join(QStringLiteral(" · ")));
}

void SettingsForm::showPrice()
{
    QString text = tr("%1 vCPU").arg(models::vcpus(m_memory->value()), 0, 'f', 2);
    if (!m_prices.isEmpty()) {
        const models::PricedSize size{architecture(), m_memory->value()};
        const pricing::Money price = models::pricePerMillion(m_prices, size, kExampleMs);
        text += tr(" · %1 per 1M calls of %2 ms (%3, %4)")
                    .arg(models::formatUsd(price), QString::number(kExampleMs), m_prices.region, m_prices.asOf);
    }
    m_memoryHint->setText(text);
    Q_EMIT changed();
}

QString SettingsForm::architecture() const { return m_architecture->checkedButton()->text(); }

} // namespace gantry::ui
