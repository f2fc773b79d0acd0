#include "ui/pages/concurrency/concurrency_editor.h"

#include "ui/models/concurrency_board.h"
#include "ui/models/format.h"
#include "ui/rpc/functions_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kFieldWidth = 112;
constexpr int kLabelWidth = 96;

QHBoxLayout* rowOf(const QString& label)
{
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    auto* caption = new QLabel(label);
    caption->setMinimumWidth(kLabelWidth);
    row->addWidget(caption);
    return row;
}

} // namespace

ConcurrencyEditor::ConcurrencyEditor(models::ConcurrencyBoard& board, rpc::FunctionsApi& functions,
                                     QWidget* parent)
    : QWidget(parent), m_board(board), m_functions(functions)
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(makeReserved());
    column->addWidget(makeProvisioned());
    connect(&m_board, &models::ConcurrencyBoard::updated, this, &ConcurrencyEditor::refresh);
    refresh();
}

QWidget* ConcurrencyEditor::makeReserved()
{
    auto* area = new QWidget;
    auto* column = new QVBoxLayout(area);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    m_reserved = new QSpinBox;
    widgets::identify(m_reserved, QStringLiteral("reservedConcurrency"), tr("Reserved concurrency"),
                      tr("The most calls of this function at once, kept free for it; 0 stops it"));
    m_reserved->setMinimumWidth(kFieldWidth);
    m_reserve = widgets::makeButton(QStringLiteral("reserveConcurrency"), tr("Reserve"));
    m_release = widgets::makeButton(QStringLiteral("releaseConcurrency"), tr("Release"),
                                    widgets::ButtonKind::Flat);
    m_release->setToolTip(tr("Reserve nothing: the function shares what is unreserved"));
    m_reservedText = widgets::makeCaption({});
    QHBoxLayout* row = rowOf(tr("Reserved"));
    row->addWidget(m_reserved);
    row->addWidget(m_reserve);
    row->addWidget(m_release);
    row->addStretch(1);
    column->addLayout(row);
    column->addWidget(m_reservedText);
    connect(m_reserve, &QPushButton::clicked, this,
            [this] { m_board.reserve(m_name, m_reserved->value()); });
    connect(m_release, &QPushButton::clicked, this,
            [this] { m_board.reserve(m_name, std::nullopt); });
    return area;
}

QWidget* ConcurrencyEditor::makeProvisioned()
{
    auto* area = new QWidget;
    auto* column = new QVBoxLayout(area);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    m_qualifier = new QComboBox;
    widgets::identify(m_qualifier, QStringLiteral("provisionedQualifier"),
                      tr("Version or alias to provision for"));
    m_qualifier->setMinimumWidth(kFieldWidth);
    m_provisioned = new QSpinBox;
    widgets::identify(m_provisioned, QStringLiteral("provisionedConcurrency"),
                      tr("Provisioned concurrency"),
                      tr("Environments kept ready, without cold starts; 0 takes them away"));
    m_provisioned->setMinimumWidth(kFieldWidth);
    m_provision = widgets::makeButton(QStringLiteral("provisionConcurrency"), tr("Provision"));
    m_provisionedText = widgets::makeCaption({});
    QHBoxLayout* row = rowOf(tr("Provisioned"));
    row->addWidget(m_qualifier);
    row->addWidget(m_provisioned);
    row->addWidget(m_provision);
    row->addStretch(1);
    column->addLayout(row);
    column->addWidget(m_provisionedText);
    connect(m_provision, &QPushButton::clicked, this, [this] {
        m_board.provision(m_name, m_qualifier->currentText(), m_provisioned->value());
    });
    return area;
}

void ConcurrencyEditor::setFunction(const QString& name)
{
    if (name == m_name)
        return;
    m_name = name;
    m_qualifier->clear();
    const rpc::FunctionConcurrency* function = m_board.function(name);
    m_reserved->setMaximum(m_board.mostReservable(name));
    m_reserved->setValue(function ? function->reserved.value_or(0) : 0);
    loadQualifiers();
    refresh();
}

void ConcurrencyEditor::loadQualifiers()
{
    if (m_name.isEmpty())
        return;
    const auto offerOf = [this, name = m_name](const QStringList& qualifiers) {
        if (name == m_name)
            offer(qualifiers);
    };
    m_functions.listAliases(m_name, this, [offerOf](const auto& aliases) {
        QStringList names;
        if (aliases) {
            for (const rpc::Alias& alias : *aliases)
                names << alias.name;
        }
        offerOf(names);
    });
    m_functions.listVersions(m_name, this, [offerOf](const auto& versions) {
        QStringList names;
        if (versions) {
            for (const rpc::FunctionConfiguration& version : *versions) {
                if (version.version != QLatin1String("$LATEST"))
                    names << version.version;
            }
        }
        offerOf(names);
    });
}

void ConcurrencyEditor::offer(const QStringList& qualifiers)
{
    for (const QString& qualifier : qualifiers) {
        if (m_qualifier->findText(qualifier) < 0)
            m_qualifier->addItem(qualifier);
    }
    showProvisioned();
}

void ConcurrencyEditor::refresh()
{
    setEnabled(m_board.isLive() && !m_name.isEmpty());
    showReserved();
    showProvisioned();
}

void ConcurrencyEditor::showReserved()
{
    const rpc::FunctionConcurrency* function = m_board.function(m_name);
    const int most = m_board.mostReservable(m_name);
    m_reserved->setMaximum(most);
    m_release->setEnabled(function && function->reserved);
    QString text = tr("Up to %1: the other functions keep at least %2.")
                       .arg(models::formatCount(most),
                            models::formatCount(m_board.frame().leastUnreserved));
    if (function && function->reserved == 0)
        text = tr("Stopped: every call is throttled. ") + text;
    else if (function && function->reserved)
        text = tr("%1 reserved, %2 in use. ").arg(*function->reserved).arg(function->running) + text;
    m_reservedText->setText(text);
}

void ConcurrencyEditor::showProvisioned()
{
    const rpc::FunctionConcurrency* function = m_board.function(m_name);
    const bool possible = m_qualifier->count() > 0;
    m_qualifier->setEnabled(possible);
    m_provisioned->setEnabled(possible);
    m_provision->setEnabled(possible);
    m_provisioned->setMaximum(function && function->reserved ? *function->reserved
                                                             : m_board.mostReservable(m_name));
    QStringList lines;
    if (!possible)
        lines << tr("Publish a version first: $LATEST cannot have provisioned concurrency.");
    for (const rpc::ProvisionedConcurrency& config :
         function ? function->provisioned : QList<rpc::ProvisionedConcurrency>()) {
        QString line = tr("%1: %2 of %3 ready, %4 in use; %5 served, %6 spilled over")
                           .arg(config.qualifier)
                           .arg(config.allocated)
                           .arg(config.requested)
                           .arg(config.inUse)
                           .arg(models::formatCount(config.invocations),
                                models::formatCount(config.spillovers));
        if (config.status == QLatin1String("FAILED"))
            line += tr(" · failed: %1").arg(config.statusReason);
        lines << line;
    }
    m_provisionedText->setText(lines.join(QLatin1Char('\n')));
    m_provisionedText->setVisible(!lines.isEmpty());
}

} // namespace gantry::ui
