#include "ui/pages/secrets/parameters_panel.h"

#include "ui/pages/secrets/text_table.h"
#include "ui/pages/secrets/value_editor.h"
#include "ui/rpc/vault_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/empty_state.h"
#include "ui/widgets/fact_grid.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/secret_field.h"
#include "ui/widgets/theme.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>

#include <utility>

namespace gantry::ui {

using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

ParametersPanel::ParametersPanel(rpc::VaultApi& api, widgets::MessageBar& bar,
                                 QWidget* parent)
    : QWidget(parent), m_api(api), m_bar(bar)
{
    auto* search =
        new widgets::SearchField(QStringLiteral("parameterSearch"), tr("Filter parameters"));
    m_table = new TextTable(QStringLiteral("parameterTable"), tr("List of parameters"),
                            {tr("Name"), tr("Type"), tr("Version"), tr("Changed")},
                            {230, 110, 70, 120});
    auto* left = new QWidget;
    auto* column = new QVBoxLayout(left);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(search);
    column->addWidget(m_table, 1);
    m_empty = new widgets::EmptyState;
    m_empty->setIcon(QStringLiteral("tag"));
    connect(m_empty->addAction(QStringLiteral("firstParameter"), tr("Make a parameter"),
                               QStringLiteral("plus")),
            &QPushButton::clicked, this, &ParametersPanel::startNew);
    m_editor = new ValueEditor(ValueEditor::What::Parameter);
    auto* editorPlace = new QWidget;
    auto* place = new QVBoxLayout(editorPlace);
    place->setContentsMargins(Theme::kMargin, 0, 0, 0);
    place->addWidget(m_editor);
    place->addStretch(1);
    m_side = new QStackedWidget;
    m_side->addWidget(m_empty);
    m_side->addWidget(makeDetail());
    m_side->addWidget(editorPlace);
    auto* splitter = new QSplitter;
    splitter->addWidget(left);
    splitter->addWidget(m_side);
    splitter->setStretchFactor(0, 2);
    splitter->setStretchFactor(1, 3);
    splitter->setChildrenCollapsible(false);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(splitter);

    connect(search, &QLineEdit::textChanged, m_table, &TextTable::setFilter);
    connect(m_table, &TextTable::currentIdChanged, this, &ParametersPanel::showCurrent);
    connect(m_editor, &ValueEditor::saveRequested, this, &ParametersPanel::save);
    connect(m_editor, &ValueEditor::finished, this, &ParametersPanel::showCurrent);
    showCurrent();
}

QWidget* ParametersPanel::makeDetail()
{
    m_name = widgets::makeHeading({});
    m_name->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* edit = widgets::makeButton(QStringLiteral("parameterEdit"), tr("Change value"),
                                     ButtonKind::Normal, QStringLiteral("edit"));
    auto* remove = widgets::makeButton(QStringLiteral("parameterRemove"), tr("Delete parameter"),
                                       ButtonKind::Flat, QStringLiteral("trash"));
    m_value = new widgets::SecretField(QStringLiteral("parameter"), tr("parameter"));
    m_facts = new widgets::FactGrid;
    connect(m_value, &widgets::SecretField::revealRequested, this, [this] {
        withValue([this](const QString& value) { m_value->showValue(value); });
    });
    connect(m_value, &widgets::SecretField::copyRequested, this, [this] {
        withValue([this](const QString& value) { m_value->copyValue(value); });
    });
    connect(edit, &QPushButton::clicked, this, [this] {
        withValue([this](const QString& value) {
            m_value->hideValue();
            m_editor->startEdit(current()->name, value, current()->type);
            m_side->setCurrentIndex(2);
        });
    });
    connect(remove, &QPushButton::clicked, this, &ParametersPanel::remove);
    auto* detail = new QWidget;
    auto* row = new QHBoxLayout;
    row->addWidget(m_name);
    row->addStretch(1);
    row->addWidget(remove);
    row->addWidget(edit);
    auto* column = new QVBoxLayout(detail);
    column->setContentsMargins(Theme::kMargin, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addLayout(row);
    column->addWidget(m_value);
    column->addWidget(m_facts);
    column->addStretch(1);
    return detail;
}

void ParametersPanel::refresh()
{
    m_api.listParameters(
        this, [this](const rpc::Result<QList<rpc::ParameterInfo>>& parameters) {
            if (!parameters) {
                if (!parameters.error().unavailable)
                    m_bar.showMessage(parameters.error().message, Badge::Tone::Error);
                return;
            }
            m_parameters = *parameters;
            QList<models::TextTableModel::Row> rows;
            for (const rpc::ParameterInfo& parameter : std::as_const(m_parameters)) {
                rows.append({parameter.name,
                             {parameter.name, parameter.type, QString::number(parameter.version),
                              QLocale().toString(parameter.changed.toLocalTime().date(),
                                                 QLocale::ShortFormat)},
                             parameter.description});
            }
            m_table->setRows(rows);
            m_table->setPlaceholder(rows.isEmpty() ? tr("No parameter yet.")
                                                   : tr("No parameter matches."));
            if (!m_wanted.isEmpty())
                m_table->select(std::exchange(m_wanted, QString()));
            if (!m_editor->isActive())
                showCurrent();
        });
}

const rpc::ParameterInfo* ParametersPanel::current() const
{
    const QString name = m_table->currentId();
    for (const rpc::ParameterInfo& parameter : m_parameters) {
        if (parameter.name == name)
            return &parameter;
    }
    return nullptr;
}

void ParametersPanel::showCurrent()
{
    const rpc::ParameterInfo* parameter = current();
    if (!parameter) {
        m_value->hideValue();
        m_empty->setTitle(m_parameters.isEmpty() ? tr("No parameter yet")
                                                 : tr("Choose a parameter"));
        m_empty->setText(tr("Settings to be read by name or by path; a SecureString is encrypted "
                            "for its readers as well."));
        m_side->setCurrentIndex(m_editor->isActive() ? 2 : 0);
        return;
    }
    if (m_editor->isActive())
        m_editor->finish(); // comes back here
    if (m_name->text() != parameter->name)
        m_value->hideValue();
    m_name->setText(parameter->name);
    m_facts->set(tr("Type"), parameter->type);
    m_facts->set(tr("Version"), QString::number(parameter->version));
    m_facts->set(tr("Tier"), parameter->tier);
    m_facts->set(tr("Encryption key"),
                 parameter->keyId.isEmpty() ? tr("the platform's own") : parameter->keyId);
    m_facts->set(tr("Changed"),
                 QLocale().toString(parameter->changed.toLocalTime(), QLocale::ShortFormat));
    m_side->setCurrentIndex(1);
}

void ParametersPanel::withValue(std::function<void(const QString&)> use)
{
    const QString name = m_table->currentId();
    m_api.parameterValue(
        name, this,
        [this, name, use = std::move(use)](const rpc::Result<rpc::SecretValue>& value) {
            if (!current() || current()->name != name)
                return;
            if (!value)
                return m_bar.showMessage(value.error().message, Badge::Tone::Error);
            use(value->text);
        });
}

void ParametersPanel::startNew()
{
    m_table->clearSelection();
    m_editor->startNew();
    m_side->setCurrentIndex(2);
}

void ParametersPanel::save()
{
    const QString name = m_editor->name();
    m_api.putParameter(
        name, m_editor->type(), m_editor->value(), this,
        [this, name](const rpc::Result<rpc::Nothing>& result) {
            if (!result)
                return m_editor->showProblem(result.error().message);
            m_editor->finish();
            m_bar.showMessage(tr("%1 is saved.").arg(name), Badge::Tone::Success);
            m_wanted = name;
            refresh();
        });
}

void ParametersPanel::remove()
{
    const QString name = m_table->currentId();
    m_bar.showMessage(tr("Delete %1 with all its versions? This cannot be undone.").arg(name),
                      Badge::Tone::Warning, tr("Delete %1").arg(name), [this, name] {
                          m_api.removeParameter(
                              name, this, [this](const rpc::Result<rpc::Nothing>& result) {
                                  if (!result)
                                      m_bar.showMessage(result.error().message, Badge::Tone::Error);
                                  refresh();
                              });
                      });
}

void ParametersPanel::leave()
{
    m_value->hideValue();
}

} // namespace gantry::ui
